//! `DescribeServices`.

use crate::ecs::ids;
use crate::ecs::service::{Controller, Counts, Launching, Service, TaskSet, Traffic};
use crate::ecs::service_deployment::{self, DeploymentConfiguration};
use crate::ecs::shapes::{CapacityProviderStrategyItem, Failure, LoadBalancer, NetworkConfiguration, Tag};
use crate::operation::Operation;
use crate::value::Time;
use crate::{AwsError, Permission, World};
use serde::{Deserialize, Serialize};

/// How many services one call describes at most.
const MOST: usize = 10;

pub(crate) struct DescribeServices;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Input {
    cluster: Option<String>,
    services: Vec<String>,
    #[serde(default)]
    include: Vec<Include>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Include {
    Tags,
}

#[derive(Debug, Serialize)]
pub(crate) struct Output {
    services: Vec<ServiceShape>,
    failures: Vec<Failure>,
}

/// `Service`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ServiceShape {
    service_arn: String,
    service_name: String,
    cluster_arn: String,
    load_balancers: Vec<LoadBalancer>,
    service_registries: [(); 0],
    status: &'static str,
    desired_count: u32,
    running_count: u32,
    pending_count: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    launch_type: Option<String>,
    capacity_provider_strategy: Vec<CapacityProviderStrategyItem>,
    #[serde(skip_serializing_if = "Option::is_none")]
    platform_version: Option<String>,
    platform_family: &'static str,
    task_definition: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    deployment_configuration: Option<DeploymentConfiguration>,
    task_sets: Vec<TaskSetShape>,
    /// Under `CODE_DEPLOY` there are task sets in place of them.
    deployments: Vec<DeploymentShape>,
    events: Vec<ServiceEvent>,
    created_at: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    current_service_deployment: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    current_service_revisions: Vec<RevisionShape>,
    network_configuration: NetworkConfiguration,
    health_check_grace_period_seconds: u32,
    scheduling_strategy: &'static str,
    deployment_controller: DeploymentController,
    tags: Vec<Tag>,
    #[serde(rename = "enableECSManagedTags")]
    enable_ecs_managed_tags: bool,
    propagate_tags: String,
    enable_execute_command: bool,
}

#[derive(Debug, Serialize)]
struct DeploymentController {
    r#type: &'static str,
}

/// `ServiceCurrentRevisionSummary`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RevisionShape {
    arn: String,
    requested_task_count: u32,
    running_task_count: u32,
    pending_task_count: u32,
}

/// `ServiceEvent`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ServiceEvent {
    id: String,
    created_at: Time,
    message: String,
}

/// `TaskSet`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct TaskSetShape {
    id: String,
    task_set_arn: String,
    service_arn: String,
    cluster_arn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    started_by: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
    status: &'static str,
    task_definition: String,
    computed_desired_count: u32,
    pending_count: u32,
    running_count: u32,
    created_at: Time,
    updated_at: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    launch_type: Option<String>,
    capacity_provider_strategy: Vec<CapacityProviderStrategyItem>,
    platform_version: String,
    platform_family: &'static str,
    network_configuration: NetworkConfiguration,
    load_balancers: Vec<LoadBalancer>,
    service_registries: [(); 0],
    scale: Scale,
    stability_status: &'static str,
    stability_status_at: Time,
    tags: [(); 0],
}

/// `Deployment` of the controller `ECS`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct DeploymentShape {
    id: String,
    status: &'static str,
    task_definition: String,
    desired_count: u32,
    pending_count: u32,
    running_count: u32,
    failed_tasks: u32,
    created_at: Time,
    updated_at: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    launch_type: Option<String>,
    capacity_provider_strategy: Vec<CapacityProviderStrategyItem>,
    platform_version: String,
    platform_family: &'static str,
    network_configuration: NetworkConfiguration,
    rollout_state: &'static str,
    rollout_state_reason: String,
}

/// `Scale`: a share of the service's desired count.
#[derive(Debug, Serialize)]
struct Scale {
    value: f64,
    unit: &'static str,
}

impl Operation for DescribeServices {
    const SERVICE: &'static str = "ecs";
    const NAME: &'static str = "DescribeServices";
    const CALLERS: &'static [&'static str] = &[
        "migrate",
        "warm-up",
        "smoke-test",
        "validate",
        "finish",
        "settle",
        "rollback",
        "launch-job",
        "greenlight rehearse",
        "greenlight deploy",
        "greenlight rollback",
        "greenlight approve",
        "greenlight why",
        "greenlight watch",
    ];
    type Input = Input;
    type Output = Output;

    fn authorize(input: &Input, world: &World) -> Vec<Permission> {
        let cluster = input.cluster.as_deref();
        let arn = |service: &String| ids::service_arn(world, &ids::cluster(cluster), &ids::last(service));
        input
            .services
            .iter()
            .map(|service| super::in_cluster(world, "ecs:DescribeServices", arn(service), cluster))
            .collect()
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        let cluster = super::existing_cluster(world, input.cluster.as_deref())?;
        if input.services.is_empty() {
            return Err(super::invalid_parameter("Services cannot be empty."));
        }
        if input.services.len() > MOST {
            return Err(super::invalid_parameter(format!("Services can have at most {MOST} items.")));
        }
        let mut output = Output { services: Vec::new(), failures: Vec::new() };
        for wanted in &input.services {
            let name = ids::last(wanted);
            match world.ecs.services.get(&(cluster.clone(), name.clone())) {
                Some(service) => output.services.push(describe(world, service, !input.include.is_empty())),
                None => {
                    output.failures.push(Failure { arn: ids::service_arn(world, &cluster, &name), reason: "MISSING" });
                }
            }
        }
        Ok(output)
    }
}

/// A service with its task sets.
pub(super) fn describe(world: &World, service: &Service, with_tags: bool) -> ServiceShape {
    let counts: Vec<Counts> = service.task_sets.iter().map(|set| service.counts(world, set)).collect();
    let sets = || service.task_sets.iter().zip(counts.clone());
    let (task_sets, deployments) = match service.controller {
        Controller::CodeDeploy => {
            (sets().map(|(set, counts)| task_set(world, service, set, counts)).collect(), Vec::new())
        }
        // the newest first
        Controller::Ecs => (Vec::new(), sets().rev().map(|(set, counts)| deployment(service, set, counts)).collect()),
    };
    ServiceShape {
        service_arn: service.arn.clone(),
        service_name: service.name.clone(),
        cluster_arn: ids::cluster_arn(world, &service.cluster),
        load_balancers: load_balancers(service.traffic.as_ref()),
        service_registries: [],
        status: "ACTIVE",
        desired_count: service.desired,
        running_count: counts.iter().map(|counts| counts.running).sum(),
        pending_count: counts.iter().map(|counts| counts.pending).sum(),
        launch_type: service.launch_type.clone(),
        capacity_provider_strategy: service.capacity_provider_strategy.clone(),
        platform_version: service.platform_version.clone(),
        platform_family: "Linux",
        task_definition: service.task_definition.clone(),
        deployment_configuration: (service.controller == Controller::Ecs)
            .then(|| service.configuration.with_strategy()),
        task_sets,
        deployments,
        events: service
            .events
            .iter()
            .map(|(id, at, message)| ServiceEvent { id: id.clone(), created_at: Time(*at), message: message.clone() })
            .collect(),
        created_at: Time(service.created_at),
        current_service_deployment: service_deployment::current(
            world,
            &(service.cluster.clone(), service.name.clone()),
        )
        .map(|deployment| deployment.arn.clone()),
        current_service_revisions: sets().filter_map(|(set, counts)| revision(set, counts)).collect(),
        network_configuration: service.network.clone(),
        health_check_grace_period_seconds: service.grace_seconds,
        scheduling_strategy: "REPLICA",
        deployment_controller: DeploymentController { r#type: service.controller.name() },
        tags: if with_tags { service.tags.clone() } else { Vec::new() },
        enable_ecs_managed_tags: false,
        propagate_tags: service.propagate_tags.clone().unwrap_or_else(|| "NONE".to_owned()),
        enable_execute_command: service.enable_execute_command,
    }
}

fn revision(set: &TaskSet, counts: Counts) -> Option<RevisionShape> {
    Some(RevisionShape {
        arn: set.service_revision.clone()?,
        requested_task_count: counts.desired,
        running_task_count: counts.running,
        pending_task_count: counts.pending,
    })
}

fn load_balancers(traffic: Option<&Traffic>) -> Vec<LoadBalancer> {
    traffic.map(|traffic| traffic.load_balancer.clone()).into_iter().collect()
}

fn deployment(service: &Service, set: &TaskSet, counts: Counts) -> DeploymentShape {
    let (rollout_state, so_far) = if set.launching == Launching::Never {
        ("FAILED", "failed")
    } else if service.rolled_out.as_ref() == Some(&set.id) {
        ("COMPLETED", "completed")
    } else {
        ("IN_PROGRESS", "in progress")
    };
    DeploymentShape {
        id: set.id.clone(),
        status: if service.primary.as_ref() == Some(&set.id) { "PRIMARY" } else { "ACTIVE" },
        task_definition: set.revision.arn.clone(),
        desired_count: counts.desired,
        pending_count: counts.pending,
        running_count: counts.running,
        failed_tasks: set.failed_tasks,
        created_at: Time(set.created_at),
        updated_at: Time(set.updated_at),
        launch_type: service.launch_type.clone(),
        capacity_provider_strategy: service.capacity_provider_strategy.clone(),
        platform_version: set.platform_version.clone().unwrap_or_else(|| "LATEST".to_owned()),
        platform_family: "Linux",
        network_configuration: set.network.clone(),
        rollout_state,
        rollout_state_reason: format!("ECS deployment {} {so_far}.", set.id),
    }
}

fn task_set(world: &World, service: &Service, set: &TaskSet, counts: Counts) -> TaskSetShape {
    TaskSetShape {
        id: set.id.clone(),
        task_set_arn: set.arn.clone(),
        service_arn: service.arn.clone(),
        cluster_arn: ids::cluster_arn(world, &service.cluster),
        // the one that CreateService made was started by no deployment
        started_by: set.external_id.as_ref().map(|_| "CODE_DEPLOY"),
        external_id: set.external_id.clone(),
        status: service.status(set),
        task_definition: set.revision.arn.clone(),
        computed_desired_count: counts.desired,
        pending_count: counts.pending,
        running_count: counts.running,
        created_at: Time(set.created_at),
        updated_at: Time(set.updated_at),
        launch_type: service.launch_type.clone(),
        capacity_provider_strategy: service.capacity_provider_strategy.clone(),
        platform_version: set.platform_version.clone().unwrap_or_else(|| "LATEST".to_owned()),
        platform_family: "Linux",
        network_configuration: set.network.clone(),
        load_balancers: load_balancers(set.traffic.as_ref()),
        service_registries: [],
        scale: Scale { value: if set.draining { 0.0 } else { 100.0 }, unit: "PERCENT" },
        stability_status: if set.steady { "STEADY_STATE" } else { "STABILIZING" },
        stability_status_at: Time(set.stability_at),
        tags: [],
    }
}
