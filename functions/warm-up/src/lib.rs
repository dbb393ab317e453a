//! The `AfterInstall` hook: warms green before anybody sees it.
//!
//! Either every task is asked for the plan's paths, in the function itself, or the plan's commands run as one-off tasks, which
//! `settle` ends.

mod requests;

use greenlight_aws::hook::{self, Context, Worked};
use greenlight_aws::{Env, Error, Invocation, one_off};
use greenlight_domain::lifecycle::LifecycleEvent;
use greenlight_domain::plan::WarmUp;
use greenlight_domain::verdict::Verdict;
use serde_json::Value;

/// Handles one event of a hook.
///
/// # Errors
/// If the verdict could not be reported, so that Lambda tries again, or if the event is none of a hook.
pub async fn handle(invocation: Invocation, env: &Env) -> Result<Value, Error> {
    let story = async |context: &Context| warm_up(env, context).await;
    Box::pin(hook::run(invocation, env, LifecycleEvent::AfterInstall, story)).await
}

async fn warm_up(env: &Env, context: &Context) -> Result<Worked, Error> {
    let Some(warm_up) = &context.release.plan.warm_up else {
        return Ok(Verdict::Skipped("the plan has no [warm-up]: nothing to warm".to_owned()).into());
    };
    if let Some(reason) = context.skipped("warm-up", None) {
        return Ok(Verdict::Skipped(reason).into());
    }
    match warm_up {
        WarmUp::Requests(requests) => requests::warm(env, context, requests).await.map(Worked::from),
        WarmUp::Commands(commands) => one_off::begin(env, context, LifecycleEvent::AfterInstall, commands).await,
    }
}
