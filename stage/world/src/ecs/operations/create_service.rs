//! `CreateService`, under the deployment controllers `CODE_DEPLOY` and `ECS`.

use super::describe_services::{ServiceShape, describe};
use crate::ecs::service::{Controller, NewSet, Service, TaskSet, Traffic};
use crate::ecs::service_deployment::{self, DeploymentConfiguration, check_traffic};
use crate::ecs::shapes::{CapacityProviderStrategyItem, LoadBalancer, NetworkConfiguration, Tag};
use crate::ecs::task_definition::Revision;
use crate::ecs::{ids, task_definition, task_sets};
use crate::elb;
use crate::operation::Operation;
use crate::{AwsError, Permission, World};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

pub(crate) struct CreateService;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Input {
    cluster: Option<String>,
    service_name: String,
    task_definition: String,
    #[serde(default)]
    load_balancers: Vec<LoadBalancer>,
    desired_count: Option<u32>,
    #[serde(rename = "clientToken")]
    _client_token: Option<String>,
    launch_type: Option<String>,
    #[serde(default)]
    capacity_provider_strategy: Vec<CapacityProviderStrategyItem>,
    platform_version: Option<String>,
    #[serde(default)]
    deployment_configuration: DeploymentConfiguration,
    network_configuration: Option<NetworkConfiguration>,
    health_check_grace_period_seconds: Option<u32>,
    scheduling_strategy: Option<String>,
    deployment_controller: Option<DeploymentController>,
    #[serde(default)]
    tags: Vec<Tag>,
    #[serde(rename = "enableECSManagedTags")]
    _enable_ecs_managed_tags: Option<bool>,
    propagate_tags: Option<String>,
    enable_execute_command: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct DeploymentController {
    pub(super) r#type: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct Output {
    service: ServiceShape,
}

impl Operation for CreateService {
    const SERVICE: &'static str = "ecs";
    const NAME: &'static str = "CreateService";
    const CALLERS: &'static [&'static str] = &["greenlight rehearse", "guide: aws ecs create-service"];
    type Input = Input;
    type Output = Output;

    fn authorize(input: &Input, world: &World) -> Vec<Permission> {
        let cluster = input.cluster.as_deref();
        let arn = ids::service_arn(world, &ids::cluster(cluster), &input.service_name);
        let mut needed = vec![super::in_cluster(world, "ecs:CreateService", arn.clone(), cluster)];
        if !input.tags.is_empty() {
            needed.push(Permission::new("ecs:TagResource", arn).with("ecs:CreateAction", "CreateService"));
        }
        needed.extend(super::pass_own_roles(&input.deployment_configuration, &input.load_balancers));
        needed
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        let cluster = super::existing_cluster(world, input.cluster.as_deref())?;
        let (controller, load_balancer) = input.check()?;
        let key = (cluster.clone(), input.service_name.clone());
        if world.ecs.services.contains_key(&key) {
            return Err(super::invalid_parameter("Creation of service was not idempotent."));
        }
        let revision = task_definition::find_active(world, &input.task_definition)
            .ok_or_else(|| AwsError::client("ClientException", super::TASK_DEFINITION_NOT_FOUND))?;
        let network = input.network_configuration.clone();
        let has_network = network.as_ref().is_some_and(|network| network.awsvpc_configuration.is_some());
        let strategy = &input.capacity_provider_strategy;
        super::check_launch(&revision, input.launch_type.as_deref(), strategy, has_network)?;
        super::check_platform_version(input.platform_version.as_deref())?;
        check_traffic(world, &input.deployment_configuration, load_balancer.as_ref())?;
        let traffic = load_balancer.map(|load_balancer| traffic(world, &revision, load_balancer)).transpose()?;
        let network = network.unwrap_or(NetworkConfiguration { awsvpc_configuration: None });
        let service = Service {
            arn: ids::service_arn(world, &cluster, &input.service_name),
            cluster,
            name: input.service_name,
            controller,
            desired: input.desired_count.unwrap_or(0),
            grace_seconds: input.health_check_grace_period_seconds.unwrap_or(0),
            launch_type: Some("FARGATE".to_owned()).filter(|_| strategy.is_empty()),
            capacity_provider_strategy: input.capacity_provider_strategy,
            platform_version: input.platform_version,
            network,
            traffic,
            task_definition: revision.arn.clone(),
            configuration: input.deployment_configuration,
            stable: None,
            tags: input.tags,
            propagate_tags: input.propagate_tags,
            enable_execute_command: input.enable_execute_command.unwrap_or(false),
            created_at: world.now,
            primary: None,
            rolled_out: None,
            task_sets: Vec::new(),
            events: Vec::new(),
        };
        world.ecs.services.insert(key.clone(), service);
        match controller {
            Controller::CodeDeploy => first_task_set(world, &key, revision),
            Controller::Ecs => service_deployment::begin(world, &key, revision),
        }
        let service = world.ecs.services.get(&key).ok_or_else(super::service_not_found)?;
        Ok(Output { service: describe(world, service, true) })
    }
}

impl Input {
    /// What can be checked without the world; answers the controller and the load balancer.
    fn check(&self) -> Result<(Controller, Option<LoadBalancer>), AwsError> {
        let unsupported = |message: String| Err(AwsError::client("UnsupportedFeatureException", message));
        let valid = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if self.service_name.is_empty() || self.service_name.len() > 255 || !self.service_name.chars().all(valid) {
            return Err(super::invalid_parameter("Service name is empty, too long, or contains invalid characters."));
        }
        if let Some(other) = self.scheduling_strategy.as_deref().filter(|strategy| *strategy != "REPLICA") {
            return unsupported(format!("Fargate supports the scheduling strategy REPLICA only, not {other}"));
        }
        let controller = self.deployment_controller.as_ref().map_or("ECS", |controller| controller.r#type.as_str());
        match (controller, self.load_balancers.as_slice()) {
            ("CODE_DEPLOY", [one]) if one.advanced_configuration.is_none() => {
                self.deployment_configuration.check_code_deploy()?;
                Ok((Controller::CodeDeploy, Some(one.clone())))
            }
            ("CODE_DEPLOY", [_]) => Err(super::invalid_parameter(
                "advancedConfiguration is not supported for services with a CODE_DEPLOY deployment controller.",
            )),
            ("CODE_DEPLOY", _) => Err(super::invalid_parameter(
                "A service with the deployment controller CODE_DEPLOY needs exactly one load balancer target group.",
            )),
            ("ECS", [] | [_]) => {
                self.deployment_configuration.check()?;
                Ok((Controller::Ecs, self.load_balancers.first().cloned()))
            }
            ("ECS", _) => unsupported("the stage has services with one load balancer target group at most".to_owned()),
            (other, _) => unsupported(format!(
                "the stage has services under the deployment controllers CODE_DEPLOY and ECS only, not {other}"
            )),
        }
    }
}

/// The task set that a service under `CODE_DEPLOY` begins with.
fn first_task_set(world: &mut World, key: &(String, String), revision: Arc<Revision>) {
    let Some(service) = world.ecs.services.get(key) else { return };
    let of = NewSet {
        external_id: None,
        service_revision: None,
        revision,
        traffic: service.traffic.clone(),
        network: service.network.clone(),
        platform_version: service.platform_version.clone(),
    };
    let set = TaskSet::new(world, key, of);
    if let Some(service) = world.ecs.services.get_mut(key) {
        service.primary = Some(set.id.clone());
    }
    task_sets::add(world, key, set);
}

/// Where tasks take traffic, if the task definition and the load balancer have it.
pub(super) fn traffic(world: &World, revision: &Revision, load_balancer: LoadBalancer) -> Result<Traffic, AwsError> {
    super::check_load_balancer(revision, &load_balancer)?;
    let target_group = elb::target_group_name(world, &load_balancer.target_group_arn).ok_or_else(|| {
        super::invalid_parameter(format!("Unable to find target group {}.", load_balancer.target_group_arn))
    })?;
    Ok(Traffic { target_group, load_balancer })
}
