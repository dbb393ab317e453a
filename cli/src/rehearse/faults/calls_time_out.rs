//! `calls-time-out`: calls that change something get no answer, and were not carried out.

use super::{Fault, Outcomes};
use greenlight_world::CallFault;

pub(super) const FAULT: Fault = Fault {
    name: "calls-time-out",
    outcome: Outcomes::both("succeeded"),
    about: "the first calls that create, start or report something never arrive, and time out; the clock goes 10 times as fast at most",
    fastest: Some(10.0),
    needs: "a table that a hook works for: [migrate], [warm-up], [[smoke-test]], [validate], [freeze] or [finish]",
    has: super::has_a_hook,
    make: |rehearsal| super::calls_with_effects(rehearsal, &CallFault::NeverArrives),
};
