//! `green-crashes-later`: the new revision crashes after it was tested and before it has traffic.

use super::{Fault, Outcomes};
use greenlight_domain::plan::TaskSet;
use greenlight_world::GreenFault;

pub(super) const FAULT: Fault = Fault {
    name: "green-crashes-later",
    outcome: Outcomes::both("rolled-back"),
    about: "every task of the new revision crashes after its smoke tests, just before it gets traffic",
    fastest: None,
    needs: "a [validate] table that looks at the task set",
    has: |plan| plan.validate.as_ref().is_some_and(|validate| validate.task_set != TaskSet::Ignore),
    make: |rehearsal| super::before_traffic(rehearsal, GreenFault::Crash),
};
