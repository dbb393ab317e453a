//! `migration-hangs`: the migration never ends by itself.

use super::{Fault, Outcomes, one_off};
use greenlight_domain::lifecycle::LifecycleEvent;
use greenlight_world::ContainerFault;

pub(super) const FAULT: Fault = Fault {
    name: "migration-hangs",
    outcome: Outcomes::both("rolled-back"),
    about: "the migration of the new revision never ends; its deadline stops it",
    fastest: None,
    needs: "a [migrate] table",
    has: |plan| plan.migrate.is_some(),
    make: |rehearsal| one_off(rehearsal, LifecycleEvent::BeforeInstall, ContainerFault::Hangs),
};
