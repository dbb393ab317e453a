//! A hook of `CodeDeploy`'s deployments: it is called once, and reports by a call of its own.

use super::{Context, Says, Told, Worked, freeze, within};
use crate::controller::Controller;
use crate::deployment::{self, Deployment, Target};
use crate::execution::{Execution, Failure, Reply};
use crate::notice::{denied, outcome};
use crate::release::{self, Resolved};
use crate::{Env, Error, Invocation, fresh, retry, verdict};
use greenlight_domain::directive;
use greenlight_domain::lifecycle::LifecycleEvent;
use greenlight_domain::verdict::Verdict;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::cell::Cell;
use std::time::Duration;

/// How a story ends.
enum End {
    Verdict(Told),
    /// The lifecycle event had already ended, with this status.
    Over(String),
}

/// Runs a hook and reports its verdict. The ids are those of the deployment and of this execution.
pub(super) async fn run<S, T>(
    invocation: &Invocation,
    env: &Env,
    (deployment_id, execution_id): (String, String),
    lifecycle_event: LifecycleEvent,
    story: &S,
) -> Result<Value, Error>
where
    S: AsyncFn(&Context) -> Result<T, Error>,
    T: Says,
{
    let called_at = env.clock.now();
    let function = env.settings.function_name.clone();
    let failure = Failure::unread(lifecycle_event);
    let reply = Reply::CodeDeploy { execution_id };
    let execution = Execution { deployment_id, reply, lifecycle_event, function, called_at, failure };
    let seen = Cell::new((lifecycle_event, failure));
    let work = async |until: Timestamp| Box::pin(tell(env, &execution, &seen, until, story)).await;
    let ended = within(env, invocation, &execution, work).await;
    let (lifecycle_event, failure) = seen.get();
    let execution = Execution { lifecycle_event, failure, ..execution.clone() };
    let mut failed = None;
    let Told { verdict, note } = match ended {
        Ok(End::Verdict(told)) => told,
        Ok(End::Over(status)) => {
            let Execution { deployment_id, lifecycle_event, function, .. } = &execution;
            env.emit(
                "hook.repeated",
                json!({ "deployment_id": deployment_id, "lifecycle_event": lifecycle_event.name(), "function": function, "status": status }),
            );
            return Ok(Value::Null);
        }
        Err(error) => {
            let verdict = Verdict::Failed(error.to_string());
            failed = Some(error);
            verdict.into()
        }
    };
    let delivered = verdict::deliver(env, &execution, &verdict, note.as_deref(), invocation.deadline).await;
    if let Some(error) = failed {
        denied::tell(env, &error, &invocation.request_id, invocation.deadline).await;
    }
    denied::told(env, delivered, &invocation.request_id, invocation.deadline).await?;
    Ok(json!({ "verdict": verdict.word(), "reason": verdict.reason() }))
}

/// From the deployment's id to the verdict.
async fn tell<S, T>(
    env: &Env,
    execution: &Execution,
    seen: &Cell<(LifecycleEvent, Failure)>,
    until: Timestamp,
    story: &S,
) -> Result<End, Error>
where
    S: AsyncFn(&Context) -> Result<T, Error>,
    T: Says,
{
    let meant_for = execution.lifecycle_event;
    let is_there = |(_, target): &(Deployment, Option<Target>)| {
        !target.as_ref().is_some_and(|target| is_behind(target, meant_for))
    };
    let (deployment, target) = fresh::look(env, until, async || look(env, execution).await, is_there).await?;
    let lifecycle_event = target.as_ref().and_then(Target::in_progress).unwrap_or(meant_for);
    seen.set((lifecycle_event, execution.failure));
    if deployment.is_rollback {
        let reason = "a rollback deployment: there is nothing to do".to_owned();
        return Ok(End::Verdict(Verdict::Skipped(reason).into()));
    }
    let target = target.ok_or_else(|| Error::Unfit(format!("deployment {} has no target", deployment.id)))?;
    if lifecycle_event != meant_for {
        // an event that comes again, late, finds the deployment at another function's hook: it has no business there
        let appspec = retry::until(env, until, async || deployment::appspec(env, &deployment).await).await?;
        if !appspec.is_hook(lifecycle_event, &execution.function) {
            seen.set((meant_for, execution.failure));
            if is_behind(&target, meant_for) {
                return Err(Error::Unfit(format!(
                    "deployment {} is at {lifecycle_event}, and {meant_for} has not begun; deploy again",
                    deployment.id
                )));
            }
            return Ok(End::Over(target.status(meant_for).unwrap_or("over").to_owned()));
        }
    }
    if let Some(status) = target.status(lifecycle_event).filter(|status| deployment::has_ended(status)) {
        return Ok(End::Over(status.to_owned()));
    }
    let resolve = async || Box::pin(release::resolve(env, &deployment, &target)).await;
    let (Resolved { release, image }, told) = retry::until(env, until, resolve).await?;
    let controller = Controller::CodeDeploy(Box::new(told));
    let failure = Failure::of(&release.plan, meant_for);
    seen.set((lifecycle_event, failure));
    let execution = Execution { lifecycle_event, failure, ..execution.clone() };
    let directives = directive::read(&deployment.description);
    let context = Context { release, controller, image, directives, execution, until };
    if let Some(verdict) = freeze::ask(env, &context).await {
        return Ok(End::Verdict(verdict.into()));
    }
    let (told, ()) = tokio::join!(story(&context), remember(env, &context));
    Ok(End::Verdict(match told?.into() {
        Worked::Ended(told) => told,
        Worked::GoesOn(_) => Verdict::Pending.into(),
    }))
}

/// The deployment's first hook sees to it that its outcome is told. That comes before the verdict, which may be that outcome, and
/// does not keep it waiting if Scheduler does not answer.
async fn remember(env: &Env, context: &Context) {
    const PATIENCE: Duration = Duration::from_secs(3);
    let Context { execution: Execution { deployment_id, lifecycle_event, .. }, controller, until, .. } = context;
    if let Controller::CodeDeploy(told) = controller
        && told.appspec.is_first(*lifecycle_event)
    {
        // if it gives up, the outcome is left to CodeDeploy's own event
        let _ = tokio::time::timeout(PATIENCE, outcome::remember(env, deployment_id, *until)).await;
    }
}

/// Whether a target shows another hook's lifecycle event in progress, and that of this one as one to come: either the answer is
/// old, or this function is the hook of a lifecycle event that it is not meant for.
fn is_behind(target: &Target, meant_for: LifecycleEvent) -> bool {
    target.in_progress().is_some_and(|event| event != meant_for) && target.status(meant_for) == Some("Pending")
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
