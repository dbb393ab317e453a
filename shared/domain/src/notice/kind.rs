//! What kinds of news there are.

use std::fmt;

/// What kind of news a notice is. The names are a contract: add, never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A deployment began.
    DeploymentStarted,
    /// A deployment waits for somebody.
    DeploymentWaiting,
    /// Production traffic goes to the new revision, some or all of it.
    TrafficShifting,
    /// A deployment is done.
    DeploymentSucceeded,
    /// A deployment failed.
    DeploymentFailed,
    /// Somebody stopped a deployment.
    DeploymentStopped,
    /// What served before serves again.
    DeploymentRolledBack,
    /// A hook failed, and with it the deployment.
    HookFailed,
    /// A hook failed, and the deployment goes on.
    HookForgiven,
    /// A hook's verdict came when it did not count any more.
    HookLate,
    /// An alarm takes a release back.
    RollbackStarted,
    /// An alarm would take a release back, if it were allowed to.
    RollbackProposed,
    /// An alarm went off, and there is nothing to take back.
    RollbackRefused,
    /// A release should have been taken back, and was not.
    RollbackFailed,
    /// A job failed.
    JobFailed,
    /// A job works again.
    JobRecovered,
    /// Something of this product itself does not work.
    ProductFailed,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Nothing is wrong.
    Info,
    /// What was wanted has been reached.
    Success,
    /// Somebody should look at it, today.
    Warning,
    /// Somebody should look at it now.
    Error,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 17] = [
        Self::DeploymentStarted,
        Self::DeploymentWaiting,
        Self::TrafficShifting,
        Self::DeploymentSucceeded,
        Self::DeploymentFailed,
        Self::DeploymentStopped,
        Self::DeploymentRolledBack,
        Self::HookFailed,
        Self::HookForgiven,
        Self::HookLate,
        Self::RollbackStarted,
        Self::RollbackProposed,
        Self::RollbackRefused,
        Self::RollbackFailed,
        Self::JobFailed,
        Self::JobRecovered,
        Self::ProductFailed,
    ];

    /// Its name, for programs and filter policies.
    pub fn name(self) -> &'static str {
        match self {
            Self::DeploymentStarted => "deployment.started",
            Self::DeploymentWaiting => "deployment.waiting",
            Self::TrafficShifting => "traffic.shifting",
            Self::DeploymentSucceeded => "deployment.succeeded",
            Self::DeploymentFailed => "deployment.failed",
            Self::DeploymentStopped => "deployment.stopped",
            Self::DeploymentRolledBack => "deployment.rolled-back",
            Self::HookFailed => "hook.failed",
            Self::HookForgiven => "hook.forgiven",
            Self::HookLate => "hook.late",
            Self::RollbackStarted => "rollback.started",
            Self::RollbackProposed => "rollback.proposed",
            Self::RollbackRefused => "rollback.refused",
            Self::RollbackFailed => "rollback.failed",
            Self::JobFailed => "job.failed",
            Self::JobRecovered => "job.recovered",
            Self::ProductFailed => "product.failed",
        }
    }

    /// How bad it is.
    pub fn level(self) -> Level {
        match self {
            Self::DeploymentStarted | Self::TrafficShifting => Level::Info,
            Self::DeploymentSucceeded | Self::JobRecovered => Level::Success,
            Self::DeploymentWaiting
            | Self::DeploymentStopped
            | Self::HookForgiven
            | Self::HookLate
            | Self::RollbackRefused => Level::Warning,
            Self::DeploymentFailed
            | Self::DeploymentRolledBack
            | Self::HookFailed
            | Self::RollbackStarted
            | Self::RollbackProposed
            | Self::RollbackFailed
            | Self::JobFailed
            | Self::ProductFailed => Level::Error,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Level {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Success => "success",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}
