//! `GetDeploymentTarget`.

use super::deployment::{Deployment, LifecycleEvent, Status};
use super::lookup;
use super::shapes::TargetGroupInfo;
use crate::operation::Operation;
use crate::value::Time;
use crate::{AwsError, Permission, World, ecs, elb};
use serde::{Deserialize, Serialize};

pub(crate) struct GetDeploymentTarget;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Input {
    deployment_id: Option<String>,
    target_id: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    deployment_target: DeploymentTarget,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct DeploymentTarget {
    deployment_target_type: &'static str,
    ecs_target: EcsTarget,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct EcsTarget {
    deployment_id: String,
    target_id: String,
    target_arn: String,
    last_updated_at: Time,
    lifecycle_events: Vec<LifecycleEventInfo>,
    status: &'static str,
    task_sets_info: Vec<EcsTaskSet>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct LifecycleEventInfo {
    lifecycle_event_name: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    diagnostics: Option<Diagnostics>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_time: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_time: Option<Time>,
    status: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Diagnostics {
    error_code: &'static str,
    message: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct EcsTaskSet {
    /// The service model spells it so.
    identifer: String,
    desired_count: u32,
    pending_count: u32,
    running_count: u32,
    status: &'static str,
    traffic_weight: f64,
    target_group: TargetGroupInfo,
    #[serde(skip_serializing_if = "Option::is_none")]
    task_set_label: Option<&'static str>,
}

impl Operation for GetDeploymentTarget {
    const SERVICE: &'static str = "codedeploy";
    const NAME: &'static str = "GetDeploymentTarget";
    const CALLERS: &'static [&'static str] = &[
        "migrate",
        "warm-up",
        "smoke-test",
        "validate",
        "finish",
        "settle",
        "greenlight rollback",
        "greenlight approve",
        "greenlight why",
        "greenlight watch",
    ];
    type Input = Input;
    type Output = Output;

    fn authorize(input: &Input, world: &World) -> Vec<Permission> {
        lookup::permission(world, "codedeploy:GetDeploymentTarget", input.deployment_id.as_deref())
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        let deployment = lookup::started(world, input.deployment_id.as_deref())?;
        let target_id = input.target_id.filter(|id| !id.is_empty()).ok_or_else(|| {
            AwsError::client("DeploymentTargetIdRequiredException", "Deployment Target Id must be specified")
        })?;
        if target_id.split(':').filter(|part| !part.is_empty()).count() != 2 {
            return Err(AwsError::client(
                "InvalidDeploymentTargetIdException",
                format!("The target of an ECS deployment is cluster:service, and not {target_id}"),
            ));
        }
        if target_id != deployment.target_id() {
            return Err(AwsError::client(
                "DeploymentTargetDoesNotExistException",
                format!("The deployment {} has no target {target_id}", deployment.id),
            ));
        }
        let service = ecs::service_view(world, &deployment.cluster, &deployment.service);
        let target_arn = service.as_ref().map_or_else(
            || world.arn("ecs", &format!("service/{}/{}", deployment.cluster, deployment.service)),
            |view| view.arn.clone(),
        );
        let task_sets = service.map(|view| view.task_sets).unwrap_or_default();
        let target = EcsTarget {
            deployment_id: deployment.id.clone(),
            target_id,
            target_arn,
            last_updated_at: Time(deployment.updated),
            lifecycle_events: deployment.events.iter().map(event_info).collect(),
            status: target_status(deployment.status),
            task_sets_info: task_sets.into_iter().map(|view| task_set_info(world, deployment, view)).collect(),
        };
        Ok(Output { deployment_target: DeploymentTarget { deployment_target_type: "ECSTarget", ecs_target: target } })
    }
}

/// `TargetStatus`.
pub(super) fn target_status(status: Status) -> &'static str {
    match status {
        Status::Created => "Pending",
        Status::InProgress => "InProgress",
        Status::Ready => "Ready",
        Status::Succeeded => "Succeeded",
        Status::Failed | Status::Stopped => "Failed",
    }
}

fn event_info(event: &LifecycleEvent) -> LifecycleEventInfo {
    LifecycleEventInfo {
        lifecycle_event_name: event.name.as_str(),
        diagnostics: event
            .diagnostics
            .as_ref()
            .map(|(error_code, message)| Diagnostics { error_code, message: message.clone() }),
        start_time: event.started.map(Time),
        end_time: event.ended.map(Time),
        status: event.status.as_str(),
    }
}

fn task_set_info(world: &World, deployment: &Deployment, view: ecs::TaskSetView) -> EcsTaskSet {
    let weights = elb::weights(world, &deployment.sides.production_listener);
    let total: u32 = weights.values().sum();
    let weight = weights.get(&view.target_group).copied().unwrap_or(0);
    let label = if Some(&view.id) == deployment.sides.green_task_set.as_ref() {
        Some("Green")
    } else if Some(&view.id) == deployment.sides.blue_task_set.as_ref() {
        Some("Blue")
    } else {
        None
    };
    // a task set that is on its way out shares its target group with nobody, but takes no requests
    let serving = total > 0 && view.status != "DRAINING";
    EcsTaskSet {
        identifer: view.id,
        desired_count: view.desired,
        pending_count: view.pending,
        running_count: view.running,
        status: view.status,
        traffic_weight: if serving { f64::from(weight) * 100.0 / f64::from(total) } else { 0.0 },
        target_group: TargetGroupInfo { name: view.target_group },
        task_set_label: label,
    }
}
