//! `migration-fails`: the migration ends with an exit code that is not 0.

use super::{Fault, Outcomes, one_off};
use greenlight_domain::lifecycle::LifecycleEvent;
use greenlight_world::ContainerFault;

pub(super) const FAULT: Fault = Fault {
    name: "migration-fails",
    outcome: Outcomes::both("rolled-back"),
    about: "the migration of the new revision writes an error and exits with code 1",
    fastest: None,
    needs: "a [migrate] table",
    has: |plan| plan.migrate.is_some(),
    make: |rehearsal| {
        one_off(
            rehearsal,
            LifecycleEvent::BeforeInstall,
            ContainerFault::Exits {
                code: 1,
                line: "migration failed: duplicate key value violates unique constraint (a rehearsed fault)".to_owned(),
            },
        )
    },
};
