//! Takes a release back when an alarm goes off: while it is deployed, and in the minutes after, when `CodeDeploy` no longer
//! watches.
//!
//! An alarm says nothing about deployments, so each deployment group that the stack was given is asked whether the alarm is one
//! of its own. What there is to do is decided from what `CodeDeploy` knows, anew before every attempt: the event may come twice,
//! two alarms may go off at once, and `CodeDeploy` may stop the deployment first. What makes it happen once is `CodeDeploy`'s own:
//! a deployment is stopped once, and a group has one deployment at a time.

mod act;
mod gather;
mod group;
mod tell;

use futures_util::StreamExt;
use greenlight_aws::notice::{denied, outcome};
use greenlight_aws::{Env, Error, Invocation, describe, retry};
use greenlight_domain::alarm::Alarm;
use group::Group;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::time::Duration;

/// How many deployment groups are looked at at once.
const AT_ONCE: usize = 10;

/// Handles one event.
///
/// # Errors
/// If a release that is to be taken back could not be, so that Lambda tries again, or if the event is none of an alarm.
pub async fn handle(invocation: Invocation, env: &Env) -> Result<Value, Error> {
    let until = until(env, invocation.deadline);
    let alarms = Alarm::read(&invocation.payload)
        .map_err(|error| Error::Event(format!("it is {}; {error}", describe(&invocation.payload))))?;
    let mut failed = None;
    for alarm in &alarms {
        if let Err(error) = Box::pin(answer(env, alarm, until)).await {
            failed = Some(error);
        }
    }
    let ended = failed.map_or(Ok(Value::Null), Err);
    denied::told(env, ended, &invocation.request_id, invocation.deadline).await
}

/// Answers an alarm for every deployment group that it is about.
async fn answer(env: &Env, alarm: &Alarm, until: Timestamp) -> Result<(), Error> {
    let fields =
        json!({ "alarm": alarm.name, "state": alarm.state, "since": alarm.since.to_string(), "reason": alarm.reason });
    env.emit("alarm.heard", fields);
    if alarm.state != "ALARM" {
        return Ok(());
    }
    let groups = Group::all(&env.settings.deployment_groups)?;
    let concerned = retry::until(env, until, async || gather::concerned(env, &groups, alarm).await).await?;
    let answers = concerned.into_iter().map(|(group, info)| async move {
        let outcome = Box::pin(act::answer(env, &group, &info, alarm, until)).await;
        tell::log(env, &group, alarm, &outcome);
        (group, outcome)
    });
    let answers: Vec<_> = futures_util::stream::iter(answers).buffer_unordered(AT_ONCE).collect().await;
    tell::team(env, alarm, &answers, until).await;
    for (_, outcome) in &answers {
        // it has no hook that would see to it
        if let Ok(act::Outcome::RolledBack { by, .. }) = outcome {
            outcome::remember(env, by, until).await;
        }
    }
    let mut errors = answers.into_iter().filter_map(|(_, outcome)| outcome.err());
    errors.next().map_or(Ok(()), Err)
}

/// When everything must be done: a little before Lambda ends the function.
fn until(env: &Env, deadline: Timestamp) -> Timestamp {
    let left = env.clock.real_duration_until(deadline);
    let margin = Duration::from_secs(5).min(left / 4).mul_f64(env.clock.speed());
    deadline.checked_sub(SignedDuration::try_from(margin).unwrap_or_default()).unwrap_or(deadline)
}
