//! `DescribeServiceDeployments`.

use crate::ecs::ids;
use crate::ecs::service::Counts;
use crate::ecs::service_deployment::{Alarms, Breaker, Deployment, DeploymentConfiguration, Execution};
use crate::ecs::shapes::Failure;
use crate::operation::Operation;
use crate::value::Time;
use crate::{AwsError, Permission, World};
use serde::{Deserialize, Serialize};

/// How many one call describes at most.
const MOST: usize = 20;

pub(crate) struct DescribeServiceDeployments;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Input {
    service_deployment_arns: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    service_deployments: Vec<DeploymentShape>,
    failures: Vec<Failure>,
}

/// `ServiceDeployment`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct DeploymentShape {
    service_deployment_arn: String,
    service_arn: String,
    cluster_arn: String,
    created_at: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    started_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    finished_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped_at: Option<Time>,
    updated_at: Time,
    source_service_revisions: Vec<Summary>,
    target_service_revision: Summary,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lifecycle_stage: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    lifecycle_hook_details: Vec<HookDetail>,
    deployment_configuration: DeploymentConfiguration,
    #[serde(skip_serializing_if = "Option::is_none")]
    rollback: Option<RollbackShape>,
    deployment_circuit_breaker: BreakerShape,
    alarms: AlarmsShape,
}

/// `ServiceRevisionSummary`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    arn: String,
    requested_task_count: u32,
    running_task_count: u32,
    pending_task_count: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    requested_test_traffic_weight: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    requested_production_traffic_weight: Option<f64>,
}

/// `DeploymentLifecycleHookDetail`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct HookDetail {
    hook_id: String,
    target_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    target_arn: Option<String>,
    status: &'static str,
    expires_at: Time,
    timeout_action: crate::ecs::service_deployment::Action,
}

/// `Rollback`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RollbackShape {
    reason: String,
    started_at: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_revision_arn: Option<String>,
}

/// `ServiceDeploymentCircuitBreaker`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct BreakerShape {
    status: &'static str,
    failure_count: u32,
    threshold: u32,
}

/// `ServiceDeploymentAlarms`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct AlarmsShape {
    status: &'static str,
    alarm_names: Vec<String>,
    triggered_alarm_names: Vec<String>,
}

impl Operation for DescribeServiceDeployments {
    const SERVICE: &'static str = "ecs";
    const NAME: &'static str = "DescribeServiceDeployments";
    const CALLERS: &'static [&'static str] = &[
        "migrate",
        "warm-up",
        "smoke-test",
        "validate",
        "finish",
        "settle",
        "rollback",
        "notify",
        "greenlight rollback",
        "greenlight approve",
        "greenlight why",
        "greenlight watch",
    ];
    type Input = Input;
    type Output = Output;

    fn authorize(input: &Input, _: &World) -> Vec<Permission> {
        let needed = |arn: &String| Permission::new("ecs:DescribeServiceDeployments", arn);
        input.service_deployment_arns.iter().map(needed).collect()
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        let arns = &input.service_deployment_arns;
        if arns.is_empty() || arns.len() > MOST {
            return Err(super::invalid_parameter(format!("serviceDeploymentArns must have 1 to {MOST} items.")));
        }
        arns.iter().try_for_each(|arn| super::check_arn(world, "service-deployment", arn))?;
        let mut output = Output { service_deployments: Vec::new(), failures: Vec::new() };
        for arn in arns {
            match world.ecs.service_deployments.get(arn) {
                Some(deployment) => output.service_deployments.push(describe(world, deployment)),
                None => output.failures.push(Failure { arn: arn.clone(), reason: "MISSING" }),
            }
        }
        Ok(output)
    }
}

fn describe(world: &World, deployment: &Deployment) -> DeploymentShape {
    let (cluster, service) = &deployment.service;
    let summary = |revision: &String| summary(world, deployment, revision);
    DeploymentShape {
        service_deployment_arn: deployment.arn.clone(),
        service_arn: ids::service_arn(world, cluster, service),
        cluster_arn: ids::cluster_arn(world, cluster),
        created_at: Time(deployment.created_at),
        started_at: deployment.started_at.map(Time),
        finished_at: deployment.finished_at.map(Time),
        stopped_at: deployment.stopped_at.map(Time),
        updated_at: Time(deployment.updated_at),
        source_service_revisions: deployment.sources.iter().map(summary).collect(),
        target_service_revision: summary(&deployment.green.revision),
        status: deployment.status.name(),
        status_reason: deployment.status_reason.clone(),
        lifecycle_stage: deployment.lifecycle_stage(),
        lifecycle_hook_details: deployment.executions.iter().map(hook).collect(),
        deployment_configuration: deployment.configuration.with_strategy(),
        rollback: deployment.rollback.as_ref().map(|rollback| RollbackShape {
            reason: rollback.reason.clone(),
            started_at: Time(rollback.started_at),
            service_revision_arn: rollback.revision.clone(),
        }),
        deployment_circuit_breaker: breaker(&deployment.breaker),
        alarms: alarms(&deployment.alarms),
    }
}

fn summary(world: &World, deployment: &Deployment, revision: &String) -> Summary {
    let service = world.ecs.services.get(&deployment.service);
    let set = service.and_then(|service| {
        let set = service.task_sets.iter().find(|set| set.service_revision.as_ref() == Some(revision))?;
        Some(service.counts(world, set))
    });
    // one whose tasks are gone has none
    let Counts { desired, running, pending } = set.unwrap_or_default();
    let shares = deployment.shares(revision);
    Summary {
        arn: revision.clone(),
        requested_task_count: desired,
        running_task_count: running,
        pending_task_count: pending,
        requested_test_traffic_weight: shares.map(|(_, test)| test),
        requested_production_traffic_weight: shares.map(|(production, _)| production),
    }
}

fn hook(execution: &Execution) -> HookDetail {
    HookDetail {
        hook_id: execution.id.clone(),
        target_type: execution.target_type.name(),
        target_arn: execution.target_arn.clone(),
        status: execution.status.name(),
        expires_at: Time(execution.expires_at),
        timeout_action: execution.timeout_action,
    }
}

fn breaker(breaker: &Breaker) -> BreakerShape {
    BreakerShape { status: breaker.status.name(), failure_count: breaker.failures, threshold: breaker.threshold }
}

fn alarms(alarms: &Alarms) -> AlarmsShape {
    AlarmsShape {
        status: alarms.status.name(),
        alarm_names: alarms.names.clone(),
        triggered_alarm_names: alarms.triggered.clone(),
    }
}
