//! `function-crashes-once`: every function crashes when it is invoked first.

use super::{Fault, Outcomes};
use greenlight_world::FunctionFault;

pub(super) const FAULT: Fault = Fault {
    name: "function-crashes-once",
    outcome: Outcomes { codedeploy: "succeeded", ecs: "rolled-back" },
    about: "every function crashes when it is invoked for the first time; Lambda invokes it again for CodeDeploy, and ECS takes a crash for a no",
    fastest: None,
    needs: "a table that a hook works for: [migrate], [warm-up], [[smoke-test]], [validate], [freeze] or [finish]",
    has: super::has_a_hook,
    make: |rehearsal| super::functions(rehearsal, 1, FunctionFault::Crashes),
};
