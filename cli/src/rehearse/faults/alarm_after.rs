//! `alarm@after`: an alarm goes off after the deployment has succeeded, when nobody else watches.

use super::{Fault, Outcomes};
use greenlight_world::Moment;
use std::time::Duration;

/// So long after the success, unless the plan's window is shorter.
const AFTER: Duration = Duration::from_mins(1);

pub(super) const FAULT: Fault = Fault {
    name: "alarm@after",
    outcome: Outcomes::both("rolled-back"),
    about: "an alarm goes off a minute after the deployment has succeeded; the function rollback deploys what was good before",
    fastest: None,
    needs: super::AN_ALARM,
    has: super::has_an_alarm,
    make: |rehearsal| {
        let window = rehearsal.plan.rollback.as_ref().map(|rollback| rollback.window);
        let after = AFTER.min(window.unwrap_or_default() / 2);
        super::alarms(rehearsal.alarms().into_iter().take(1), Moment::Success, after, 1)
    },
};
