//! Tells the team how deployments go: from events of `CodeDeploy` and of ECS, and from schedules that ask how a deployment ended, since events
//! are best effort. What is published to the topic is handed to webhooks here too.
//!
//! One change is one piece of news with one id, however often it is heard of. What is told is read anew from who deploys; what
//! cannot be read is left out.

mod alarm;
mod course;
mod event;
mod on_ecs;
mod tasks;
mod webhook;

use event::Event;
use greenlight_aws::notice::denied;
use greenlight_aws::{Env, Error, Invocation};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use std::time::Duration;

/// Handles one event.
///
/// # Errors
/// If the event is none of those that the function knows, or something could not be told that may be told later, so that Lambda
/// tries again.
pub async fn handle(invocation: Invocation, env: &Env) -> Result<Value, Error> {
    let until = until(env, invocation.deadline);
    let told = match Event::read(&invocation.payload)? {
        Event::Deployment(change) => {
            Box::pin(course::changed(env, &change, &invocation.request_id, until)).await;
            Ok(())
        }
        Event::Service(change) => Box::pin(on_ecs::changed(env, &change, until)).await,
        Event::Pause(pause) => Box::pin(on_ecs::waits(env, &pause, until)).await,
        Event::Question(deployment) => Box::pin(course::asked(env, &deployment, until)).await,
        Event::Alarms(alarms) => {
            alarm::tell(env, &alarms, until).await;
            Ok(())
        }
        // a webhook that does not work must not make news that come here again
        Event::News(messages) => return webhook::post(env, &messages, until).await.map(|()| Value::Null),
    };
    denied::told(env, told, &invocation.request_id, invocation.deadline).await.map(|()| Value::Null)
}

/// When everything must be done: a little before Lambda ends the function.
fn until(env: &Env, deadline: Timestamp) -> Timestamp {
    let left = env.clock.real_duration_until(deadline);
    let margin = Duration::from_secs(10).min(left / 4).mul_f64(env.clock.speed());
    deadline.checked_sub(SignedDuration::try_from(margin).unwrap_or_default()).unwrap_or(deadline)
}
