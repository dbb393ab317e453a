//! A service and its task sets, as the engine knows them.

use super::shapes::{CapacityProviderStrategyItem, LoadBalancer, NetworkConfiguration, Tag};
use super::task::Status;
use super::task_definition::Revision;
use crate::World;
use jiff::Timestamp;
use std::sync::Arc;

/// A service under the `CODE_DEPLOY` controller.
#[derive(Debug)]
pub(crate) struct Service {
    /// The cluster's name.
    pub(crate) cluster: String,
    pub(crate) name: String,
    pub(crate) arn: String,
    pub(crate) desired: u32,
    pub(crate) grace_seconds: u32,
    pub(crate) launch_type: Option<String>,
    pub(crate) capacity_provider_strategy: Vec<CapacityProviderStrategyItem>,
    pub(crate) platform_version: Option<String>,
    pub(crate) network: NetworkConfiguration,
    pub(crate) load_balancer: LoadBalancer,
    pub(crate) task_definition: String,
    pub(crate) tags: Vec<Tag>,
    pub(crate) propagate_tags: Option<String>,
    pub(crate) enable_execute_command: bool,
    pub(crate) created_at: Timestamp,
    /// The primary task set's id.
    pub(crate) primary: Option<String>,
    /// Oldest first.
    pub(crate) task_sets: Vec<TaskSet>,
    /// Newest first: id, time, message.
    pub(crate) events: Vec<(String, Timestamp, String)>,
}

/// A task set.
#[derive(Debug)]
pub(crate) struct TaskSet {
    /// `ecs-svc/…`.
    pub(crate) id: String,
    pub(crate) arn: String,
    pub(crate) external_id: Option<String>,
    pub(crate) revision: Arc<Revision>,
    /// The target group's name.
    pub(crate) target_group: String,
    pub(crate) load_balancer: LoadBalancer,
    pub(crate) network: NetworkConfiguration,
    pub(crate) platform_version: Option<String>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) draining: bool,
    pub(crate) steady: bool,
    pub(crate) stability_at: Timestamp,
    pub(crate) failed_tasks: u32,
    pub(crate) last_failure: Option<String>,
    /// Failures since a task last became ready.
    pub(crate) streak: u32,
    /// A new attempt is waited for.
    pub(crate) held_back: bool,
}

/// How many tasks of a task set there are.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counts {
    pub(crate) desired: u32,
    pub(crate) running: u32,
    pub(crate) pending: u32,
}

// === impl Service ===

impl Service {
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
        let mut counts = Counts { desired: if set.draining { 0 } else { self.desired }, ..Counts::default() };
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

/// The service and the task set with this id.
pub(super) fn find<'a>(world: &'a World, set: &str) -> Option<(&'a Service, &'a TaskSet)> {
    world.ecs.services.values().find_map(|service| Some((service, service.task_sets.iter().find(|own| own.id == set)?)))
}

/// The task set with this id.
pub(super) fn find_set<'a>(world: &'a mut World, set: &str) -> Option<&'a mut TaskSet> {
    world.ecs.services.values_mut().flat_map(|service| &mut service.task_sets).find(|own| own.id == set)
}
