//! An ECS service: who deploys it, and what it runs.

use crate::deployment::timestamp;
use crate::{Env, Error, classify};
use aws_sdk_ecs::types::{DeploymentAlarms, DeploymentConfiguration, DeploymentControllerType, DeploymentRolloutState};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// How many services one call describes at most.
const AT_ONCE: usize = 10;

/// What `DescribeServices` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// The task definition of new tasks, as ECS has it.
    pub task_definition: Option<String>,
    /// Whether `CodeDeploy` deploys it; else ECS does itself.
    pub is_codedeploy: bool,
    /// How many tasks it shall have.
    pub desired_count: i32,
    /// Its task sets: those of `CodeDeploy`.
    pub task_sets: Vec<TaskSet>,
    /// Its deployments: those of ECS, the newest first.
    pub deployments: Vec<Deployment>,
}

/// A task set of a service that `CodeDeploy` deploys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskSet {
    /// `ecs-svc/…`.
    pub id: String,
    /// The deployment that made it; `None` for the service's first one.
    pub deployment_id: Option<String>,
    /// `PRIMARY`, `ACTIVE` or `DRAINING`.
    pub status: String,
    /// What its tasks run.
    pub task_definition: String,
}

/// A deployment of a service that ECS deploys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    /// `ecs-svc/…`.
    pub id: String,
    /// `PRIMARY` or `ACTIVE`.
    pub status: String,
    /// What its tasks run.
    pub task_definition: String,
    /// Where it stands.
    pub rollout: Rollout,
    /// Why.
    pub reason: String,
    /// Tasks that run, and tasks that there should be.
    pub running: (i32, i32),
}

/// `rolloutState`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rollout {
    /// Tasks are being replaced.
    InProgress,
    /// Its tasks are the service's tasks.
    Completed,
    /// The circuit breaker ended it.
    Failed,
}

impl Rollout {
    /// As AWS writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InProgress => "IN_PROGRESS",
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
        }
    }
}

impl Service {
    /// The task set that users reach, or will when a shift is over.
    pub fn primary(&self) -> Option<&TaskSet> {
        self.task_sets.iter().find(|set| set.status == "PRIMARY")
    }

    /// The task set that was there before a deployment.
    pub fn before(&self, deployment_id: &str) -> Option<&TaskSet> {
        let other = |set: &&TaskSet| set.status != "DRAINING" && set.deployment_id.as_deref() != Some(deployment_id);
        self.task_sets.iter().filter(other).max_by_key(|set| set.status == "PRIMARY")
    }
}

/// Reads a service.
///
/// # Errors
/// If it is not there.
pub async fn read(env: &Env, cluster: &str, service: &str) -> Result<Service, Error> {
    let name = format!("{cluster}/{service}");
    let answer = env.ecs().describe_services().cluster(cluster).services(service).send().await;
    let answer = answer.map_err(|error| classify("ecs:DescribeServices", &name, &error))?;
    let found = answer.services().first().filter(|service| service.status() != Some("INACTIVE"));
    let found = found.ok_or_else(|| Error::Unfit(format!("there is no service {name}")))?;
    let controller = found.deployment_controller().map(aws_sdk_ecs::types::DeploymentController::r#type);
    Ok(Service {
        task_definition: found.task_definition().map(str::to_owned),
        is_codedeploy: controller == Some(&DeploymentControllerType::CodeDeploy),
        desired_count: found.desired_count(),
        task_sets: found.task_sets().iter().filter_map(task_set).collect(),
        deployments: found.deployments().iter().filter_map(deployment).collect(),
    })
}

/// What decides whether an alarm is about a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    /// Names of the alarms that ECS asks about its deployments. Empty if they are switched off.
    pub alarms: Vec<String>,
    /// When something about its deployments changed last; `None` if one is in progress, or nobody knows.
    pub quiet_since: Option<Timestamp>,
}

/// Looks at several services of a cluster; those that do not exist, or that ECS does not deploy itself, are not among them.
///
/// # Errors
/// If they cannot be read.
pub async fn watched(env: &Env, cluster: &str, names: &[String]) -> Result<BTreeMap<String, Watched>, Error> {
    let mut found = BTreeMap::new();
    for names in names.chunks(AT_ONCE) {
        let answer = env.ecs().describe_services().cluster(cluster).set_services(Some(names.to_vec())).send().await;
        let answer = match answer.map_err(|error| classify("ecs:DescribeServices", cluster, &error)) {
            Err(fault) if fault.code.as_deref() == Some("ClusterNotFoundException") => continue,
            answer => answer?,
        };
        let ours = answer.services().iter().filter(|service| is_deployed_by_ecs(service));
        found.extend(ours.filter_map(|service| Some((service.service_name()?.to_owned(), watched_by(service)))));
    }
    Ok(found)
}

fn is_deployed_by_ecs(service: &aws_sdk_ecs::types::Service) -> bool {
    let controller = service.deployment_controller().map(aws_sdk_ecs::types::DeploymentController::r#type);
    service.status() != Some("INACTIVE") && controller.is_none_or(|known| *known == DeploymentControllerType::Ecs)
}

fn watched_by(service: &aws_sdk_ecs::types::Service) -> Watched {
    let alarms = service.deployment_configuration().and_then(DeploymentConfiguration::alarms);
    let alarms = alarms.filter(|alarms| alarms.enable()).map(DeploymentAlarms::alarm_names).unwrap_or_default();
    let deployments = service.deployments();
    let is_over =
        |one: &aws_sdk_ecs::types::Deployment| one.rollout_state() == Some(&DeploymentRolloutState::Completed);
    let changes: Vec<Timestamp> = deployments.iter().filter_map(|one| one.updated_at().and_then(timestamp)).collect();
    let is_quiet = deployments.iter().all(is_over) && changes.len() == deployments.len();
    let quiet_since = changes.into_iter().max().filter(|_| is_quiet);
    Watched { alarms: alarms.to_vec(), quiet_since }
}

fn task_set(set: &aws_sdk_ecs::types::TaskSet) -> Option<TaskSet> {
    Some(TaskSet {
        id: set.id()?.to_owned(),
        deployment_id: set.external_id().map(str::to_owned),
        status: set.status().unwrap_or_default().to_owned(),
        task_definition: set.task_definition()?.to_owned(),
    })
}

fn deployment(deployment: &aws_sdk_ecs::types::Deployment) -> Option<Deployment> {
    Some(Deployment {
        id: deployment.id()?.to_owned(),
        status: deployment.status().unwrap_or_default().to_owned(),
        task_definition: deployment.task_definition()?.to_owned(),
        rollout: match deployment.rollout_state() {
            Some(DeploymentRolloutState::Completed) => Rollout::Completed,
            Some(DeploymentRolloutState::Failed) => Rollout::Failed,
            _ => Rollout::InProgress,
        },
        reason: deployment.rollout_state_reason().unwrap_or_default().to_owned(),
        running: (deployment.running_count(), deployment.desired_count()),
    })
}
