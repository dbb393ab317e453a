//! `Install`: the replacement task set comes, and becomes steady.

use super::deployment::Deployment;
use super::engine::{self, Failure};
use super::{service_role, traffic};
use crate::{World, ecs};

/// Creates the replacement task set. A rollback has one already, the one it goes back to, unless somebody deleted it.
pub(super) fn begin(world: &mut World, id: &str) {
    let Some(deployment) = world.codedeploy.deployments.get(id) else { return };
    if deployment.is_rollback() {
        if is_there(world, deployment) {
            engine::event_succeeded(world, id);
            return;
        }
        if deployment.previous_revision.is_none() {
            engine::event_failed(world, id, nothing_to_go_back_to());
            return;
        }
    }
    let wanted = wanted(deployment);
    let is_rollback = deployment.is_rollback();
    let needed = ecs::needed_for(world, &wanted);
    if let Err(failure) = service_role::check(world, id, "AmazonECS", &needed) {
        engine::event_failed(world, id, failure);
        return;
    }
    if !is_rollback && !traffic::keep_on_blue(world, id) {
        return;
    }
    clear_target_group(world, &wanted);
    match ecs::create_task_set(world, wanted) {
        Ok(task_set) => {
            engine::update(world, id, |deployment| deployment.set_replacement(task_set));
            task_set_changed(world, id);
        }
        Err(error) => {
            let failure = Failure {
                code: "ECS_UPDATE_ERROR",
                diagnostics: "UnknownError",
                message: format!("The ECS service could not be updated: {}", error.message),
            };
            engine::event_failed(world, id, failure);
        }
    }
}

/// Whether the task set that a rollback goes back to still takes requests.
fn is_there(world: &World, rollback: &Deployment) -> bool {
    rollback
        .sides
        .blue_task_set
        .as_ref()
        .and_then(|task_set| ecs::task_set_view(world, &rollback.cluster, &rollback.service, task_set))
        .is_some_and(|view| view.status != "DRAINING")
}

fn wanted(deployment: &Deployment) -> ecs::NewTaskSet {
    let appspec = deployment.revision.appspec.clone();
    let sides = &deployment.sides;
    let target_group = if deployment.is_rollback() { &sides.blue_target_group } else { &sides.green_target_group };
    ecs::NewTaskSet {
        cluster: deployment.cluster.clone(),
        service: deployment.service.clone(),
        task_definition: appspec.task_definition,
        external_id: deployment.id.clone(),
        target_group: target_group.clone(),
        container_name: appspec.container_name,
        container_port: appspec.container_port,
        network_configuration: appspec.network_configuration,
        platform_version: appspec.platform_version,
    }
}

/// A deployment that failed without a rollback leaves its task sets behind: the one in the way has to go.
fn clear_target_group(world: &mut World, wanted: &ecs::NewTaskSet) {
    let Some(view) = ecs::service_view(world, &wanted.cluster, &wanted.service) else { return };
    let in_the_way = view.task_sets.iter().filter(|task_set| {
        task_set.target_group == wanted.target_group
            && task_set.status == "ACTIVE"
            && Some(&task_set.id) != view.primary.as_ref()
    });
    for task_set in in_the_way {
        let _ = ecs::delete_task_set(world, &wanted.cluster, &wanted.service, &task_set.id);
    }
}

/// A replacement task set that is steady ends the event; a failing one has the whole hour to become steady.
pub(super) fn task_set_changed(world: &mut World, id: &str) {
    let Some(deployment) = world.codedeploy.deployments.get(id) else { return };
    let view = deployment
        .replacement()
        .and_then(|task_set| ecs::task_set_view(world, &deployment.cluster, &deployment.service, task_set));
    if view.is_some_and(|view| view.steady) {
        engine::event_succeeded(world, id);
    }
}

pub(super) fn too_slow() -> Failure {
    Failure {
        code: "TIMEOUT",
        diagnostics: "ScriptTimedOut",
        message: "The deployment timed out while waiting for the replacement task set to become healthy. This time out period is 60 minutes.".to_owned(),
    }
}

fn nothing_to_go_back_to() -> Failure {
    Failure {
        code: "REVISION_MISSING",
        diagnostics: "UnknownError",
        message: "The original task set is gone, and no earlier deployment has a revision to install again.".to_owned(),
    }
}
