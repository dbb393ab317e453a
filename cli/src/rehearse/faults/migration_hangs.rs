//! `migration-hangs`: the migration never ends by itself.

use super::{Fault, migration};
use greenlight_world::ContainerFault;

pub(super) const FAULT: Fault = Fault {
    name: "migration-hangs",
    outcome: "rolled-back",
    about: "the migration of the new revision never ends; its deadline stops it",
    make: |rehearsal| migration(rehearsal, ContainerFault::Hangs),
};
