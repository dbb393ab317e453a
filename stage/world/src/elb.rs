//! Elastic Load Balancing: listeners that forward by weight, target groups and the health of their targets.

use crate::World;

#[derive(Debug, Default)]
pub(crate) struct Elb {}

#[derive(Debug, Clone)]
pub(crate) enum Timer {}

pub(crate) fn fire(_world: &mut World, timer: Timer) {
    match timer {}
}

/// Sets up what [`crate::Infrastructure`] describes.
pub(crate) fn install(_world: &mut World) {}
