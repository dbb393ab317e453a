//! What a hook says in the end.

/// The end of a hook, free of the controller's language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The work is done: the deployment goes on.
    Succeeded,
    /// There was nothing to do, and why: the deployment goes on.
    Skipped(String),
    /// The deployment must not go on, and why.
    Failed(String),
    /// Work was started; an event brings the verdict later.
    Pending,
}

impl Verdict {
    /// The word that log lines and the program use.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Skipped(_) => "skipped",
            Self::Failed(_) => "failed",
            Self::Pending => "pending",
        }
    }

    /// Why, if there is something to say.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Skipped(reason) | Self::Failed(reason) => Some(reason),
            Self::Succeeded | Self::Pending => None,
        }
    }

    /// The `LifecycleEventStatus` that `PutLifecycleEventHookExecutionStatus` takes: only these two are usable. `None` while
    /// the work goes on.
    pub const fn lifecycle_event_status(&self) -> Option<&'static str> {
        match self {
            Self::Succeeded | Self::Skipped(_) => Some("Succeeded"),
            Self::Failed(_) => Some("Failed"),
            Self::Pending => None,
        }
    }
}
