//! A service that leaves `CODE_DEPLOY`: what its last deployment brought is what it goes back to from now on.

use super::revision;
use crate::ecs::invalid_parameter;
use crate::ecs::service::{Controller, Service, find_set};
use crate::{AwsError, World};

/// Whether a service can leave `CODE_DEPLOY`: nobody may be at work on it.
pub(in crate::ecs) fn check(service: &Service) -> Result<(), AwsError> {
    match service.task_sets.as_slice() {
        [one] if service.primary.as_ref() == Some(&one.id) && !one.draining => Ok(()),
        _ => Err(invalid_parameter(
            "Unable to update the deployment controller of a service while a deployment is in progress.",
        )),
    }
}

/// Its task set becomes that of a service revision.
pub(in crate::ecs) fn adopt(world: &mut World, key: &(String, String)) {
    let Some(service) = world.ecs.services.get(key).cloned() else { return };
    let Some(set) = service.task_sets.first().cloned() else { return };
    let service_revision = revision::record(world, &service, set.revision.clone(), set.traffic.clone());
    if let Some(set) = find_set(world, &set.id) {
        set.service_revision = Some(service_revision.clone());
    }
    if let Some(service) = world.ecs.services.get_mut(key) {
        service.controller = Controller::Ecs;
        service.stable = Some(service_revision);
        service.rolled_out = Some(set.id);
    }
}
