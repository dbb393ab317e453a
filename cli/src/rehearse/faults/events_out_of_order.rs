//! `events-out-of-order`: events come again after later ones.

use super::{Fault, Outcomes};
use greenlight_world::EventFault;
use std::time::Duration;

pub(super) const FAULT: Fault = Fault {
    name: "events-out-of-order",
    outcome: Outcomes::both("succeeded"),
    about: "the events of stopped tasks and of schedules come again after a minute, behind later ones",
    fastest: None,
    needs: "a table with a command: [migrate], [warm-up] or [finish]",
    has: super::has_a_command,
    make: |_| super::events(EventFault::Doubled(Duration::from_mins(1))),
};
