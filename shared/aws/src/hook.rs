//! The shell around a hook: whatever happens inside, the controller gets one verdict, in time, with its reason kept.
//!
//! Three nets lie behind each other. This is the first: it reports before the function's own deadline, and after a panic. A
//! hook that dies outright is heard of by `settle`; a schedule catches what one-off tasks leave behind.

mod event;
mod freeze;

use crate::deployment::{self, Deployment, Target};
use crate::execution::{Execution, Failure};
use crate::notice::{self, outcome};
use crate::release::{self, Resolved};
use crate::{Env, Error, Invocation, fresh, retry, verdict};
use event::Event;
pub use event::describe;
use greenlight_domain::appspec::AppSpec;
use greenlight_domain::directive::{self, Directive};
use greenlight_domain::lifecycle::LifecycleEvent;
use greenlight_domain::release::Release;
use greenlight_domain::verdict::Verdict;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::cell::Cell;
use std::time::Duration;

/// What a hook's own code gets.
#[derive(Debug, Clone)]
pub struct Context {
    /// The new revision on its way into the service.
    pub release: Release,
    /// The deployment's `AppSpec`.
    pub appspec: AppSpec,
    /// The deployment's one target, with its lifecycle events.
    pub target: Target,
    /// The image of the plan's container.
    pub image: String,
    /// What whoever deployed wrote down to be skipped.
    pub directives: Vec<Directive>,
    /// What the verdict will be reported for.
    pub execution: Execution,
    /// When the hook's code must be done: the shell reports Failed then.
    pub until: Timestamp,
}

impl Context {
    /// Why a hook's whole work, or one check of it, is skipped on request; `None` if it is not.
    pub fn skipped(&self, hook: &str, check: Option<&str>) -> Option<String> {
        let directive = directive::skips(&self.directives, hook, check)?;
        Some(format!("skipped on request: {}", directive.reason))
    }
}

/// What a hook's own code says in the end: a verdict, and perhaps a word about one that carries no reason itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The verdict.
    pub verdict: Verdict,
    /// What there is to say about it.
    pub note: Option<String>,
}

impl From<Verdict> for Told {
    fn from(verdict: Verdict) -> Self {
        Self { verdict, note: None }
    }
}

/// How a story ends.
enum End {
    Verdict(Told),
    /// The lifecycle event had already ended, with this status.
    Over(String),
}

/// Runs a hook: `story` gets the release and says the verdict. `lifecycle_event` is the one that this function is meant for; if
/// the deployment is at another one, that one counts.
///
/// # Errors
/// Only if the verdict could not be reported, so that Lambda tries again, or if the event is none of a hook.
pub async fn run<S, T>(
    invocation: Invocation,
    env: &Env,
    lifecycle_event: LifecycleEvent,
    story: S,
) -> Result<Value, Error>
where
    S: AsyncFn(&Context) -> Result<T, Error>,
    T: Into<Told>,
{
    let called_at = env.clock.now();
    let (deployment_id, execution_id) = match Event::read(&invocation.payload)? {
        Event::CodeDeploy { deployment_id, execution_id } => (deployment_id, execution_id),
        Event::Ecs => return Ok(refuse_ecs(env, lifecycle_event)),
    };
    let function = env.settings.function_name.clone();
    let failure = Failure::unread(lifecycle_event);
    let execution = Execution { deployment_id, execution_id, lifecycle_event, function, called_at, failure };
    let left = env.clock.real_duration_until(invocation.deadline);
    let limit = left.saturating_sub(margin(left));
    let seen = Cell::new((lifecycle_event, failure));
    let ended =
        tokio::time::timeout(limit, Box::pin(try_again(env, &execution, &seen, limit, &invocation.panics, &story)))
            .await;
    let (lifecycle_event, failure) = seen.get();
    let execution = Execution { lifecycle_event, failure, ..execution };
    let mut failed = None;
    let Told { verdict, note } = match ended {
        Ok(Ok(End::Verdict(told))) => told,
        Ok(Ok(End::Over(status))) => {
            let Execution { deployment_id, lifecycle_event, function, .. } = &execution;
            env.emit(
                "hook.repeated",
                json!({ "deployment_id": deployment_id, "lifecycle_event": lifecycle_event.name(), "function": function, "status": status }),
            );
            return Ok(Value::Null);
        }
        Ok(Err(error)) => {
            let verdict = Verdict::Failed(error.to_string());
            failed = Some(error);
            verdict.into()
        }
        Err(_) => Verdict::Failed(format!(
            "function {} was not done {} ms before its own deadline; give it a longer timeout",
            execution.function,
            margin(left).as_millis()
        ))
        .into(),
    };
    let delivered = verdict::deliver(env, &execution, &verdict, note.as_deref(), invocation.deadline).await;
    if let Some(error) = failed {
        notice::denied::tell(env, &error, &invocation.request_id, invocation.deadline).await;
    }
    notice::denied::told(env, delivered, &invocation.request_id, invocation.deadline).await?;
    Ok(json!({ "verdict": verdict.word(), "reason": verdict.reason() }))
}

/// What reporting needs. A report whose answer is lost takes five seconds before it can be made again: ten seconds, but not more
/// than a sixth of what is left.
fn margin(left: Duration) -> Duration {
    Duration::from_secs(10).min(left / 6)
}

/// Runs the story, unless it has panicked twice.
async fn try_again<S, T>(
    env: &Env,
    execution: &Execution,
    seen: &Cell<(LifecycleEvent, Failure)>,
    limit: Duration,
    panics: &[String],
    story: &S,
) -> Result<End, Error>
where
    S: AsyncFn(&Context) -> Result<T, Error>,
    T: Into<Told>,
{
    let Execution { deployment_id, function, .. } = execution;
    if let Some(reason) = panics.last() {
        env.emit("hook.panicked", json!({ "deployment_id": deployment_id, "function": function, "reason": reason }));
    }
    if let [_, .., last] = panics {
        let reason = format!("function {function} panicked twice: {last}; this is a defect in it");
        return Ok(End::Verdict(Verdict::Failed(reason).into()));
    }
    // a story that gives up by itself knows why; one that is cut off does not
    let until = crate::clock::later(env.clock.now(), limit.mul_f64(0.9 * env.clock.speed()));
    Box::pin(tell(env, execution, seen, until, story)).await
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
    T: Into<Told>,
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
    let Resolved { release, appspec, image } = retry::until(env, until, resolve).await?;
    let failure = Failure::of(&release.plan, meant_for);
    seen.set((lifecycle_event, failure));
    let execution = Execution { lifecycle_event, failure, ..execution.clone() };
    let directives = directive::read(&deployment.description);
    let context = Context { release, appspec, target, image, directives, execution, until };
    if let Some(verdict) = freeze::ask(env, &context, deployment.created_at) {
        return Ok(End::Verdict(verdict.into()));
    }
    let (told, ()) = tokio::join!(story(&context), remember(env, &context));
    told.map(|told| End::Verdict(told.into()))
}

/// The deployment's first hook sees to it that its outcome is told. That comes before the verdict, which may be that outcome, and
/// does not keep it waiting if Scheduler does not answer.
async fn remember(env: &Env, context: &Context) {
    const PATIENCE: Duration = Duration::from_secs(3);
    let Context { execution: Execution { deployment_id, lifecycle_event, .. }, appspec, until, .. } = context;
    if appspec.is_first(*lifecycle_event) {
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
