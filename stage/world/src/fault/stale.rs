//! Reads that show what was, not what is.
//!
//! AWS says that ECS is eventually consistent, and makes no promise for the health of targets and for lifecycle events.

use super::Fault;
use crate::codedeploy::CodeDeploy;
use crate::ecs::Ecs;
use crate::elb::Elb;
use crate::{Caller, World};
use jiff::{SignedDuration, Timestamp};
use std::collections::VecDeque;
use std::time::Duration;

/// The services as they were until the time beside them, oldest first.
pub(crate) type Past = VecDeque<(Timestamp, Moment)>;

/// What old reads are answered from.
#[derive(Debug)]
pub(crate) struct Moment {
    ecs: Ecs,
    elb: Elb,
    codedeploy: CodeDeploy,
}

/// The operations whose answers can be old.
const READS: [(&str, &str); 5] = [
    ("ecs", "ListTasks"),
    ("ecs", "DescribeTasks"),
    ("ecs", "DescribeServices"),
    ("elasticloadbalancing", "DescribeTargetHealth"),
    ("codedeploy", "GetDeploymentTarget"),
];

fn age(world: &World) -> Option<Duration> {
    world.setup.faults.iter().find_map(|fault| match fault {
        Fault::StaleReads { by } => Some(*by),
        _ => None,
    })
}

/// Keeps the services as they are before something happens to them, as long as somebody may read it.
pub(crate) fn remember(world: &mut World, now: Timestamp) {
    let Some(age) = age(world) else { return };
    let oldest = now.saturating_sub(SignedDuration::try_from(age).unwrap_or(SignedDuration::MAX)).unwrap_or(now);
    let moment = Moment { ecs: world.ecs.clone(), elb: world.elb.clone(), codedeploy: world.codedeploy.clone() };
    let past = &mut world.faults.past;
    past.push_back((now, moment));
    while past.front().is_some_and(|(until, _)| *until < oldest) {
        past.pop_front();
    }
}

/// Whether this call reads what may be stale. Whoever was told of a deployment by its hook finds that it has started.
pub(crate) fn is_read(world: &World, caller: &Caller, service: &str, name: &str) -> bool {
    let oldest = world.faults.past.front().map(|(_, moment)| moment);
    matches!(caller, Caller::Role(_))
        && READS.contains(&(service, name))
        && oldest.is_some_and(|oldest| service != "codedeploy" || oldest.codedeploy.has_started_all(&world.codedeploy))
}

/// Puts the oldest remembered moment in the place of the present one, and back again when called again.
pub(crate) fn swap(world: &mut World) {
    if let Some((_, oldest)) = world.faults.past.front_mut() {
        std::mem::swap(&mut oldest.ecs, &mut world.ecs);
        std::mem::swap(&mut oldest.elb, &mut world.elb);
        std::mem::swap(&mut oldest.codedeploy, &mut world.codedeploy);
    }
}
