//! `rehearse --jobs SPAN`: what the plan's jobs do by the clock.
//!
//! Once the deployment has succeeded each job runs once, as a process like every task of the stage. Then the days go by on a
//! clock that jumps from event to event, in which a run takes as long as that one did and ends as it ended. The functions'
//! code, their calls and the schedules are the real ones there too: only processes are played.

mod definitions;
mod tally;
mod week;

pub(super) use definitions::{definitions, family};
pub(super) use tally::line;
pub(super) use week::Fired;
pub use week::play;

use serde::Serialize;
use std::collections::BTreeSet;
use std::time::Duration;

/// The longest span that is played. Facts are kept until the end.
pub(crate) const LONGEST: Duration = Duration::from_hours(31 * 24);

/// What became of a job's firings. Its members are a contract: add, never change.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct JobOutcome {
    /// The job's name.
    pub job: String,
    /// When it fires, in words.
    pub schedule: String,
    /// The next five times from the beginning on, as its time zone's clock shows them.
    pub next: Vec<String>,
    /// How often it was to fire.
    pub firings: usize,
    /// Tasks that were started: retries have one of their own.
    pub tasks: usize,
    /// Firings that ended well, whether at once or after retries.
    pub succeeded: usize,
    /// Firings that failed for good.
    pub failed: usize,
    /// Firings that started nothing, with a reason.
    pub skipped: usize,
    /// Firings whose run was stopped to make room for a later one.
    pub replaced: usize,
    /// Firings whose run had not ended at the end.
    pub unfinished: usize,
    /// Firings of which nothing was heard: never more than none.
    pub lost: usize,
    /// The longest run, from the start of its task to the end.
    pub longest_ms: i64,
    /// Why firings failed or were skipped, each reason once.
    pub reasons: BTreeSet<String>,
    /// How the job ended as a process; none if it was not tried.
    pub tried: Option<Tried>,
}

/// A run of a job as a process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tried {
    /// Its exit code; none if it had no time to end by itself.
    pub exit_code: Option<i32>,
    /// How long it ran, in real time.
    pub duration_ms: u64,
}

impl JobOutcome {
    /// Whether nothing failed or was lost.
    pub(super) fn is_good(&self) -> bool {
        self.failed == 0 && self.lost == 0 && self.tried.as_ref().is_none_or(|tried| tried.exit_code == Some(0))
    }
}
