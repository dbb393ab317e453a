//! The `BeforeAllowTraffic` hook: the last look before users see green.
//!
//! It looks at the deployment group's alarms, the green targets, the green task set and the plan's metrics. If nobody ran the
//! smoke tests through a test listener, it runs them against green's tasks.
//!
//! What ECS and the load balancer say may be some seconds old, good or bad: a second look decides.

mod look;
mod metrics;
mod smoke_tests;

use greenlight_aws::hook::{self, Context, Told};
use greenlight_aws::{Env, Error, Invocation, fresh, retry};
use greenlight_domain::lifecycle::LifecycleEvent;
use greenlight_domain::plan::Validate;
use greenlight_domain::verdict::Verdict;
use look::Findings;
use serde_json::Value;

/// Handles one event of a hook.
///
/// # Errors
/// If the verdict could not be reported, so that Lambda tries again, or if the event is none of a hook.
pub async fn handle(invocation: Invocation, env: &Env) -> Result<Value, Error> {
    let story = async |context: &Context| validate(env, context).await;
    Box::pin(hook::run(invocation, env, LifecycleEvent::BeforeAllowTraffic, story)).await
}

async fn validate(env: &Env, context: &Context) -> Result<Told, Error> {
    let plan = &context.release.plan;
    let mut findings = Findings::default();
    if smoke_tests::are_left(context) {
        smoke_tests::run(env, context, &mut findings).await?;
    }
    match (&plan.validate, context.skipped("validate", None)) {
        (Some(_), Some(reason)) => findings.skipped("validate", &reason),
        (Some(validate), None) => {
            findings.add(look_twice(env, context, validate).await?);
        }
        (None, _) => {}
    }
    if findings.is_empty() {
        return Ok(Verdict::Skipped("the plan has no [validate]: nothing to look at".to_owned()).into());
    }
    Ok(findings.told())
}

/// Looks at once, and again when nothing that is read can be older than the first look, unless that changes nothing.
async fn look_twice(env: &Env, context: &Context, validate: &Validate) -> Result<Findings, Error> {
    let look = async || retry::until(env, context.until, async || look::at(env, context, validate).await).await;
    let first = look().await?;
    if first.may_be_old && fresh::wait(env, context.until).await { look().await } else { Ok(first) }
}
