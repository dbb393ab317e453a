//! `UpdateService`. Under the controller `CODE_DEPLOY` a new task definition comes by a deployment only; under `ECS` it
//! begins a service deployment.

use super::create_service::{DeploymentController, traffic};
use super::describe_services::{ServiceShape, describe};
use crate::ecs::service::{Controller, Service, Traffic};
use crate::ecs::service_deployment::{self, DeploymentConfiguration, check_traffic};
use crate::ecs::shapes::{LoadBalancer, NetworkConfiguration};
use crate::ecs::task_definition::{self, Revision};
use crate::ecs::{ids, rolling, scheduler};
use crate::operation::Operation;
use crate::{AwsError, Permission, World};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

pub(crate) struct UpdateService;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Input {
    cluster: Option<String>,
    service: String,
    desired_count: Option<u32>,
    task_definition: Option<String>,
    #[serde(default)]
    force_new_deployment: bool,
    #[serde(default)]
    deployment_configuration: DeploymentConfiguration,
    load_balancers: Option<Vec<LoadBalancer>>,
    deployment_controller: Option<DeploymentController>,
    network_configuration: Option<NetworkConfiguration>,
    platform_version: Option<String>,
    health_check_grace_period_seconds: Option<u32>,
    propagate_tags: Option<String>,
    enable_execute_command: Option<bool>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Output {
    service: ServiceShape,
}

impl Operation for UpdateService {
    const SERVICE: &'static str = "ecs";
    const NAME: &'static str = "UpdateService";
    const CALLERS: &'static [&'static str] =
        &["finish", "rollback", "greenlight deploy", "greenlight rollback", "guide: aws ecs update-service"];
    type Input = Input;
    type Output = Output;

    fn authorize(input: &Input, world: &World) -> Vec<Permission> {
        let cluster = input.cluster.as_deref();
        let arn = ids::service_arn(world, &ids::cluster(cluster), &ids::last(&input.service));
        let needed = super::in_cluster(world, "ecs:UpdateService", arn, cluster);
        let needed = match &input.task_definition {
            Some(name) => needed.with("ecs:task-definition", super::task_definition_arn(world, name)),
            None => needed,
        };
        let balancers = input.load_balancers.as_deref().unwrap_or_default();
        let own = super::pass_own_roles(&input.deployment_configuration, balancers);
        let revision = input.task_definition.as_ref().and_then(|name| task_definition::find_active(world, name));
        let of_tasks = revision.map(|revision| {
            let definition = &revision.definition;
            let roles = [definition.task_role_arn.as_ref(), definition.execution_role_arn.as_ref()];
            super::pass_roles(world, roles)
        });
        [needed].into_iter().chain(of_tasks.into_iter().flatten()).chain(own).collect()
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        let cluster = super::existing_cluster(world, input.cluster.as_deref())?;
        let key = (cluster, ids::last(&input.service));
        let service = world.ecs.services.get(&key).ok_or_else(super::service_not_found)?;
        let controller = input.controller(service)?;
        if controller == Controller::CodeDeploy {
            input.check_code_deploy()?;
        }
        let leaves_code_deploy = controller != service.controller;
        super::check_platform_version(input.platform_version.as_deref())?;
        let configuration = service.configuration.with(input.deployment_configuration.clone());
        let change = input.check(world, service, controller, configuration)?;
        let revision = input.revision(world, service, change.traffic.as_ref())?;
        if leaves_code_deploy {
            service_deployment::adopt(world, &key);
        }
        if let Some(service) = world.ecs.services.get_mut(&key) {
            input.change(service, change);
        }
        match revision {
            Some(revision) => service_deployment::begin(world, &key, revision),
            None => scale(world, &key),
        }
        let service = world.ecs.services.get(&key).ok_or_else(super::service_not_found)?;
        Ok(Output { service: describe(world, service, true) })
    }
}

/// What a service is to have in place of its own.
struct Change {
    configuration: DeploymentConfiguration,
    traffic: Option<Traffic>,
}

impl Input {
    /// The deployment controller from now on: a service may leave `CODE_DEPLOY`.
    fn controller(&self, service: &Service) -> Result<Controller, AwsError> {
        let wanted = self.deployment_controller.as_ref().map(|wanted| wanted.r#type.as_str());
        match wanted {
            None => Ok(service.controller),
            Some(same) if same == service.controller.name() => Ok(service.controller),
            Some("ECS") => service_deployment::check_adoption(service).map(|()| Controller::Ecs),
            Some(other) => Err(AwsError::client(
                "UnsupportedFeatureException",
                format!(
                    "the stage changes the deployment controller CODE_DEPLOY to ECS only, not {} to {other}",
                    service.controller.name()
                ),
            )),
        }
    }

    /// The configuration and the load balancer have to fit together.
    fn check(
        &self,
        world: &World,
        service: &Service,
        controller: Controller,
        configuration: DeploymentConfiguration,
    ) -> Result<Change, AwsError> {
        let own = || service.traffic.as_ref().map(|traffic| traffic.load_balancer.clone());
        let balancer = match self.load_balancers.as_deref() {
            None => own(),
            Some([]) => None,
            Some([one]) => Some(one.clone()),
            Some(_) => {
                return Err(AwsError::client(
                    "UnsupportedFeatureException",
                    "the stage has services with one load balancer target group at most",
                ));
            }
        };
        if controller == Controller::Ecs {
            configuration.check()?;
            check_traffic(world, &configuration, balancer.as_ref())?;
        }
        let name = self.task_definition.as_ref().unwrap_or(&service.task_definition);
        let traffic = match (task_definition::find_active(world, name), balancer) {
            (Some(revision), Some(balancer)) => Some(traffic(world, &revision, balancer)?),
            _ => None,
        };
        Ok(Change { configuration, traffic })
    }

    /// What `CodeDeploy` decides about a service is not decided here.
    fn check_code_deploy(&self) -> Result<(), AwsError> {
        let what = if self.task_definition.is_some() {
            "update task definition"
        } else if self.force_new_deployment {
            "force a new deployment"
        } else if self.network_configuration.is_some() {
            "update network parameters"
        } else if self.platform_version.is_some() {
            "update platform version"
        } else if self.load_balancers.is_some() {
            "update load balancers"
        } else {
            return self.deployment_configuration.check_code_deploy();
        };
        Err(super::invalid_parameter(format!(
            "Unable to {what} on services with a CODE_DEPLOY deployment controller. Use AWS CodeDeploy to trigger a new deployment."
        )))
    }

    /// The revision that a new deployment runs, if there is to be one.
    fn revision(
        &self,
        world: &World,
        service: &Service,
        traffic: Option<&Traffic>,
    ) -> Result<Option<Arc<Revision>>, AwsError> {
        let name = self.task_definition.as_ref().unwrap_or(&service.task_definition);
        let revision = task_definition::find_active(world, name)
            .ok_or_else(|| AwsError::client("ClientException", super::TASK_DEFINITION_NOT_FOUND))?;
        let network = self.network_configuration.as_ref().unwrap_or(&service.network);
        let has_network = network.awsvpc_configuration.is_some();
        let strategy = &service.capacity_provider_strategy;
        super::check_launch(&revision, service.launch_type.as_deref(), strategy, has_network)?;
        let is_new = revision.arn != service.task_definition
            || self.force_new_deployment
            || *network != service.network
            || balancer(traffic) != balancer(service.traffic.as_ref())
            || self.platform_version.as_ref().is_some_and(|version| service.platform_version.as_ref() != Some(version));
        Ok(is_new.then_some(revision))
    }

    fn change(self, service: &mut Service, change: Change) {
        service.configuration = change.configuration;
        service.traffic = change.traffic;
        service.desired = self.desired_count.unwrap_or(service.desired);
        service.grace_seconds = self.health_check_grace_period_seconds.unwrap_or(service.grace_seconds);
        service.enable_execute_command = self.enable_execute_command.unwrap_or(service.enable_execute_command);
        service.propagate_tags = self.propagate_tags.or_else(|| service.propagate_tags.take());
        service.platform_version = self.platform_version.or_else(|| service.platform_version.take());
        if let Some(network) = self.network_configuration {
            service.network = network;
        }
    }
}

fn balancer(traffic: Option<&Traffic>) -> Option<&LoadBalancer> {
    traffic.map(|traffic| &traffic.load_balancer)
}

/// Brings every task set to the number of tasks that its service now wants.
fn scale(world: &mut World, key: &(String, String)) {
    let sets = world.ecs.services.get(key).map(|service| service.task_sets.iter().map(|set| set.id.clone()).collect());
    let sets: Vec<String> = sets.unwrap_or_default();
    for set in sets {
        scheduler::reconcile(world, &set);
    }
    rolling::advance(world, key);
}
