//! `reads-stale`: what AWS says is old.

use super::{Fault, Outcomes};
use std::time::Duration;

pub(super) const FAULT: Fault = Fault {
    name: "reads-stale",
    outcome: Outcomes::both("succeeded"),
    about: "what the functions read of tasks, services, the health of targets and lifecycle events is five seconds old",
    fastest: None,
    needs: "a table that a hook works for: [migrate], [warm-up], [[smoke-test]], [validate], [freeze] or [finish]",
    has: super::has_a_hook,
    make: |_| vec![greenlight_world::Fault::StaleReads { by: Duration::from_secs(5) }],
};
