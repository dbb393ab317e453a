//! A deployment's target, as whoever looks at a deployment sees it: times, counts and weights.

use crate::deployment::timestamp;
use crate::{Env, Error, classify};
use aws_sdk_codedeploy::types::{EcsTaskSet, LifecycleEvent, TargetLabel};
use jiff::Timestamp;

/// `ECSTarget`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DeploymentTarget {
    /// Its lifecycle events, in their order.
    pub lifecycle_events: Vec<Event>,
    /// The service's task sets.
    pub task_sets: Vec<TaskSet>,
}

/// `LifecycleEvent`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// `BeforeInstall` and the like.
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

/// `ECSTaskSet`.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskSet {
    /// `ecs-svc/…`.
    pub id: String,
    /// `Blue` or `Green`; none if it is neither.
    pub label: Option<String>,
    /// `PRIMARY`, `ACTIVE` or `DRAINING`.
    pub status: String,
    /// How many of its tasks run.
    pub running: i64,
    /// How many there should be.
    pub desired: i64,
    /// Its share of production traffic in percent.
    pub traffic_weight: f64,
    /// The name of the target group that its tasks are in.
    pub target_group: Option<String>,
}

/// Its id, `cluster:service`; `None` before the deployment has started.
///
/// # Errors
/// If it cannot be read.
pub async fn id(env: &Env, deployment_id: &str) -> Result<Option<String>, Error> {
    let answer = env.codedeploy().list_deployment_targets().deployment_id(deployment_id).send().await;
    match answer {
        Ok(answer) => Ok(answer.target_ids().first().cloned()),
        Err(error) => none_yet(classify("codedeploy:ListDeploymentTargets", deployment_id, &error)),
    }
}

/// Reads it; `None` before the deployment has started.
///
/// # Errors
/// If it cannot be read.
pub async fn read(env: &Env, deployment_id: &str, target_id: &str) -> Result<Option<DeploymentTarget>, Error> {
    let request = env.codedeploy().get_deployment_target().deployment_id(deployment_id).target_id(target_id);
    let answer = match request.send().await {
        Ok(answer) => answer,
        Err(error) => return none_yet(classify("codedeploy:GetDeploymentTarget", deployment_id, &error)),
    };
    Ok(answer.deployment_target().and_then(|target| target.ecs_target()).map(|target| DeploymentTarget {
        lifecycle_events: target.lifecycle_events().iter().filter_map(event).collect(),
        task_sets: target.task_sets_info().iter().filter_map(task_set).collect(),
    }))
}

fn none_yet<T>(fault: crate::Fault) -> Result<Option<T>, Error> {
    let is_missing =
        |code: &str| code.ends_with("NotStartedException") || code.ends_with("TargetDoesNotExistException");
    if fault.code.as_deref().is_some_and(is_missing) { Ok(None) } else { Err(fault.into()) }
}

fn event(event: &LifecycleEvent) -> Option<Event> {
    let message = event.diagnostics().and_then(|diagnostics| diagnostics.message());
    Some(Event {
        name: event.lifecycle_event_name()?.to_owned(),
        status: event.status().map_or("Unknown", |status| status.as_str()).to_owned(),
        started_at: event.start_time().and_then(timestamp),
        ended_at: event.end_time().and_then(timestamp),
        message: message.filter(|message| !message.is_empty()).map(str::to_owned),
    })
}

fn task_set(set: &EcsTaskSet) -> Option<TaskSet> {
    Some(TaskSet {
        id: set.identifer()?.to_owned(),
        label: set.task_set_label().map(TargetLabel::as_str).map(str::to_owned),
        status: set.status().unwrap_or_default().to_owned(),
        running: set.running_count(),
        desired: set.desired_count(),
        traffic_weight: set.traffic_weight(),
        target_group: set.target_group().and_then(|group| group.name()).map(str::to_owned),
    })
}
