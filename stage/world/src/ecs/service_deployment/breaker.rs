//! The deployment circuit breaker: a rolling update whose tasks fail one after the other has failed.

use super::deployment::{MonitorStatus, Status};
use super::{current, engine, news, rollback, stop};
use crate::World;
use crate::ecs::{rolling, service};

/// After so many failed tasks in a row: half of the tasks that are wanted, and from 3 to 200.
pub(super) fn threshold(desired: u32) -> u32 {
    desired.div_ceil(2).clamp(3, 200)
}

/// A task of a task set failed.
pub(in crate::ecs) fn task_failed(world: &mut World, set: &str) {
    let Some((service, found)) = service::find(world, set) else { return };
    let (key, failures) = ((service.cluster.clone(), service.name.clone()), found.streak);
    let Some(deployment) = current(world, &key).filter(|deployment| deployment.green.task_set == set) else { return };
    let arn = deployment.arn.clone();
    let is_watched = deployment.breaker.status == MonitorStatus::Monitoring && !deployment.status.goes_back();
    let trips = is_watched && failures >= deployment.breaker.threshold;
    let rolls_back = deployment.configuration.deployment_circuit_breaker.is_some_and(|breaker| breaker.rollback);
    engine::update(world, &arn, |deployment| {
        deployment.breaker.failures = failures;
        if trips {
            deployment.breaker.status = MonitorStatus::Triggered;
            deployment.status = Status::InProgress;
        }
    });
    if !trips {
        return;
    }
    rolling::give_up(world, set);
    let reason = "ECS deployment circuit breaker: tasks failed to start.".to_owned();
    if rolls_back {
        rollback::begin(world, &arn, reason);
    } else {
        news::failed(world, &arn, &reason);
        stop::stop(world, &arn, reason);
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_threshold_is_half_of_the_tasks_within_bounds() {
        for (desired, expected) in [(0, 3), (1, 3), (6, 3), (7, 4), (25, 13), (400, 200), (1000, 200)] {
            assert_eq!(super::threshold(desired), expected, "{desired}");
        }
    }
}
