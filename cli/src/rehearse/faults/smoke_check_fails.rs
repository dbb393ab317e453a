//! `smoke-check-fails`: what comes through the test listener is answered with status 500.

use super::Fault;
use greenlight_world::ListenerFault;

pub(super) const FAULT: Fault = Fault {
    name: "smoke-check-fails",
    outcome: "rolled-back",
    about: "the test listener answers every smoke test with status 500",
    fastest: None,
    needs: "a [[smoke-test]] and a test listener",
    has: |plan| super::has_smoke_tests_through_the_listener(plan),
    make: |rehearsal| {
        let listener = rehearsal.test_listener();
        vec![greenlight_world::Fault::Listener { listener, answer: ListenerFault::Status(500) }]
    },
};
