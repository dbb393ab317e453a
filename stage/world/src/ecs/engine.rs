//! The life of a task: `PROVISIONING`, `PENDING`, `RUNNING`, `DEACTIVATING`, `STOPPING`, `DEPROVISIONING`, `STOPPED`.

use super::shapes::ContainerOverride;
use super::task::{Container, ContainerState, Launch, Status, Stop, StopCode, Task, TaskId};
use super::{Timer, containers, event, faults, ids, scheduler};
use crate::{Effect, FactKind, World, elb};
use std::time::Duration;

/// From `PROVISIONING` to `PENDING`: the network interface is attached.
pub(super) const PROVISIONING: Duration = Duration::from_secs(5);
/// From `PENDING` to the first container: images are pulled.
pub(super) const PULLING: Duration = Duration::from_secs(5);
/// From the last container's end to `STOPPED`.
pub(super) const DEPROVISIONING: Duration = Duration::from_secs(3);
/// How long a stopped task can be described.
pub(super) const REMEMBERED: Duration = Duration::from_hours(1);
/// `stopTimeout`, where the container's definition has none.
const STOP_TIMEOUT: Duration = Duration::from_secs(30);

fn later(world: &mut World, after: Duration, timer: Timer) {
    world.after(after, crate::timers::Timer::Ecs(timer));
}

/// Starts a task.
pub(super) fn launch(world: &mut World, mut launch: Launch) -> TaskId {
    let name = ids::hex(world, 32);
    let definitions = launch.revision.definition.container_definitions.clone();
    // every container is named in the task's overrides, also those for which nothing is overridden
    let overrides = &mut launch.overrides.container_overrides;
    for definition in &definitions {
        if !overrides.iter().any(|with| with.name == definition.name) {
            overrides.push(ContainerOverride { name: definition.name.clone(), ..ContainerOverride::default() });
        }
    }
    let containers = definitions
        .iter()
        .map(|definition| {
            let id = ids::uuid(world);
            let arn = world.arn("ecs", &format!("container/{}/{name}/{id}", launch.cluster));
            Container::new(arn, definition)
        })
        .collect();
    world.ecs.last_task += 1;
    let id = TaskId(world.ecs.last_task);
    let task = Task {
        arn: world.arn("ecs", &format!("task/{}/{name}", launch.cluster)),
        name,
        cluster_arn: ids::cluster_arn(world, &launch.cluster),
        zone: format!("{}{}", world.setup.region, if id.0.is_multiple_of(2) { "b" } else { "a" }),
        launch,
        status: Status::Provisioning,
        version: 1,
        ip: ids::address(world),
        attachment: ids::uuid(world),
        interface: format!("eni-0{}", ids::hex(world, 16)),
        mac: ids::mac(world),
        containers,
        stop: None,
        target: None,
        created_at: world.now,
        connectivity_at: None,
        pull_started_at: None,
        pull_stopped_at: None,
        started_at: None,
        stopping_at: None,
        execution_stopped_at: None,
        stopped_at: None,
    };
    world.ecs.tasks.insert(id, task);
    event::publish(world, id);
    later(world, PROVISIONING, Timer::Provisioned(id));
    id
}

/// A step of a task's life on which everybody is told.
fn enter(world: &mut World, id: TaskId, status: Status) {
    if let Some(task) = world.ecs.tasks.get_mut(&id) {
        task.status = status;
        task.version += 1;
        event::publish(world, id);
    }
}

pub(super) fn provisioned(world: &mut World, id: TaskId) {
    let now = world.now;
    let Some(task) = world.ecs.tasks.get_mut(&id).filter(|task| task.status == Status::Provisioning) else { return };
    task.connectivity_at = Some(now);
    task.pull_started_at = Some(now);
    enter(world, id, Status::Pending);
    later(world, PULLING, Timer::Pulled(id));
}

pub(super) fn pulled(world: &mut World, id: TaskId) {
    let now = world.now;
    let Some(task) = world.ecs.tasks.get_mut(&id).filter(|task| task.status == Status::Pending) else { return };
    task.pull_stopped_at = Some(now);
    if let Some(missing) = containers::missing_secret(world, id) {
        let reason = format!(
            "ResourceInitializationError: unable to pull secrets or registry auth: the secret {missing} does not exist"
        );
        stop(world, id, StopCode::TaskFailedToStart, reason);
        return;
    }
    if let Some(reason) = faults::unpullable(world, id) {
        stop(world, id, StopCode::TaskFailedToStart, reason);
        return;
    }
    containers::advance(world, id);
}

/// Every container has started.
pub(super) fn running(world: &mut World, id: TaskId) {
    let now = world.now;
    let Some(task) = world.ecs.tasks.get_mut(&id) else { return };
    task.started_at = Some(now);
    let fact = FactKind::TaskStarted {
        task: task.arn.clone(),
        group: task.launch.group.clone(),
        task_definition: task.launch.revision.arn.clone(),
        ip: task.ip.to_string(),
        started_by: task.launch.started_by.clone(),
    };
    enter(world, id, Status::Running);
    world.tell(fact);
    faults::began(world, id);
    scheduler::task_changed(world, id);
}

/// Stops a task. The first reason counts.
pub(super) fn stop(world: &mut World, id: TaskId, code: StopCode, reason: String) {
    let now = world.now;
    let Some(task) = world.ecs.tasks.get_mut(&id).filter(|task| task.stop.is_none()) else { return };
    task.stop = Some(Stop { code, reason });
    task.stopping_at = Some(now);
    let target = task.target.clone();
    // users are not to notice: a task that serves is taken out of the load balancer first
    let drain_first = task.status == Status::Running && code != StopCode::EssentialContainerExited && target.is_some();
    if drain_first {
        enter(world, id, Status::Deactivating);
    }
    if let Some((group, address)) = &target {
        elb::deregister(world, group, *address);
    }
    if !drain_first {
        stop_containers(world, id);
    }
    scheduler::task_stopping(world, id);
}

/// The task's target is gone: nobody waits for its answers any more.
pub(super) fn drained(world: &mut World, id: TaskId) {
    if world.ecs.tasks.get(&id).is_some_and(|task| task.status == Status::Deactivating) {
        stop_containers(world, id);
    }
}

fn stop_containers(world: &mut World, id: TaskId) {
    let Some(task) = world.ecs.tasks.get(&id) else { return };
    let alive = |state| matches!(state, ContainerState::Starting | ContainerState::Running | ContainerState::Stopping);
    if task.containers.iter().any(|container| alive(container.state)) {
        enter(world, id, Status::Stopping);
    } else if let Some(task) = world.ecs.tasks.get_mut(&id) {
        task.status = Status::Stopping;
    }
    wind_down(world, id);
}

/// Stops the containers of a stopping task, those on which others depend after those others.
pub(super) fn wind_down(world: &mut World, id: TaskId) {
    let Some(task) = world.ecs.tasks.get_mut(&id).filter(|task| task.status == Status::Stopping) else { return };
    let definition = &task.launch.revision.definition.container_definitions;
    loop {
        let alive: Vec<bool> = task
            .containers
            .iter()
            .map(|container| !matches!(container.state, ContainerState::Pending | ContainerState::Stopped))
            .collect();
        let needed = |name: &str| {
            definition
                .iter()
                .zip(&alive)
                .any(|(other, alive)| *alive && other.depends_on.iter().any(|on| on.container_name == name))
        };
        let mut changed = false;
        for (container, definition) in task.containers.iter_mut().zip(definition) {
            match (container.state, container.process) {
                (ContainerState::Pending, _) => container.state = ContainerState::Stopped,
                (ContainerState::Starting | ContainerState::Running, process) if !needed(&definition.name) => {
                    if let Some(id) = process {
                        let grace = definition.stop_timeout.map_or(STOP_TIMEOUT, Duration::from_secs);
                        world.effects.push(Effect::StopProcess { id, grace });
                        container.state = ContainerState::Stopping;
                    } else {
                        container.exit_code = Some(0);
                        container.state = ContainerState::Stopped;
                        changed = true;
                    }
                }
                _ => {}
            }
        }
        if !changed {
            break;
        }
    }
    if task.containers.iter().all(|container| container.state == ContainerState::Stopped) {
        task.execution_stopped_at = Some(world.now);
        enter(world, id, Status::Deprovisioning);
        later(world, DEPROVISIONING, Timer::Deprovisioned(id));
    }
}

pub(super) fn deprovisioned(world: &mut World, id: TaskId) {
    let now = world.now;
    let Some(task) = world.ecs.tasks.get_mut(&id) else { return };
    task.stopped_at = Some(now);
    let stop = task.stop.clone();
    let fact = FactKind::TaskStopped {
        task: task.arn.clone(),
        group: task.launch.group.clone(),
        started_by: task.launch.started_by.clone(),
        stop_code: stop.as_ref().map(|stop| stop.code.name().to_owned()).unwrap_or_default(),
        reason: stop.map(|stop| stop.reason).unwrap_or_default(),
        exit_codes: task
            .pairs()
            .map(|(container, definition)| (definition.name.clone(), container.exit_code))
            .collect(),
    };
    enter(world, id, Status::Stopped);
    world.tell(fact);
    later(world, REMEMBERED, Timer::Forget(id));
    scheduler::task_stopped(world, id);
}

/// A stopped task has been kept long enough; the token it was started with is free again.
pub(super) fn forget(world: &mut World, id: TaskId) {
    world.ecs.tasks.remove(&id);
    let tasks = &world.ecs.tasks;
    world.ecs.tokens.retain(|_, used| used.tasks.iter().any(|task| tasks.contains_key(task)));
}
