//! `spot-interruption`: Fargate Spot takes back the tasks of the new revision before it has traffic.

use super::{Fault, Outcomes};
use greenlight_domain::plan::TaskSet;
use greenlight_world::GreenFault;

pub(super) const FAULT: Fault = Fault {
    name: "spot-interruption",
    outcome: Outcomes::both("rolled-back"),
    about: "Fargate Spot takes back every task of the new revision just before it gets traffic",
    fastest: None,
    needs: "a [validate] table that looks at the task set",
    has: |plan| plan.validate.as_ref().is_some_and(|validate| validate.task_set != TaskSet::Ignore),
    make: |rehearsal| super::before_traffic(rehearsal, GreenFault::Interrupted),
};
