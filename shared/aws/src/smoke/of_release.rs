//! The smoke tests of a release: its plan's, with its secrets and without what is skipped on request.

use super::{Run, run};
use crate::hook::{Context, Told};
use crate::test_traffic::Entrance;
use crate::{Env, Error, secrets};
use greenlight_domain::plan::{SecretOr, SmokeTestDefaults};
use greenlight_domain::smoke::{CheckResult, Outcome, Report};
use greenlight_domain::verdict::Verdict;
use serde_json::json;
use std::collections::BTreeMap;

/// A hook's name in `--skip smoke-test:NAME`.
const HOOK: &str = "smoke-test";

/// Runs the smoke tests of a release at each of these places, a few at a time, and says what came of each. Values of secrets are
/// read once.
///
/// # Errors
/// If a secret cannot be read.
pub async fn of_release(env: &Env, context: &Context, entrances: &[Entrance]) -> Result<Vec<Report>, Error> {
    use futures_util::StreamExt;
    /// Addresses at once; each has as many checks at once as the plan says.
    const AT_ONCE: usize = 4;
    let plan = &context.release.plan;
    let secrets = secrets::read(env, plan.smoke_test_secrets(), context.until).await?;
    let skip: BTreeMap<String, String> = plan
        .smoke_tests
        .iter()
        .filter_map(|test| Some((test.name.clone(), context.skipped(HOOK, Some(&test.name))?)))
        .collect();
    let runs = entrances.iter().map(|entrance| {
        let (secrets, skip) = (&secrets, &skip);
        let defaults = at(entrance, &plan.smoke_test_defaults);
        async move {
            let checks = Run {
                http: env.http(),
                clock: &env.clock,
                tests: &plan.smoke_tests,
                defaults: &defaults,
                base_url: &entrance.base_url,
                secrets,
                skip,
                until: context.until,
            };
            let report = run(&checks).await;
            write(env, context, &entrance.base_url, &report);
            report
        }
    });
    Ok(futures_util::stream::iter(runs).buffered(AT_ONCE).collect().await)
}

/// What all checks share at a place: the plan's headers go before those of the place.
fn at(entrance: &Entrance, defaults: &SmokeTestDefaults) -> SmokeTestDefaults {
    let mut defaults = defaults.clone();
    for (name, value) in &entrance.headers {
        if !defaults.headers.keys().any(|other| other.eq_ignore_ascii_case(name)) {
            defaults.headers.insert(name.clone(), SecretOr::Plain(value.clone()));
        }
    }
    defaults
}

/// A line for each check that did not pass, and one for all.
fn write(env: &Env, context: &Context, base_url: &str, report: &Report) {
    let id = &context.release.deployment_id;
    for result in &report.results {
        let outcome = match &result.outcome {
            Outcome::Passed => continue,
            Outcome::Failed(_) => "failed",
            Outcome::Skipped(_) => "skipped",
        };
        let fields = json!({
            "deployment_id": id, "check": result.name, "request": result.request, "outcome": outcome,
            "attempts": result.attempts, "reason": result.describe(),
        });
        env.emit("smoke-test.check", fields);
    }
    let counts = report.counts();
    let fields = json!({
        "deployment_id": id, "base_url": base_url, "passed": counts.passed, "failed": counts.failed,
        "skipped": counts.skipped, "duration_ms": u64::try_from(report.took.as_millis()).unwrap_or(u64::MAX),
    });
    env.emit("smoke-test.report", fields);
}

/// What a report means for the deployment.
pub fn told(report: &Report) -> Told {
    match report.reason() {
        Some(reason) => Verdict::Failed(reason).into(),
        None => Told::succeeded(Some(summary(report))),
    }
}

/// `3 smoke tests passed in 120 ms; health: skipped: …`.
pub fn summary(report: &Report) -> String {
    let counts = report.counts();
    let mut parts = vec![format!("{} smoke tests passed in {} ms", counts.passed, report.took.as_millis())];
    let skipped = report.results.iter().filter(|result| matches!(result.outcome, Outcome::Skipped(_)));
    parts.extend(skipped.map(CheckResult::describe));
    parts.join("; ")
}
