//! `green-500-under-load`: the new revision passes every check, and fails its users.

use super::{Fault, Outcomes};
use greenlight_domain::lifecycle::LifecycleEvent;
use greenlight_world::GreenFault;

pub(super) const FAULT: Fault = Fault {
    name: "green-500-under-load",
    outcome: Outcomes::both("rolled-back"),
    about: "the new revision answers users with status 500 from the shift of traffic on: these requests fail, until the alarm that counts them goes off and the function rollback takes the release back; the clock goes 20 times as fast at most",
    // a canary must get more requests in a minute than the alarm lets pass
    fastest: Some(20.0),
    needs: super::AN_ALARM,
    has: super::has_an_alarm,
    make: |rehearsal| {
        let lifecycle_event = rehearsal.controller.point(LifecycleEvent::AllowTraffic).to_owned();
        vec![greenlight_world::Fault::Green { lifecycle_event, what: GreenFault::Errs }]
    },
};
