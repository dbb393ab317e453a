//! "ECS Deployment State Change" and "ECS Service Action".

use super::ids;
use super::service::{self, Controller};
use crate::{World, events};
use serde_json::{Value as Json, json};

/// A deployment of a service under the controller `ECS` began. AWS is not known to tell this of services under `CODE_DEPLOY`.
pub(super) fn deployment_began(world: &mut World, set: &str) {
    let reason = format!("ECS deployment {set} in progress.");
    deployment(world, set, "INFO", "SERVICE_DEPLOYMENT_IN_PROGRESS", &reason);
}

/// A deployment failed, and is undone by this one.
pub(super) fn deployment_goes_back(world: &mut World, set: &str, reason: &str) {
    deployment(world, set, "INFO", "SERVICE_DEPLOYMENT_IN_PROGRESS", reason);
}

/// A deployment failed.
pub(super) fn deployment_failed(world: &mut World, set: &str, reason: &str) {
    deployment(world, set, "ERROR", "SERVICE_DEPLOYMENT_FAILED", reason);
}

/// A deployment of a service under the controller `ECS` is complete.
pub(super) fn deployment_completed(world: &mut World, set: &str) {
    let reason = format!("ECS deployment {set} completed.");
    deployment(world, set, "INFO", "SERVICE_DEPLOYMENT_COMPLETED", &reason);
}

fn deployment(world: &mut World, set: &str, kind: &str, event: &str, reason: &str) {
    let Some((service, _)) = service::find(world, set).filter(|(service, _)| service.controller == Controller::Ecs)
    else {
        return;
    };
    let detail = json!({
        "eventType": kind,
        "eventName": event,
        "clusterArn": ids::cluster_arn(world, &service.cluster),
        "deploymentId": set,
        "updatedAt": format!("{:.3}", world.now),
        "reason": reason,
    });
    let resources = vec![service.arn.clone()];
    events::publish(world, "aws.ecs", "ECS Deployment State Change", resources, detail);
}

/// A task set has as many healthy tasks as it shall have.
pub(super) fn steady(world: &mut World, set: &str) {
    let Some((service, _)) = service::find(world, set) else { return };
    let event = match service.controller {
        Controller::CodeDeploy => "TASKSET_STEADY_STATE",
        Controller::Ecs => "SERVICE_STEADY_STATE",
    };
    action(world, set, "INFO", event);
}

/// Tasks of a task set fail again and again: new ones are held back.
pub(super) fn impaired(world: &mut World, set: &str) {
    action(world, set, "WARN", "SERVICE_TASK_START_IMPAIRED");
}

fn action(world: &mut World, set: &str, kind: &str, event: &str) {
    let Some((service, found)) = service::find(world, set) else { return };
    let mut detail = json!({
        "eventType": kind,
        "eventName": event,
        "clusterArn": ids::cluster_arn(world, &service.cluster),
        "createdAt": format!("{:.3}", world.now),
    });
    if service.controller == Controller::CodeDeploy {
        detail["taskSetArns"] = Json::from(vec![found.arn.clone()]);
    }
    let resources = vec![service.arn.clone()];
    events::publish(world, "aws.ecs", "ECS Service Action", resources, detail);
}
