//! Reads that show what was, not what is: ECS is eventually consistent.

use super::Fault;
use crate::ecs::Ecs;
use crate::{Caller, World};
use jiff::{SignedDuration, Timestamp};
use std::collections::VecDeque;
use std::time::Duration;

/// ECS as it was until the time beside it, oldest first.
pub(crate) type Past = VecDeque<(Timestamp, Ecs)>;

/// The operations that read tasks.
const READS: [&str; 2] = ["ListTasks", "DescribeTasks"];

fn age(world: &World) -> Option<Duration> {
    world.setup.faults.iter().find_map(|fault| match fault {
        Fault::StaleReads { by } => Some(*by),
        _ => None,
    })
}

/// Keeps ECS as it is before something happens to it, as long as somebody may read it.
pub(crate) fn remember(world: &mut World, now: Timestamp) {
    let Some(age) = age(world) else { return };
    let oldest = now.saturating_sub(SignedDuration::try_from(age).unwrap_or(SignedDuration::MAX)).unwrap_or(now);
    let past = &mut world.faults.past;
    past.push_back((now, world.ecs.clone()));
    while past.front().is_some_and(|(until, _)| *until < oldest) {
        past.pop_front();
    }
}

/// Whether this call reads what may be stale.
pub(crate) fn is_read(world: &World, caller: &Caller, service: &str, name: &str) -> bool {
    matches!(caller, Caller::Role(_)) && service == "ecs" && READS.contains(&name) && !world.faults.past.is_empty()
}

/// Puts the oldest remembered ECS in the place of the present one, and back again when called again.
pub(crate) fn swap(world: &mut World) {
    if let Some((_, oldest)) = world.faults.past.front_mut() {
        std::mem::swap(oldest, &mut world.ecs);
    }
}
