//! `function-invoked-twice`: Lambda hands every event to its function twice.

use super::{Fault, Outcomes};
use greenlight_world::FunctionFault;

pub(super) const FAULT: Fault = Fault {
    name: "function-invoked-twice",
    outcome: Outcomes::both("succeeded"),
    about: "Lambda hands every event to its function twice, at the same time",
    fastest: None,
    needs: "a table that a hook works for: [migrate], [warm-up], [[smoke-test]], [validate], [freeze] or [finish]",
    has: super::has_a_hook,
    make: |rehearsal| super::functions(rehearsal, greenlight_world::Fault::ALWAYS, FunctionFault::Doubled),
};
