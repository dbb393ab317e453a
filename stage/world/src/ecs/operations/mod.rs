//! The operations of Amazon ECS: one file each.

mod continue_service_deployment;
mod create_cluster;
mod create_service;
mod deregister_task_definition;
mod describe_service_deployments;
mod describe_service_revisions;
mod describe_services;
mod describe_task_definition;
mod describe_tasks;
mod list_service_deployments;
mod list_tasks;
mod register_task_definition;
mod run_task;
mod stop_service_deployment;
mod stop_task;
mod update_service;

use super::service_deployment::{DeploymentConfiguration, ROLE_SERVICE};
use super::shapes::{CapacityProviderStrategyItem, LoadBalancer};
use super::task::{Task, TaskId};
use super::task_definition::{Definition, Revision};
use super::{ids, invalid_parameter, task_definition};
use crate::operation::{Entry, entry};
use crate::{AwsError, Permission, World};
use std::collections::BTreeSet;

pub(super) use create_cluster::Cluster;
#[cfg(test)]
pub(super) use run_task::RunTask;
pub(super) use run_task::Token;
#[cfg(test)]
pub(super) use update_service::UpdateService;

pub(crate) const OPERATIONS: &[Entry] = &[
    entry::<continue_service_deployment::ContinueServiceDeployment>(),
    entry::<create_cluster::CreateCluster>(),
    entry::<create_service::CreateService>(),
    entry::<deregister_task_definition::DeregisterTaskDefinition>(),
    entry::<describe_service_deployments::DescribeServiceDeployments>(),
    entry::<describe_service_revisions::DescribeServiceRevisions>(),
    entry::<describe_services::DescribeServices>(),
    entry::<describe_task_definition::DescribeTaskDefinition>(),
    entry::<describe_tasks::DescribeTasks>(),
    entry::<list_service_deployments::ListServiceDeployments>(),
    entry::<list_tasks::ListTasks>(),
    entry::<register_task_definition::RegisterTaskDefinition>(),
    entry::<run_task::RunTask>(),
    entry::<stop_service_deployment::StopServiceDeployment>(),
    entry::<stop_task::StopTask>(),
    entry::<update_service::UpdateService>(),
];

const TASK_DEFINITION_NOT_FOUND: &str = "TaskDefinition not found.";

pub(super) fn service_not_found() -> AwsError {
    AwsError::client("ServiceNotFoundException", "Service not found.")
}

/// The name of a cluster that exists.
fn existing_cluster(world: &World, cluster: Option<&str>) -> Result<String, AwsError> {
    let name = ids::cluster(cluster);
    if world.ecs.clusters.contains_key(&name) {
        Ok(name)
    } else {
        Err(AwsError::client("ClusterNotFoundException", "Cluster not found."))
    }
}

/// A permission with the condition key that tells the cluster.
fn in_cluster(world: &World, action: &str, resource: String, cluster: Option<&str>) -> Permission {
    Permission::new(action, resource).with("ecs:cluster", ids::cluster_arn(world, &ids::cluster(cluster)))
}

/// A task's ARN, from its id or ARN.
fn task_arn(world: &World, cluster: Option<&str>, task: &str) -> String {
    if task.starts_with("arn:") {
        task.to_owned()
    } else {
        world.arn("ecs", &format!("task/{}/{task}", ids::cluster(cluster)))
    }
}

/// The task with this id or ARN in a cluster.
fn find_task<'a>(world: &'a World, cluster: &str, task: &str) -> Option<(TaskId, &'a Task)> {
    let is_it = |own: &Task| own.launch.cluster == cluster && (own.arn == task || own.name == task);
    world.ecs.tasks.iter().find(|(_, own)| is_it(own)).map(|(id, own)| (*id, own))
}

/// `iam:PassRole` on the roles that tasks of this definition take on.
pub(super) fn pass_roles<'a>(world: &World, roles: impl IntoIterator<Item = Option<&'a String>>) -> Vec<Permission> {
    let arn = |role: &String| {
        if role.starts_with("arn:") {
            role.clone()
        } else {
            format!("arn:aws:iam::{}:role/{role}", world.setup.account)
        }
    };
    let mut arns: Vec<String> = roles.into_iter().flatten().map(arn).collect();
    arns.sort();
    arns.dedup();
    let pass = |arn| Permission::new("iam:PassRole", arn).with("iam:PassedToService", "ecs-tasks.amazonaws.com");
    arns.into_iter().map(pass).collect()
}

/// `iam:PassRole` on the roles in whose name ECS turns traffic and invokes hooks.
fn pass_own_roles(configuration: &DeploymentConfiguration, balancers: &[LoadBalancer]) -> Vec<Permission> {
    let of_hooks = configuration.hooks().iter().filter_map(|hook| hook.role_arn.as_ref());
    let advanced = balancers.iter().filter_map(|balancer| balancer.advanced_configuration.as_ref());
    let arns: BTreeSet<&String> = of_hooks.chain(advanced.map(|advanced| &advanced.role_arn)).collect();
    let pass = |arn| Permission::new("iam:PassRole", arn).with("iam:PassedToService", ROLE_SERVICE);
    arns.into_iter().map(pass).collect()
}

/// What has this resource type and ARN in the account: a service deployment or a service revision.
fn check_arn(world: &World, kind: &str, arn: &str) -> Result<(), AwsError> {
    let rest = arn.strip_prefix(&world.arn("ecs", &format!("{kind}/")));
    if rest.is_some_and(|rest| rest.split('/').count() == 3 && rest.split('/').all(|part| !part.is_empty())) {
        return Ok(());
    }
    Err(invalid_parameter(format!("Invalid ARN {arn}: expected that of a {kind}.")))
}

/// A service deployment that exists.
fn check_service_deployment(world: &World, arn: &str) -> Result<(), AwsError> {
    check_arn(world, "service-deployment", arn)?;
    if world.ecs.service_deployments.contains_key(arn) {
        return Ok(());
    }
    Err(AwsError::client("ServiceDeploymentNotFoundException", "Service deployment not found."))
}

/// The load balancer of a service or task set has to fit its task definition.
pub(super) fn check_load_balancer(revision: &Revision, load_balancer: &LoadBalancer) -> Result<(), AwsError> {
    let LoadBalancer { container_name: name, container_port: port, .. } = load_balancer;
    let definition: &Definition = &revision.definition;
    let Some(container) = definition.container(name) else {
        return Err(invalid_parameter(format!("The container {name} does not exist in the task definition.")));
    };
    if container.port_mappings.iter().any(|mapping| mapping.container_port == Some(*port)) {
        Ok(())
    } else {
        Err(invalid_parameter(format!("The container {name} did not have a container port {port} defined.")))
    }
}

/// Tasks run on Fargate only.
fn check_launch(
    revision: &Revision,
    launch_type: Option<&str>,
    strategy: &[CapacityProviderStrategyItem],
    has_network: bool,
) -> Result<(), AwsError> {
    let unsupported = |message: String| Err(AwsError::client("UnsupportedFeatureException", message));
    match (launch_type, strategy) {
        (Some(_), [_, ..]) => {
            return Err(invalid_parameter(
                "Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.",
            ));
        }
        (Some("FARGATE"), []) => {}
        (Some(other), []) => {
            return unsupported(format!("the stage runs tasks on Fargate only: use launchType FARGATE, not {other}"));
        }
        (None, []) => {
            return unsupported(
                "the stage runs tasks on Fargate only, and without launchType and capacityProviderStrategy ECS chooses EC2: use launchType FARGATE"
                    .to_owned(),
            );
        }
        (None, items) => {
            let known = |name: &str| matches!(name, "FARGATE" | "FARGATE_SPOT");
            if let Some(other) = items.iter().find(|item| !known(&item.capacity_provider)) {
                let name = &other.capacity_provider;
                return Err(invalid_parameter(format!("The specified capacity provider {name} was not found.")));
            }
        }
    }
    if !revision.on_fargate() {
        return Err(invalid_parameter("Task definition does not support launch_type FARGATE."));
    }
    if !has_network {
        return Err(invalid_parameter(
            "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
        ));
    }
    Ok(())
}

fn check_platform_version(version: Option<&str>) -> Result<(), AwsError> {
    match version {
        None | Some("LATEST" | "1.4.0" | "1.3.0") => Ok(()),
        Some(other) => Err(AwsError::client(
            "PlatformUnknownException",
            format!("The specified platform version {other} does not exist; use LATEST, 1.4.0 or 1.3.0."),
        )),
    }
}

/// The ARN that a permission on a task definition is about: with its revision, which is resolved first.
fn task_definition_arn(world: &World, name: &str) -> String {
    match task_definition::find(world, name) {
        Some(revision) => revision.arn.clone(),
        None if name.starts_with("arn:") => name.to_owned(),
        None => world.arn("ecs", &format!("task-definition/{name}")),
    }
}
