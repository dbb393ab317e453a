//! `migration-fails`: the migration ends with an exit code that is not 0.

use super::{Fault, migration};
use greenlight_world::ContainerFault;

pub(super) const FAULT: Fault = Fault {
    name: "migration-fails",
    outcome: "rolled-back",
    about: "the migration of the new revision writes an error and exits with code 1",
    make: |rehearsal| {
        migration(
            rehearsal,
            ContainerFault::Exits {
                code: 1,
                line: "migration failed: duplicate key value violates unique constraint (a rehearsed fault)".to_owned(),
            },
        )
    },
};
