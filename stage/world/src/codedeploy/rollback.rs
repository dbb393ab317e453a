//! Rollbacks: deployments that `CodeDeploy` makes to undo another one.

use super::configuration::{ALL_AT_ONCE, Routing};
use super::deployment::{Creator, Deployment, LifecycleEvent, Progress, RollbackInfo, Status};
use super::news::{self, News};
use super::shapes::{AlarmConfiguration, AutoRollbackConfiguration};
use super::{engine, phase};
use crate::{FactKind, World};

/// Rolls a failed deployment back, if its configuration says so.
pub(super) fn after_failure(world: &mut World, id: &str) {
    let Some(deployment) = world.codedeploy.deployments.get(id) else { return };
    if deployment.auto_rollback.covers("DEPLOYMENT_FAILURE") {
        let reason = deployment.error.as_ref().map_or_else(String::new, |(_, message)| message.clone());
        begin(world, id, reason);
    }
}

/// Creates the deployment that undoes this one. A rollback is never rolled back.
pub(super) fn begin(world: &mut World, id: &str, reason: String) {
    let Some(failed) = world.codedeploy.deployments.get(id).filter(|deployment| !deployment.is_rollback()).cloned()
    else {
        return;
    };
    if !world.setup.rollback_before_install && !failed.reached_install() {
        return;
    }
    let rollback_id = super::create_deployment::new_id(world);
    let told =
        format!("Deployment {id} terminated. Automatic rollback is triggered with a DeploymentId {rollback_id}.");
    engine::update(world, id, |deployment| {
        deployment.rollback_info.rollback_deployment_id = Some(rollback_id.clone());
        deployment.rollback_info.message = Some(told);
    });
    world.tell(FactKind::RollbackStarted {
        deployment_id: id.to_owned(),
        rollback_deployment_id: rollback_id.clone(),
        reason,
    });
    news::spread(world, id, News::Rollback);
    engine::accept(world, undoing(world, failed, rollback_id));
}

fn undoing(world: &World, failed: Deployment, id: String) -> Deployment {
    let message = format!("Deployment {id} is triggered to roll back deployment {}.", failed.id);
    let phases = phase::of_rollback(failed.sides.test_listener.is_some());
    Deployment {
        number: world.codedeploy.next_number(),
        // back to what ran before, if CodeDeploy deployed that
        revision: failed.previous_revision.clone().unwrap_or(failed.revision),
        previous_revision: failed.previous_revision,
        configuration: ALL_AT_ONCE.to_owned(),
        steps: Routing::AllAtOnce.steps(),
        creator: Creator::CodeDeployRollback,
        description: Some(message.clone()),
        auto_rollback: AutoRollbackConfiguration::default(),
        // the alarm that brought it about is active still
        alarms: AlarmConfiguration::default(),
        overrides_alarms: false,
        rollback_info: RollbackInfo {
            rollback_deployment_id: None,
            triggering_deployment_id: Some(failed.id),
            message: Some(message),
        },
        status: Status::Created,
        error: None,
        created: world.now,
        started: None,
        completed: None,
        updated: world.now,
        events: phases.iter().filter_map(LifecycleEvent::of).collect(),
        phases,
        progress: Progress::default(),
        id,
        application: failed.application,
        group: failed.group,
        cluster: failed.cluster,
        service: failed.service,
        sides: failed.sides,
    }
}
