//! The shell around a hook: whatever happens inside, the controller gets one verdict, in time, with its reason kept.
//!
//! Three nets lie behind each other. This is the first: it reports before the function's own deadline, and after a panic. A
//! hook that dies outright is heard of by `settle`; a schedule catches what one-off tasks leave behind.

mod codedeploy;
mod ecs;
mod event;
mod freeze;

use crate::clock::later;
use crate::controller::Controller;
use crate::execution::Execution;
use crate::one_off::Begun;
use crate::{Env, Error, Invocation};
use event::Event;
pub use event::describe;
use greenlight_domain::directive::{self, Directive};
use greenlight_domain::lifecycle::LifecycleEvent;
use greenlight_domain::release::Release;
use greenlight_domain::verdict::Verdict;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::time::Duration;

/// What a hook's own code gets.
#[derive(Debug, Clone)]
pub struct Context {
    /// The new revision on its way into the service.
    pub release: Release,
    /// Who deploys it, and what that controller told.
    pub controller: Controller,
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

impl Told {
    /// The work is done, and this is what there is to say about it.
    pub fn succeeded(note: Option<String>) -> Self {
        Self { verdict: Verdict::Succeeded, note }
    }
}

impl From<Verdict> for Told {
    fn from(verdict: Verdict) -> Self {
        Self { verdict, note: None }
    }
}

/// How far a hook's own code has come whose work may go on when the function has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Worked {
    /// The work is done.
    Ended(Told),
    /// The first attempt was begun.
    GoesOn(Begun),
}

impl From<Told> for Worked {
    fn from(told: Told) -> Self {
        Self::Ended(told)
    }
}

impl From<Verdict> for Worked {
    fn from(verdict: Verdict) -> Self {
        Self::Ended(verdict.into())
    }
}

/// What a hook's own code says: [`Told`], or [`Worked`] if its work may go on.
pub trait Says: Into<Worked> + ecs::Looks {}

impl Says for Told {}

impl Says for Worked {}

/// Runs a hook: `story` gets the release and says the verdict. `lifecycle_event` is the one that this function is meant for, or the
/// one at the same point under `CodeDeploy`; if the deployment is at another one, that one counts.
///
/// # Errors
/// Only if the verdict could not be reported to `CodeDeploy`, so that Lambda tries again, or if the event is half of one of
/// `CodeDeploy`'s. ECS always gets an answer.
pub async fn run<S, T>(
    invocation: Invocation,
    env: &Env,
    lifecycle_event: LifecycleEvent,
    story: S,
) -> Result<Value, Error>
where
    S: AsyncFn(&Context) -> Result<T, Error>,
    T: Says,
{
    match Event::read(&invocation.payload)? {
        Event::CodeDeploy { deployment_id, execution_id } => {
            let ids = (deployment_id, execution_id);
            Box::pin(codedeploy::run(&invocation, env, ids, lifecycle_event, &story)).await
        }
        Event::Ecs(event) => Ok(Box::pin(ecs::run(&invocation, env, &event, lifecycle_event, &story)).await),
        Event::Unreadable(unreadable) => Ok(ecs::refuse(&invocation, env, lifecycle_event, &unreadable).await),
    }
}

/// Does the work of a hook in the time that it has, unless it has panicked twice over it. `work` gets the time at which it should
/// give up by itself.
async fn within<T>(
    env: &Env,
    invocation: &Invocation,
    execution: &Execution,
    work: impl AsyncFnOnce(Timestamp) -> Result<T, Error>,
) -> Result<T, Error> {
    let Execution { deployment_id, function, .. } = execution;
    if let Some(reason) = invocation.panics.last() {
        env.emit("hook.panicked", json!({ "deployment_id": deployment_id, "function": function, "reason": reason }));
    }
    if let [_, .., last] = invocation.panics.as_slice() {
        return Err(Error::Refused(format!("function {function} panicked twice: {last}; this is a defect in it")));
    }
    let left = env.clock.real_duration_until(invocation.deadline);
    let limit = left.saturating_sub(margin(left));
    // a story that gives up by itself knows why; one that is cut off does not
    let until = later(env.clock.now(), limit.mul_f64(0.9 * env.clock.speed()));
    tokio::time::timeout(limit, Box::pin(work(until))).await.unwrap_or_else(|_| {
        let milliseconds = margin(left).as_millis();
        Err(Error::Refused(format!(
            "function {function} was not done {milliseconds} ms before its own deadline; give it a longer timeout"
        )))
    })
}

/// What reporting needs. A report whose answer is lost takes five seconds before it can be made again: ten seconds, but not more
/// than a sixth of what is left.
fn margin(left: Duration) -> Duration {
    Duration::from_secs(10).min(left / 6)
}
