//! `DescribeServiceRevisions`.

use crate::ecs::ids;
use crate::ecs::service_deployment::ServiceRevision;
use crate::ecs::shapes::{CapacityProviderStrategyItem, Failure, LoadBalancer, NetworkConfiguration};
use crate::operation::Operation;
use crate::value::Time;
use crate::{AwsError, Permission, World};
use serde::{Deserialize, Serialize};

/// How many one call describes at most.
const MOST: usize = 20;

pub(crate) struct DescribeServiceRevisions;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Input {
    service_revision_arns: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    service_revisions: Vec<RevisionShape>,
    failures: Vec<Failure>,
}

/// `ServiceRevision`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RevisionShape {
    service_revision_arn: String,
    service_arn: String,
    cluster_arn: String,
    task_definition: String,
    capacity_provider_strategy: Vec<CapacityProviderStrategyItem>,
    #[serde(skip_serializing_if = "Option::is_none")]
    launch_type: Option<String>,
    platform_version: String,
    platform_family: &'static str,
    load_balancers: Vec<LoadBalancer>,
    service_registries: [(); 0],
    network_configuration: NetworkConfiguration,
    container_images: Vec<ContainerImage>,
    guard_duty_enabled: bool,
    created_at: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    resolved_configuration: Option<ResolvedConfiguration>,
}

/// `ContainerImage`. The stage's images have no digests.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ContainerImage {
    container_name: String,
    image: String,
}

/// `ResolvedConfiguration`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ResolvedConfiguration {
    load_balancers: Vec<ResolvedLoadBalancer>,
}

/// `ServiceRevisionLoadBalancer`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ResolvedLoadBalancer {
    target_group_arn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    production_listener_rule: Option<String>,
}

impl Operation for DescribeServiceRevisions {
    const SERVICE: &'static str = "ecs";
    const NAME: &'static str = "DescribeServiceRevisions";
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
        "greenlight why",
        "greenlight watch",
    ];
    type Input = Input;
    type Output = Output;

    fn authorize(input: &Input, _: &World) -> Vec<Permission> {
        let needed = |arn: &String| Permission::new("ecs:DescribeServiceRevisions", arn);
        input.service_revision_arns.iter().map(needed).collect()
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        let arns = &input.service_revision_arns;
        if arns.is_empty() || arns.len() > MOST {
            return Err(super::invalid_parameter(format!("serviceRevisionArns must have 1 to {MOST} items.")));
        }
        arns.iter().try_for_each(|arn| super::check_arn(world, "service-revision", arn))?;
        let mut output = Output { service_revisions: Vec::new(), failures: Vec::new() };
        for arn in arns {
            match world.ecs.service_revisions.get(arn) {
                Some(revision) => output.service_revisions.push(describe(world, revision)),
                None => output.failures.push(Failure { arn: arn.clone(), reason: "MISSING" }),
            }
        }
        Ok(output)
    }
}

fn describe(world: &World, revision: &ServiceRevision) -> RevisionShape {
    let containers = &revision.revision.definition.container_definitions;
    let image = |name: &str, image: &str| ContainerImage { container_name: name.to_owned(), image: image.to_owned() };
    RevisionShape {
        service_revision_arn: revision.arn.clone(),
        service_arn: revision.service_arn.clone(),
        cluster_arn: ids::cluster_arn(world, &revision.cluster),
        task_definition: revision.revision.arn.clone(),
        capacity_provider_strategy: revision.capacity_provider_strategy.clone(),
        launch_type: revision.launch_type.clone(),
        platform_version: revision.platform_version.clone().unwrap_or_else(|| "LATEST".to_owned()),
        platform_family: "Linux",
        load_balancers: revision.configured.iter().map(|traffic| traffic.load_balancer.clone()).collect(),
        service_registries: [],
        network_configuration: revision.network.clone(),
        container_images: containers.iter().map(|container| image(&container.name, &container.image)).collect(),
        guard_duty_enabled: false,
        created_at: Time(revision.created_at),
        resolved_configuration: revision.traffic.as_ref().map(|traffic| ResolvedConfiguration {
            load_balancers: vec![ResolvedLoadBalancer {
                target_group_arn: traffic.load_balancer.target_group_arn.clone(),
                production_listener_rule: traffic
                    .load_balancer
                    .advanced_configuration
                    .as_ref()
                    .map(|advanced| advanced.production_listener_rule.clone()),
            }],
        }),
    }
}
