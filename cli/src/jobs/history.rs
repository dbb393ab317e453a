//! `jobs history`.

use super::{Install, Run, Tell, runs, schedules, unknown};
use crate::Error;
use greenlight_domain::plan::{Plan, span};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::time::Duration;

/// Shows the runs of a job since then, the newest first.
///
/// # Errors
/// If the log cannot be read, or there never was such a job.
pub async fn history(
    install: &Install,
    plan: &Plan,
    name: &str,
    since: Timestamp,
    tell: Tell<'_>,
) -> Result<(), Error> {
    let service = schedules::id(plan, name).service;
    let mut runs = runs::read(install, &service, Some(name), since).await?;
    if runs.is_empty() {
        if !plan.jobs.contains_key(name) {
            return Err(unknown(plan, name));
        }
        tell("runs.none", &format!("no firing of {name} since {since}"), json!({ "job": name, "since": since }));
    }
    runs.reverse();
    for run in &runs {
        tell("run.listed", &line(run), fields(run));
    }
    Ok(())
}

/// A run as JSON.
pub(super) fn fields(run: &Run) -> Value {
    let mut fields = serde_json::to_value(run).unwrap_or_default();
    fields["duration_s"] = json!(run.duration().map(|duration| duration.as_secs()));
    fields
}

fn line(run: &Run) -> String {
    let mut text = format!("{}  {}", run.scheduled, said(run));
    if run.attempts > 1 {
        text = format!("{text}, {} attempts", run.attempts);
    }
    if let Some(reason) = &run.reason {
        text = format!("{text}: {}", reason.lines().next().unwrap_or_default());
    }
    text
}

/// `succeeded after 12s`, `failed after 3s with exit code 1`.
pub(super) fn said(run: &Run) -> String {
    let mut text = run.outcome.word().to_owned();
    if let Some(duration) = run.duration().filter(|_| !run.outcome.is_open()) {
        let seconds = Duration::from_secs(u64::try_from(duration.as_secs()).unwrap_or_default());
        text = format!("{text} after {}", span(seconds));
    }
    match run.exit_code {
        Some(code) if code != 0 => format!("{text} with exit code {code}"),
        _ => text,
    }
}
