//! Stages in which tasks come and go.

use super::deployment::{Deployment, Side};
use super::phase::Stage;
use super::{engine, roles, rollback, traffic};
use crate::ecs::service::{self, NewSet, TaskSet};
use crate::ecs::{scheduler, task_sets};
use crate::{World, elb};

/// What a service has to go back to: the task set of the revision whose deployment succeeded last, with all its tasks. It is the
/// primary one from now on, so that no rolling update takes it away.
pub(super) fn restored(world: &mut World, key: &(String, String)) -> Option<Side> {
    let service = world.ecs.services.get_mut(key)?;
    let revision = service.stable.clone()?;
    let is_it = |set: &&mut TaskSet| !set.draining && set.service_revision.as_ref() == Some(&revision);
    if let Some(set) = service.task_sets.iter_mut().find(is_it) {
        let task_set = set.id.clone();
        let is_short = set.quota.take().is_some();
        service.primary = Some(task_set.clone());
        if is_short {
            scheduler::reconcile(world, &task_set);
        }
        return Some(Side { revision, task_set });
    }
    // a rolling update may have replaced the last of its tasks before it failed
    let of = world.ecs.service_revisions.get(&revision)?;
    let of = NewSet {
        external_id: None,
        service_revision: Some(revision.clone()),
        revision: of.revision.clone(),
        traffic: of.traffic.clone(),
        network: of.network.clone(),
        platform_version: of.platform_version.clone(),
    };
    let set = TaskSet::new(world, key, of);
    let task_set = set.id.clone();
    if let Some(service) = world.ecs.services.get_mut(key) {
        service.primary = Some(task_set.clone());
    }
    task_sets::add(world, key, set);
    Some(Side { revision, task_set })
}

/// Takes a task set away: its targets are deregistered, its tasks stopped when that is done.
fn take_away(world: &mut World, task_set: &str) {
    let now = world.now;
    let Some(set) = service::find_set(world, task_set) else { return };
    set.draining = true;
    set.steady = false;
    set.stability_at = now;
    set.updated_at = now;
    scheduler::reconcile(world, task_set);
}

/// Task sets of a deployment's service that are neither blue nor green.
fn others(world: &World, deployment: &Deployment) -> Vec<String> {
    let Some(service) = world.ecs.services.get(&deployment.service) else { return Vec::new() };
    let blue = deployment.blue.as_ref().map(|blue| &blue.task_set);
    let is_other = |set: &&TaskSet| set.id != deployment.green.task_set && Some(&set.id) != blue;
    service.task_sets.iter().filter(is_other).map(|set| set.id.clone()).collect()
}

/// `RECONCILE_SERVICE`: what an earlier deployment left behind goes, and blue has all traffic again.
pub(super) fn reconcile(world: &mut World, arn: &str) {
    if !traffic::keep_on_blue(world, arn) {
        return;
    }
    let Some(deployment) = engine::find(world, arn) else { return };
    for set in others(world, deployment) {
        take_away(world, &set);
    }
    engine::await_tasks(world, arn);
}

/// `SCALE_UP`: green gets its tasks; in a rollback blue has them, or waits for them.
pub(super) fn scale_up(world: &mut World, arn: &str) {
    if engine::find(world, arn).is_some_and(|deployment| deployment.rollback.is_some()) {
        return engine::await_tasks(world, arn);
    }
    if !traffic::keep_on_blue(world, arn) || !may_register(world, arn) {
        return;
    }
    let Some(deployment) = engine::find(world, arn) else { return };
    let green = deployment.green.task_set.clone();
    if let Some(set) = service::find_set(world, &green) {
        set.quota = None;
    }
    scheduler::reconcile(world, &green);
    engine::await_tasks(world, arn);
}

fn may_register(world: &mut World, arn: &str) -> bool {
    let Some(routing) = engine::find(world, arn).and_then(|deployment| deployment.routing.clone()) else {
        return true;
    };
    let groups: Vec<String> =
        [&routing.green, &routing.blue].iter().filter_map(|name| elb::target_group_arn(world, name)).collect();
    let Err(reason) = roles::may_register(world, &routing.role_arn, &groups) else { return true };
    rollback::begin(world, arn, reason);
    false
}

/// `CLEAN_UP`: the side goes that nobody needs any more.
pub(super) fn clean_up(world: &mut World, arn: &str) {
    let Some(deployment) = engine::find(world, arn) else { return };
    let superfluous = if deployment.rollback.is_some() { Some(&deployment.green) } else { deployment.blue.as_ref() };
    if let Some(task_set) = superfluous.map(|side| side.task_set.clone()) {
        take_away(world, &task_set);
    }
    engine::await_tasks(world, arn);
}

/// Whether the tasks are there, or gone, that a stage waits for.
pub(super) fn is_done(world: &World, deployment: &Deployment, stage: Stage) -> bool {
    let find = |side: &Side| service::find(world, &side.task_set).map(|(_, set)| set);
    match stage {
        Stage::ReconcileService => others(world, deployment).is_empty(),
        Stage::ScaleUp if deployment.rollback.is_some() => {
            deployment.blue.as_ref().and_then(find).is_some_and(|set| set.steady)
        }
        Stage::ScaleUp => find(&deployment.green).is_some_and(|set| set.steady),
        Stage::CleanUp if deployment.rollback.is_some() => find(&deployment.green).is_none(),
        Stage::CleanUp => deployment.blue.as_ref().is_none_or(|blue| find(blue).is_none()),
        _ => true,
    }
}

/// The tasks that a stage waits for did not come, or go.
pub(super) fn too_slow(world: &mut World, arn: &str) {
    let Some(deployment) = engine::find(world, arn).filter(|deployment| deployment.progress.awaits_tasks) else {
        return;
    };
    let Some(phase) = deployment.phase() else { return };
    if deployment.rollback.is_none() {
        let reason = format!("The lifecycle stage {} did not end within 24 hours.", phase.stage.name());
        rollback::begin(world, arn, reason);
    }
}
