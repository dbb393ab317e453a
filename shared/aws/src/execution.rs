//! One execution of a hook, and what its failure means.

use greenlight_domain::lifecycle::LifecycleEvent;
use greenlight_domain::plan::{OnFailure, Plan};
use greenlight_domain::service_deployment::{ServiceDeploymentArn, Stage};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One execution of a hook: what its verdict is reported for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execution {
    /// The deployment.
    pub deployment_id: String,
    /// Whom the verdict is reported to.
    pub reply: Reply,
    /// The lifecycle event.
    pub lifecycle_event: LifecycleEvent,
    /// The function that was called.
    pub function: String,
    /// When it was called.
    pub called_at: Timestamp,
    /// What its failure means.
    pub failure: Failure,
}

/// Whom a verdict is reported to, and what for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// `CodeDeploy`, which is told by a call of its own.
    CodeDeploy {
        /// Its opaque id of this execution.
        execution_id: String,
    },
    /// ECS, which reads the function's answer.
    Ecs {
        /// The service deployment.
        deployment: ServiceDeploymentArn,
        /// The stage at which the hook was called.
        stage: Stage,
        /// Whether green has some of the traffic, and gets more.
        is_further_step: bool,
    },
}

impl Execution {
    /// The point of the deployment, as its controller calls it: `BeforeInstall`, `PRE_SCALE_UP`.
    pub fn point(&self) -> &'static str {
        match &self.reply {
            Reply::CodeDeploy { .. } => self.lifecycle_event.name(),
            Reply::Ecs { stage, .. } => stage.name(),
        }
    }
}

/// What a hook's failure means for the deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Failure {
    /// The deployment fails.
    Decides,
    /// The deployment goes on, and the team is told.
    Told,
}

impl Failure {
    /// What the plan says about failures of a hook that is meant for this lifecycle event.
    pub fn of(plan: &Plan, lifecycle_event: LifecycleEvent) -> Self {
        let keeps = || plan.finish.as_ref().is_none_or(|finish| finish.on_failure == OnFailure::Keep);
        if lifecycle_event == LifecycleEvent::AfterAllowTraffic && keeps() { Self::Told } else { Self::Decides }
    }

    /// Before a plan was read: green serves everybody by then, and only a plan can say that it must not go on.
    pub(crate) const fn unread(lifecycle_event: LifecycleEvent) -> Self {
        if matches!(lifecycle_event, LifecycleEvent::AfterAllowTraffic) { Self::Told } else { Self::Decides }
    }
}
