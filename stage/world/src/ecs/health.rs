//! Health checks of containers.
//!
//! On AWS every task has a loopback interface of its own. Here all tasks share the machine's, and a task's processes listen
//! on the task's own address: `localhost` in a health check's command becomes that address.

use super::task::{ContainerState, HealthStatus, TaskId};
use super::{Timer, containers, new_probe, scheduler};
use crate::effect::{Probe, ProbeKind};
use crate::{Effect, World};
use std::net::Ipv4Addr;
use std::time::Duration;

const INTERVAL: u64 = 30;
const TIMEOUT: u64 = 5;
const RETRIES: u32 = 3;
/// However much time is compressed, a container is not checked more often than this (in real time).
const SHORTEST_INTERVAL: Duration = Duration::from_millis(100);

/// Begins to check a container that has started.
pub(super) fn begin(world: &mut World, id: TaskId, container: usize) {
    let Some(task) = world.ecs.tasks.get(&id) else { return };
    let Some(check) = task.definition(container).and_then(|definition| definition.health_check.as_ref()) else {
        return;
    };
    let interval = Duration::from_secs(check.interval.unwrap_or(INTERVAL));
    let interval = interval.max(world.setup.pace.real(SHORTEST_INTERVAL));
    world.after(interval, crate::timers::Timer::Ecs(Timer::CheckContainer(id, container)));
}

/// A stub is healthy if it has a health check.
pub(super) fn presume(world: &mut World, id: TaskId, container: usize) {
    let container = world.ecs.tasks.get_mut(&id).and_then(|task| task.containers.get_mut(container));
    if let Some(health) = container.and_then(|container| container.health.as_mut()) {
        health.status = HealthStatus::Healthy;
    }
}

/// Makes one health check.
pub(super) fn check(world: &mut World, id: TaskId, index: usize) {
    let Some(task) = world.ecs.tasks.get(&id) else { return };
    let Some(container) = task.containers.get(index) else { return };
    let (ContainerState::Running, Some(process)) = (container.state, container.process) else { return };
    let Some(check) = task.definition(index).and_then(|definition| definition.health_check.as_ref()) else { return };
    let kind =
        ProbeKind::Command { process, command: check.command.iter().map(|word| at_home(word, task.ip)).collect() };
    let timeout = Duration::from_secs(check.timeout.unwrap_or(TIMEOUT));
    let probe = new_probe(world);
    world.ecs.probes.insert(probe, (id, index));
    world.effects.push(Effect::Probe(Probe { id: probe, kind, timeout }));
}

/// A health check came back.
pub(super) fn result(world: &mut World, id: TaskId, index: usize, outcome: &Result<(), String>) {
    let (now, pace) = (world.now, world.setup.pace);
    let Some(task) = world.ecs.tasks.get_mut(&id) else { return };
    let Some(check) = task.definition(index).and_then(|definition| definition.health_check.clone()) else { return };
    let Some(container) = task.containers.get_mut(index) else { return };
    let (ContainerState::Running, Some(started)) = (container.state, container.started_at) else { return };
    let Some(health) = &mut container.health else { return };
    let before = health.status;
    let age = Duration::try_from(now.duration_since(started)).unwrap_or_default();
    let retries = check.retries.unwrap_or(RETRIES);
    let young = health.status == HealthStatus::Unknown;
    if outcome.is_ok() {
        health.failures = 0;
        health.status = HealthStatus::Healthy;
    } else if !young || age >= pace.real(Duration::from_secs(check.start_period.unwrap_or(0))) {
        health.failures = health.failures.saturating_add(1);
        // to start up is real work: compressed time must not leave it less of it than real time does
        let patience = Duration::from_secs(check.interval.unwrap_or(INTERVAL)).saturating_mul(retries);
        if health.failures >= retries && (!young || age >= pace.real(patience)) {
            health.status = HealthStatus::Unhealthy;
        }
    }
    let after = health.status;
    begin(world, id, index);
    if after != before {
        containers::advance(world, id);
    }
    if after != before || after == HealthStatus::Unhealthy {
        scheduler::task_changed(world, id);
    }
}

/// A word of a health check's command with the task's own address in place of the loopback one.
fn at_home(word: &str, ip: Ipv4Addr) -> String {
    let ip = ip.to_string();
    ["localhost", "127.0.0.1"].iter().fold(word.to_owned(), |word, loopback| {
        let mut out = String::new();
        let mut rest = word.as_str();
        while let Some(at) = rest.find(loopback) {
            let (before, found) = rest.split_at(at);
            let (found, behind) = found.split_at(loopback.len());
            let part_of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
            let alone = !before.ends_with(part_of_name) && !behind.starts_with(part_of_name);
            out.push_str(before);
            out.push_str(if alone { &ip } else { found });
            rest = behind;
        }
        out + rest
    })
}

#[cfg(test)]
mod tests {
    use super::at_home;
    use std::net::Ipv4Addr;

    #[test]
    fn the_loopback_address_becomes_the_tasks_own() {
        let ip = Ipv4Addr::new(127, 100, 0, 7);
        for (word, wanted) in [
            ("curl -f http://localhost:8000/health || exit 1", "curl -f http://127.100.0.7:8000/health || exit 1"),
            ("127.0.0.1", "127.100.0.7"),
            ("pg_isready -h localhost", "pg_isready -h 127.100.0.7"),
            ("localhost.example.com 127.0.0.10 mylocalhost", "localhost.example.com 127.0.0.10 mylocalhost"),
            ("CMD-SHELL", "CMD-SHELL"),
        ] {
            assert_eq!(at_home(word, ip), wanted);
        }
    }
}
