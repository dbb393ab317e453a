//! Deployments that are stopped: on request, by their successor, or because they failed and are not to be rolled back.

use super::deployment::Status;
use super::{Due, engine, hooks, news, rollback};
use crate::{AwsError, World};

const ON_REQUEST: &str = "Service deployment rolled back because of StopServiceDeployment.";
const REPLACED: &str = "Service deployment stopped because a newer service deployment replaced it.";

/// `StopServiceDeployment`: the deployment is rolled back after a moment. One that is rolled back already goes on with it.
pub(in crate::ecs) fn request(world: &mut World, arn: &str) -> Result<(), AwsError> {
    let Some(deployment) = engine::find(world, arn) else { return Ok(()) };
    if deployment.is_over() {
        let message = format!("The service deployment {arn} is {} and cannot be stopped.", deployment.status.name());
        return Err(AwsError::client("ConflictException", message));
    }
    if deployment.status.goes_back() {
        return Ok(());
    }
    // what it waits for has no meaning any more; a stage that is cut off is ended by the rollback
    hooks::abandon(world, arn);
    engine::update(world, arn, |deployment| {
        deployment.status = Status::RollbackRequested;
        deployment.status_reason = Some(ON_REQUEST.to_owned());
        deployment.progress.stage += 1;
        deployment.progress.awaits_tasks = false;
    });
    engine::wake(world, arn, engine::LATENCY, Due::RollBack);
    Ok(())
}

/// The moment after the request is over.
pub(super) fn roll_back(world: &mut World, arn: &str) {
    rollback::begin(world, arn, ON_REQUEST.to_owned());
}

/// Ends the deployment that a new one replaces; everything stays where it is.
pub(super) fn replaced(world: &mut World, key: &(String, String)) {
    if let Some(arn) = super::current(world, key).map(|deployment| deployment.arn.clone()) {
        stop(world, &arn, REPLACED.to_owned());
    }
}

/// Ends a deployment; everything stays where it is.
pub(super) fn stop(world: &mut World, arn: &str, reason: String) {
    hooks::abandon(world, arn);
    news::stage_ended(world, arn, false);
    engine::end(world, arn, Status::Stopped, Some(reason));
}
