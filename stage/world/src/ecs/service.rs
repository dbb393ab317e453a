//! A service and its task sets, as the engine knows them.

use super::ids;
use super::service_deployment::DeploymentConfiguration;
use super::shapes::{CapacityProviderStrategyItem, LoadBalancer, NetworkConfiguration, Tag};
use super::task::Status;
use super::task_definition::Revision;
use crate::World;
use jiff::Timestamp;
use std::sync::Arc;

/// `DeploymentControllerType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Controller {
    /// Task sets come and go as `CodeDeploy` says.
    CodeDeploy,
    /// Service deployments replace the tasks: every one is a task set that nobody sees as one.
    Ecs,
}

/// Where the tasks of a task set take traffic.
#[derive(Debug, Clone)]
pub(crate) struct Traffic {
    /// The target group's name.
    pub(crate) target_group: String,
    pub(crate) load_balancer: LoadBalancer,
}

/// A service.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    /// The cluster's name.
    pub(crate) cluster: String,
    pub(crate) name: String,
    pub(crate) arn: String,
    pub(crate) controller: Controller,
    pub(crate) desired: u32,
    pub(crate) grace_seconds: u32,
    pub(crate) launch_type: Option<String>,
    pub(crate) capacity_provider_strategy: Vec<CapacityProviderStrategyItem>,
    pub(crate) platform_version: Option<String>,
    pub(crate) network: NetworkConfiguration,
    pub(crate) traffic: Option<Traffic>,
    pub(crate) task_definition: String,
    pub(super) configuration: DeploymentConfiguration,
    /// The service revision whose deployment succeeded last, under the controller `ECS`.
    pub(crate) stable: Option<String>,
    pub(crate) tags: Vec<Tag>,
    pub(crate) propagate_tags: Option<String>,
    pub(crate) enable_execute_command: bool,
    pub(crate) created_at: Timestamp,
    /// The primary task set's id.
    pub(crate) primary: Option<String>,
    /// The task set whose deployment was completed last, under the controller `ECS`.
    pub(crate) rolled_out: Option<String>,
    /// Oldest first.
    pub(crate) task_sets: Vec<TaskSet>,
    /// Newest first: id, time, message.
    pub(crate) events: Vec<(String, Timestamp, String)>,
}

/// A task set.
#[derive(Debug, Clone)]
pub(crate) struct TaskSet {
    /// `ecs-svc/…`.
    pub(crate) id: String,
    pub(crate) arn: String,
    pub(crate) external_id: Option<String>,
    /// The ARN of the service revision, under the controller `ECS`.
    pub(crate) service_revision: Option<String>,
    pub(crate) revision: Arc<Revision>,
    /// None for workers, which nobody calls.
    pub(crate) traffic: Option<Traffic>,
    pub(crate) network: NetworkConfiguration,
    pub(crate) platform_version: Option<String>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    /// How many tasks it shall have, if not as many as its service.
    pub(crate) quota: Option<u32>,
    pub(crate) draining: bool,
    pub(crate) steady: bool,
    pub(crate) stability_at: Timestamp,
    pub(crate) failed_tasks: u32,
    pub(crate) last_failure: Option<String>,
    /// Failures since a task last became ready.
    pub(crate) streak: u32,
    pub(crate) launching: Launching,
}

/// Whether a task set starts the tasks that it misses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Launching {
    Now,
    /// Too many failed in a row: a new attempt is waited for.
    Later,
    /// Its deployment failed.
    Never,
}

/// What is decided about a task set when it is made.
#[derive(Debug)]
pub(crate) struct NewSet {
    /// The deployment's id, if `CodeDeploy` makes it.
    pub(crate) external_id: Option<String>,
    /// The ARN of the service revision, if ECS makes it.
    pub(crate) service_revision: Option<String>,
    pub(crate) revision: Arc<Revision>,
    pub(crate) traffic: Option<Traffic>,
    pub(crate) network: NetworkConfiguration,
    pub(crate) platform_version: Option<String>,
}

/// How many tasks of a task set there are.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counts {
    pub(crate) desired: u32,
    pub(crate) running: u32,
    pub(crate) pending: u32,
}

// === impl Controller ===

impl Controller {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::CodeDeploy => "CODE_DEPLOY",
            Self::Ecs => "ECS",
        }
    }
}

// === impl Service ===

impl Service {
    /// How many tasks a task set shall have.
    pub(crate) fn wanted(&self, set: &TaskSet) -> u32 {
        if set.draining { 0 } else { set.quota.unwrap_or(self.desired) }
    }

    pub(crate) fn status(&self, set: &TaskSet) -> &'static str {
        if set.draining {
            "DRAINING"
        } else if self.primary.as_ref() == Some(&set.id) {
            "PRIMARY"
        } else {
            "ACTIVE"
        }
    }

    pub(crate) fn counts(&self, world: &World, set: &TaskSet) -> Counts {
        let mut counts = Counts { desired: self.wanted(set), ..Counts::default() };
        for task in world.ecs.tasks.values().filter(|task| task.launch.task_set.as_ref() == Some(&set.id)) {
            match task.status {
                Status::Running => counts.running += 1,
                Status::Provisioning | Status::Pending => counts.pending += 1,
                _ => {}
            }
        }
        counts
    }
}

// === impl TaskSet ===

impl TaskSet {
    /// A task set without tasks.
    pub(crate) fn new(world: &mut World, (cluster, service): &(String, String), of: NewSet) -> Self {
        let id = ids::task_set(world);
        Self {
            arn: world.arn("ecs", &format!("task-set/{cluster}/{service}/{id}")),
            id,
            external_id: of.external_id,
            service_revision: of.service_revision,
            revision: of.revision,
            traffic: of.traffic,
            network: of.network,
            platform_version: of.platform_version,
            created_at: world.now,
            updated_at: world.now,
            quota: None,
            draining: false,
            steady: false,
            stability_at: world.now,
            failed_tasks: 0,
            last_failure: None,
            streak: 0,
            launching: Launching::Now,
        }
    }
}

/// The service and the task set with this id.
pub(super) fn find<'a>(world: &'a World, set: &str) -> Option<(&'a Service, &'a TaskSet)> {
    world.ecs.services.values().find_map(|service| Some((service, service.task_sets.iter().find(|own| own.id == set)?)))
}

/// The task set with this id.
pub(super) fn find_set<'a>(world: &'a mut World, set: &str) -> Option<&'a mut TaskSet> {
    world.ecs.services.values_mut().flat_map(|service| &mut service.task_sets).find(|own| own.id == set)
}
