//! `answers-lost`: calls that change something are carried out, and nobody hears of it.

use super::{Fault, Outcomes};
use greenlight_world::CallFault;

pub(super) const FAULT: Fault = Fault {
    name: "answers-lost",
    outcome: Outcomes::both("succeeded"),
    about: "the first calls that create, start or report something take effect, but their answers are lost; the clock goes 10 times as fast at most",
    fastest: Some(10.0),
    needs: "a table that a hook works for: [migrate], [warm-up], [[smoke-test]], [validate], [freeze] or [finish]",
    has: super::has_a_hook,
    make: |rehearsal| super::calls_with_effects(rehearsal, &CallFault::NeverAnswered),
};
