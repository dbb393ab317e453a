//! Amazon EventBridge Scheduler.

use crate::World;
use crate::operation::Entry;

pub(crate) const OPERATIONS: &[Entry] = &[];

#[derive(Debug, Default)]
pub(crate) struct Scheduler {}

#[derive(Debug, Clone)]
pub(crate) enum Timer {}

pub(crate) fn fire(_world: &mut World, timer: Timer) {
    match timer {}
}
