//! The service scheduler: keeps as many tasks in a task set as it shall have, registers them in the load balancer and
//! replaces those that fail.

use super::service::{self, Launching, Service, TaskSet, Traffic};
use super::shapes::{Tag, TaskOverride};
use super::task::{HealthStatus, Launch, Status, StopCode, Task, TaskId};
use super::{Timer, engine, faults, ids, rolling, service_deployment, service_event};
use crate::elb::{self, TargetState};
use crate::{World, codedeploy};
use std::net::SocketAddrV4;
use std::time::Duration;

/// After so many failures in a row, new tasks are held back.
const FAILURES_IN_A_ROW: u32 = 3;
/// How long at first; twice as long each time.
const HOLD_BACK: Duration = Duration::from_secs(10);
/// How long at most.
const HOLD_BACK_LONGEST: Duration = Duration::from_mins(15);

const NO_ROOM: &str =
    "Capacity is unavailable at this time. Please try again later or in a different availability zone";

/// Brings the number of tasks to what it shall be.
pub(super) fn reconcile(world: &mut World, set: &str) {
    let Some((service, found)) = service::find(world, set) else { return };
    let living: Vec<TaskId> = tasks(world, set).filter(|(_, task)| task.stop.is_none()).map(|(id, _)| id).collect();
    if found.draining {
        if living.is_empty() {
            return remove_when_empty(world, set);
        }
        for id in living {
            let reason = format!("Scaling activity initiated by (deployment {set})");
            engine::stop(world, id, StopCode::ServiceSchedulerInitiated, reason);
        }
        return;
    }
    let wanted = service.wanted(found) as usize;
    if living.len() > wanted {
        return scale_in(world, set, wanted);
    }
    if found.launching != Launching::Now {
        return;
    }
    let missing = wanted - living.len();
    if missing > 0 && faults::has_no_room(world, service, found) {
        let (cluster, name) = (service.cluster.clone(), service.name.clone());
        let message = format!("(service {name}) was unable to place a task. Reason: {NO_ROOM}");
        return note(world, &cluster, &name, message);
    }
    let template = launch(service, found);
    let (cluster, name) = (service.cluster.clone(), service.name.clone());
    for _ in 0..missing {
        let id = engine::launch(world, template.clone());
        let task = world.ecs.tasks.get(&id).map(|task| task.name.clone()).unwrap_or_default();
        note(world, &cluster, &name, format!("(service {name}) has started 1 tasks: (task {task})."));
    }
    evaluate(world, set);
}

/// Stops tasks until only so many are left: those that are not ready yet before those that are, and older ones first.
fn scale_in(world: &mut World, set: &str, wanted: usize) {
    let mut living: Vec<(bool, TaskId)> = tasks(world, set)
        .filter(|(_, task)| task.stop.is_none())
        .map(|(id, task)| (is_ready(world, task), id))
        .collect();
    living.sort();
    for (_, id) in living.iter().take(living.len().saturating_sub(wanted)) {
        let reason = format!("Scaling activity initiated by (deployment {set})");
        engine::stop(world, *id, StopCode::ServiceSchedulerInitiated, reason);
    }
    evaluate(world, set);
}

fn tasks<'a>(world: &'a World, set: &'a str) -> impl Iterator<Item = (TaskId, &'a Task)> {
    let of_set = move |task: &Task| task.launch.task_set.as_deref() == Some(set);
    world.ecs.tasks.iter().filter(move |(_, task)| of_set(task)).map(|(id, task)| (*id, task))
}

fn launch(service: &Service, set: &TaskSet) -> Launch {
    let tags: Vec<Tag> = match service.propagate_tags.as_deref() {
        Some("SERVICE") => service.tags.clone(),
        Some("TASK_DEFINITION") => set.revision.tags(),
        _ => Vec::new(),
    };
    Launch {
        cluster: service.cluster.clone(),
        revision: set.revision.clone(),
        started_by: Some(set.id.clone()),
        group: format!("service:{}", service.name),
        overrides: TaskOverride::default(),
        launch_type: service.launch_type.clone(),
        capacity_provider: service.capacity_provider_strategy.first().map(|item| item.capacity_provider.clone()),
        platform_version: set.platform_version.clone(),
        network: set.network.clone(),
        tags,
        enable_execute_command: service.enable_execute_command,
        task_set: Some(set.id.clone()),
    }
}

/// A container began to run: if it is the one that takes traffic, its task becomes a target.
pub(super) fn container_running(world: &mut World, id: TaskId, container: usize) {
    let Some(task) = world.ecs.tasks.get(&id).filter(|task| task.target.is_none()) else { return };
    let Some((_, set)) = task.launch.task_set.as_ref().and_then(|set| service::find(world, set)) else { return };
    let Some(Traffic { target_group, load_balancer }) = &set.traffic else { return };
    if task.definition(container).is_none_or(|definition| definition.name != load_balancer.container_name) {
        return;
    }
    let target = (target_group.clone(), SocketAddrV4::new(task.ip, load_balancer.container_port));
    if let Some(task) = world.ecs.tasks.get_mut(&id) {
        task.target = Some(target.clone());
    }
    elb::register(world, &target.0, target.1);
}

/// Something about a task's state or health changed.
pub(super) fn task_changed(world: &mut World, id: TaskId) {
    let Some(task) = world.ecs.tasks.get(&id) else { return };
    let Some(set) = task.launch.task_set.clone() else { return };
    if let Some(reason) = unhealthy(world, task) {
        engine::stop(world, id, StopCode::ServiceSchedulerInitiated, reason);
        return;
    }
    if is_ready(world, task)
        && let Some(set) = service::find_set(world, &set)
    {
        set.streak = 0;
    }
    evaluate(world, &set);
}

/// Why a running task is to be replaced.
fn unhealthy(world: &World, task: &Task) -> Option<String> {
    let (service, set) = service::find(world, task.launch.task_set.as_ref()?)?;
    if task.status != Status::Running || task.stop.is_some() {
        return None;
    }
    let age = Duration::try_from(world.now.duration_since(task.started_at?)).unwrap_or_default();
    let grace = Duration::from_secs(service.grace_seconds.into());
    // starting up is real work, which compressed time does not make faster
    let old_enough = |patience: Duration| age >= world.setup.pace.real(patience);
    if task.health_status() == HealthStatus::Unhealthy && old_enough(grace) {
        return Some("Task failed container health checks".to_owned());
    }
    let (group, address) = task.target.as_ref()?;
    let arn = &set.traffic.as_ref()?.load_balancer.target_group_arn;
    let failing = elb::health(world, group, *address) == Some(TargetState::Unhealthy);
    (failing && old_enough(grace.max(elb::time_to_unhealthy(world, group))))
        .then(|| format!("Task failed ELB health checks in (target-group {arn})"))
}

/// Running, healthy in its containers' eyes and, if it takes traffic, in the load balancer's.
fn is_ready(world: &World, task: &Task) -> bool {
    let healthy = || match (&task.target, task.launch.task_set.as_ref().and_then(|set| service::find(world, set))) {
        (Some((group, at)), _) => elb::health(world, group, *at) == Some(TargetState::Healthy),
        (None, found) => found.is_some_and(|(_, set)| set.traffic.is_none()),
    };
    task.is_sound() && healthy()
}

/// How many tasks of a task set are ready.
pub(super) fn ready(world: &World, set: &str) -> usize {
    tasks(world, set).filter(|(_, task)| task.stop.is_none() && is_ready(world, task)).count()
}

/// A task was told to stop: another takes its place.
pub(super) fn task_stopping(world: &mut World, id: TaskId) {
    let now = world.now;
    let Some(task) = world.ecs.tasks.get(&id) else { return };
    let (Some(id), Some(stop)) = (task.launch.task_set.clone(), task.stop.clone()) else { return };
    let Some((service, set)) = service::find(world, &id) else { return };
    let living = tasks(world, &id).filter(|(_, task)| task.stop.is_none()).count();
    if set.draining {
        return;
    }
    // one that was not wanted any more has not failed
    if living >= service.wanted(set) as usize {
        return evaluate(world, &id);
    }
    let Some(set) = service::find_set(world, &id) else { return };
    if stop.code != StopCode::UserInitiated {
        set.failed_tasks += 1;
        set.last_failure = Some(stop.reason);
        set.streak += 1;
        set.updated_at = now;
        let streak = set.streak;
        if streak >= FAILURES_IN_A_ROW && set.launching == Launching::Now {
            set.launching = Launching::Later;
            let doubled = HOLD_BACK.saturating_mul(1 << (streak - FAILURES_IN_A_ROW).min(10));
            let timer = Timer::TryAgain(id.clone());
            world.after(doubled.min(HOLD_BACK_LONGEST), crate::timers::Timer::Ecs(timer));
            service_event::impaired(world, &id);
        }
    }
    if stop.code != StopCode::UserInitiated {
        service_deployment::task_failed(world, &id);
    }
    reconcile(world, &id);
    if stop.code != StopCode::UserInitiated {
        codedeploy::task_set_changed(world, &id);
    }
}

/// The time for a new attempt has come.
pub(super) fn try_again(world: &mut World, set: &str) {
    if let Some(found) = service::find_set(world, set).filter(|found| found.launching == Launching::Later) {
        found.launching = Launching::Now;
        reconcile(world, set);
    }
}

/// A task reached `STOPPED`.
pub(super) fn task_stopped(world: &mut World, id: TaskId) {
    let set = world.ecs.tasks.get(&id).and_then(|task| task.launch.task_set.clone());
    if let Some(set) = set
        && service::find(world, &set).is_some_and(|(_, found)| found.draining)
    {
        remove_when_empty(world, &set);
    }
}

/// A drained task set whose last task has stopped is gone.
fn remove_when_empty(world: &mut World, set: &str) {
    if tasks(world, set).any(|(_, task)| task.status != Status::Stopped) {
        return;
    }
    let key = service::find(world, set).map(|(service, _)| (service.cluster.clone(), service.name.clone()));
    for service in world.ecs.services.values_mut() {
        service.task_sets.retain(|own| own.id != set);
    }
    codedeploy::task_set_changed(world, set);
    if let Some(key) = key {
        rolling::advance(world, &key);
    }
}

/// Works out whether a task set is steady, and tells if that changed.
fn evaluate(world: &mut World, id: &str) {
    let now = world.now;
    let Some((service, set)) = service::find(world, id) else { return };
    let living = || tasks(world, id).filter(|(_, task)| task.stop.is_none());
    let ready = ready(world, id);
    let steady = !set.draining && ready == service.desired as usize && living().count() == ready;
    let (cluster, name) = (service.cluster.clone(), service.name.clone());
    if steady == set.steady {
        return rolling::advance(world, &(cluster, name));
    }
    if let Some(set) = service::find_set(world, id) {
        set.steady = steady;
        set.stability_at = now;
        set.updated_at = now;
    }
    if steady {
        note(world, &cluster, &name, format!("(service {name}, taskSet {id}) has reached a steady state."));
        service_event::steady(world, id);
    }
    codedeploy::task_set_changed(world, id);
    rolling::advance(world, &(cluster, name));
}

/// Adds to the service's events.
pub(super) fn note(world: &mut World, cluster: &str, service: &str, message: String) {
    let id = ids::uuid(world);
    let now = world.now;
    if let Some(service) = world.ecs.services.get_mut(&(cluster.to_owned(), service.to_owned())) {
        service.events.insert(0, (id, now, message));
        service.events.truncate(100);
    }
}
