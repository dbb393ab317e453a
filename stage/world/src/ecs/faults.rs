//! What the setup says is wrong with tasks.

use super::service::{self, Service, TaskSet};
use super::task::{StopCode, Task, TaskId};
use super::task_definition::ContainerDefinition;
use super::{Timer, containers, engine};
use crate::{ContainerFault, Fault, GreenFault, TaskFault, Tasks, World, elb, fault};
use std::time::Duration;

/// From the start of a task that comes in the place of a struck one until it is struck itself.
const SOON: Duration = Duration::from_secs(1);

/// Everything that is wrong with a task.
fn of<'a>(world: &'a World, task: &'a Task) -> impl Iterator<Item = &'a TaskFault> {
    world.setup.faults.iter().filter_map(|fault| match fault {
        Fault::Tasks { which, what } if concerns(world, which, task) => Some(what),
        _ => None,
    })
}

fn concerns(world: &World, which: &Tasks, task: &Task) -> bool {
    let found = task.launch.task_set.as_ref().map(|set| service::find(world, set));
    match which {
        Tasks::OneOff { started_by: (prefix, part) } => {
            let ours = |by: &str| by.starts_with(prefix.as_str()) && by.contains(part.as_str());
            found.is_none() && task.launch.started_by.as_deref().is_some_and(ours)
        }
        Tasks::Replacement { service } => found.flatten().is_some_and(|(own, set)| is_replacement(own, set, service)),
        Tasks::WithImage(image) => {
            task.launch.revision.definition.container_definitions.iter().any(|container| container.image == *image)
        }
    }
}

/// A service's first task set is nobody's deployment.
fn is_replacement(service: &Service, set: &TaskSet, wanted: &str) -> bool {
    let replaces = service.stable.is_some() && set.service_revision != service.stable;
    service.name == wanted && (set.external_id.is_some() || replaces)
}

/// How a container behaves that something is wrong with.
pub(super) fn container(world: &World, task: &Task, definition: &ContainerDefinition) -> Option<ContainerFault> {
    let is_target = match &task.launch.task_set {
        None => {
            let overrides = &task.launch.overrides.container_overrides;
            overrides.iter().any(|with| with.name == definition.name && with.command.is_some())
        }
        Some(set) => {
            let traffic = service::find(world, set).and_then(|(_, set)| set.traffic.as_ref());
            traffic.is_some_and(|traffic| traffic.load_balancer.container_name == definition.name)
        }
    };
    let mut faults = of(world, task).filter(|_| is_target);
    faults.find_map(|fault| match fault {
        TaskFault::Container(behaviour) => Some(behaviour.clone()),
        // it has to work until then
        TaskFault::Interrupted(_) => Some(ContainerFault::Hangs),
        TaskFault::NotPulled | TaskFault::NotPlaced => None,
    })
}

/// Why the images of a task cannot be pulled.
pub(super) fn unpullable(world: &World, id: TaskId) -> Option<String> {
    let task = world.ecs.tasks.get(&id)?;
    of(world, task).find(|fault| **fault == TaskFault::NotPulled)?;
    let named = world.setup.faults.iter().find_map(|fault| match fault {
        Fault::Tasks { which: Tasks::WithImage(image), what: TaskFault::NotPulled } => Some(image.as_str()),
        _ => None,
    });
    Some(format!(
        "CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref {}: not found",
        named.unwrap_or("of the task definition")
    ))
}

/// Whether there is no room for the tasks of a task set.
pub(super) fn has_no_room(world: &World, service: &Service, set: &TaskSet) -> bool {
    world.setup.faults.iter().any(|fault| match fault {
        Fault::Tasks { which: Tasks::Replacement { service: name }, what: TaskFault::NotPlaced } => {
            is_replacement(service, set, name)
        }
        _ => false,
    })
}

/// When Fargate Spot takes a task back that runs now.
pub(super) fn interrupted_after(world: &World, id: TaskId) -> Option<Duration> {
    let task = world.ecs.tasks.get(&id)?;
    of(world, task).find_map(|fault| match fault {
        TaskFault::Interrupted(after) => Some(*after),
        _ => None,
    })
}

/// A task has begun to run.
pub(super) fn began(world: &mut World, id: TaskId) {
    let set = world.ecs.tasks.get(&id).and_then(|task| task.launch.task_set.clone());
    let struck: Vec<_> = set.iter().flat_map(|set| fault::of_task_set(world, set)).collect();
    for what in struck {
        world.after(SOON, crate::timers::Timer::Ecs(Timer::Struck(id, what)));
    }
    if let Some(after) = interrupted_after(world, id) {
        world.after(after, crate::timers::Timer::Ecs(Timer::Interrupted(id)));
    }
}

/// Fargate Spot takes a task back.
pub(super) fn interrupt(world: &mut World, id: TaskId) {
    engine::stop(world, id, StopCode::SpotInterruption, "Your Spot Task was interrupted.".to_owned());
}

/// Something happens to the tasks of a task set.
pub(crate) fn strike(world: &mut World, set: &str, what: GreenFault) {
    let of_set = |task: &Task| task.launch.task_set.as_deref() == Some(set) && task.stop.is_none();
    let tasks: Vec<TaskId> = world.ecs.tasks.iter().filter(|(_, task)| of_set(task)).map(|(id, _)| *id).collect();
    let how_many = if what == GreenFault::Unhealthy { 1 } else { tasks.len() };
    for id in tasks.into_iter().take(how_many) {
        strike_task(world, id, what);
    }
}

/// Something happens to a task.
pub(super) fn strike_task(world: &mut World, id: TaskId, what: GreenFault) {
    match what {
        GreenFault::Crash => containers::crash(world, id),
        GreenFault::Interrupted => interrupt(world, id),
        GreenFault::Unhealthy | GreenFault::Errs => {
            let Some((group, address)) = world.ecs.tasks.get(&id).and_then(|task| task.target.clone()) else { return };
            if what == GreenFault::Unhealthy {
                elb::make_unhealthy(world, &group, address);
            } else {
                elb::make_erring(world, &group, address);
            }
        }
    }
}
