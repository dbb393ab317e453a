//! `alarm-storm`: every alarm goes off, again and again, and every event about it comes twice.

use super::{Fault, Outcomes};
use greenlight_world::{EventFault, Moment};
use std::time::Duration;

/// So often each alarm goes off.
const TIMES: u32 = 5;
/// "`CloudWatch` Alarm State Change".
const ALARM_CHANGED: &str = "CloudWatch Alarm State Change";

pub(super) const FAULT: Fault = Fault {
    name: "alarm-storm",
    outcome: Outcomes::both("rolled-back"),
    about: "every alarm goes off five times right after the deployment has succeeded, and each event comes twice; there is one rollback",
    fastest: None,
    needs: super::AN_ALARM,
    has: super::has_an_alarm,
    make: |rehearsal| {
        let mut faults = super::alarms(rehearsal.alarms().into_iter(), Moment::Success, Duration::from_secs(1), TIMES);
        faults.push(super::always(ALARM_CHANGED, EventFault::Doubled(Duration::ZERO)));
        faults
    },
};
