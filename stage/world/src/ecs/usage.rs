//! What services use of their tasks' CPU and memory, as ECS reports it to CloudWatch.

use super::fargate;
use super::task::{Status, Task, TaskId};
use crate::input::{ProcessId, Usage};
use crate::{Effect, World, cloudwatch};
use std::collections::{BTreeMap, BTreeSet};

const MIB: f64 = 1024.0 * 1024.0;

/// Asks the shell what the processes of services' running tasks use.
pub(crate) fn ask_usage(world: &mut World) {
    let runs = |id: &TaskId| {
        let task = world.ecs.tasks.get(id);
        task.is_some_and(|task| task.status == Status::Running && task.service().is_some())
    };
    let processes = world.ecs.processes.iter().filter(|(_, (task, _))| runs(task));
    let processes: BTreeSet<ProcessId> = processes.map(|(process, _)| *process).collect();
    if !processes.is_empty() {
        world.effects.push(Effect::Measure(processes));
    }
}

/// What the processes use came in: each task is one value of its service's metrics, in per cent of what the task has.
pub(crate) fn measured(world: &mut World, usages: &[Usage]) {
    let mut tasks: BTreeMap<TaskId, (f64, f64)> = BTreeMap::new();
    for usage in usages {
        let Some((task, _)) = world.ecs.processes.get(&usage.process) else { continue };
        let (cpu, memory) = tasks.entry(*task).or_default();
        *cpu += usage.cpu;
        #[expect(clippy::cast_precision_loss, reason = "nobody has that much memory")]
        let bytes = usage.memory as f64;
        *memory += bytes;
    }
    for (id, (cpu, memory)) in tasks {
        let Some(task) = world.ecs.tasks.get(&id) else { continue };
        let (Some(service), Some((units, mib))) = (task.service(), task.size()) else { continue };
        let dimensions = [("ClusterName", task.launch.cluster.clone()), ("ServiceName", service.to_owned())];
        let shares = [
            ("CPUUtilization", cpu * 1024.0 / f64::from(units) * 100.0),
            ("MemoryUtilization", memory / (f64::from(mib) * MIB) * 100.0),
        ];
        for (name, percent) in shares.into_iter().filter(|(_, percent)| percent.is_finite()) {
            cloudwatch::record(world, "AWS/ECS", name, &dimensions, "Percent", percent);
        }
    }
}

impl Task {
    /// The name of the service that it belongs to.
    fn service(&self) -> Option<&str> {
        self.launch.group.strip_prefix("service:")
    }

    /// Its CPU units and its memory in MiB.
    fn size(&self) -> Option<(u32, u32)> {
        let (overrides, definition) = (&self.launch.overrides, &self.launch.revision.definition);
        let cpu = overrides.cpu.as_deref().or(definition.cpu.as_deref())?;
        let memory = overrides.memory.as_deref().or(definition.memory.as_deref())?;
        fargate::size(cpu, memory)
    }
}
