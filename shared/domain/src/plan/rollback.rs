//! `[rollback]`: what an alarm does to a release.

use super::as_text;
use serde::Serialize;
use std::time::Duration;

/// `[rollback]`. Without it alarms do nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Rollback {
    /// Whether something is done, or said only.
    pub mode: RollbackMode,
    /// After a deployment succeeded, an alarm still takes it back for this long.
    #[serde(serialize_with = "as_text")]
    pub window: Duration,
    /// After one rollback of a deployment group there is no other for this long.
    #[serde(serialize_with = "as_text")]
    pub cooldown: Duration,
    /// Names of alarms, for a deployment group that lists none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub alarms: Vec<String>,
}

/// `rollback.mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RollbackMode {
    /// The release is taken back.
    #[default]
    Auto,
    /// The team gets the command that would do it.
    Notify,
}

impl Rollback {
    /// The window, if the plan does not say.
    pub const WINDOW: Duration = Duration::from_mins(30);
    /// The cooldown, if the plan does not say.
    pub const COOLDOWN: Duration = Duration::from_mins(10);
    /// The longest window and the longest cooldown: whoever decides looks back no further.
    pub const LONGEST: Duration = Duration::from_hours(24);
}
