//! Rolling updates: under the deployment controller `ECS`, a deployment is a task set that takes over from another task by task.
//!
//! All tasks of the new one start at once (`maximumPercent` 200); for each that becomes ready, one of the old ones stops
//! (`minimumHealthyPercent` 100). If they never become ready, the old ones go on.

use super::service::{self, Launching};
use super::{scheduler, service_deployment};
use crate::World;

/// Goes as far as the tasks of the primary task set allow. Nothing happens to a service that is not deployed so.
pub(super) fn advance(world: &mut World, key: &(String, String)) {
    if service_deployment::tasks_changed(world, key) || !service_deployment::is_rolling(world, key) {
        return;
    }
    let Some(service) = world.ecs.services.get(key) else { return };
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
    service_deployment::rolled_out(world, &(cluster.clone(), name.clone()), primary);
}

/// Another task set, which is the primary one again, takes over from a new one.
pub(super) fn back(world: &mut World, key: &(String, String)) {
    if let Some(service) = world.ecs.services.get_mut(key) {
        service.rolled_out = None;
    }
    advance(world, key);
}

/// A task set launches no more tasks.
pub(super) fn give_up(world: &mut World, set: &str) {
    if let Some(set) = service::find_set(world, set) {
        set.launching = Launching::Never;
    }
}
