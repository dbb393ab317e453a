//! Deployments that are stopped before their end: on request, by an alarm, or because nobody let them go on.

use super::deployment::{EventStatus, Status};
use super::{engine, rollback};
use crate::World;

/// Why a deployment is stopped.
pub(super) struct Reason {
    /// `ErrorCode`.
    pub(super) code: &'static str,
    pub(super) message: String,
}

/// `StopDeployment`.
pub(super) fn on_request() -> Reason {
    Reason { code: "MANUAL_STOP", message: "The deployment was stopped on request.".to_owned() }
}

/// The end of the ready wait.
pub(super) fn nobody_continued() -> Reason {
    Reason {
        code: "TIMEOUT",
        message: "The deployment was stopped because traffic was not rerouted within the wait time.".to_owned(),
    }
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
