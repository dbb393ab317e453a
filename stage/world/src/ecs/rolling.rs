//! Rolling updates: under the deployment controller `ECS`, a deployment is a task set that takes over from another task by task.
//!
//! All tasks of the new one start at once (`maximumPercent` 200); for each that becomes ready, one of the old ones stops
//! (`minimumHealthyPercent` 100). If they never become ready, the old ones go on.

use super::service::{self, Controller, NewSet, TaskSet};
use super::task_definition::Revision;
use super::{scheduler, service_event};
use crate::World;
use std::sync::Arc;

/// Begins a deployment of a service with its settings as they are now.
pub(super) fn begin(world: &mut World, key: &(String, String), revision: Arc<Revision>) {
    let Some(service) = world.ecs.services.get(key) else { return };
    let of = NewSet {
        external_id: None,
        revision,
        traffic: service.traffic.clone(),
        network: service.network.clone(),
        platform_version: service.platform_version.clone(),
    };
    let set = TaskSet::new(world, key, of);
    let id = set.id.clone();
    if let Some(service) = world.ecs.services.get_mut(key) {
        service.task_definition.clone_from(&set.revision.arn);
        service.primary = Some(id.clone());
        service.task_sets.push(set);
    }
    service_event::deployment_began(world, &id);
    scheduler::reconcile(world, &id);
}

/// Goes as far as the tasks of the primary task set allow. Nothing happens to a service of another controller.
pub(super) fn advance(world: &mut World, key: &(String, String)) {
    let Some(service) = world.ecs.services.get(key).filter(|service| service.controller == Controller::Ecs) else {
        return;
    };
    let Some(primary) = service.primary.clone() else { return };
    let ready = u32::try_from(scheduler::ready(world, &primary)).unwrap_or(u32::MAX);
    let mut left = service.desired.saturating_sub(ready);
    // what an earlier deployment has not finished yet is not waited for: the oldest tasks are those that work
    let older = service.task_sets.iter().filter(|set| set.id != primary && !set.draining);
    let quotas: Vec<(String, u32)> = older.map(|set| (set.id.clone(), std::mem::take(&mut left))).collect();
    for (id, quota) in quotas {
        let Some(set) = service::find_set(world, &id) else { continue };
        if set.quota != Some(quota) {
            set.quota = Some(quota);
            set.draining = quota == 0;
            scheduler::reconcile(world, &id);
        }
    }
    complete(world, key, &primary);
}

/// A deployment is complete when its tasks are the only ones, and stays so.
fn complete(world: &mut World, (cluster, name): &(String, String), primary: &str) {
    let Some((service, set)) = service::find(world, primary) else { return };
    if service.rolled_out.as_deref() == Some(primary) || !set.steady || service.task_sets.len() > 1 {
        return;
    }
    if let Some(service) = world.ecs.services.get_mut(&(cluster.clone(), name.clone())) {
        service.rolled_out = Some(primary.to_owned());
    }
    scheduler::note(world, cluster, name, format!("(service {name}) (deployment {primary}) deployment completed."));
    service_event::deployment_completed(world, primary);
}
