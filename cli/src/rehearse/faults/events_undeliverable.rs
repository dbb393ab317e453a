//! `events-undeliverable`: nobody can be told that a task has stopped.

use super::{Fault, Outcomes};
use greenlight_world::EventFault;
use std::time::Duration;

pub(super) const FAULT: Fault = Fault {
    name: "events-undeliverable",
    outcome: Outcomes::both("succeeded"),
    about: "EventBridge cannot hand over the events of stopped tasks, and gives them up to the dead-letter queue: the deadlines of the tasks end what they began",
    fastest: None,
    needs: "a table with a command: [migrate], [warm-up] or [finish]",
    has: super::has_a_command,
    make: |_| vec![super::always(super::TASK_STOPPED, EventFault::Undeliverable(Duration::MAX))],
};
