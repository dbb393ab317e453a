//! `migration-interrupted`: Fargate Spot takes back the task of the migration while it works.

use super::{Fault, Outcomes};
use greenlight_domain::lifecycle::LifecycleEvent;
use greenlight_world::TaskFault;
use std::time::Duration;

pub(super) const FAULT: Fault = Fault {
    name: "migration-interrupted",
    outcome: Outcomes::both("rolled-back"),
    about: "Fargate Spot takes back the task of the migration while it works: nobody knows how far it came",
    fastest: None,
    needs: "a [migrate] table",
    has: |plan| plan.migrate.is_some(),
    make: |rehearsal| {
        let which = super::one_off_tasks(rehearsal, LifecycleEvent::BeforeInstall);
        vec![greenlight_world::Fault::Tasks { which, what: TaskFault::Interrupted(Duration::from_secs(20)) }]
    },
};
