//! A service deployment, as the engine knows it.

use super::configuration::{Action, DeploymentConfiguration, Strategy, TargetType};
use super::phase::{Phase, Stage};
use jiff::Timestamp;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

/// `ServiceDeploymentStatus`. A deployment that another one replaces is stopped at once, without `STOP_REQUESTED`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ecs) enum Status {
    Pending,
    InProgress,
    RollbackRequested,
    RollbackInProgress,
    Successful,
    Stopped,
    RollbackSuccessful,
    RollbackFailed,
}

/// `ServiceDeploymentRollbackMonitorsStatus`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ecs) enum MonitorStatus {
    Triggered,
    Monitoring,
    MonitoringComplete,
    Disabled,
}

/// One of the two sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::ecs) struct Side {
    /// The service revision's ARN.
    pub(in crate::ecs) revision: String,
    /// The task set's id.
    pub(in crate::ecs) task_set: String,
}

/// What turns traffic. Without it a deployment has no traffic to shift.
#[derive(Debug, Clone)]
pub(super) struct Routing {
    /// Rules, by ARN.
    pub(super) production: String,
    pub(super) test: Option<String>,
    /// In whose name the load balancer is changed.
    pub(super) role_arn: String,
    /// Target groups, by name. There is one for blue also where there is no blue.
    pub(super) blue: String,
    pub(super) green: String,
}

/// The alarms of a deployment.
#[derive(Debug, Clone)]
pub(in crate::ecs) struct Alarms {
    pub(in crate::ecs) status: MonitorStatus,
    pub(in crate::ecs) names: Vec<String>,
    pub(in crate::ecs) triggered: Vec<String>,
    pub(super) rolls_back: bool,
}

/// The circuit breaker of a deployment.
#[derive(Debug, Clone)]
pub(in crate::ecs) struct Breaker {
    pub(in crate::ecs) status: MonitorStatus,
    pub(in crate::ecs) failures: u32,
    pub(in crate::ecs) threshold: u32,
}

/// `Rollback`.
#[derive(Debug, Clone)]
pub(in crate::ecs) struct Rollback {
    pub(in crate::ecs) reason: String,
    pub(in crate::ecs) started_at: Timestamp,
    /// What it goes back to; none if there is nothing.
    pub(in crate::ecs) revision: Option<String>,
}

/// `DeploymentLifecycleHookStatus`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ecs) enum HookStatus {
    AwaitingAction,
    InProgress,
    Succeeded,
    Failed,
    TimedOut,
}

/// A hook at work in a stage.
#[derive(Debug, Clone)]
pub(in crate::ecs) struct Execution {
    /// Which of the configuration's hooks.
    pub(super) hook: usize,
    /// `ecs-pause-…` or `ecs-lambda-…`.
    pub(in crate::ecs) id: String,
    /// What the function is told; the same in each of its calls.
    pub(super) call_id: String,
    pub(super) stage: Stage,
    pub(in crate::ecs) target_type: TargetType,
    pub(in crate::ecs) target_arn: Option<String>,
    pub(in crate::ecs) status: HookStatus,
    pub(in crate::ecs) expires_at: Timestamp,
    pub(in crate::ecs) timeout_action: Action,
}

/// A service deployment.
#[derive(Debug, Clone)]
pub(in crate::ecs) struct Deployment {
    pub(in crate::ecs) arn: String,
    /// The how manieth of the account it is.
    pub(in crate::ecs) number: u64,
    /// Cluster and service.
    pub(in crate::ecs) service: (String, String),
    /// As it was when the deployment began.
    pub(in crate::ecs) configuration: DeploymentConfiguration,
    pub(in crate::ecs) status: Status,
    pub(in crate::ecs) status_reason: Option<String>,
    pub(in crate::ecs) created_at: Timestamp,
    pub(in crate::ecs) started_at: Option<Timestamp>,
    pub(in crate::ecs) finished_at: Option<Timestamp>,
    pub(in crate::ecs) stopped_at: Option<Timestamp>,
    pub(in crate::ecs) updated_at: Timestamp,
    /// The service revisions that ran when it began.
    pub(in crate::ecs) sources: Vec<String>,
    /// What it goes back to.
    pub(super) blue: Option<Side>,
    pub(in crate::ecs) green: Side,
    pub(super) routing: Option<Routing>,
    pub(in crate::ecs) alarms: Alarms,
    pub(in crate::ecs) breaker: Breaker,
    pub(in crate::ecs) rollback: Option<Rollback>,
    /// Hooks that ran or run, oldest first.
    pub(in crate::ecs) executions: Vec<Execution>,
    /// What hooks of the configuration returned to be given again.
    pub(super) details: BTreeMap<usize, Map<String, Json>>,
    /// What it goes through.
    pub(super) phases: Vec<Phase>,
    pub(super) progress: Progress,
}

/// How far a deployment has come.
#[derive(Debug, Clone, Default)]
pub(super) struct Progress {
    /// The phase that it is in or that comes next.
    pub(super) phase: usize,
    /// When the phase began, if it has.
    pub(super) began: Option<Timestamp>,
    /// Where in `executions` the hooks of this phase begin.
    pub(super) first_execution: usize,
    /// Whether the phase waits for tasks.
    pub(super) awaits_tasks: bool,
    /// Green's share of the traffic in percent; none before it was asked for.
    pub(super) test_percent: Option<f64>,
    pub(super) production_percent: Option<f64>,
    /// Counts every change of what the deployment waits for, so that timers and answers of the past can be told.
    pub(super) stage: u64,
}

// === impl Status ===

impl Status {
    /// All that the service model has.
    pub(in crate::ecs) const NAMES: [&str; 9] = [
        "PENDING",
        "SUCCESSFUL",
        "STOPPED",
        "STOP_REQUESTED",
        "IN_PROGRESS",
        "ROLLBACK_REQUESTED",
        "ROLLBACK_IN_PROGRESS",
        "ROLLBACK_SUCCESSFUL",
        "ROLLBACK_FAILED",
    ];

    pub(in crate::ecs) fn name(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::InProgress => "IN_PROGRESS",
            Self::RollbackRequested => "ROLLBACK_REQUESTED",
            Self::RollbackInProgress => "ROLLBACK_IN_PROGRESS",
            Self::Successful => "SUCCESSFUL",
            Self::Stopped => "STOPPED",
            Self::RollbackSuccessful => "ROLLBACK_SUCCESSFUL",
            Self::RollbackFailed => "ROLLBACK_FAILED",
        }
    }

    pub(super) fn is_over(self) -> bool {
        matches!(self, Self::Successful | Self::Stopped | Self::RollbackSuccessful | Self::RollbackFailed)
    }

    pub(super) fn goes_back(self) -> bool {
        matches!(self, Self::RollbackRequested | Self::RollbackInProgress)
    }
}

// === impl MonitorStatus ===

impl MonitorStatus {
    pub(in crate::ecs) fn name(self) -> &'static str {
        match self {
            Self::Triggered => "TRIGGERED",
            Self::Monitoring => "MONITORING",
            Self::MonitoringComplete => "MONITORING_COMPLETE",
            Self::Disabled => "DISABLED",
        }
    }

    /// Of a deployment that is over.
    pub(super) fn at_the_end(self) -> Self {
        if self == Self::Monitoring { Self::MonitoringComplete } else { self }
    }
}

// === impl HookStatus ===

impl HookStatus {
    pub(in crate::ecs) fn name(self) -> &'static str {
        match self {
            Self::AwaitingAction => "AWAITING_ACTION",
            Self::InProgress => "IN_PROGRESS",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::TimedOut => "TIMED_OUT",
        }
    }

    pub(super) fn is_open(self) -> bool {
        matches!(self, Self::AwaitingAction | Self::InProgress)
    }
}

// === impl Deployment ===

impl Deployment {
    /// What stands behind the last slash of its ARN.
    pub(super) fn id(&self) -> &str {
        self.arn.rsplit('/').next().unwrap_or_default()
    }

    pub(in crate::ecs) fn is_over(&self) -> bool {
        self.status.is_over()
    }

    pub(super) fn is_rolling(&self) -> bool {
        self.configuration.strategy() == Strategy::Rolling
    }

    /// The phase that it is in or that comes next; `None` when all are done, or there are none.
    pub(super) fn phase(&self) -> Option<Phase> {
        self.phases.get(self.progress.phase).copied()
    }

    /// `ServiceDeploymentLifecycleStage`, while it is in one.
    pub(in crate::ecs) fn lifecycle_stage(&self) -> Option<&'static str> {
        let begun = matches!(self.status, Status::InProgress | Status::RollbackInProgress);
        self.phase().filter(|_| begun).map(|phase| phase.stage.described())
    }

    /// Its share of production and test traffic in percent, for one of its two revisions.
    pub(in crate::ecs) fn shares(&self, revision: &str) -> Option<(f64, f64)> {
        self.routing.as_ref().filter(|_| !self.is_rolling())?;
        let test = self.progress.test_percent.unwrap_or(0.0);
        let production = self.progress.production_percent.unwrap_or(0.0);
        let is_green = self.green.revision == revision;
        // nobody sends test traffic to blue before it was turned
        let blue_test = if self.progress.test_percent.is_some() { 100.0 - test } else { 0.0 };
        Some(if is_green { (production, test) } else { (100.0 - production, blue_test) })
    }
}
