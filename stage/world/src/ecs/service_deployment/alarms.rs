//! The alarms of a deployment: they are asked again and again, from its start until its bake time is over.

use super::deployment::{MonitorStatus, Status};
use super::phase::Stage;
use super::{Timer, engine, news, rollback, stop};
use crate::{AlarmState, World, cloudwatch, timers};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// How often alarms are asked. AWS does not say.
const EVERY: Duration = Duration::from_secs(5);
/// However much time is compressed, who else hears of the alarm has this long (in real time) to be faster, as they have in AWS.
const HEAD_START: Duration = Duration::from_secs(2);

/// An alarm that is active when the deployment starts makes ECS ignore the alarms of this deployment.
pub(super) fn begin(world: &mut World, arn: &str) {
    let Some(deployment) = engine::find(world, arn) else { return };
    if deployment.alarms.status != MonitorStatus::Monitoring {
        return;
    }
    if deployment.alarms.names.iter().any(|name| since(world, name).is_some()) {
        engine::update(world, arn, |deployment| deployment.alarms.status = MonitorStatus::Disabled);
        return;
    }
    again(world, arn);
}

fn again(world: &mut World, arn: &str) {
    let timer = Timer { deployment: arn.to_owned(), stage: 0, due: super::Due::AskAlarms };
    world.after(EVERY, timers::Timer::Ecs(crate::ecs::Timer::ServiceDeployment(timer)));
}

/// Since when an alarm is active. One that does not exist never is.
fn since(world: &World, name: &str) -> Option<Timestamp> {
    match cloudwatch::state(world, name) {
        Some((AlarmState::Alarm, since)) => Some(since),
        _ => None,
    }
}

/// Asks the alarms of a deployment; one that is active ends it.
pub(super) fn ask(world: &mut World, arn: &str) {
    let Some(deployment) = engine::find(world, arn) else { return };
    if deployment.status != Status::InProgress || deployment.alarms.status != MonitorStatus::Monitoring {
        return;
    }
    if deployment.phase().is_some_and(|phase| phase.stage == Stage::CleanUp) {
        engine::update(world, arn, |deployment| deployment.alarms.status = MonitorStatus::MonitoringComplete);
        return;
    }
    let late = SignedDuration::try_from(world.setup.pace.real(HEAD_START)).unwrap_or(SignedDuration::MAX);
    let is_heeded = |since: Timestamp| world.now.duration_since(since) >= late;
    let names = deployment.alarms.names.iter();
    let active: Vec<String> = names.filter(|name| since(world, name).is_some_and(is_heeded)).cloned().collect();
    if active.is_empty() {
        return again(world, arn);
    }
    let (rolls_back, reason) = (deployment.alarms.rolls_back, format!("alarm detected: {}", active.join(", ")));
    engine::update(world, arn, |deployment| {
        deployment.alarms.status = MonitorStatus::Triggered;
        deployment.alarms.triggered = active;
    });
    let reason = format!("ECS deployment failed: {reason}.");
    if rolls_back {
        rollback::begin(world, arn, reason);
    } else {
        news::failed(world, arn, &reason);
        stop::stop(world, arn, reason);
    }
}
