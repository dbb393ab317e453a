//! The shell around a hook: whatever happens inside, the controller gets one verdict, in time, with its reason kept.
//!
//! Three nets lie behind each other. This is the first: it reports before the function's own deadline, and after a panic. A
//! hook that dies outright is heard of by `settle`; a schedule catches what one-off tasks leave behind.

mod event;

use crate::deployment::{self, Deployment, Target};
use crate::{Env, Error, Invocation, release, retry, verdict};
use event::Event;
pub use event::describe;
use futures_util::FutureExt;
use greenlight_domain::lifecycle::LifecycleEvent;
use greenlight_domain::release::Release;
use greenlight_domain::verdict::Verdict;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::any::Any;
use std::cell::Cell;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

/// One execution of a hook: what its verdict is reported for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execution {
    /// The deployment.
    pub deployment_id: String,
    /// `CodeDeploy`'s opaque id of this execution.
    pub execution_id: String,
    /// The lifecycle event.
    pub lifecycle_event: LifecycleEvent,
    /// The function that was called.
    pub function: String,
    /// When it was called.
    pub called_at: Timestamp,
}

/// What a hook's own code gets.
#[derive(Debug, Clone)]
pub struct Context {
    /// The new revision on its way into the service.
    pub release: Release,
    /// What the verdict will be reported for.
    pub execution: Execution,
    /// When the hook's code must be done: the shell reports Failed then.
    pub until: Timestamp,
}

/// How a story ends.
enum End {
    Verdict(Verdict),
    /// The lifecycle event had already ended, with this status.
    Over(String),
}

/// Runs a hook: `story` gets the release and says the verdict. `lifecycle_event` is the one that this function is meant for; if
/// the deployment is at another one, that one counts.
///
/// # Errors
/// Only if the verdict could not be reported, so that Lambda tries again, or if the event is none of a hook.
pub async fn run<S>(
    invocation: Invocation,
    env: &Env,
    lifecycle_event: LifecycleEvent,
    story: S,
) -> Result<Value, Error>
where
    S: AsyncFn(&Context) -> Result<Verdict, Error>,
{
    let called_at = env.clock.now();
    let (deployment_id, execution_id) = match Event::read(&invocation.payload)? {
        Event::CodeDeploy { deployment_id, execution_id } => (deployment_id, execution_id),
        Event::Ecs => return Ok(refuse_ecs(env, lifecycle_event)),
    };
    let function = env.settings.function_name.clone();
    let execution = Execution { deployment_id, execution_id, lifecycle_event, function, called_at };
    let left = env.clock.real_duration_until(invocation.deadline);
    let limit = left.saturating_sub(margin(left));
    let seen = Cell::new(lifecycle_event);
    let ended = tokio::time::timeout(limit, Box::pin(rerun(env, &execution, &seen, limit, &story))).await;
    let execution = Execution { lifecycle_event: seen.get(), ..execution };
    let verdict = match ended {
        Ok(Ok(End::Verdict(verdict))) => verdict,
        Ok(Ok(End::Over(status))) => {
            let Execution { deployment_id, lifecycle_event, function, .. } = &execution;
            env.emit(
                "hook.repeated",
                json!({ "deployment_id": deployment_id, "lifecycle_event": lifecycle_event.name(), "function": function, "status": status }),
            );
            return Ok(Value::Null);
        }
        Ok(Err(error)) => Verdict::Failed(error.to_string()),
        Err(_) => Verdict::Failed(format!(
            "function {} was not done {} ms before its own deadline; give it a longer timeout",
            execution.function,
            margin(left).as_millis()
        )),
    };
    verdict::deliver(env, &execution, &verdict, None, invocation.deadline).await?;
    Ok(json!({ "verdict": verdict.word(), "reason": verdict.reason() }))
}

/// What reporting needs: two seconds, but not more than a quarter of what is left.
fn margin(left: Duration) -> Duration {
    Duration::from_secs(2).min(left / 4)
}

/// Runs the story, and once more if it panics.
async fn rerun<S>(
    env: &Env,
    execution: &Execution,
    seen: &Cell<LifecycleEvent>,
    limit: Duration,
    story: &S,
) -> Result<End, Error>
where
    S: AsyncFn(&Context) -> Result<Verdict, Error>,
{
    // a story that gives up by itself knows why; one that is cut off does not
    let until = crate::clock::later(env.clock.now(), limit.mul_f64(0.9 * env.clock.speed()));
    let mut panicked = String::new();
    for _ in 0..2 {
        match AssertUnwindSafe(Box::pin(tell(env, execution, seen, until, story))).catch_unwind().await {
            Ok(end) => return end,
            Err(panic) => panicked = panic_message(panic.as_ref()),
        }
        let Execution { deployment_id, function, .. } = execution;
        env.emit("hook.panicked", json!({ "deployment_id": deployment_id, "function": function, "reason": panicked }));
    }
    let function = &execution.function;
    Ok(End::Verdict(Verdict::Failed(format!("function {function} panicked twice: {panicked}; this is a defect in it"))))
}

/// From the deployment's id to the verdict.
async fn tell<S>(
    env: &Env,
    execution: &Execution,
    seen: &Cell<LifecycleEvent>,
    until: Timestamp,
    story: &S,
) -> Result<End, Error>
where
    S: AsyncFn(&Context) -> Result<Verdict, Error>,
{
    let (deployment, target) = retry::until(env, until, async || look(env, execution).await).await?;
    let lifecycle_event = target.as_ref().and_then(Target::in_progress).unwrap_or(execution.lifecycle_event);
    seen.set(lifecycle_event);
    if deployment.is_rollback {
        return Ok(End::Verdict(Verdict::Skipped("a rollback deployment: there is nothing to do".to_owned())));
    }
    let target = target.ok_or_else(|| Error::Unfit(format!("deployment {} has no target", deployment.id)))?;
    if let Some(status) = target.status(lifecycle_event).filter(|status| deployment::has_ended(status)) {
        return Ok(End::Over(status.to_owned()));
    }
    let resolve = async || Box::pin(release::resolve(env, &deployment, &target)).await;
    let release = retry::until(env, until, resolve).await?;
    let execution = Execution { lifecycle_event, ..execution.clone() };
    story(&Context { release, execution, until }).await.map(End::Verdict)
}

/// Reads the deployment and, unless it is a rollback and has none, its target.
async fn look(env: &Env, execution: &Execution) -> Result<(Deployment, Option<Target>), Error> {
    let id = &execution.deployment_id;
    let deployment = deployment::get(env, id).await?;
    let target = deployment::target(env, id).await;
    if deployment.is_rollback {
        return Ok((deployment, target.ok()));
    }
    Ok((deployment, Some(target?)))
}

/// ECS's own controller reads the verdict from the answer. In doubt it is Failed.
fn refuse_ecs(env: &Env, lifecycle_event: LifecycleEvent) -> Value {
    let reason = "this version serves CodeDeploy's hooks only, not those of ECS's own blue/green deployments";
    env.emit(
        "hook.verdict",
        json!({
            "lifecycle_event": lifecycle_event.name(),
            "function": env.settings.function_name,
            "verdict": "failed",
            "reason": reason,
        }),
    );
    json!({ "hookStatus": "FAILED" })
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without a message".to_owned())
}
