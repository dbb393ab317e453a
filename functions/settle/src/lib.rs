//! Ends what a one-off task or a job began: verdict, next step, another attempt, or a word to the team.
//!
//! Three things call it: a task that stopped, a schedule that fired, and a hook that died. The schedule of an attempt, or of a
//! job's run, is its only memory; when it is gone, that is settled, so every event may come twice and in any order.

mod attempt;
mod died;
mod event;
mod job;
mod signal;

use event::Event;
use greenlight_aws::notice::denied;
use greenlight_aws::one_off::{Record, schedule};
use greenlight_aws::{Env, Error, Invocation, retry};
use greenlight_domain::one_off::OneOff;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::time::Duration;

/// Handles one event.
///
/// # Errors
/// If something that matters could not be done, so that Lambda tries again.
pub async fn handle(invocation: Invocation, env: &Env) -> Result<Value, Error> {
    let until = until(env, invocation.deadline);
    let event = Event::read(&invocation.payload)?;
    // Lambda tries twice more at most: what AWS refuses for a moment must not use that up
    let settled = retry::until(env, until, async || settle(env, &event, until).await).await;
    denied::told(env, settled, &invocation.request_id, invocation.deadline).await?;
    Ok(Value::Null)
}

async fn settle(env: &Env, event: &Event, until: Timestamp) -> Result<(), Error> {
    match event {
        Event::TaskStopped { task, one_off, end } if one_off.install == env.settings.install => {
            let Some(record) = unsettled(env, one_off).await? else { return Ok(()) };
            Box::pin(attempt::conclude(env, &record, task, end, until)).await
        }
        Event::JobStopped { task, cluster, firing, end } if firing.install == env.settings.install => {
            Box::pin(job::stopped(env, task, firing, cluster, end, until)).await
        }
        Event::JobSignal(record) if record.install == env.settings.install => {
            Box::pin(job::heed(env, record, until)).await
        }
        Event::JobMissed(expected) if expected.install == env.settings.install => {
            Box::pin(job::missed(env, expected, until)).await
        }
        Event::TaskStopped { .. }
        | Event::JobStopped { .. }
        | Event::JobSignal(_)
        | Event::JobMissed(_)
        | Event::ForeignTask => Ok(()),
        Event::Signal(record) => Box::pin(signal::heed(env, record, until)).await,
        Event::HookDied(death) => Box::pin(died::report(env, death, until)).await,
    }
}

/// What is remembered of an attempt that is not settled yet.
async fn unsettled(env: &Env, one_off: &OneOff) -> Result<Option<Record>, Error> {
    let record = schedule::read(env, one_off).await?;
    if record.is_none() {
        env.emit("task.settled", json!({ "deployment_id": one_off.deployment_id, "started_by": one_off.started_by() }));
    }
    Ok(record)
}

/// When everything must be done: a little before Lambda ends the function.
fn until(env: &Env, deadline: Timestamp) -> Timestamp {
    let left = env.clock.real_duration_until(deadline);
    let margin = Duration::from_secs(1).min(left / 4).mul_f64(env.clock.speed());
    deadline.checked_sub(SignedDuration::try_from(margin).unwrap_or_default()).unwrap_or(deadline)
}
