//! Deployments that are stopped: on request, by an alarm, or because nobody let them go on.

use super::deployment::{Deployment, EventName, EventStatus, Status};
use super::{Due, engine, rollback};
use crate::World;
use std::time::Duration;

/// How long the lifecycle event in progress has to end before a stop on request ends it. AWS does not say.
const GRACE: Duration = Duration::from_secs(10);

/// Why a deployment is stopped.
pub(super) struct Reason {
    /// `ErrorCode`.
    pub(super) code: &'static str,
    pub(super) message: String,
}

/// `StopDeployment`.
fn on_request() -> Reason {
    Reason { code: "MANUAL_STOP", message: "The deployment was stopped on request.".to_owned() }
}

/// The end of the ready wait.
pub(super) fn nobody_continued() -> Reason {
    Reason {
        code: "TIMEOUT",
        message: "The deployment was stopped because traffic was not rerouted within the wait time.".to_owned(),
    }
}

/// Stops a deployment because somebody wants it; `false` if a lifecycle event may still be running.
///
/// That is so where somebody else works for it: a hook's function, or ECS. It has a moment to end, and ends then as it would
/// have; what comes after it does not begin. Who asks again does not wait for it.
pub(super) fn request(world: &mut World, id: &str, rolls_back: Option<bool>) -> bool {
    let Some(deployment) = world.codedeploy.deployments.get(id) else { return true };
    let before = deployment.progress.stopping;
    let by_configuration = || deployment.auto_rollback.covers("DEPLOYMENT_STOP_ON_REQUEST");
    let rolls_back = rolls_back.or(before).unwrap_or_else(by_configuration);
    let runs_on = before.is_none() && has_work_elsewhere(deployment);
    engine::update(world, id, |deployment| deployment.progress.stopping = Some(rolls_back));
    if runs_on {
        engine::wake(world, id, GRACE, Due::Stop);
        return false;
    }
    waited_for(world, id)
}

/// Whether the lifecycle event in progress is in the hands of a hook's function, or of ECS. Traffic is turned by `CodeDeploy`
/// itself.
fn has_work_elsewhere(deployment: &Deployment) -> bool {
    let own = [EventName::AllowTestTraffic, EventName::AllowTraffic];
    deployment.in_progress().is_some_and(|event| !own.contains(&event))
}

/// Stops a deployment that somebody wants to be stopped; `false` if nobody does.
pub(super) fn waited_for(world: &mut World, id: &str) -> bool {
    let stopping = world.codedeploy.deployments.get(id).and_then(|deployment| deployment.progress.stopping);
    if let Some(rolls_back) = stopping {
        stop(world, id, on_request(), rolls_back);
    }
    stopping.is_some()
}

/// Stops a deployment, in whichever phase it is. The lifecycle event in progress has failed then.
pub(super) fn stop(world: &mut World, id: &str, reason: Reason, rolls_back: bool) {
    let Reason { code, message } = reason;
    engine::end_event(world, id, EventStatus::Failed, Some(("UnknownError", message.clone())));
    engine::end(world, id, Status::Stopped, Some((code, message.clone())));
    if rolls_back {
        rollback::begin(world, id, message);
    }
}
