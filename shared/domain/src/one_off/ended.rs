//! How a task ended, before anybody judges what that means.

use super::{OURS, StoppedTask};

/// How the task of a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Its container exited with 0 by itself.
    Well,
    /// We told it to stop.
    StoppedByUs {
        /// Why, as `StopTask` was told.
        why: String,
    },
    /// Somebody else told it to stop.
    Stopped {
        /// In words.
        reason: String,
    },
    /// Its container has no exit code.
    WithoutCode {
        /// In words.
        reason: String,
        /// Whether ECS says that it did not start.
        never_started: bool,
    },
    /// AWS wanted its machine back: nobody knows how far it came, whatever the code.
    TakenBack {
        /// In words.
        reason: String,
        /// The container's.
        exit_code: i32,
    },
    /// Its container exited with another code than 0.
    Badly {
        /// In words.
        reason: String,
        /// The container's.
        exit_code: i32,
    },
}

/// Stop codes of a task whose machine AWS wants back: its processes are told to stop, whatever they do.
const TAKEN_BACK: [&str; 2] = ["SpotInterruption", "TerminationNotice"];

impl StoppedTask {
    /// How it ended, by the exit code of `container`.
    ///
    /// Somebody else's containers do not count: a log router that fails does not make a command fail.
    pub(crate) fn ended(&self, container: &str) -> Ended {
        let target = self.containers.iter().find(|candidate| candidate.name == container);
        let exit_code = target.and_then(|target| target.exit_code);
        let stop_code = self.stop_code.as_deref().unwrap_or("no stop code");
        let stopped_reason = self.stopped_reason.as_deref().unwrap_or("no reason given");
        // A process that is told to stop may end with 0 although its work is not done.
        if stop_code == "UserInitiated" {
            return match stopped_reason.strip_prefix(OURS) {
                Some(why) => Ended::StoppedByUs { why: why.to_owned() },
                None => Ended::Stopped { reason: format!("the task was stopped: {stopped_reason}") },
            };
        }
        let own = target.and_then(|target| target.reason.as_deref());
        let Some(exit_code) = exit_code else {
            let own = own.map(|own| format!("; {own}")).unwrap_or_default();
            let reason =
                format!("container {container} ended without an exit code ({stop_code}: {stopped_reason}{own})");
            return Ended::WithoutCode { reason, never_started: stop_code == "TaskFailedToStart" };
        };
        let own = own.map(|own| format!(" ({own})")).unwrap_or_default();
        let exited = format!("container {container} exited with code {exit_code}{own}");
        if TAKEN_BACK.contains(&stop_code) {
            let reason = format!("AWS took the task back ({stop_code}: {stopped_reason}); {exited}");
            return Ended::TakenBack { reason, exit_code };
        }
        if exit_code == 0 { Ended::Well } else { Ended::Badly { reason: exited, exit_code } }
    }
}
