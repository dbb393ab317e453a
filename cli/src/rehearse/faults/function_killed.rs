//! `function-killed`: the migration's function is killed when it has started its task.

use super::Fault;
use greenlight_world::CallFault;

pub(super) const FAULT: Fault = Fault {
    name: "function-killed",
    outcome: "succeeded",
    about: "the function that starts the migration is killed when it has, before it hears of it",
    fastest: None,
    needs: "a [migrate] table",
    has: |plan| plan.migrate.is_some(),
    make: |rehearsal| super::run_task_of_migrate(rehearsal, CallFault::CallerKilled),
};
