//! Amazon ECS: clusters, task definitions, services under the `CODE_DEPLOY` controller, task sets and tasks.

mod shapes;
mod task_sets;

pub(crate) use shapes::{AwsVpcConfiguration, NetworkConfiguration};
pub(crate) use task_sets::{
    NewTaskSet, ServiceView, TaskSetView, create_task_set, delete_task_set, make_primary, service_view, task_set_view,
};

use crate::World;
use crate::input::{ProbeId, ProcessEvent, ProcessId};
use crate::operation::Entry;

pub(crate) const OPERATIONS: &[Entry] = &[];

/// What ECS has to do later.
#[derive(Debug, Clone)]
pub(crate) enum Timer {}

#[derive(Debug, Default)]
pub(crate) struct Ecs {}

pub(crate) fn fire(_world: &mut World, timer: Timer) {
    match timer {}
}

/// Something happened to the process of a container.
pub(crate) fn process_event(_world: &mut World, _id: ProcessId, _event: ProcessEvent) {}

/// A health check of a container or a target came back.
pub(crate) fn probe_result(_world: &mut World, _id: ProbeId, _outcome: Result<(), String>) {}
