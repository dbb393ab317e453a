//! `smoke-check-slow`: test traffic is answered too late.

use super::{Fault, Outcomes};
use greenlight_world::ListenerFault;
use std::time::Duration;

pub(super) const FAULT: Fault = Fault {
    name: "smoke-check-slow",
    outcome: Outcomes::both("rolled-back"),
    about: "the test listener answers smoke tests so slowly that the load balancer gives up",
    fastest: None,
    needs: "a [[smoke-test]] and a test listener",
    has: |plan| super::has_smoke_tests_through_the_listener(plan),
    make: |rehearsal| {
        let listener = rehearsal.test_entrance();
        vec![greenlight_world::Fault::Listener { listener, answer: ListenerFault::Slow(Duration::from_mins(1)) }]
    },
};
