//! Takes a release back when an alarm goes off: while it is deployed, and in the minutes after, when nobody else watches any more.
//!
//! An alarm says nothing about deployments, so each deployment group and each service that the stack was given is asked whether the
//! alarm is one of its own. What there is to do is decided from what `CodeDeploy`, or ECS, knows, anew before every attempt: the event
//! may come twice, two alarms may go off at once, and somebody may stop the deployment first. What makes it happen once is AWS's own:
//! a deployment is stopped once, a group has one deployment at a time, and a service that has a task definition already is not
//! deployed again.

mod codedeploy;
mod on_ecs;
mod outcome;
mod place;
mod tell;

use greenlight_aws::notice::denied;
use greenlight_aws::{Env, Error, Fault, Invocation, describe};
use greenlight_domain::alarm::Alarm;
use jiff::{SignedDuration, Timestamp};
use outcome::Outcome;
use place::Place;
use serde_json::{Value, json};
use std::time::Duration;

/// How many deployment groups, or services, are looked at at once.
const AT_ONCE: usize = 10;
/// From one decision to the next, when somebody else was faster.
const AGAIN: Duration = Duration::from_secs(1);
/// How often that can be. Each time something else has happened, so a few times are plenty.
const MOST: u32 = 20;

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

/// Answers an alarm for every deployment group and every service that it is about.
async fn answer(env: &Env, alarm: &Alarm, until: Timestamp) -> Result<(), Error> {
    let fields =
        json!({ "alarm": alarm.name, "state": alarm.state, "since": alarm.since.to_string(), "reason": alarm.reason });
    env.emit("alarm.heard", fields);
    if alarm.state != "ALARM" {
        return Ok(());
    }
    let (groups, services) = Place::all(&env.settings)?;
    let (of_groups, of_services) = futures_util::future::join(
        Box::pin(codedeploy::answers(env, &groups, alarm, until)),
        Box::pin(on_ecs::answers(env, &services, alarm, until)),
    )
    .await;
    let (mut answers, mut errors) = (Vec::new(), Vec::new());
    for found in [of_groups, of_services] {
        match found {
            Ok(found) => answers.extend(found),
            Err(error) => errors.push(error),
        }
    }
    tell::team(env, alarm, &answers, until).await;
    for (place, outcome) in &answers {
        // it has no hook that would see to it
        if let (Place::Group(_), Ok(Outcome::RolledBack { by, .. })) = (place, outcome) {
            greenlight_aws::notice::outcome::remember(env, by, until).await;
        }
    }
    errors.extend(answers.into_iter().filter_map(|(_, outcome)| outcome.err()));
    // a missing permission is what somebody has to hear of
    let is_denied = |error: &Error| error.fault().is_some_and(Fault::is_denied);
    let worst = errors.iter().position(is_denied).unwrap_or_default();
    errors.into_iter().nth(worst).map_or(Ok(()), Err)
}

/// When everything must be done: a little before Lambda ends the function.
fn until(env: &Env, deadline: Timestamp) -> Timestamp {
    let left = env.clock.real_duration_until(deadline);
    let margin = Duration::from_secs(5).min(left / 4).mul_f64(env.clock.speed());
    deadline.checked_sub(SignedDuration::try_from(margin).unwrap_or_default()).unwrap_or(deadline)
}
