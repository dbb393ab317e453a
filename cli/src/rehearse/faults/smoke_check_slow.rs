//! `smoke-check-slow`: what comes through the test listener is answered too late.

use super::Fault;
use greenlight_world::ListenerFault;
use std::time::Duration;

pub(super) const FAULT: Fault = Fault {
    name: "smoke-check-slow",
    outcome: "rolled-back",
    about: "the test listener answers smoke tests so slowly that the load balancer gives up",
    fastest: None,
    needs: "a [[smoke-test]] and a test listener",
    has: |plan| super::has_smoke_tests_through_the_listener(plan),
    make: |rehearsal| {
        let listener = rehearsal.test_listener();
        vec![greenlight_world::Fault::Listener { listener, answer: ListenerFault::Slow(Duration::from_mins(1)) }]
    },
};
