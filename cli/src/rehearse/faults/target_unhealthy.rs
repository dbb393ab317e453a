//! `target-unhealthy`: a task of the new revision fails its health checks after it was healthy.

use super::{Fault, Outcomes};
use greenlight_domain::plan::Targets;
use greenlight_world::GreenFault;

pub(super) const FAULT: Fault = Fault {
    name: "target-unhealthy",
    outcome: Outcomes::both("rolled-back"),
    about: "a task of the new revision, healthy so far, fails the load balancer's checks just before it gets traffic",
    fastest: None,
    needs: "a [validate] table that looks at the targets",
    has: |plan| plan.validate.as_ref().is_some_and(|validate| validate.targets != Targets::Ignore),
    make: |rehearsal| super::before_traffic(rehearsal, GreenFault::Unhealthy),
};
