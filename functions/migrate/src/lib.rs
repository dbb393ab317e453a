//! The `BeforeInstall` hook: runs the plan's migration as a one-off task of the new revision, before any task of it serves.
//!
//! The function starts the first command and ends; `settle` hears of the task's end, starts what comes next and reports the
//! verdict. A migration of fifty minutes costs a moment of Lambda.

use greenlight_aws::hook::{self, Context, Worked};
use greenlight_aws::one_off::{self, task};
use greenlight_aws::{Env, Error, Invocation, fresh};
use greenlight_domain::lifecycle::LifecycleEvent;
use greenlight_domain::verdict::Verdict;
use serde_json::Value;

/// Handles one event of a hook.
///
/// # Errors
/// If the verdict could not be reported, so that Lambda tries again, or if the event is none of a hook.
pub async fn handle(invocation: Invocation, env: &Env) -> Result<Value, Error> {
    let story = async |context: &Context| migrate(env, context).await;
    Box::pin(hook::run(invocation, env, LifecycleEvent::BeforeInstall, story)).await
}

async fn migrate(env: &Env, context: &Context) -> Result<Worked, Error> {
    let Some(migrate) = &context.release.plan.migrate else {
        return Ok(Verdict::Skipped("the plan has no [migrate]: nothing to run".to_owned()).into());
    };
    if context.comes_back(env).await {
        let reason = "a revision comes back that was good before: its migrations ran then, and the schema is newer";
        return Ok(Verdict::Skipped(reason.to_owned()).into());
    }
    refuse_beside_another(env, context).await?;
    one_off::begin(env, context, LifecycleEvent::BeforeInstall, migrate).await
}

/// Never two migrations at once: one that an earlier deployment left running is waited for by people, not raced.
async fn refuse_beside_another(env: &Env, context: &Context) -> Result<(), Error> {
    let release = &context.release;
    let other = async || {
        let tasks = task::of_family(env, &release.cluster, &release.family, context.until).await?;
        Ok(tasks.into_iter().find(|task| {
            !task.has_stopped()
                && task.one_off.deployment_id != release.deployment_id
                && task.one_off.lifecycle_event == context.execution.lifecycle_event
        }))
    };
    // one that has just ended may be told as running still
    let other = fresh::look(env, context.until, other, Option::is_none).await?;
    let Some(other) = other else { return Ok(()) };
    Err(Error::Refused(format!(
        "a migration of deployment {} is still running (task {}, {}); deploy again when it has ended, or stop it with \
         `aws ecs stop-task`",
        other.one_off.deployment_id, other.arn, other.last_status
    )))
}
