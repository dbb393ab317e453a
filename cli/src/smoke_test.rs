//! `greenlight smoke-test`: the plan's smoke tests from a shell, judged by the same code as in the hook.

mod given;
mod show;

use crate::Error;
use crate::arguments::{self, ReportFormat};
use given::Given;
use greenlight_aws::http::Http;
use greenlight_aws::{Clock, smoke};
use greenlight_domain::smoke::Report;
use jiff::SignedDuration;
use std::io::Write as _;
use std::process::ExitCode;

/// All checks together may take this long; a plan's own retries and timeouts end long before.
const LIMIT: SignedDuration = SignedDuration::from_hours(1);

/// Runs the verb.
pub(crate) fn run(options: &arguments::SmokeTest) -> Result<ExitCode, Error> {
    let given = Given::read(options)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| Error::Start { what: "start the runtime", source })?;
    let report = runtime.block_on(play(&given));
    let shown = match options.format {
        ReportFormat::Text => show::text(&report, &given.base_url),
        ReportFormat::Json => show::json(&report, &given.base_url, Clock::real().now()),
        ReportFormat::Junit => report.junit(),
    };
    // a reader that has gone away does not change what was found
    let _ = std::io::stdout().lock().write_all(shown.as_bytes());
    Ok(if report.passed() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn play(given: &Given) -> Report {
    let clock = Clock::real();
    let now = clock.now();
    let run = smoke::Run {
        http: &Http::real(),
        clock: &clock,
        tests: &given.tests,
        defaults: &given.defaults,
        base_url: &given.base_url,
        secrets: &given.secrets,
        skip: &given.skip,
        until: now.checked_add(LIMIT).unwrap_or(now),
    };
    Box::pin(smoke::run(&run)).await
}
