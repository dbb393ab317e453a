//! A service has to be steady while traffic is shifted: tasks that fail, or a change of the desired count, may disturb it for
//! five minutes. Traffic is shifted on meanwhile.

use super::engine::{self, Failure};
use super::{Due, deployment::Deployment};
use crate::{World, ecs};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_mins(5);

/// Looks whether the service is steady, at the beginning of the shift and whenever one of the task sets changed.
pub(super) fn look(world: &mut World, id: &str) {
    let Some(deployment) = world.codedeploy.deployments.get(id) else { return };
    let (steady, before) = (is_steady(world, deployment), deployment.progress.disturbed);
    if steady {
        engine::update(world, id, |deployment| deployment.progress.disturbed = None);
    } else if before.is_none() {
        let now = world.now;
        engine::update(world, id, |deployment| deployment.progress.disturbed = Some(now));
        engine::wake(world, id, PATIENCE, Due::Disturbed);
    }
}

/// Five minutes ago the service was disturbed; it may have been steady in between.
pub(super) fn disturbed(world: &mut World, id: &str) {
    let since = world.codedeploy.deployments.get(id).and_then(|deployment| deployment.progress.disturbed);
    let lasted = since.map(|since| Duration::try_from(world.now.duration_since(since)).unwrap_or_default());
    if lasted.is_some_and(|lasted| lasted >= PATIENCE) {
        engine::event_failed(world, id, failure());
    }
}

fn is_steady(world: &World, deployment: &Deployment) -> bool {
    let sides = &deployment.sides;
    [&sides.blue_task_set, &sides.green_task_set]
        .into_iter()
        .flatten()
        .filter_map(|task_set| ecs::task_set_view(world, &deployment.cluster, &deployment.service, task_set))
        .all(|view| view.steady || view.status == "DRAINING")
}

fn failure() -> Failure {
    Failure {
        code: "TIMEOUT",
        diagnostics: "ScriptTimedOut",
        message: "The ECS service did not reach a steady state within 5 minutes while traffic was shifted.".to_owned(),
    }
}
