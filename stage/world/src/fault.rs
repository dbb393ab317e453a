//! What can be made to go wrong.

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
