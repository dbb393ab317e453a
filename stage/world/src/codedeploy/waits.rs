//! Phases in which nothing happens until the time is over or somebody calls `ContinueDeployment`.

use super::deployment::Status;
use super::news::{self, News};
use super::phase::Phase;
use super::{Due, engine, stop};
use crate::{FactKind, Moment, World};
use std::time::Duration;

/// Green is ready for production traffic.
pub(super) fn ready(world: &mut World, id: &str, wait: Duration) {
    engine::update(world, id, |deployment| deployment.status = Status::Ready);
    begin(world, id, "ready", wait);
    news::spread(world, id, News::Ready);
}

/// Green has the production traffic; the deployment goes on until blue is taken away.
pub(super) fn termination(world: &mut World, id: &str, wait: Duration) {
    engine::update(world, id, |deployment| deployment.progress.termination_wait_started = true);
    begin(world, id, "termination", wait);
    engine::reached(world, id, Moment::TerminationWait);
}

fn begin(world: &mut World, id: &str, what: &str, wait: Duration) {
    engine::update(world, id, |deployment| deployment.progress.is_waiting = true);
    world.tell(FactKind::DeploymentWaiting {
        deployment_id: id.to_owned(),
        what: what.to_owned(),
        seconds: wait.as_secs(),
    });
    engine::wake(world, id, wait, Due::WaitOver);
}

/// Nobody called: a deployment that is ready is stopped, blue is taken away.
pub(super) fn over(world: &mut World, id: &str) {
    let Some(deployment) = world.codedeploy.deployments.get(id) else { return };
    match deployment.phase() {
        Some(Phase::ReadyWait(_)) => {
            let rolls_back = deployment.auto_rollback.covers("DEPLOYMENT_STOP_ON_REQUEST");
            stop::stop(world, id, stop::nobody_continued(), rolls_back);
        }
        Some(Phase::TerminationWait(_)) => go_on(world, id),
        _ => {}
    }
}

/// Somebody does not want to wait any longer.
pub(super) fn cut_short(world: &mut World, id: &str) {
    world.tell(FactKind::DeploymentContinued { deployment_id: id.to_owned() });
    go_on(world, id);
}

fn go_on(world: &mut World, id: &str) {
    engine::update(world, id, |deployment| {
        deployment.status = Status::InProgress;
        deployment.progress.is_waiting = false;
    });
    engine::next(world, id);
}
