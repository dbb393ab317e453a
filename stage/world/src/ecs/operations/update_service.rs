//! `UpdateService`. Under the controller `CODE_DEPLOY` a new task definition comes by a deployment only; under `ECS` it
//! begins a rolling update.

use super::create_service::DeploymentConfiguration;
use super::describe_services::{ServiceShape, describe};
use crate::ecs::service::{Controller, Service};
use crate::ecs::shapes::NetworkConfiguration;
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
    #[serde(rename = "deploymentConfiguration")]
    _deployment_configuration: Option<DeploymentConfiguration>,
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
    const CALLERS: &'static [&'static str] = &["finish", "greenlight rollback", "guide: aws ecs update-service"];
    type Input = Input;
    type Output = Output;

    fn authorize(input: &Input, world: &World) -> Vec<Permission> {
        let cluster = input.cluster.as_deref();
        let arn = ids::service_arn(world, &ids::cluster(cluster), &ids::last(&input.service));
        let needed = super::in_cluster(world, "ecs:UpdateService", arn, cluster);
        vec![match &input.task_definition {
            Some(name) => needed.with("ecs:task-definition", super::task_definition_arn(world, name)),
            None => needed,
        }]
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        let cluster = super::existing_cluster(world, input.cluster.as_deref())?;
        let key = (cluster, ids::last(&input.service));
        let service = world.ecs.services.get(&key).ok_or_else(super::service_not_found)?;
        if service.controller == Controller::CodeDeploy {
            input.check_code_deploy()?;
        }
        super::check_platform_version(input.platform_version.as_deref())?;
        let revision = input.revision(world, service)?;
        if let Some(service) = world.ecs.services.get_mut(&key) {
            input.change(service);
        }
        match revision {
            Some(revision) => rolling::begin(world, &key, revision),
            None => scale(world, &key),
        }
        let service = world.ecs.services.get(&key).ok_or_else(super::service_not_found)?;
        Ok(Output { service: describe(world, service, true) })
    }
}

impl Input {
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
        } else {
            return Ok(());
        };
        Err(super::invalid_parameter(format!(
            "Unable to {what} on services with a CODE_DEPLOY deployment controller. Use AWS CodeDeploy to trigger a new deployment."
        )))
    }

    /// The revision that a new deployment runs, if there is to be one.
    fn revision(&self, world: &World, service: &Service) -> Result<Option<Arc<Revision>>, AwsError> {
        let name = self.task_definition.as_ref().unwrap_or(&service.task_definition);
        let revision = task_definition::find_active(world, name)
            .ok_or_else(|| AwsError::client("ClientException", super::TASK_DEFINITION_NOT_FOUND))?;
        let network = self.network_configuration.as_ref().unwrap_or(&service.network);
        let has_network = network.awsvpc_configuration.is_some();
        let strategy = &service.capacity_provider_strategy;
        super::check_launch(&revision, service.launch_type.as_deref(), strategy, has_network)?;
        if let Some(traffic) = &service.traffic {
            super::check_load_balancer(&revision, &traffic.load_balancer)?;
        }
        let is_new = revision.arn != service.task_definition
            || self.force_new_deployment
            || *network != service.network
            || self.platform_version.as_ref().is_some_and(|version| service.platform_version.as_ref() != Some(version));
        Ok(is_new.then_some(revision))
    }

    fn change(self, service: &mut Service) {
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

/// Brings every task set to the number of tasks that its service now wants.
fn scale(world: &mut World, key: &(String, String)) {
    let sets = world.ecs.services.get(key).map(|service| service.task_sets.iter().map(|set| set.id.clone()).collect());
    let sets: Vec<String> = sets.unwrap_or_default();
    for set in sets {
        scheduler::reconcile(world, &set);
    }
    rolling::advance(world, key);
}
