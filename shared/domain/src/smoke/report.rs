//! What came of all checks, for people and for programs.

use super::{Failure, junit};
use crate::plan::span;
use serde::Serialize;
use serde_json::{Value, json};
use std::time::Duration;

/// The end of one check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckResult {
    /// The check's name.
    pub name: String,
    /// `GET https://…`, masked; empty if it was never sent.
    pub request: String,
    /// What came of it.
    pub outcome: Outcome,
    /// How often it was tried.
    pub attempts: u32,
    /// From the first attempt to the end of the last.
    pub took: Duration,
}

/// What came of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Everything was as expected.
    Passed,
    /// What was not, in the last attempt.
    Failed(Vec<Failure>),
    /// It was not run, and why.
    Skipped(String),
}

/// The end of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// In the order of the plan.
    pub results: Vec<CheckResult>,
    /// How long all of it took.
    pub took: Duration,
}

/// How many checks ended in each way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// Checks that passed.
    pub passed: usize,
    /// Checks that failed.
    pub failed: usize,
    /// Checks that were not run.
    pub skipped: usize,
}

/// Failing checks that a reason names; a deployment that fails a hundred checks fails them for one reason.
const NAMED: usize = 20;

impl CheckResult {
    /// One line: `health: passed in 12ms`, or a line for each thing that was wrong.
    pub fn describe(&self) -> String {
        let Self { name, outcome, attempts, took, .. } = self;
        let took = span(Duration::from_millis(u64::try_from(took.as_millis()).unwrap_or(u64::MAX)));
        let tries = if *attempts > 1 { format!(", attempt {attempts}") } else { String::new() };
        match outcome {
            Outcome::Passed => format!("{name}: passed in {took}{tries}"),
            Outcome::Skipped(reason) => format!("{name}: skipped: {reason}"),
            Outcome::Failed(failures) => {
                let failures: Vec<String> = failures.iter().map(ToString::to_string).collect();
                format!("{name}: {}{tries}", failures.join("; "))
            }
        }
    }
}

impl Report {
    /// How many checks ended in each way.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for result in &self.results {
            match result.outcome {
                Outcome::Passed => counts.passed += 1,
                Outcome::Failed(_) => counts.failed += 1,
                Outcome::Skipped(_) => counts.skipped += 1,
            }
        }
        counts
    }

    /// Whether no check failed.
    pub fn passed(&self) -> bool {
        self.counts().failed == 0
    }

    /// Why the deployment must not go on; `None` if it may.
    pub fn reason(&self) -> Option<String> {
        let failed: Vec<&CheckResult> =
            self.results.iter().filter(|result| matches!(result.outcome, Outcome::Failed(_))).collect();
        if failed.is_empty() {
            return None;
        }
        let mut lines = vec![format!("{} of {} smoke tests failed", failed.len(), self.results.len())];
        lines.extend(failed.iter().take(NAMED).map(|result| result.describe()));
        if failed.len() > NAMED {
            lines.push(format!("and {} more", failed.len() - NAMED));
        }
        Some(lines.join("\n"))
    }

    /// The report as one JSON value; durations in milliseconds.
    pub fn json(&self) -> Value {
        let milliseconds = |span: Duration| u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        let checks = self.results.iter().map(|result| {
            let (outcome, failures, reason) = match &result.outcome {
                Outcome::Passed => ("passed", json!([]), Value::Null),
                Outcome::Failed(failures) => ("failed", json!(failures), Value::Null),
                Outcome::Skipped(reason) => ("skipped", json!([]), Value::from(reason.as_str())),
            };
            json!({
                "name": result.name, "request": result.request, "outcome": outcome, "failures": failures,
                "reason": reason, "attempts": result.attempts, "duration_ms": milliseconds(result.took),
            })
        });
        let checks: Vec<Value> = checks.collect();
        let Counts { passed, failed, skipped } = self.counts();
        json!({
            "passed": passed, "failed": failed, "skipped": skipped,
            "duration_ms": milliseconds(self.took), "checks": checks,
        })
    }

    /// The report as `JUnit` XML, as most systems that build software read it.
    pub fn junit(&self) -> String {
        junit::write(self)
    }
}
