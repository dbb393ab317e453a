//! `function-crashes-once`: every function crashes when it is invoked first.

use super::Fault;
use greenlight_world::FunctionFault;

pub(super) const FAULT: Fault = Fault {
    name: "function-crashes-once",
    outcome: "succeeded",
    about: "every function crashes when it is invoked for the first time; Lambda invokes it again",
    fastest: None,
    needs: "a table that a hook works for: [migrate], [warm-up], [[smoke-test]], [validate], [freeze] or [finish]",
    has: super::has_a_hook,
    make: |rehearsal| super::functions(rehearsal, 1, FunctionFault::Crashes),
};
