//! Alarms of the stack itself, in words.

use greenlight_aws::Env;
use greenlight_aws::notice::{self, denied};
use greenlight_domain::alarm::Alarm;
use greenlight_domain::notice::{About, Kind, Notice};
use jiff::Timestamp;

/// Tells of each that went off.
pub(crate) async fn tell(env: &Env, alarms: &[Alarm], until: Timestamp) {
    for alarm in alarms.iter().filter(|alarm| alarm.state == "ALARM") {
        notice::publish(env, &of(env, alarm), until).await;
    }
}

/// An alarm as news of this product.
pub(crate) fn of(env: &Env, alarm: &Alarm) -> Notice {
    let install = &env.settings.install;
    let is = |what: &str| alarm.name.strip_prefix(install.as_str()) == Some(what);
    let (what, step) = if is("-function-errors") {
        ("an invocation of a function failed; the log says why", Some(read_log(install)))
    } else if is("-function-throttles") {
        let command = "aws lambda get-account-settings --query AccountLimit".to_owned();
        let what = "Lambda held functions back, because the account's concurrent executions are used up";
        (what, Some(("see how many there may be", command)))
    } else if is("-dead-letters") {
        let what = "an event could not be delivered or settled, and lies in the queue of dead letters";
        (what, Some(read_log(install)))
    } else {
        ("an alarm went off", None)
    };
    let about = About { install: Some(install.clone()), alarm: Some(alarm.name.clone()), ..About::default() };
    let key = format!("{}/{}", alarm.name, alarm.since);
    let mut notice = Notice::new(Kind::ProductFailed, key, format!("{install}: {what}"), alarm.since).about(about);
    notice = notice.because(&alarm.reason.lines().collect::<Vec<_>>().join(" "));
    match step {
        Some((what, command)) => notice.step(what, command),
        None => notice,
    }
}

fn read_log(install: &str) -> (&'static str, String) {
    ("read the functions' log", denied::read_log(install))
}
