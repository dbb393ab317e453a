//! `CreateCluster`.

use crate::ecs::ids;
use crate::ecs::shapes::{CapacityProviderStrategyItem, KeyValuePair, Tag};
use crate::operation::Operation;
use crate::{AwsError, Permission, World};
use serde::{Deserialize, Serialize};

pub(crate) struct CreateCluster;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Input {
    cluster_name: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
    #[serde(default)]
    settings: Vec<KeyValuePair>,
    #[serde(default)]
    capacity_providers: Vec<String>,
    #[serde(default)]
    default_capacity_provider_strategy: Vec<CapacityProviderStrategyItem>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Output {
    cluster: Cluster,
}

/// A cluster, as it is described.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the service model's names")]
pub(crate) struct Cluster {
    cluster_arn: String,
    cluster_name: String,
    status: &'static str,
    registered_container_instances_count: u32,
    running_tasks_count: u32,
    pending_tasks_count: u32,
    active_services_count: u32,
    tags: Vec<Tag>,
    settings: Vec<KeyValuePair>,
    capacity_providers: Vec<String>,
    default_capacity_provider_strategy: Vec<CapacityProviderStrategyItem>,
}

impl Operation for CreateCluster {
    const SERVICE: &'static str = "ecs";
    const NAME: &'static str = "CreateCluster";
    const CALLERS: &'static [&'static str] = &["greenlight rehearse"];
    type Input = Input;
    type Output = Output;

    fn authorize(_input: &Input, _world: &World) -> Vec<Permission> {
        vec![Permission::new("ecs:CreateCluster", "*")]
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        let name = ids::cluster(input.cluster_name.as_deref());
        let valid = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if name.len() > 255 || !name.chars().all(valid) {
            return Err(super::invalid_parameter("Cluster name contains invalid characters or has more than 255."));
        }
        let cluster = Cluster {
            cluster_arn: ids::cluster_arn(world, &name),
            cluster_name: name.clone(),
            status: "ACTIVE",
            registered_container_instances_count: 0,
            running_tasks_count: 0,
            pending_tasks_count: 0,
            active_services_count: 0,
            tags: input.tags,
            settings: input.settings,
            capacity_providers: input.capacity_providers,
            default_capacity_provider_strategy: input.default_capacity_provider_strategy,
        };
        // to create a cluster that is there is no error
        let cluster = world.ecs.clusters.entry(name).or_insert(cluster).clone();
        Ok(Output { cluster })
    }
}
