//! Commands that run as one-off tasks of the new revision.

use super::as_text;
use serde::Serialize;
use std::time::Duration;

/// How long ECS and Greenlight together may take to end a task that ran into its timeout.
pub const STOP_GRACE: Duration = Duration::from_mins(3);

/// What all commands of a hook may take together. `CodeDeploy` waits an hour for a hook's verdict; the rest is for
/// starting tasks and for reporting.
pub const LONGEST_HOOK: Duration = Duration::from_mins(55);

/// The same where ECS deploys by itself, which waits a day for a hook: the limit of plans that name no deployment group.
pub const LONGEST_STAGE: Duration = Duration::from_mins(24 * 60 - 5);

/// The commands of `[migrate]`, `[warm-up]` or `[finish]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct OneOffCommands {
    /// Commands in their order; each is a task of its own. At least one, none empty.
    pub commands: Vec<Vec<String>>,
    /// How long one attempt of one command may run.
    #[serde(serialize_with = "as_text")]
    pub timeout: Duration,
    /// When a command that failed is run again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<Retry>,
}

impl OneOffCommands {
    /// How long one attempt of one command may run, if the plan does not say.
    pub const TIMEOUT: Duration = Duration::from_mins(10);

    /// How often one command is tried at most.
    pub fn attempts(&self) -> u32 {
        self.retry.as_ref().map_or(1, |retry| retry.times.saturating_add(1))
    }

    /// What all commands may take together, every attempt running into its timeout.
    pub fn longest(&self) -> Duration {
        let wait = self.retry.as_ref().map_or(Duration::ZERO, |retry| retry.wait.saturating_mul(retry.times));
        let running = self.timeout.saturating_add(STOP_GRACE).saturating_mul(self.attempts());
        running.saturating_add(wait).saturating_mul(u32::try_from(self.commands.len()).unwrap_or(u32::MAX))
    }
}

/// `retry`: a failed command is run again only for a reason that is named here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Retry {
    /// How often it is run again.
    pub times: u32,
    /// Exit codes that are worth another attempt.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exit_codes: Vec<i32>,
    /// Texts whose presence in the last log lines is worth another attempt: `lock timeout`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub log_lines: Vec<String>,
    /// How long to wait before the next attempt.
    #[serde(serialize_with = "as_text")]
    pub wait: Duration,
}

impl Retry {
    /// The wait before the next attempt, if the plan does not say.
    pub const WAIT: Duration = Duration::from_secs(10);
}
