//! `events-doubled`: events come twice.

use super::{Fault, Outcomes};
use greenlight_world::EventFault;
use std::time::Duration;

pub(super) const FAULT: Fault = Fault {
    name: "events-doubled",
    outcome: Outcomes::both("succeeded"),
    about: "the events of stopped tasks and of schedules come twice at once",
    fastest: None,
    needs: "a table with a command: [migrate], [warm-up] or [finish]",
    has: super::has_a_command,
    make: |_| super::events(EventFault::Doubled(Duration::ZERO)),
};
