//! Amazon ECS: clusters, task definitions, services under the controllers `CODE_DEPLOY` and `ECS`, task sets and tasks.

mod containers;
mod engine;
mod event;
mod fargate;
mod faults;
mod health;
mod ids;
mod operations;
mod rolling;
mod scheduler;
mod secrets;
mod service;
mod service_deployment;
mod service_event;
mod shapes;
mod task;
mod task_definition;
mod task_sets;
#[cfg(test)]
mod tests;
mod usage;

pub(crate) use containers::process_event;
pub(crate) use faults::strike;
pub(crate) use operations::OPERATIONS;
pub(crate) use service_deployment::{HookCall, answered as hook_answered};
pub(crate) use shapes::{AwsVpcConfiguration, NetworkConfiguration};
pub(crate) use task_sets::{
    NewTaskSet, TaskSetView, create_task_set, delete_task_set, make_primary, needed_for, service_view, task_set_view,
};
pub(crate) use usage::{ask_usage, measured};

use crate::input::{ProbeId, ProcessId};
use crate::{AwsError, GreenFault, World, elb};
use std::collections::BTreeMap;
use std::net::SocketAddrV4;
use std::sync::Arc;
use task::TaskId;

/// What ECS has to do later.
#[derive(Debug, Clone)]
pub(crate) enum Timer {
    /// The task's network interface is attached.
    Provisioned(TaskId),
    /// The task's images are there.
    Pulled(TaskId),
    /// A container's next health check.
    CheckContainer(TaskId, usize),
    /// Everything of the task is taken down.
    Deprovisioned(TaskId),
    /// The stopped task need not be remembered any longer.
    Forget(TaskId),
    /// A task set whose tasks failed in a row starts tasks again.
    TryAgain(String),
    /// Fargate Spot takes the task back.
    Interrupted(TaskId),
    /// A service deployment goes on.
    ServiceDeployment(service_deployment::Timer),
    /// Something happens to the task, as the setup wants.
    Struck(TaskId, GreenFault),
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Ecs {
    /// By name.
    clusters: BTreeMap<String, operations::Cluster>,
    /// Task definitions by family, revision 1 first.
    families: BTreeMap<String, Vec<Arc<task_definition::Revision>>>,
    /// By cluster and name.
    services: BTreeMap<(String, String), service::Service>,
    /// By ARN.
    service_deployments: BTreeMap<String, service_deployment::Deployment>,
    /// By ARN.
    service_revisions: BTreeMap<String, service_deployment::ServiceRevision>,
    tasks: BTreeMap<TaskId, task::Task>,
    /// Client tokens of `RunTask`, by cluster.
    tokens: BTreeMap<(String, String), operations::Token>,
    /// Which task and container a process stands for.
    processes: BTreeMap<ProcessId, (TaskId, usize)>,
    /// Which container a health check is about.
    probes: BTreeMap<ProbeId, (TaskId, usize)>,
    last_task: u64,
    last_process: u64,
    last_probe: u64,
    last_address: u16,
}

pub(crate) fn fire(world: &mut World, timer: Timer) {
    match timer {
        Timer::Provisioned(task) => engine::provisioned(world, task),
        Timer::Pulled(task) => engine::pulled(world, task),
        Timer::CheckContainer(task, container) => health::check(world, task, container),
        Timer::Deprovisioned(task) => engine::deprovisioned(world, task),
        Timer::Forget(task) => engine::forget(world, task),
        Timer::TryAgain(set) => scheduler::try_again(world, &set),
        Timer::Interrupted(task) => faults::interrupt(world, task),
        Timer::ServiceDeployment(timer) => service_deployment::fire(world, &timer),
        Timer::Struck(task, what) => faults::strike_task(world, task, what),
    }
}

/// A health check of a container or a target came back.
pub(crate) fn probe_result(world: &mut World, id: ProbeId, outcome: &Result<(), String>) {
    if let Some((task, container)) = world.ecs.probes.remove(&id) {
        health::result(world, task, container, outcome);
    } else {
        elb::probe_result(world, id, outcome);
    }
}

/// A name for a new health check.
pub(crate) fn new_probe(world: &mut World) -> ProbeId {
    world.ecs.last_probe += 1;
    ProbeId(world.ecs.last_probe)
}

/// A target's health changed, or it is still unhealthy.
pub(crate) fn target_health_changed(world: &mut World, target_group: &str, target: SocketAddrV4) {
    if let Some(task) = task_of(world, target_group, target) {
        scheduler::task_changed(world, task);
    }
}

/// A target's deregistration delay is over.
pub(crate) fn target_drained(world: &mut World, target_group: &str, target: SocketAddrV4) {
    if let Some(task) = task_of(world, target_group, target) {
        engine::drained(world, task);
    }
}

/// The task behind a target. An address may have belonged to a task that has stopped: the latest counts.
fn task_of(world: &World, target_group: &str, target: SocketAddrV4) -> Option<TaskId> {
    let is_target = |own: &(String, SocketAddrV4)| own.0 == target_group && own.1 == target;
    let mut tasks = world.ecs.tasks.iter().rev();
    tasks.find(|(_, task)| task.target.as_ref().is_some_and(is_target)).map(|(id, _)| *id)
}

fn invalid_parameter(message: impl Into<String>) -> AwsError {
    AwsError::client("InvalidParameterException", message)
}
