//! `events-late`: events come late.

use super::{Fault, Outcomes};
use greenlight_world::EventFault;
use std::time::Duration;

pub(super) const FAULT: Fault = Fault {
    name: "events-late",
    outcome: Outcomes::both("succeeded"),
    about: "the events of stopped tasks and of schedules come two minutes late",
    fastest: None,
    needs: "a table with a command: [migrate], [warm-up] or [finish]",
    has: super::has_a_command,
    make: |_| super::events(EventFault::Late(Duration::from_mins(2))),
};
