//! The life of a job's run: its schedule first, then the task, and at the end a word to the team if there is something to say.
//!
//! The schedule `run.…` is the only memory of a run: as long as it exists, the run is not settled. A job that has one run at a
//! time has one such name, so that creating it is what keeps a second run out. It is updated when the run goes on (told to stop,
//! tried again) and deleted at its end. Beside it a job may have `failed.…`, from a failure to the next success, and `expect.…`,
//! which fires when no run has succeeded in time.

pub mod expected;
pub mod failed;
pub mod family;
mod record;
pub mod schedule;
pub mod task;

pub use record::{Record, Signal};
