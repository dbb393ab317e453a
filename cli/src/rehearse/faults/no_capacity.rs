//! `no-capacity`: Fargate has no room for the new revision.

use super::{Fault, Outcomes};
use greenlight_world::{CallFault, TaskFault};

const NO_ROOM: &str =
    "Capacity is unavailable at this time. Please try again later or in a different availability zone";

pub(super) const FAULT: Fault = Fault {
    name: "no-capacity",
    outcome: Outcomes::both("rolled-back"),
    about: "Fargate has no room: neither for the migration nor for any task of the new revision",
    fastest: None,
    needs: "nothing",
    has: |_| true,
    make: |rehearsal| {
        // the migration is the first that asks for room
        let migration = super::one_off_role(rehearsal).map(|role| greenlight_world::Fault::Call {
            role,
            operation: "ecs:RunTask".to_owned(),
            times: greenlight_world::Fault::ALWAYS,
            answer: CallFault::NothingStarted(NO_ROOM.to_owned()),
        });
        let green = greenlight_world::Fault::Tasks { which: super::green(rehearsal), what: TaskFault::NotPlaced };
        migration.into_iter().chain([green]).collect()
    },
};
