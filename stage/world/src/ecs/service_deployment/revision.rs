//! Service revisions: what a service was like when somebody deployed it.

use crate::World;
use crate::ecs::ids;
use crate::ecs::service::{Service, Traffic};
use crate::ecs::shapes::{CapacityProviderStrategyItem, NetworkConfiguration};
use crate::ecs::task_definition::Revision;
use jiff::Timestamp;
use std::sync::Arc;

/// A service revision. It never changes.
#[derive(Debug, Clone)]
pub(in crate::ecs) struct ServiceRevision {
    pub(in crate::ecs) arn: String,
    pub(in crate::ecs) service_arn: String,
    /// The cluster's name.
    pub(in crate::ecs) cluster: String,
    pub(in crate::ecs) revision: Arc<Revision>,
    pub(in crate::ecs) launch_type: Option<String>,
    pub(in crate::ecs) capacity_provider_strategy: Vec<CapacityProviderStrategyItem>,
    pub(in crate::ecs) platform_version: Option<String>,
    pub(in crate::ecs) network: NetworkConfiguration,
    /// As the service has it.
    pub(in crate::ecs) configured: Option<Traffic>,
    /// The one of the two target groups that its tasks are in.
    pub(in crate::ecs) traffic: Option<Traffic>,
    pub(in crate::ecs) created_at: Timestamp,
}

/// A revision of a service with its settings as they are now; answers its ARN.
pub(super) fn record(
    world: &mut World,
    service: &Service,
    revision: Arc<Revision>,
    traffic: Option<Traffic>,
) -> String {
    let id = world.rng.u64(1_000_000_000_000_000_000..10_000_000_000_000_000_000);
    let arn = world.arn("ecs", &format!("service-revision/{}/{}/{id}", service.cluster, service.name));
    let recorded = ServiceRevision {
        arn: arn.clone(),
        service_arn: ids::service_arn(world, &service.cluster, &service.name),
        cluster: service.cluster.clone(),
        revision,
        launch_type: service.launch_type.clone(),
        capacity_provider_strategy: service.capacity_provider_strategy.clone(),
        platform_version: service.platform_version.clone(),
        network: service.network.clone(),
        configured: service.traffic.clone(),
        traffic,
        created_at: world.now,
    };
    world.ecs.service_revisions.insert(arn.clone(), recorded);
    arn
}
