//! `calls-throttled`: AWS throttles the functions' calls.

use super::{Fault, Outcomes};
use greenlight_world::CallFault;

pub(super) const FAULT: Fault = Fault {
    name: "calls-throttled",
    outcome: Outcomes::both("succeeded"),
    about: "the first four calls of every function to every operation are throttled",
    fastest: None,
    needs: "a table that a hook works for: [migrate], [warm-up], [[smoke-test]], [validate], [freeze] or [finish]",
    has: super::has_a_hook,
    make: |_| vec![greenlight_world::Fault::EveryCall { times: 4, answer: CallFault::Throttled }],
};
