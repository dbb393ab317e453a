//! `function-crashes-always`: the first hook's function crashes whenever it is invoked.

use super::{Fault, Outcomes};
use greenlight_world::FunctionFault;

pub(super) const FAULT: Fault = Fault {
    name: "function-crashes-always",
    outcome: Outcomes::both("rolled-back"),
    about: "the function of the first hook crashes whenever it is invoked",
    fastest: None,
    needs: "a table that a hook before traffic works for: [migrate], [warm-up], [[smoke-test]], [validate] or [freeze]",
    has: super::has_a_hook_before_traffic,
    make: |rehearsal| super::first_function(rehearsal, FunctionFault::Crashes),
};
