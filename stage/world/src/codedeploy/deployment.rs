//! A deployment and its lifecycle events.

use super::configuration::Step;
use super::phase::Phase;
use super::revision::Revision;
use super::shapes::{AlarmConfiguration, AutoRollbackConfiguration};
use crate::Side;
use jiff::Timestamp;

/// A lifecycle event of an ECS deployment, in the order in which they come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum EventName {
    BeforeInstall,
    Install,
    AfterInstall,
    AllowTestTraffic,
    AfterAllowTestTraffic,
    BeforeAllowTraffic,
    AllowTraffic,
    AfterAllowTraffic,
}

impl EventName {
    const ALL: [Self; 8] = [
        Self::BeforeInstall,
        Self::Install,
        Self::AfterInstall,
        Self::AllowTestTraffic,
        Self::AfterAllowTestTraffic,
        Self::BeforeAllowTraffic,
        Self::AllowTraffic,
        Self::AfterAllowTraffic,
    ];

    /// The events of a deployment: those about test traffic only exist with a test listener.
    pub(super) fn of_deployment(test_listener: bool) -> impl Iterator<Item = Self> {
        Self::ALL
            .into_iter()
            .filter(move |name| test_listener || !matches!(name, Self::AllowTestTraffic | Self::AfterAllowTestTraffic))
    }

    /// The event that an AppSpec's key names, if it can have a hook. Keys may be written in any case.
    pub(super) fn hook(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| {
            event.as_str().eq_ignore_ascii_case(name)
                && !matches!(event, Self::Install | Self::AllowTestTraffic | Self::AllowTraffic)
        })
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::BeforeInstall => "BeforeInstall",
            Self::Install => "Install",
            Self::AfterInstall => "AfterInstall",
            Self::AllowTestTraffic => "AllowTestTraffic",
            Self::AfterAllowTestTraffic => "AfterAllowTestTraffic",
            Self::BeforeAllowTraffic => "BeforeAllowTraffic",
            Self::AllowTraffic => "AllowTraffic",
            Self::AfterAllowTraffic => "AfterAllowTraffic",
        }
    }
}

/// `LifecycleEventStatus`, as far as a deployment to ECS has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EventStatus {
    Pending,
    InProgress,
    Succeeded,
    Failed,
    Skipped,
}

impl EventStatus {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::InProgress => "InProgress",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Skipped => "Skipped",
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct LifecycleEvent {
    pub(super) name: EventName,
    pub(super) status: EventStatus,
    pub(super) started: Option<Timestamp>,
    pub(super) ended: Option<Timestamp>,
    /// What the hook was given to report with.
    pub(super) hook_execution_id: Option<String>,
    /// `LifecycleErrorCode` and a message, once it ended badly.
    pub(super) diagnostics: Option<(&'static str, String)>,
}

impl LifecycleEvent {
    /// The lifecycle event of a phase, if it is one.
    pub(super) fn of(phase: &Phase) -> Option<Self> {
        let Phase::Event(name) = phase else { return None };
        Some(Self {
            name: *name,
            status: EventStatus::Pending,
            started: None,
            ended: None,
            hook_execution_id: None,
            diagnostics: None,
        })
    }
}

/// `DeploymentStatus`, as far as a deployment to ECS has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Created,
    InProgress,
    Ready,
    Succeeded,
    Failed,
    Stopped,
}

impl Status {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Created => "Created",
            Self::InProgress => "InProgress",
            Self::Ready => "Ready",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Stopped => "Stopped",
        }
    }
}

/// `DeploymentCreator`, as far as the stage has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Creator {
    User,
    CodeDeployRollback,
}

impl Creator {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::CodeDeployRollback => "codeDeployRollback",
        }
    }
}

/// `RollbackInfo`.
#[derive(Debug, Clone, Default)]
pub(super) struct RollbackInfo {
    pub(super) rollback_deployment_id: Option<String>,
    pub(super) triggering_deployment_id: Option<String>,
    pub(super) message: Option<String>,
}

/// The two sides: target groups change their colour with every deployment.
#[derive(Debug, Clone)]
pub(super) struct Sides {
    pub(super) production_listener: String,
    pub(super) test_listener: Option<String>,
    /// The target group that production traffic went to when the deployment was created.
    pub(super) blue_target_group: String,
    /// The other one.
    pub(super) green_target_group: String,
    /// The task set that was primary when the deployment was created.
    pub(super) blue_task_set: Option<String>,
    /// The replacement, once it exists.
    pub(super) green_task_set: Option<String>,
}

#[derive(Debug, Clone)]
pub(super) struct Deployment {
    pub(super) id: String,
    /// The how manieth of the account it is.
    pub(super) number: u64,
    pub(super) application: String,
    pub(super) group: String,
    pub(super) configuration: String,
    pub(super) steps: Vec<Step>,
    pub(super) creator: Creator,
    pub(super) description: Option<String>,
    pub(super) revision: Revision,
    pub(super) previous_revision: Option<Revision>,
    pub(super) auto_rollback: AutoRollbackConfiguration,
    /// Its own or those of its group.
    pub(super) alarms: AlarmConfiguration,
    pub(super) overrides_alarms: bool,
    pub(super) rollback_info: RollbackInfo,
    pub(super) cluster: String,
    pub(super) service: String,
    pub(super) sides: Sides,
    pub(super) status: Status,
    /// `ErrorCode` and message.
    pub(super) error: Option<(&'static str, String)>,
    pub(super) created: Timestamp,
    pub(super) started: Option<Timestamp>,
    pub(super) completed: Option<Timestamp>,
    pub(super) updated: Timestamp,
    pub(super) events: Vec<LifecycleEvent>,
    /// What it goes through.
    pub(super) phases: Vec<Phase>,
    pub(super) progress: Progress,
}

/// How far a deployment has come.
#[derive(Debug, Clone, Default)]
pub(super) struct Progress {
    /// The phase that it is in or that comes next.
    pub(super) phase: usize,
    /// The next step of the traffic shift.
    pub(super) next_step: usize,
    /// Since when the service has not been steady, during the traffic shift.
    pub(super) disturbed: Option<Timestamp>,
    /// Whether the phase is a wait that has begun.
    pub(super) is_waiting: bool,
    /// Stays so when the wait is over.
    pub(super) termination_wait_started: bool,
    /// Somebody stops it, and it is stopped when the lifecycle event in progress has ended; whether it is rolled back then.
    pub(super) stopping: Option<bool>,
    /// Counts every change of what the deployment waits for, so that timers of the past can be told.
    pub(super) stage: u64,
}

impl Sides {
    /// The listener's ARN; there need not be one for test traffic.
    pub(super) fn listener(&self, side: Side) -> Option<&str> {
        match side {
            Side::Production => Some(&self.production_listener),
            Side::Test => self.test_listener.as_deref(),
        }
    }

    /// Whether a task set is one of the two.
    pub(super) fn has(&self, task_set: &str) -> bool {
        [&self.blue_task_set, &self.green_task_set].into_iter().any(|side| side.as_deref() == Some(task_set))
    }
}

impl Deployment {
    pub(super) fn is_rollback(&self) -> bool {
        self.creator == Creator::CodeDeployRollback
    }

    pub(super) fn is_over(&self) -> bool {
        matches!(self.status, Status::Succeeded | Status::Failed | Status::Stopped)
    }

    /// `cluster:service`.
    pub(super) fn target_id(&self) -> String {
        format!("{}:{}", self.cluster, self.service)
    }

    /// The phase that it is in or that comes next; `None` when all are done.
    pub(super) fn phase(&self) -> Option<Phase> {
        self.phases.get(self.progress.phase).copied()
    }

    /// The lifecycle event in progress.
    pub(super) fn in_progress(&self) -> Option<EventName> {
        self.events.iter().find(|event| event.status == EventStatus::InProgress).map(|event| event.name)
    }

    pub(super) fn event(&mut self, name: EventName) -> Option<&mut LifecycleEvent> {
        self.events.iter_mut().find(|event| event.name == name)
    }

    /// Whether there is, or was, something to undo.
    pub(super) fn reached_install(&self) -> bool {
        self.events.iter().any(|event| event.name == EventName::Install && event.started.is_some())
    }

    /// The task set that production traffic goes to: green, or back to blue.
    pub(super) fn replacement(&self) -> Option<&str> {
        let sides = &self.sides;
        if self.is_rollback() { sides.blue_task_set.as_deref() } else { sides.green_task_set.as_deref() }
    }

    pub(super) fn set_replacement(&mut self, task_set: String) {
        let sides = &mut self.sides;
        let side = if self.creator == Creator::CodeDeployRollback {
            &mut sides.blue_task_set
        } else {
            &mut sides.green_task_set
        };
        *side = Some(task_set);
    }

    /// The task set that nobody needs when all phases are done.
    pub(super) fn superfluous(&self) -> Option<&str> {
        let ends_blue = self.phases.iter().any(|phase| matches!(phase, Phase::TerminationWait(_)));
        match (self.is_rollback(), ends_blue) {
            (true, _) => self.sides.green_task_set.as_deref(),
            (false, true) => self.sides.blue_task_set.as_deref(),
            (false, false) => None,
        }
    }
}
