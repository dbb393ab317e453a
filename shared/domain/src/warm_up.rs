//! Warming tasks up: who is asked for what next, and what came of it.
//!
//! A task that has just started answers slowly, and slower still when many ask at once. So the first request to a task is
//! alone, and with every answer one more may be under way: 1, 2, 4, … up to the plan's concurrency.

use crate::plan::{WarmUpRequests, span};
use std::time::Duration;

/// Requests under way at once, to all tasks: a function has 1024 file descriptors.
pub const AT_ONCE: usize = 256;

/// Tasks that a reason and a note name.
const NAMED: usize = 20;

/// A request that is to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// Which task, as [`Schedule::new`] was given them.
    pub task: usize,
    /// Which round, from 0.
    pub round: u32,
    /// Which of the plan's paths.
    pub path: usize,
}

/// The requests of one warm-up. Times are since its beginning.
#[derive(Debug, Clone)]
pub struct Schedule {
    tasks: Vec<Task>,
    paths: usize,
    rounds: u32,
    concurrency: usize,
    allowed: usize,
    under_way: usize,
    /// Where to look for the next turn, so that all tasks get theirs.
    cursor: usize,
}

#[derive(Debug, Clone)]
struct Task {
    name: String,
    round: u32,
    next_path: usize,
    under_way: usize,
    answered: usize,
    failed: usize,
    failure: Option<String>,
    round_began: Option<Duration>,
    first_round: Option<Duration>,
    last_round: Option<Duration>,
}

/// What came of one task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskSummary {
    /// The task.
    pub name: String,
    /// How long the first round took, if it was ended.
    pub first_round: Option<Duration>,
    /// How long the last round took, if all rounds were ended.
    pub last_round: Option<Duration>,
    /// Requests that were answered, or failed.
    pub made: usize,
    /// Requests that failed.
    pub failed: usize,
    /// The first failure.
    pub failure: Option<String>,
}

impl Schedule {
    /// For tasks with these names.
    pub fn new(tasks: &[String], requests: &WarmUpRequests) -> Self {
        let paths = requests.paths.len();
        let rounds = if paths == 0 { 0 } else { requests.rounds };
        let total = tasks.len().saturating_mul(paths).saturating_mul(usize::try_from(rounds).unwrap_or(usize::MAX));
        let task = |name: &String| Task {
            name: name.clone(),
            round: 0,
            next_path: 0,
            under_way: 0,
            answered: 0,
            failed: 0,
            failure: None,
            round_began: None,
            first_round: None,
            last_round: None,
        };
        Self {
            tasks: tasks.iter().map(task).collect(),
            paths,
            rounds,
            concurrency: usize::try_from(requests.concurrency).unwrap_or(usize::MAX).max(1),
            allowed: requests.errors.of(total),
            under_way: 0,
            cursor: 0,
        }
    }

    /// The next request; `None` if an answer must come first, or none is left to make.
    pub fn pick(&mut self, now: Duration) -> Option<Turn> {
        if self.under_way >= AT_ONCE || self.is_hopeless() {
            return None;
        }
        let count = self.tasks.len();
        let order = (0..count).map(|step| (self.cursor + step) % count);
        let ready = |index: &usize| {
            self.tasks.get(*index).is_some_and(|task| {
                let most = task.answered.saturating_add(1).min(self.concurrency);
                task.round < self.rounds && task.next_path < self.paths && task.under_way < most
            })
        };
        let index = order.into_iter().find(ready)?;
        let task = self.tasks.get_mut(index)?;
        task.round_began.get_or_insert(now);
        let turn = Turn { task: index, round: task.round, path: task.next_path };
        task.next_path += 1;
        task.under_way += 1;
        self.under_way += 1;
        self.cursor = index + 1;
        Some(turn)
    }

    /// A request was answered as expected, or was not, and why.
    pub fn done(&mut self, turn: Turn, now: Duration, outcome: Result<(), String>) {
        let Some(task) = self.tasks.get_mut(turn.task).filter(|task| task.under_way > 0) else { return };
        self.under_way -= 1;
        task.under_way -= 1;
        task.answered += 1;
        if let Err(failure) = outcome {
            task.failed += 1;
            task.failure.get_or_insert(failure);
        }
        if task.next_path == self.paths && task.under_way == 0 {
            let took = now.saturating_sub(task.round_began.take().unwrap_or(now));
            if task.round == 0 {
                task.first_round = Some(took);
            }
            task.round += 1;
            task.next_path = 0;
            if task.round == self.rounds {
                task.last_round = Some(took);
            }
        }
    }

    /// Requests under way.
    pub fn under_way(&self) -> usize {
        self.under_way
    }

    /// Whether more requests failed than may: no other will be made.
    pub fn is_hopeless(&self) -> bool {
        self.failed() > self.allowed
    }

    /// Whether every request was made and answered.
    pub fn is_finished(&self) -> bool {
        self.tasks.iter().all(|task| task.round >= self.rounds)
    }

    /// What came of each task, in the order of [`Schedule::new`].
    pub fn tasks(&self) -> Vec<TaskSummary> {
        let summary = |task: &Task| TaskSummary {
            name: task.name.clone(),
            first_round: task.first_round,
            last_round: task.last_round,
            made: task.answered,
            failed: task.failed,
            failure: task.failure.clone(),
        };
        self.tasks.iter().map(summary).collect()
    }

    /// Why the deployment must not go on; `None` if it may. To be asked when it is finished, hopeless, or its `budget` is spent.
    pub fn reason(&self, budget: Duration) -> Option<String> {
        if self.tasks.is_empty() {
            return Some("there is no green task to warm up".to_owned());
        }
        let total = self.total();
        let made: usize = self.tasks.iter().map(|task| task.answered).sum();
        let (failed, missing) = (self.failed(), total.saturating_sub(made));
        let headline = if failed > self.allowed {
            format!("{failed} of {made} requests failed, and {} of {total} may", self.allowed)
        } else if failed.saturating_add(missing) > self.allowed {
            let budget = span(budget);
            format!("{missing} of {total} requests were not made within {budget}; lengthen `budget`, or ask for less")
        } else {
            return None;
        };
        let mut lines = vec![headline];
        let failing: Vec<&Task> = self.tasks.iter().filter(|task| task.failure.is_some()).collect();
        for task in failing.iter().take(NAMED) {
            let failure = task.failure.as_deref().unwrap_or_default();
            lines.push(format!("task {}: {} failed, first: {failure}", task.name, task.failed));
        }
        if failing.len() > NAMED {
            lines.push(format!("and {} more tasks", failing.len() - NAMED));
        }
        Some(lines.join("\n"))
    }

    fn failed(&self) -> usize {
        self.tasks.iter().map(|task| task.failed).sum()
    }

    fn total(&self) -> usize {
        let each = self.paths.saturating_mul(usize::try_from(self.rounds).unwrap_or(usize::MAX));
        self.tasks.len().saturating_mul(each)
    }
}

impl TaskSummary {
    /// `task 10.0.1.5: first round 2310 ms, last round 120 ms, 0 of 10 requests failed`.
    pub fn describe(&self) -> String {
        let time = |round: Option<Duration>| {
            round.map_or_else(|| "not ended".to_owned(), |took| format!("{} ms", took.as_millis()))
        };
        let failure = self.failure.as_ref().map(|failure| format!(", first: {failure}")).unwrap_or_default();
        format!(
            "task {}: first round {}, last round {}, {} of {} requests failed{failure}",
            self.name,
            time(self.first_round),
            time(self.last_round),
            self.failed,
            self.made,
        )
    }
}

/// What is wrong with an answer to `path`, if something is.
///
/// # Errors
/// What was expected and what came.
pub fn judge(requests: &WarmUpRequests, path: &str, status: u16) -> Result<(), String> {
    if requests.expect.status.contains(status) {
        return Ok(());
    }
    Err(format!("{path}: expected status {}, got {status}", requests.expect.status))
}

#[cfg(test)]
mod tests;
