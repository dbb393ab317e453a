//! `[rehearsal.deployment]`: what the deployment group of a rehearsal is like, as far as it is not as `CodeDeploy`'s console
//! suggests it.

use std::time::Duration;

/// `[rehearsal.deployment]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RehearsalDeployment {
    /// The deployment configuration of the account's own that is made, under the name in `rehearsal.deployment-config`.
    pub traffic: Option<Traffic>,
    /// The deployment waits before traffic shifts, until somebody continues it.
    pub ready: Option<ReadyWait>,
    /// Whether blue is kept for good (`KEEP_ALIVE`).
    pub keep_blue: bool,
    /// Whether a deployment that fails, or is stopped by an alarm, is rolled back by itself.
    pub auto_rollback: bool,
    /// Whether hooks are invoked in a rollback deployment. AWS does not say whether it does.
    pub hooks_in_rollback: bool,
}

impl Default for RehearsalDeployment {
    fn default() -> Self {
        Self { traffic: None, ready: None, keep_blue: false, auto_rollback: true, hooks_in_rollback: false }
    }
}

/// How traffic shifts: `{ canary = 20, interval = "10m" }` or `{ linear = 20, interval = "2m" }`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traffic {
    /// The shape.
    pub shift: Shift,
    /// Percent of one step, 1 to 99.
    pub percentage: u32,
    /// Minutes from one step to the next, 1 to 2880.
    pub minutes: u32,
}

/// The shape of a shift.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shift {
    /// One step, and then the rest.
    Canary,
    /// Equal steps.
    Linear,
}

/// The wait before traffic shifts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadyWait {
    /// The deployment is stopped after this; whole minutes.
    pub wait: Duration,
    /// Somebody continues it after this. Without it nobody does.
    pub continue_after: Option<Duration>,
}
