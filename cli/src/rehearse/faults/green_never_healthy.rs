//! `green-never-healthy`: no task of the new revision ever passes a health check.

use super::{Fault, Outcomes};
use greenlight_world::{ContainerFault, TaskFault};

pub(super) const FAULT: Fault = Fault {
    name: "green-never-healthy",
    outcome: Outcomes::both("rolled-back"),
    about: "the new revision listens nowhere: none of its tasks ever passes a health check; CodeDeploy waits an hour for that, and ECS a day",
    fastest: None,
    needs: "nothing",
    has: |_| true,
    make: |rehearsal| {
        let what = TaskFault::Container(ContainerFault::Hangs);
        vec![greenlight_world::Fault::Tasks { which: super::green(rehearsal), what }]
    },
};
