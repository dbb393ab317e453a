//! What the world is told of a deployment: events on the bus, and facts for whoever watches.

use super::deployment::{Deployment, HookStatus, Status};
use super::engine;
use super::phase::Stage;
use crate::ecs::{ids, scheduler, service_event};
use crate::{FactKind, World, events};
use serde_json::json;
use std::time::Duration;

/// A deployment that observers hear of: a rolling update has no stages, and nobody waits for it.
fn watched<'a>(world: &'a World, arn: &str) -> Option<&'a Deployment> {
    engine::find(world, arn).filter(|deployment| !deployment.is_rolling())
}

pub(super) fn started(world: &mut World, arn: &str) {
    let Some(deployment) = watched(world, arn) else { return };
    let (cluster, service) = deployment.service.clone();
    let strategy = serde_json::to_value(deployment.configuration.strategy()).unwrap_or_default();
    let told = FactKind::DeploymentStarted {
        deployment_id: deployment.id().to_owned(),
        application: cluster,
        deployment_group: service,
        deployment_config: strategy.as_str().unwrap_or_default().to_owned(),
        creator: "user".to_owned(),
    };
    world.tell(told);
}

pub(super) fn stage_began(world: &mut World, arn: &str, stage: Stage) {
    let Some(deployment_id) = watched(world, arn).map(|deployment| deployment.id().to_owned()) else { return };
    world.tell(FactKind::LifecycleStarted { deployment_id, lifecycle_event: stage.name().to_owned() });
}

/// The stage in progress is over, if there is one.
pub(super) fn stage_ended(world: &mut World, arn: &str, well: bool) {
    let Some(deployment) = watched(world, arn) else { return };
    let (Some(began), Some(phase)) = (deployment.progress.began, deployment.phase()) else { return };
    let told = FactKind::LifecycleEnded {
        deployment_id: deployment.id().to_owned(),
        lifecycle_event: phase.stage.name().to_owned(),
        status: if well { "Succeeded" } else { "Failed" }.to_owned(),
        duration_ms: world.now.as_millisecond() - began.as_millisecond(),
    };
    world.tell(told);
    engine::update(world, arn, |deployment| deployment.progress.began = None);
}

/// Both sides run, and green has the traffic.
pub(super) fn waiting(world: &mut World, arn: &str, wait: Duration) {
    let Some(deployment_id) = watched(world, arn).map(|deployment| deployment.id().to_owned()) else { return };
    world.tell(FactKind::DeploymentWaiting { deployment_id, what: "bake".to_owned(), seconds: wait.as_secs() });
}

/// The words are those of other deployments; the status as ECS has it stands beside them.
pub(super) fn ended(world: &mut World, arn: &str) {
    let Some(deployment) = watched(world, arn) else { return };
    let status = match deployment.status {
        Status::Successful => "Succeeded",
        Status::Stopped => "Stopped",
        _ => "Failed",
    };
    let told = FactKind::DeploymentEnded {
        deployment_id: deployment.id().to_owned(),
        status: status.to_owned(),
        error_code: Some(deployment.status.name().to_owned()).filter(|_| deployment.status != Status::Successful),
        message: deployment.status_reason.clone(),
    };
    world.tell(told);
}

/// "ECS Deployment State Change": the deployment has failed.
pub(super) fn failed(world: &mut World, arn: &str, reason: &str) {
    let Some(deployment) = engine::find(world, arn) else { return };
    let green = deployment.green.task_set.clone();
    service_event::deployment_failed(world, &green, reason);
}

/// The same: its rollback begins.
pub(super) fn going_back(world: &mut World, arn: &str, blue: &str) {
    let Some(deployment) = engine::find(world, arn) else { return };
    let reason = format!("ECS deployment {}: rolling back to deploymentId {blue}.", deployment.green.task_set);
    service_event::deployment_goes_back(world, blue, &reason);
}

/// The same: this task set is the service's own.
pub(super) fn completed(world: &mut World, key: &(String, String), set: &str) {
    let (cluster, name) = key;
    if let Some(service) = world.ecs.services.get_mut(key) {
        service.rolled_out = Some(set.to_owned());
    }
    scheduler::note(world, cluster, name, format!("(service {name}) (deployment {set}) deployment completed."));
    service_event::deployment_completed(world, set);
}

/// "ECS Hook State Change".
pub(super) fn hook(world: &mut World, arn: &str, number: usize) {
    let Some(deployment) = engine::find(world, arn) else { return };
    let Some(execution) = deployment.executions.get(number) else { return };
    let (cluster, service) = &deployment.service;
    let kind = match execution.status {
        HookStatus::Failed | HookStatus::TimedOut => "ERROR",
        _ => "INFO",
    };
    let detail = json!({
        "eventType": kind,
        "eventName": format!("HOOK_{}", execution.status.name()),
        "hookId": execution.id,
        "hookType": execution.target_type.name(),
        "expiresAt": format!("{:.0}", execution.expires_at),
        "lifecycleStage": execution.stage.name(),
        "clusterArn": ids::cluster_arn(world, cluster),
        "serviceArn": ids::service_arn(world, cluster, service),
        "serviceDeploymentArn": deployment.arn,
        "updatedAt": format!("{:.9}", world.now),
    });
    events::publish(world, "aws.ecs", "ECS Hook State Change", vec![arn.to_owned()], detail);
}
