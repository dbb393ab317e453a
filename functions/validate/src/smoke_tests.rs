//! The smoke tests, when nobody ran them before.

use crate::look::Findings;
use greenlight_aws::hook::Context;
use greenlight_aws::{Env, Error, green, smoke};
use greenlight_domain::lifecycle::LifecycleEvent;

/// Whether there are smoke tests that nobody ran: without a test listener their own hook is never asked, and an `AppSpec` may
/// name none.
pub(crate) fn are_left(context: &Context) -> bool {
    let event = LifecycleEvent::AfterAllowTestTraffic;
    let asked = context.target.status(event).is_some() && context.appspec.hook(event).is_some();
    !context.release.plan.smoke_tests.is_empty() && !asked
}

/// Runs them at the plan's own address, or at every task of green.
pub(crate) async fn run(env: &Env, context: &Context, findings: &mut Findings) -> Result<(), Error> {
    if let Some(reason) = context.skipped("smoke-test", None) {
        findings.skipped("smoke tests", &reason);
        return Ok(());
    }
    let plan = &context.release.plan;
    let places: Vec<(String, String)> = if let Some(base_url) = &plan.smoke_test_defaults.base_url {
        vec![(base_url.clone(), base_url.clone())]
    } else {
        let tasks = green::running(env, &context.release, context.until).await?;
        let place = |(task, address): &(green::GreenTask, std::net::IpAddr)| {
            let host = if address.is_ipv6() { format!("[{address}]") } else { address.to_string() };
            (format!("task {}", task.id()), format!("http://{host}:{}", plan.port))
        };
        tasks.iter().map(place).collect()
    };
    let base_urls: Vec<String> = places.iter().map(|(_, base_url)| base_url.clone()).collect();
    let reports = smoke::of_release(env, context, &base_urls).await?;
    for ((place, _), report) in places.iter().zip(&reports) {
        let wrong = report.reason().map(|reason| format!("{place}: {reason}"));
        findings.saw(format!("{place}: {}", smoke::summary(report)), wrong.into_iter().collect());
    }
    Ok(())
}
