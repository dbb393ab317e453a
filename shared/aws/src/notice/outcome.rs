//! The question how a deployment ended: `CodeDeploy`'s events are best effort, a schedule is not.
//!
//! Who sees a deployment first sets a schedule that asks `notify`. While the deployment is in progress it asks again; when the
//! outcome was told it is deleted.

use crate::job::schedule::Once;
use crate::one_off::schedule::try_to_delete;
use crate::{Env, Error, retry};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// The member of a schedule's input that says what it is, and of which deployment.
pub const QUESTION: &str = "greenlight_outcome";

/// From one question to the next.
const AGAIN: SignedDuration = SignedDuration::from_mins(30);

/// Sets the schedule, unless it is there. Without it the outcome is told by `CodeDeploy`'s event alone: failing is only written
/// down.
pub async fn remember(env: &Env, deployment_id: &str, until: Timestamp) {
    let Some(function) = &env.settings.notify_arn else { return };
    let name = name(env, deployment_id);
    let once = question(env, &name, function, deployment_id);
    if let Err(error) = once.create(env, until).await {
        unset(env, deployment_id, &error);
    }
}

/// Asks once more, later.
///
/// # Errors
/// If nobody knows whether the question will be asked.
pub async fn ask_again(env: &Env, deployment_id: &str, until: Timestamp) -> Result<(), Error> {
    let Some(function) = &env.settings.notify_arn else { return Ok(()) };
    let name = name(env, deployment_id);
    // one that is gone was answered meanwhile
    question(env, &name, function, deployment_id).update(env, until).await.map(|_| ())
}

/// The outcome was told: nobody need ask. If the schedule stays, the outcome is told once more, with the same id.
pub async fn told(env: &Env, deployment_id: &str, until: Timestamp) {
    let name = name(env, deployment_id);
    if let Err(error) = retry::until(env, until, async || try_to_delete(env, &name).await).await {
        env.emit(
            "schedule.left",
            json!({ "deployment_id": deployment_id, "schedule": name, "reason": error.to_string() }),
        );
    }
}

/// The deployment that a schedule asks about, if the event is such a question.
pub fn asked(payload: &Value) -> Option<&str> {
    payload.get(QUESTION).and_then(Value::as_str)
}

fn question<'a>(env: &Env, name: &'a str, function: &'a str, deployment_id: &str) -> Once<'a> {
    let at = env.clock.now().checked_add(AGAIN).unwrap_or(Timestamp::MAX);
    let input = json!({ QUESTION: deployment_id }).to_string();
    Once { name, at, function, input, enabled: true, stays: true }
}

/// At most 64 characters: an install's name has 32, a deployment's id about 11.
fn name(env: &Env, deployment_id: &str) -> String {
    let name = format!("{}-outcome-{deployment_id}", env.settings.install);
    name.chars().take(64).collect()
}

fn unset(env: &Env, deployment_id: &str, error: &Error) {
    env.emit("notice.unasked", json!({ "deployment_id": deployment_id, "reason": error.to_string() }));
}
