//! `alarm@shift`: an alarm goes off while traffic shifts.

use super::{Fault, Outcomes};
use greenlight_domain::lifecycle::LifecycleEvent;
use greenlight_world::Moment;

pub(super) const FAULT: Fault = Fault {
    name: "alarm@shift",
    outcome: Outcomes::both("rolled-back"),
    about: "an alarm goes off while traffic shifts; the function rollback stops the deployment",
    fastest: None,
    needs: super::AN_ALARM,
    has: super::has_an_alarm,
    make: |rehearsal| {
        super::alarm(
            rehearsal,
            Moment::LifecycleEvent(rehearsal.controller.point(LifecycleEvent::AllowTraffic).to_owned()),
        )
    },
};
