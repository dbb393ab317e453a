//! What the end of a one-off task means.

use super::ended::Ended;
use crate::plan::{OneOffCommands, STOP_GRACE};
use jiff::Timestamp;
use std::time::Duration;

/// A task that has stopped, as ECS describes it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoppedTask {
    /// `EssentialContainerExited`, `TaskFailedToStart`, `UserInitiated` and the like.
    pub stop_code: Option<String>,
    /// ECS's words, for people: AWS changes them.
    pub stopped_reason: Option<String>,
    /// Its containers; ECS may leave them out if the task did not start.
    pub containers: Vec<StoppedContainer>,
    /// When it stopped, by ECS's clock.
    pub stopped_at: Option<Timestamp>,
}

/// A container of a stopped task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoppedContainer {
    /// Its name.
    pub name: String,
    /// Absent if it never ran.
    pub exit_code: Option<i32>,
    /// ECS's words: `OutOfMemoryError: …`.
    pub reason: Option<String>,
}

/// What follows from a task's end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The command did its work.
    Succeeded,
    /// It is worth another attempt.
    Retry {
        /// What went wrong.
        reason: String,
        /// How long to wait first.
        wait: Duration,
    },
    /// It failed.
    Failed {
        /// What went wrong.
        reason: String,
    },
}

/// A container that never started is tried once more even if the plan names no retry: nothing of the work was done.
pub(crate) const ATTEMPTS_TO_START: u32 = 2;

/// `CodeDeploy`'s hour, less what reporting may take.
const HOOK_LIMIT: Duration = Duration::from_mins(59);

/// What stands before the reason that `StopTask` is given.
pub(crate) const OURS: &str = "greenlight: ";

/// The reason for `StopTask` when a task did not finish in time.
pub fn stop_reason(timeout: Duration) -> String {
    format!("{OURS}{}", did_not_finish(timeout))
}

/// `did not finish within 30m`.
pub fn did_not_finish(timeout: Duration) -> String {
    format!("did not finish within {}", crate::plan::span(timeout))
}

/// Judges a stopped task by the exit code of `container`. `attempt` counts from 0; `tail` are the container's last log lines.
pub fn judge(task: &StoppedTask, container: &str, attempt: u32, commands: &OneOffCommands, tail: &[String]) -> Outcome {
    match task.ended(container) {
        Ended::Well => Outcome::Succeeded,
        Ended::StoppedByUs { why } => Outcome::Failed { reason: format!("{why}; stopped") },
        Ended::Stopped { reason } => Outcome::Failed { reason },
        Ended::WithoutCode { reason, never_started } => {
            let attempts = commands.attempts().max(ATTEMPTS_TO_START);
            again(never_started, attempt, attempts, commands, reason)
        }
        Ended::TakenBack { reason, exit_code } | Ended::Badly { reason, exit_code } => {
            let named = commands.retry.as_ref().is_some_and(|retry| {
                retry.exit_codes.contains(&exit_code)
                    || retry.log_lines.iter().any(|text| tail.iter().any(|line| line.contains(text.as_str())))
            });
            again(named, attempt, commands.attempts(), commands, reason)
        }
    }
}

fn again(worth_it: bool, attempt: u32, attempts: u32, commands: &OneOffCommands, reason: String) -> Outcome {
    if worth_it && attempt.saturating_add(1) < attempts {
        let wait = commands.retry.as_ref().map_or(Duration::from_secs(2), |retry| retry.wait);
        return Outcome::Retry { reason, wait };
    }
    Outcome::Failed { reason: in_attempt(reason, attempt) }
}

/// The reason, with the attempt if it was not the first.
pub(crate) fn in_attempt(reason: String, attempt: u32) -> String {
    if attempt == 0 { reason } else { format!("{reason} (attempt {})", attempt.saturating_add(1)) }
}

/// Whether an attempt that begins after `wait` still ends within `CodeDeploy`'s hour, at its worst. `elapsed` is the time since
/// the hook was called.
pub fn fits(elapsed: Duration, wait: Duration, timeout: Duration) -> bool {
    elapsed.saturating_add(wait).saturating_add(timeout).saturating_add(STOP_GRACE) <= HOOK_LIMIT
}

/// A reason with the last log lines below it: the last of them, at most 2 KiB.
pub fn with_tail(reason: &str, tail: &[String]) -> String {
    const LARGEST: usize = 2048;
    let mut kept: Vec<&str> = Vec::new();
    let mut size = 0_usize;
    for line in tail.iter().rev() {
        size = size.saturating_add(line.len()).saturating_add(1);
        if size > LARGEST {
            break;
        }
        kept.push(line);
    }
    if kept.is_empty() {
        return reason.to_owned();
    }
    kept.reverse();
    format!("{reason}\n{}", kept.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::{Outcome, StoppedContainer, StoppedTask, fits, judge, stop_reason, with_tail};
    use crate::plan::{OneOffCommands, Retry};
    use std::time::Duration;

    const WAIT: Duration = Duration::from_secs(10);

    fn plan(retry: bool) -> OneOffCommands {
        let retry = retry.then(|| Retry {
            times: 1,
            exit_codes: vec![75],
            log_lines: vec!["lock timeout".to_owned()],
            wait: WAIT,
        });
        OneOffCommands { commands: vec![vec!["migrate".to_owned()]], timeout: OneOffCommands::TIMEOUT, retry }
    }

    fn task(stop_code: &str, exit_code: Option<i32>) -> StoppedTask {
        let container = |name: &str, exit_code| StoppedContainer { name: name.to_owned(), exit_code, reason: None };
        StoppedTask {
            stop_code: Some(stop_code.to_owned()),
            stopped_reason: Some("words".to_owned()),
            containers: vec![container("log_router", Some(1)), container("web", exit_code)],
            stopped_at: None,
        }
    }

    /// The first word of the outcome: rows stay on one line.
    fn word(outcome: &Outcome) -> &'static str {
        match outcome {
            Outcome::Succeeded => "succeeded",
            Outcome::Retry { .. } => "retry",
            Outcome::Failed { .. } => "failed",
        }
    }

    #[test]
    fn a_task_that_was_taken_back_has_not_done_its_work_whatever_it_says() {
        for (stop_code, exit_code) in [("SpotInterruption", 0), ("SpotInterruption", 143), ("TerminationNotice", 0)] {
            let container = StoppedContainer { name: "web".to_owned(), exit_code: Some(exit_code), reason: None };
            let task = StoppedTask {
                stop_code: Some(stop_code.to_owned()),
                stopped_reason: Some("Your Spot Task was interrupted.".to_owned()),
                containers: vec![container],
                stopped_at: None,
            };
            let commands = OneOffCommands { commands: Vec::new(), timeout: WAIT, retry: None };
            let Outcome::Failed { reason } = judge(&task, "web", 0, &commands, &[]) else {
                panic!("{stop_code} {exit_code}")
            };
            assert!(reason.contains(stop_code) && reason.contains("Your Spot Task was interrupted."), "{reason}");
        }
    }

    #[test]
    fn the_target_container_decides() {
        /// Stop code, exit code, attempt, whether the plan names retries, last log line; what follows.
        type Row = (&'static str, Option<i32>, u32, bool, &'static str, &'static str);
        let exited = "EssentialContainerExited";
        let table: [Row; 13] = [
            (exited, Some(0), 0, false, "", "succeeded"),
            (exited, Some(1), 0, false, "", "failed"),
            (exited, Some(1), 0, true, "", "failed"),
            (exited, Some(1), 0, true, "ERROR: lock timeout exceeded", "retry"),
            (exited, Some(1), 1, true, "ERROR: lock timeout exceeded", "failed"),
            (exited, Some(75), 0, true, "", "retry"),
            (exited, Some(75), 0, false, "", "failed"),
            (exited, None, 0, true, "", "failed"),
            ("TaskFailedToStart", None, 0, false, "", "retry"),
            ("TaskFailedToStart", None, 1, false, "", "failed"),
            ("UserInitiated", Some(0), 0, true, "", "failed"),
            ("UserInitiated", Some(75), 0, true, "", "failed"),
            ("SpotInterruption", None, 0, true, "", "failed"),
        ];
        for (stop_code, exit_code, attempt, retry, line, expected) in table {
            let outcome = judge(&task(stop_code, exit_code), "web", attempt, &plan(retry), &[line.to_owned()]);
            assert_eq!(word(&outcome), expected, "{stop_code} {exit_code:?} {attempt} {retry} {line}: {outcome:?}");
        }
    }

    #[test]
    fn a_container_that_is_not_there_is_a_failure() {
        let outcome = judge(&task("EssentialContainerExited", Some(0)), "worker", 0, &plan(false), &[]);
        assert_eq!(word(&outcome), "failed");
    }

    #[test]
    fn a_timeout_is_told_as_one() {
        let mut task = task("UserInitiated", None);
        task.stopped_reason = Some(stop_reason(Duration::from_mins(30)));
        let reason = "did not finish within 30m; stopped".to_owned();
        assert_eq!(judge(&task, "web", 0, &plan(true), &[]), Outcome::Failed { reason });
    }

    #[test]
    fn an_attempt_must_end_within_the_hour() {
        let minutes = Duration::from_mins;
        assert!(fits(minutes(0), minutes(0), minutes(50)));
        assert!(fits(minutes(30), minutes(1), minutes(25)));
        assert!(!fits(minutes(30), minutes(1), minutes(26)));
        assert!(!fits(Duration::MAX, Duration::MAX, Duration::MAX));
    }

    #[test]
    fn a_tail_keeps_its_end() {
        assert_eq!(with_tail("why", &[]), "why");
        assert_eq!(with_tail("why", &["one".to_owned(), "two".to_owned()]), "why\none\ntwo");
        let long: Vec<String> = (0..100).map(|index| format!("{index:0>100}")).collect();
        let text = with_tail("why", &long);
        assert!(text.len() < 2100 && text.ends_with("99"), "{text}");
    }
}
