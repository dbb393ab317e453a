//! What there is to know about one deployment: plain values, for every reader the same.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

/// The story of a deployment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Story {
    /// Its id; the ARN of a service deployment.
    pub deployment_id: String,
    /// The `CodeDeploy` application; `None` if ECS deploys.
    pub application: Option<String>,
    /// The deployment group; `None` if ECS deploys.
    pub deployment_group: Option<String>,
    /// `cluster:service`, as `CodeDeploy` calls the target; `None` before its deployment has started.
    pub target: Option<String>,
    /// What came of it.
    pub outcome: Outcome,
    /// AWS's own word: `Succeeded`, `Failed`, `Stopped`, `InProgress` and the like, or `SUCCESSFUL`, `ROLLBACK_IN_PROGRESS` …
    pub status: String,
    /// Why it came to that, in a sentence; what it waits for, if it has not ended.
    pub why: String,
    /// What to do now, the first thing first.
    pub next: Vec<Step>,
    /// Who made it, in words; empty if ECS deploys, which does not tell.
    pub by: String,
    /// What whoever deployed wrote about it.
    pub description: String,
    /// How traffic shifts: the deployment configuration, or ECS's strategy.
    pub deployment_config: String,
    /// When it was created.
    pub created_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// What it deploys, as far as that can be read.
    pub revision: Option<Revision>,
    /// What had been deployed before.
    pub before: Option<Revision>,
    /// `CodeDeploy`'s error: code and message; ECS's reason for the status.
    pub error: Option<String>,
    /// Its lifecycle events, in their order. Of ECS's lifecycle stages those at which functions were asked, and the one that it is
    /// in: ECS keeps no others.
    pub lifecycle_events: Vec<LifecycleEvent>,
    /// What the functions of hooks said, in the order of time.
    pub hooks: Vec<Hook>,
    /// Attempts of commands (migrations and the like) that ended, in the order of time.
    pub commands: Vec<Command>,
    /// Names of the two target groups that it used.
    pub target_groups: Vec<String>,
    /// The service's task sets, or service revisions, as they are now.
    pub task_sets: Vec<TaskSet>,
    /// Tasks of the new revision that stopped by themselves; the first that stopped comes first.
    pub stopped_tasks: Vec<StoppedTask>,
    /// Alarms that the function `rollback` answered for this deployment.
    pub alarms: Vec<Alarm>,
    /// How ECS itself took it back.
    pub rollback: Option<Rollback>,
    /// The deployment that takes this one back.
    pub rolled_back_by: Option<Other>,
    /// The id of the deployment that this one takes back.
    pub rolls_back: Option<String>,
    /// What could not be read, and why: the story lacks it.
    pub unread: Vec<String>,
}

impl Story {
    /// `application/group`, or `cluster/service` if ECS deploys.
    pub fn name(&self) -> String {
        match (&self.application, &self.deployment_group) {
            (Some(application), Some(group)) => format!("{application}/{group}"),
            _ => self.target.as_deref().unwrap_or_default().replacen(':', "/", 1),
        }
    }

    /// The id by which the functions write of it: of an ARN its last part.
    pub fn id(&self) -> &str {
        self.deployment_id.rsplit('/').next().unwrap_or(&self.deployment_id)
    }
}

/// How ECS takes a deployment back that it made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rollback {
    /// ECS's reason.
    pub reason: String,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// `family:revision` that it goes back to, if that could be read.
    pub task_definition: Option<String>,
}

/// What came of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Its revision serves, or did until the next release.
    Succeeded,
    /// Another deployment took it back.
    RolledBack,
    /// Another deployment is taking it back.
    RollingBack,
    /// It failed, and nothing took it back; or what took it back failed too.
    Failed,
    /// Somebody stopped it, and nothing took it back.
    Stopped,
    /// It has not ended.
    InProgress,
}

impl Outcome {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::RolledBack => "rolled back",
            Self::RollingBack => "is being rolled back",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
            Self::InProgress => "in progress",
        }
    }

    /// Whether there is nothing wrong with it so far.
    pub const fn is_good(self) -> bool {
        matches!(self, Self::Succeeded | Self::InProgress)
    }
}

/// What somebody can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What.
    pub what: String,
    /// The command that does it, if one does.
    pub command: Option<String>,
}

impl Step {
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), command: None }
    }

    pub(super) fn with(what: impl Into<String>, command: impl Into<String>) -> Self {
        Self { what: what.into(), command: Some(command.into()) }
    }
}

/// A revision of the service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Revision {
    /// `family:revision`.
    pub task_definition: String,
    /// The image of the container that takes the traffic.
    pub image: Option<String>,
    /// The commit that the image was made of, if the container has a label for it.
    pub commit: Option<String>,
}

/// A lifecycle event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LifecycleEvent {
    /// `BeforeInstall` and the like, or `PRE_SCALE_UP` and the like.
    pub name: String,
    /// `Pending`, `InProgress`, `Succeeded`, `Failed`, `Skipped`.
    pub status: String,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// What `CodeDeploy` says about its failure.
    pub message: Option<String>,
}

impl LifecycleEvent {
    /// From its beginning to its end.
    pub fn duration(&self) -> Option<SignedDuration> {
        Some(self.ended_at?.duration_since(self.started_at?))
    }
}

/// What a hook's function said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hook {
    /// When.
    pub at: Timestamp,
    /// The lifecycle event that it is the hook of.
    pub lifecycle_event: String,
    /// The function.
    pub function: String,
    /// `succeeded`, `failed`, `skipped`; `pending` while a task works for it; `late` if nobody waited for it any more.
    pub verdict: String,
    /// Why: a line for each failed check, with what was expected and what came, or the end of a log.
    pub reason: Option<String>,
    /// From the function's call to the verdict, in milliseconds.
    pub duration_ms: Option<i64>,
}

/// An attempt of a command that a hook ran as a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Command {
    /// When it was judged; when it was started, if it runs.
    pub at: Timestamp,
    /// The lifecycle event whose hook ran it.
    pub lifecycle_event: String,
    /// Which of the hook's commands, from 0.
    pub step: u64,
    /// Which attempt, from 0.
    pub attempt: u64,
    /// The task's ARN.
    pub task: String,
    /// When the task stopped, by ECS's clock.
    pub stopped_at: Option<Timestamp>,
    /// `succeeded`, `failed`, `retry`; `running` if its end was not heard of.
    pub outcome: String,
    /// The exit code of the container.
    pub exit_code: Option<i64>,
    /// Why it did not succeed, with the end of its log.
    pub reason: Option<String>,
    /// When it is stopped if it has not ended.
    pub deadline: Option<Timestamp>,
}

/// A task set of the service.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TaskSet {
    /// `ecs-svc/…`; the ARN of a service revision.
    pub id: String,
    /// `Blue` or `Green`, if it is one of them.
    pub label: Option<String>,
    /// `PRIMARY`, `ACTIVE` or `DRAINING`; of a service revision `TARGET` or `SOURCE`.
    pub status: String,
    /// How many of its tasks run.
    pub running: i64,
    /// How many there should be.
    pub desired: i64,
    /// Its share of production traffic in percent.
    pub traffic_percent: f64,
    /// The name of the target group that its tasks are in.
    pub target_group: Option<String>,
}

/// A task of the service that stopped by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StoppedTask {
    /// The last part of its ARN.
    pub task: String,
    /// When it stopped.
    pub stopped_at: Option<Timestamp>,
    /// ECS's `stopCode`.
    pub stop_code: String,
    /// ECS's reason, with exit codes and reasons of containers.
    pub reason: String,
    /// The last lines of its log. They are read for the first task only.
    pub log_tail: Vec<String>,
}

/// An alarm that the function `rollback` answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Alarm {
    /// When it was answered.
    pub at: Timestamp,
    /// Its name.
    pub name: String,
    /// Since when it is in `ALARM`.
    pub since: Option<Timestamp>,
    /// `stopped`, `redeployed` or `proposed`.
    pub answer: String,
    /// The command that was proposed.
    pub command: Option<String>,
}

/// Another deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Other {
    /// Its id.
    pub deployment_id: String,
    /// `Succeeded`, `Failed`, `InProgress` and the like.
    pub status: String,
    /// Who made it, in words.
    pub by: String,
    /// What it says about itself.
    pub description: String,
    /// When it was created.
    pub created_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}
