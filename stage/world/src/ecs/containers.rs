//! The containers of a task: started in the order of `dependsOn`, stood for by processes or by stubs.

use super::task::{ContainerState, HealthStatus, Status, StopCode, Task, TaskId};
use super::task_definition::{Condition, ContainerDefinition};
use super::{engine, faults, health, ids, scheduler, secrets, service};
use crate::input::{ProcessEvent, ProcessId};
use crate::{Effect, FactKind, StartProcess, World, logs};
use std::collections::BTreeMap;
use std::time::Duration;

/// 128 + SIGKILL.
const KILLED: i32 = 137;

/// Whether a container may start.
enum Turn {
    Now,
    Later,
    Never(String),
}

/// The first secret of a task that nobody knows.
pub(super) fn missing_secret(world: &World, id: TaskId) -> Option<String> {
    let task = world.ecs.tasks.get(&id)?;
    let containers = &task.launch.revision.definition.container_definitions;
    let mut wanted = containers.iter().flat_map(|container| &container.secrets).map(|secret| &secret.value_from);
    wanted.find(|from| secrets::value(world, from).is_none()).cloned()
}

/// Starts every container whose turn it is; the task runs when none is left to start.
pub(super) fn advance(world: &mut World, id: TaskId) {
    loop {
        let Some(task) = world.ecs.tasks.get(&id) else { return };
        if task.stop.is_some() || task.pull_stopped_at.is_none() {
            return;
        }
        let turns: Vec<(usize, Turn)> = (0..task.containers.len())
            .filter(|index| task.containers[*index].state == ContainerState::Pending)
            .map(|index| (index, turn(task, index)))
            .collect();
        if let Some(reason) = turns.iter().find_map(|(_, turn)| match turn {
            Turn::Never(reason) => Some(reason.clone()),
            _ => None,
        }) {
            engine::stop(world, id, StopCode::TaskFailedToStart, reason);
            return;
        }
        let Some(next) = turns.iter().find(|(_, turn)| matches!(turn, Turn::Now)).map(|(index, _)| *index) else {
            break;
        };
        start(world, id, next);
    }
    let Some(task) = world.ecs.tasks.get(&id) else { return };
    let up = |state| matches!(state, ContainerState::Running | ContainerState::Stopped);
    if task.status == Status::Pending && task.containers.iter().all(|container| up(container.state)) {
        engine::running(world, id);
    }
}

fn turn(task: &Task, index: usize) -> Turn {
    let Some(definition) = task.definition(index) else { return Turn::Later };
    for dependency in &definition.depends_on {
        let name = &dependency.container_name;
        let Some((other, _)) = task.pairs().find(|(_, definition)| definition.name == *name) else { continue };
        let never = |what: &str| {
            Turn::Never(format!(
                "Task failed to start: container {} depends on container {name}, which {what}",
                definition.name
            ))
        };
        let stopped = other.state == ContainerState::Stopped;
        let met = match dependency.condition {
            Condition::Start if stopped && !other.ran => return never("did not start"),
            Condition::Start => other.ran,
            Condition::Success if stopped && other.exit_code != Some(0) => return never("did not exit with code 0"),
            Condition::Complete | Condition::Success => stopped,
            Condition::Healthy if stopped || other.health_status() == HealthStatus::Unhealthy => {
                return never("is not healthy");
            }
            Condition::Healthy => other.health_status() == HealthStatus::Healthy,
        };
        if !met {
            return Turn::Later;
        }
    }
    Turn::Now
}

fn start(world: &mut World, id: TaskId, index: usize) {
    let runtime = ids::hex(world, 32);
    let Some(task) = world.ecs.tasks.get(&id) else { return };
    let Some(definition) = task.definition(index).cloned() else { return };
    let fault = faults::container(world, task, &definition);
    if !world.setup.images.contains(&definition.image) && fault.is_none() {
        started(world, id, index, runtime);
        // nothing stands for it that could be asked
        health::presume(world, id, index);
        return;
    }
    let Some(task) = world.ecs.tasks.get(&id) else { return };
    world.ecs.last_process += 1;
    let process = ProcessId(world.ecs.last_process);
    let start = StartProcess {
        id: process,
        task: task.arn.clone(),
        container: definition.name.clone(),
        image: definition.image.clone(),
        ip: task.ip,
        port: definition.port(),
        command: command(task, &definition),
        environment: environment(world, task, &definition),
        fault,
    };
    world.effects.push(Effect::StartProcess(start));
    world.ecs.processes.insert(process, (id, index));
    if let Some(container) = world.ecs.tasks.get_mut(&id).and_then(|task| task.containers.get_mut(index)) {
        container.state = ContainerState::Starting;
        container.process = Some(process);
        container.runtime_id = Some(format!("{runtime}-{}", process.0));
    }
}

/// The command that replaces the image's own: the override's, or the definition's, behind its entry point.
fn command(task: &Task, definition: &ContainerDefinition) -> Option<Vec<String>> {
    let overridden = task.launch.overrides.container_overrides.iter().find(|with| with.name == definition.name);
    let command = overridden.and_then(|with| with.command.clone()).or_else(|| definition.command.clone());
    match (definition.entry_point.clone().filter(|entry| !entry.is_empty()), command) {
        (Some(entry), command) => Some([entry, command.unwrap_or_default()].concat()),
        (None, command) => command.filter(|command| !command.is_empty()),
    }
}

fn environment(world: &World, task: &Task, definition: &ContainerDefinition) -> BTreeMap<String, String> {
    let own = definition.environment.iter().map(|pair| (pair.name.clone(), pair.value.clone()));
    let kept = definition
        .secrets
        .iter()
        .filter_map(|secret| Some((secret.name.clone(), secrets::value(world, &secret.value_from)?)));
    let overridden = task.launch.overrides.container_overrides.iter().filter(|with| with.name == definition.name);
    let over = overridden
        .flat_map(|with| with.environment.iter().flatten())
        .map(|pair| (pair.name.clone(), pair.value.clone()));
    own.chain(kept).chain(over).collect()
}

/// A container runs, as a process or as a stub.
fn started(world: &mut World, id: TaskId, index: usize, runtime: String) {
    let now = world.now;
    let Some(task) = world.ecs.tasks.get_mut(&id) else { return };
    let Some(container) = task.containers.get_mut(index) else { return };
    container.ran = true;
    container.started_at = Some(now);
    container.runtime_id.get_or_insert(runtime);
    // a container that is to stop already goes on stopping
    if matches!(container.state, ContainerState::Pending | ContainerState::Starting) {
        container.state = ContainerState::Running;
        scheduler::container_running(world, id, index);
    }
}

/// Something happened to the process of a container.
pub(crate) fn process_event(world: &mut World, process: ProcessId, event: ProcessEvent) {
    let Some((id, index)) = world.ecs.processes.get(&process).copied() else { return };
    match event {
        ProcessEvent::Started => {
            let starting = |task: &Task| task.containers.get(index).is_some_and(|container| !container.ran);
            if !world.ecs.tasks.get(&id).is_some_and(starting) {
                return;
            }
            started(world, id, index, String::new());
            health::begin(world, id, index);
            advance(world, id);
        }
        ProcessEvent::Line(line) => log(world, id, index, &line),
        ProcessEvent::Exited(code) => {
            world.ecs.processes.remove(&process);
            ended(world, id, index, Ok(code));
        }
        ProcessEvent::FailedToStart(reason) => {
            world.ecs.processes.remove(&process);
            let named = reason.starts_with("Cannot") && reason.contains("Error");
            let reason = if named { reason } else { format!("CannotStartContainerError: {reason}") };
            ended(world, id, index, Err(reason));
        }
    }
}

/// The container that takes traffic is killed. It counts as ended at once, however long the shell takes.
pub(super) fn crash(world: &mut World, id: TaskId) {
    let Some(task) = world.ecs.tasks.get(&id) else { return };
    let traffic = task.launch.task_set.as_ref().and_then(|set| service::find(world, set)?.1.traffic.as_ref());
    let name = traffic.map(|traffic| traffic.load_balancer.container_name.as_str());
    let Some(index) = task.pairs().position(|(_, definition)| Some(definition.name.as_str()) == name) else { return };
    if let Some(process) = task.containers.get(index).and_then(|container| container.process) {
        world.ecs.processes.remove(&process);
        world.effects.push(Effect::StopProcess { id: process, grace: Duration::ZERO });
    }
    ended(world, id, index, Ok(KILLED));
}

/// A container's process ended, or never began.
fn ended(world: &mut World, id: TaskId, index: usize, how: Result<i32, String>) {
    let Some(task) = world.ecs.tasks.get_mut(&id) else { return };
    let essential = task.definition(index).is_some_and(ContainerDefinition::is_essential);
    let Some(container) = task.containers.get_mut(index) else { return };
    container.state = ContainerState::Stopped;
    let (code, reason) = match how {
        Ok(exit_code) => {
            container.exit_code = Some(exit_code);
            container.ran = true;
            (StopCode::EssentialContainerExited, "Essential container in task exited".to_owned())
        }
        Err(reason) => {
            container.reason = Some(reason.clone());
            (StopCode::TaskFailedToStart, reason)
        }
    };
    if task.stop.is_some() {
        engine::wind_down(world, id);
    } else if essential {
        engine::stop(world, id, code, reason);
    } else {
        advance(world, id);
    }
}

/// A line goes where the container's log driver sends it. Only `awslogs` ends in `CloudWatch`: behind a log router
/// there is no log group to read, only whoever watches the stage sees it.
fn log(world: &mut World, id: TaskId, index: usize, line: &str) {
    let Some(task) = world.ecs.tasks.get(&id) else { return };
    let Some(definition) = task.definition(index) else { return };
    let Some(log) = definition.log_configuration.as_ref().filter(|log| log.log_driver == "awslogs") else {
        let (task, container) = (task.arn.clone(), definition.name.clone());
        world.tell(FactKind::ContainerLine { task, container, message: line.to_owned() });
        return;
    };
    let Some(group) = log.options.get("awslogs-group").cloned() else { return };
    let stream = match log.options.get("awslogs-stream-prefix") {
        Some(prefix) => format!("{prefix}/{}/{}", definition.name, task.name),
        None => task.containers.get(index).and_then(|container| container.runtime_id.clone()).unwrap_or_default(),
    };
    logs::append(world, &group, &stream, line);
}
