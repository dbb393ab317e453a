//! The smoke tests, when nobody ran them before.

use crate::look::Findings;
use greenlight_aws::hook::Context;
use greenlight_aws::test_traffic::Entrance;
use greenlight_aws::{Env, Error, green, smoke};

/// Whether there are smoke tests that nobody ran.
pub(crate) fn are_left(context: &Context) -> bool {
    !context.release.plan.smoke_tests.is_empty() && context.leaves_smoke_tests()
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
        let tasks = green::running(env, context).await?;
        let place = |(task, address): &(green::GreenTask, std::net::IpAddr)| {
            let host = if address.is_ipv6() { format!("[{address}]") } else { address.to_string() };
            (format!("task {}", task.id()), format!("http://{host}:{}", plan.port))
        };
        tasks.iter().map(place).collect()
    };
    let entrances: Vec<Entrance> = places.iter().map(|(_, base_url)| base_url.clone().into()).collect();
    let reports = smoke::of_release(env, context, &entrances).await?;
    for ((place, _), report) in places.iter().zip(&reports) {
        let wrong = report.reason().map(|reason| format!("{place}: {reason}"));
        findings.saw(format!("{place}: {}", smoke::summary(report)), wrong.into_iter().collect());
    }
    Ok(())
}
