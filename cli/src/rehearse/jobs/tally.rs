//! What became of each firing, from what the functions wrote about it.

use super::JobOutcome;
use greenlight_world::{Fact, FactKind};
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// A function's line about a job. Members that a kind of line does not have are absent.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Line {
    /// `job.started` and the like.
    pub(crate) event: String,
    /// The job.
    pub(crate) job: String,
    /// Which firing.
    scheduled: Timestamp,
    task: Option<String>,
    outcome: Option<String>,
    reason: Option<String>,
}

/// What a function wrote about a job, if that is what it wrote.
pub(crate) fn line(fact: &Fact) -> Option<Line> {
    let FactKind::LogLine { function: Some(_), message, .. } = &fact.kind else { return None };
    serde_json::from_str(message).ok().filter(|line: &Line| line.event.starts_with("job."))
}

/// One firing.
#[derive(Debug, Default)]
struct Firing {
    /// Its tasks, one per attempt.
    tasks: BTreeSet<String>,
    end: Option<End>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum End {
    Succeeded,
    Failed(String),
    Replaced,
    Skipped(String),
}

/// Firings by job and scheduled time.
#[derive(Debug, Default)]
pub(super) struct Tally {
    firings: BTreeMap<(String, Timestamp), Firing>,
    /// When each task of a job started, and how long it ran.
    started: BTreeMap<String, Timestamp>,
    ran: BTreeMap<String, Duration>,
}

impl Tally {
    /// Takes in what happened.
    pub(super) fn take_in(&mut self, fact: &Fact) {
        match &fact.kind {
            FactKind::TaskStarted { task, .. } => drop(self.started.insert(task.clone(), fact.at)),
            FactKind::TaskStopped { task, .. } => {
                if let Some(started) = self.started.get(task) {
                    self.ran.insert(task.clone(), fact.at.duration_since(*started).unsigned_abs());
                }
            }
            _ => {}
        }
        let Some(line) = line(fact) else { return };
        let Line { event, job, scheduled, task, outcome, reason } = line;
        let firing = self.firings.entry((job, scheduled)).or_default();
        let reason = reason.unwrap_or_default();
        match event.as_str() {
            "job.started" => drop(firing.tasks.insert(task.unwrap_or_default())),
            "job.ended" => match outcome.as_deref() {
                Some("succeeded") => firing.end = Some(End::Succeeded),
                Some("replaced") => firing.end = Some(End::Replaced),
                // another attempt follows, or `job.failed` with the reason that the team is told
                _ => {}
            },
            "job.failed" => firing.end = Some(End::Failed(reason)),
            "job.skipped" => {
                firing.end.get_or_insert(End::Skipped(reason));
            }
            _ => {}
        }
    }

    /// Counts a job's firings. `due` are those that its schedule has.
    pub(super) fn count(&self, outcome: &mut JobOutcome, due: &[Timestamp]) {
        outcome.firings = due.len();
        for scheduled in due {
            // Scheduler's times have whole seconds
            let key = (outcome.job.clone(), Timestamp::from_second(scheduled.as_second()).unwrap_or(*scheduled));
            let Some(firing) = self.firings.get(&key) else {
                outcome.lost += 1;
                continue;
            };
            outcome.tasks += firing.tasks.len();
            let longest = firing.tasks.iter().filter_map(|task| self.ran.get(task)).max().copied().unwrap_or_default();
            outcome.longest_ms = outcome.longest_ms.max(i64::try_from(longest.as_millis()).unwrap_or(i64::MAX));
            match &firing.end {
                Some(End::Succeeded) => outcome.succeeded += 1,
                Some(End::Replaced) => outcome.replaced += 1,
                Some(End::Failed(reason)) => {
                    outcome.failed += 1;
                    outcome.reasons.insert(reason.lines().next().unwrap_or_default().to_owned());
                }
                Some(End::Skipped(reason)) => {
                    outcome.skipped += 1;
                    outcome.reasons.insert(general(reason));
                }
                None => outcome.unfinished += 1,
            }
        }
    }
}

/// A reason without the times in it, which differ from firing to firing.
fn general(reason: &str) -> String {
    let is_time = |word: &str| word.trim_end_matches([',', ';', '.']).parse::<Timestamp>().is_ok();
    let words = reason.split(' ').map(|word| if is_time(word) { "…" } else { word });
    words.collect::<Vec<_>>().join(" ")
}
