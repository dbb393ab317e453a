//! `task-stops-first`: the migration has ended before its function hears that it was started.

use super::{Fault, Outcomes};
use greenlight_world::CallFault;
use std::time::Duration;

pub(super) const FAULT: Fault = Fault {
    name: "task-stops-first",
    outcome: Outcomes::both("succeeded"),
    about: "the migration ends before the answer to RunTask arrives",
    fastest: None,
    needs: "a [migrate] table",
    has: |plan| plan.migrate.is_some(),
    make: |rehearsal| super::run_task_of_migrate(rehearsal, CallFault::AnsweredLate(Duration::from_mins(1))),
};
