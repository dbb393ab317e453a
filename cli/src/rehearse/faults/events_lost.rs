//! `events-lost`: nobody hears that a task has stopped.

use super::{Fault, Outcomes};
use greenlight_world::EventFault;

pub(super) const FAULT: Fault = Fault {
    name: "events-lost",
    outcome: Outcomes::both("succeeded"),
    about: "the events of stopped tasks are lost: the deadlines of the tasks end what they began",
    fastest: None,
    needs: "a table with a command: [migrate], [warm-up] or [finish]",
    has: super::has_a_command,
    make: |_| vec![super::always(super::TASK_STOPPED, EventFault::Lost)],
};
