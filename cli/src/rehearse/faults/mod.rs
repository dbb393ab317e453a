//! What a rehearsal can make go wrong. One fault is one file, and its name is what `--fault` takes.

mod finish_fails;
mod migration_fails;
mod migration_hangs;

use super::Rehearsal;
use crate::Error;
use greenlight_domain::lifecycle::LifecycleEvent;
use greenlight_domain::plan::Plan;

/// A fault that a rehearsal can be given.
#[derive(Debug, Clone, Copy)]
pub struct Fault {
    /// What `--fault` takes.
    pub name: &'static str,
    /// The outcome that a rehearsal with this fault must end in: `succeeded`, `rolled-back` or `failed`.
    pub outcome: &'static str,
    /// What it does, in one line.
    pub about: &'static str,
    /// What the plan must have for it to happen.
    pub(crate) needs: &'static str,
    has: fn(&Plan) -> bool,
    /// What it means to the world.
    make: fn(&Rehearsal) -> greenlight_world::Fault,
}

/// Every fault there is.
pub const FAULTS: [Fault; 3] = [migration_fails::FAULT, migration_hangs::FAULT, finish_fails::FAULT];

impl Fault {
    /// Finds a fault by its name.
    pub fn named(name: &str) -> Result<Self, Error> {
        FAULTS.into_iter().find(|fault| fault.name == name).ok_or_else(|| Error::UnknownFault {
            name: name.to_owned(),
            known: FAULTS.map(|fault| fault.name).join(", "),
        })
    }

    /// Whether the plan has what it needs.
    pub(crate) fn can_happen(&self, plan: &Plan) -> bool {
        (self.has)(plan)
    }

    /// The same for the world.
    pub(crate) fn in_world(self, rehearsal: &Rehearsal) -> greenlight_world::Fault {
        (self.make)(rehearsal)
    }
}

/// One line per fault: name, the outcome it must end in, what it does.
pub fn list() -> String {
    let lines = FAULTS.map(|fault| format!("{:<18}{:<13}{}\n", fault.name, fault.outcome, fault.about));
    lines.concat()
}

/// The one-off tasks of a hook behave like this.
fn one_off(
    rehearsal: &Rehearsal,
    lifecycle_event: LifecycleEvent,
    behaviour: greenlight_world::ContainerFault,
) -> greenlight_world::Fault {
    greenlight_world::Fault::OneOffTask {
        started_by: (format!("{}/", rehearsal.install), format!("/{lifecycle_event}/")),
        behaviour,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_fault_is_answered_with_the_known_ones() {
        let message = Fault::named("migration-fail").unwrap_err().to_string();
        assert!(message.contains("migration-fails, migration-hangs"), "{message}");
    }

    #[test]
    fn the_list_has_a_line_per_fault_that_begins_with_its_name() {
        let list = list();
        let names: Vec<_> = list.lines().filter_map(|line| line.split_whitespace().next()).collect();
        assert_eq!(names, FAULTS.map(|fault| fault.name));
    }
}
