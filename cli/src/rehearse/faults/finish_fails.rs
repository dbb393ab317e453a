//! `finish-fails`: a command of `[finish]` ends with an exit code that is not 0.

use super::{Fault, Outcomes, one_off};
use greenlight_domain::lifecycle::LifecycleEvent;
use greenlight_domain::plan::{Finish, OnFailure};
use greenlight_world::ContainerFault;

pub(super) const FAULT: Fault = Fault {
    name: "finish-fails",
    outcome: Outcomes::both("succeeded"),
    about: "a command of [finish] exits with code 1: the team is told, and the new revision stays",
    fastest: None,
    needs: "a [finish] table with a command and on-failure = \"keep\"",
    has: |plan| {
        let keeps = |finish: &Finish| finish.commands.is_some() && finish.on_failure == OnFailure::Keep;
        plan.finish.as_ref().is_some_and(keeps)
    },
    make: |rehearsal| {
        one_off(
            rehearsal,
            LifecycleEvent::AfterAllowTraffic,
            ContainerFault::Exits {
                code: 1,
                line: "finish failed: no space left on device (a rehearsed fault)".to_owned(),
            },
        )
    },
};
