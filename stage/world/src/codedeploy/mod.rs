//! AWS CodeDeploy on the ECS compute platform: applications, deployment groups, deployments.

use crate::World;
use crate::operation::Entry;

pub(crate) const OPERATIONS: &[Entry] = &[];

/// What CodeDeploy has to do later.
#[derive(Debug, Clone)]
pub(crate) enum Timer {}

#[derive(Debug, Default)]
pub(crate) struct CodeDeploy {}

pub(crate) fn fire(_world: &mut World, timer: Timer) {
    match timer {}
}

/// Called by ECS whenever a task set becomes steady, or gives up.
#[allow(dead_code)]
pub(crate) fn task_set_changed(_world: &mut World, _task_set: &str) {}
