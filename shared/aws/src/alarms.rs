//! The state of alarms.

use crate::{Env, Error, classify};
use aws_sdk_cloudwatch::types::{AlarmType, StateValue};
use greenlight_domain::validate::Alarm;

/// Reads alarms of both kinds by their names. One that does not exist has no state.
pub async fn read(env: &Env, names: &[String]) -> Result<Vec<Alarm>, Error> {
    let mut found = Vec::new();
    for names in names.chunks(100) {
        let request = env.cloudwatch().describe_alarms().set_alarm_names(Some(names.to_vec()));
        let request = request.alarm_types(AlarmType::MetricAlarm).alarm_types(AlarmType::CompositeAlarm);
        let answer = request.max_records(100).send().await;
        let answer = answer.map_err(|error| classify("cloudwatch:DescribeAlarms", &names.join(", "), &error))?;
        for alarm in answer.metric_alarms() {
            found.push(described(alarm.alarm_name(), alarm.state_value(), alarm.state_reason()));
        }
        for alarm in answer.composite_alarms() {
            found.push(described(alarm.alarm_name(), alarm.state_value(), alarm.state_reason()));
        }
    }
    let missing = |name: &&String| !found.iter().any(|alarm| alarm.name == **name);
    let missing: Vec<Alarm> = names.iter().filter(missing).map(|name| described(Some(name), None, None)).collect();
    found.extend(missing);
    Ok(found)
}

fn described(name: Option<&str>, state: Option<&StateValue>, reason: Option<&str>) -> Alarm {
    Alarm {
        name: name.unwrap_or_default().to_owned(),
        state: state.map(|state| state.as_str().to_owned()),
        reason: reason.unwrap_or_default().to_owned(),
    }
}
