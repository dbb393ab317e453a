//! Elastic Load Balancing: listeners that forward by weight, target groups and the health of their targets.

use crate::World;
use std::collections::BTreeMap;
use std::net::SocketAddrV4;

#[derive(Debug, Default)]
pub(crate) struct Elb {}

#[derive(Debug, Clone)]
pub(crate) enum Timer {}

pub(crate) fn fire(_world: &mut World, timer: Timer) {
    match timer {}
}

/// Sets up what [`crate::Infrastructure`] describes.
pub(crate) fn install(_world: &mut World) {}

/// The state of a target, as `DescribeTargetHealth` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TargetState {
    Initial,
    Healthy,
    Unhealthy,
    Draining,
}

/// What a listener forwards to, by target group name. Empty for a listener that does not exist.
pub(crate) fn weights(_world: &World, _listener: &str) -> BTreeMap<String, u32> {
    BTreeMap::new()
}

/// Makes a listener (by ARN) forward like this.
pub(crate) fn set_weights(_world: &mut World, _listener: &str, _weights: BTreeMap<String, u32>) {}

/// Whether a listener with this ARN exists.
pub(crate) fn has_listener(_world: &World, _listener: &str) -> bool {
    false
}

/// Whether a target group with this name exists.
pub(crate) fn has_target_group(_world: &World, _target_group: &str) -> bool {
    false
}

/// Registers a target in a target group (by name).
pub(crate) fn register(_world: &mut World, _target_group: &str, _target: SocketAddrV4) {}

/// Takes a target out: it gets no new requests, and is gone after the deregistration delay.
pub(crate) fn deregister(_world: &mut World, _target_group: &str, _target: SocketAddrV4) {}

/// A registered target's state.
pub(crate) fn health(_world: &World, _target_group: &str, _target: SocketAddrV4) -> Option<TargetState> {
    None
}
