//! What the end of a job's task means.

use crate::one_off::{ATTEMPTS_TO_START, Ended, OURS, StoppedTask, in_attempt};
use crate::plan::JobRetry;
use jiff::Timestamp;
use std::time::Duration;

/// What follows from the end of a job's task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The command did its work.
    Succeeded,
    /// A later firing took its place, as the job wants it: no failure.
    Replaced,
    /// It is tried again.
    Retry {
        /// What went wrong.
        reason: String,
        /// How long to wait first.
        wait: Duration,
    },
    /// It failed, and is not tried again.
    Failed {
        /// What went wrong.
        reason: String,
    },
}

/// What stands before the time of the firing that takes a run's place.
const REPLACED: &str = "replaced by the firing of ";

/// The reason for `StopTask` when a run is replaced by the firing of `scheduled`.
pub fn replaced_reason(scheduled: Timestamp) -> String {
    format!("{OURS}{REPLACED}{scheduled}")
}

/// Judges a stopped task by the exit code of `container`. `attempt` counts from 0.
///
/// What failed is tried again as often as the job's `retry` says. A task that never ran, or that AWS took back, is tried once more in any
/// case. What people stopped stays stopped.
pub fn judge(task: &StoppedTask, container: &str, attempt: u32, retry: Option<&JobRetry>) -> Outcome {
    let retries = retry.map_or(0, |retry| retry.times);
    let attempts = retries.saturating_add(1);
    match task.ended(container) {
        Ended::Well => Outcome::Succeeded,
        Ended::StoppedByUs { why } if why.starts_with(REPLACED) => Outcome::Replaced,
        Ended::Stopped { reason } => Outcome::Failed { reason },
        Ended::StoppedByUs { why } => again(format!("{why}; stopped"), attempt, attempts, retry),
        Ended::Badly { reason, .. } => again(reason, attempt, attempts, retry),
        Ended::WithoutCode { reason, .. } | Ended::TakenBack { reason, .. } => {
            again(reason, attempt, attempts.max(ATTEMPTS_TO_START), retry)
        }
    }
}

fn again(reason: String, attempt: u32, attempts: u32, retry: Option<&JobRetry>) -> Outcome {
    let next = attempt.saturating_add(1);
    if next >= attempts {
        return Outcome::Failed { reason: in_attempt(reason, attempt) };
    }
    let wait = retry.map_or(JobRetry::WAIT, |retry| retry.wait_before(next));
    Outcome::Retry { reason, wait }
}
