//! What an observer of the world sees: the events that `rehearse --format json` prints.

use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;

/// Something that happened, and when (in the world's time).
#[derive(Debug, Clone, Serialize)]
pub struct Fact {
    /// When.
    pub at: Timestamp,
    /// What; its name goes into `event`.
    #[serde(flatten)]
    pub kind: FactKind,
}

/// Which listener a traffic fact is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The production listener.
    Production,
    /// The test listener.
    Test,
}

/// Everything that can be observed. The names are a contract: add, never change.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event")]
#[allow(missing_docs, reason = "the members carry AWS's own names")]
pub enum FactKind {
    #[serde(rename = "deployment.started")]
    DeploymentStarted {
        deployment_id: String,
        application: String,
        deployment_group: String,
        deployment_config: String,
        creator: String,
    },
    #[serde(rename = "deployment.ended")]
    DeploymentEnded { deployment_id: String, status: String, error_code: Option<String>, message: Option<String> },
    #[serde(rename = "deployment.waiting")]
    DeploymentWaiting { deployment_id: String, what: String, seconds: u64 },
    /// Somebody ended a wait.
    #[serde(rename = "deployment.continued")]
    DeploymentContinued { deployment_id: String },
    #[serde(rename = "lifecycle.started")]
    LifecycleStarted { deployment_id: String, lifecycle_event: String },
    #[serde(rename = "lifecycle.ended")]
    LifecycleEnded { deployment_id: String, lifecycle_event: String, status: String, duration_ms: i64 },
    #[serde(rename = "hook.invoked")]
    HookInvoked { deployment_id: String, lifecycle_event: String, function: String },
    #[serde(rename = "traffic.shifted")]
    TrafficShifted { deployment_id: Option<String>, listener: Side, weights: BTreeMap<String, u32>, green_percent: u32 },
    #[serde(rename = "rollback.started")]
    RollbackStarted { deployment_id: String, rollback_deployment_id: String, reason: String },
    #[serde(rename = "task.started")]
    TaskStarted { task: String, group: String, task_definition: String, ip: String, started_by: Option<String> },
    #[serde(rename = "task.stopped")]
    TaskStopped {
        task: String,
        group: String,
        started_by: Option<String>,
        stop_code: String,
        reason: String,
        exit_codes: BTreeMap<String, Option<i32>>,
    },
    #[serde(rename = "target.health")]
    TargetHealth { target_group: String, target: String, state: String, reason: Option<String> },
    #[serde(rename = "alarm.changed")]
    AlarmChanged { alarm: String, from: String, to: String, reason: String },
    #[serde(rename = "function.invoked")]
    FunctionInvoked { function: String, request_id: String, attempt: u32 },
    #[serde(rename = "function.ended")]
    FunctionEnded { function: String, request_id: String, attempt: u32, outcome: String, error: Option<String> },
    /// Who was denied it: a role by its name, or a service by its own (`events.amazonaws.com`).
    #[serde(rename = "call.denied")]
    CallDenied { role: String, action: String, resource: String },
    /// A statement let a call through for the first time: whose policy it stands in (the role's name, or the ARN of a resource
    /// with a policy of its own), the numbers of the policy and of the statement there, and the action as it is written there.
    #[serde(rename = "permission.used")]
    PermissionUsed {
        role: String,
        policy: usize,
        statement: usize,
        sid: Option<String>,
        action: String,
        resource: String,
    },
    /// A queue took an event that was given up: whose it was (the ARN of a rule, a schedule or a function), and why.
    #[serde(rename = "dead-letter.sent")]
    DeadLetterSent { queue: String, from: String, reason: String },
    #[serde(rename = "notice.sent")]
    NoticeSent { topic: String, subject: Option<String>, message: String },
    /// A line of a container whose log driver sends it elsewhere than to `CloudWatch` Logs.
    #[serde(rename = "container.line")]
    ContainerLine { task: String, container: String, message: String },
    #[serde(rename = "log.line")]
    LogLine {
        log_group: String,
        log_stream: String,
        /// The function that wrote it, if one did.
        #[serde(skip_serializing_if = "Option::is_none")]
        function: Option<String>,
        message: String,
    },
}
