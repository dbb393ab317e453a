//! The `AfterAllowTestTraffic` hook: the plan's checks through the test listener, which shows green by now.
//!
//! Without a test listener `CodeDeploy` never asks this hook; then `validate` runs the same checks against green's tasks.

use greenlight_aws::hook::{self, Context, Told};
use greenlight_aws::test_traffic::{self, Entrance};
use greenlight_aws::{Env, Error, Invocation, retry, smoke};
use greenlight_domain::lifecycle::LifecycleEvent;
use greenlight_domain::verdict::Verdict;
use serde_json::Value;

/// Handles one event of a hook.
///
/// # Errors
/// If the verdict could not be reported, so that Lambda tries again, or if the event is none of a hook.
pub async fn handle(invocation: Invocation, env: &Env) -> Result<Value, Error> {
    let story = async |context: &Context| smoke_test(env, context).await;
    Box::pin(hook::run(invocation, env, LifecycleEvent::AfterAllowTestTraffic, story)).await
}

async fn smoke_test(env: &Env, context: &Context) -> Result<Told, Error> {
    if context.release.plan.smoke_tests.is_empty() {
        return Ok(Verdict::Skipped("the plan has no [[smoke-test]]: nothing to check".to_owned()).into());
    }
    if let Some(reason) = context.skipped("smoke-test", None) {
        return Ok(Verdict::Skipped(reason).into());
    }
    let entrance = retry::until(env, context.until, async || entrance(env, context).await).await?;
    let Some(entrance) = entrance else {
        let reason = "the service has no test listener rule, and the plan no base-url: validate asks green's tasks";
        return Ok(Verdict::Skipped(reason.to_owned()).into());
    };
    let reports = smoke::of_release(env, context, &[entrance]).await?;
    let none = || Verdict::Failed("no smoke test was run; this is a defect in the function".to_owned()).into();
    Ok(reports.first().map_or_else(none, smoke::told))
}

/// The plan's, or the test listener's.
async fn entrance(env: &Env, context: &Context) -> Result<Option<Entrance>, Error> {
    match &context.release.plan.smoke_test_defaults.base_url {
        Some(base_url) => Ok(Some(base_url.clone().into())),
        None => test_traffic::entrance(env, context).await,
    }
}
