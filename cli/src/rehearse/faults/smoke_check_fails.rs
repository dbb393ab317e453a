//! `smoke-check-fails`: test traffic is answered with status 500.

use super::{Fault, Outcomes};
use greenlight_world::ListenerFault;

pub(super) const FAULT: Fault = Fault {
    name: "smoke-check-fails",
    outcome: Outcomes::both("rolled-back"),
    about: "the test listener answers every smoke test with status 500",
    fastest: None,
    needs: "a [[smoke-test]] and a test listener",
    has: |plan| super::has_smoke_tests_through_the_listener(plan),
    make: |rehearsal| {
        let listener = rehearsal.test_entrance();
        vec![greenlight_world::Fault::Listener { listener, answer: ListenerFault::Status(500) }]
    },
};
