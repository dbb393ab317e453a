//! `function-killed`: the migration's function is killed when it has started its task.

use super::{Fault, Outcomes};
use greenlight_world::CallFault;

pub(super) const FAULT: Fault = Fault {
    name: "function-killed",
    outcome: Outcomes { codedeploy: "succeeded", ecs: "rolled-back" },
    about: "the function that starts the migration is killed when it has, before it hears of it; Lambda invokes it again for CodeDeploy, and ECS takes that for a no",
    fastest: None,
    needs: "a [migrate] table",
    has: |plan| plan.migrate.is_some(),
    make: |rehearsal| super::run_task_of_migrate(rehearsal, CallFault::CallerKilled),
};
