//! `alarm@shift`: an alarm goes off while traffic shifts.

use super::Fault;
use greenlight_domain::lifecycle::LifecycleEvent;
use greenlight_world::Moment;

pub(super) const FAULT: Fault = Fault {
    name: "alarm@shift",
    outcome: "rolled-back",
    about: "an alarm goes off while traffic shifts; the function rollback stops the deployment",
    fastest: None,
    needs: super::AN_ALARM,
    has: super::has_an_alarm,
    make: |rehearsal| super::alarm(rehearsal, Moment::LifecycleEvent(LifecycleEvent::AllowTraffic.name().to_owned())),
};
