//! What can be made to go wrong.

use crate::{Caller, World};

/// One thing that goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// A container of a task that `RunTask` started behaves like this.
    OneOffTask {
        /// Which tasks: those whose `startedBy` begins with the first and contains the second text.
        started_by: (String, String),
        /// What its target container (the one whose command is overridden) does.
        behaviour: ContainerFault,
    },
    /// The next calls of a role to one operation go wrong.
    Call {
        /// The role's name.
        role: String,
        /// The operation as IAM writes it: `ecs:RunTask`.
        operation: String,
        /// How many calls.
        times: u32,
        /// What becomes of them.
        answer: CallFault,
    },
}

/// What becomes of a call that goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallFault {
    /// It is refused with `ThrottlingException`.
    Throttled,
    /// `RunTask` only: it succeeds, starts nothing and says so in `failures`, with this reason.
    NothingStarted(String),
    /// It is carried out, but what the caller gets is an error of the server.
    AnswerLost,
}

/// What becomes of the next call of this caller to an operation, if it goes wrong; uses up one time of its fault.
pub(crate) fn of_call(world: &mut World, caller: &Caller, service: &str, name: &str) -> Option<CallFault> {
    let Caller::Role(caller) = caller else { return None };
    world.setup.faults.iter_mut().find_map(|fault| match fault {
        Fault::Call { role, operation, times, answer }
            if role == caller && *times > 0 && operation.split_once(':') == Some((service, name)) =>
        {
            *times -= 1;
            Some(answer.clone())
        }
        _ => None,
    })
}

/// How a broken container behaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContainerFault {
    /// Writes `line` and exits with `code`.
    Exits {
        /// The exit code.
        code: i32,
        /// The last line it writes.
        line: String,
    },
    /// Never ends by itself.
    Hangs,
}
