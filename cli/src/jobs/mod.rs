//! `greenlight jobs`: what runs by the clock, from here.
//!
//! Two things are asked: the schedules, which say what will fire, and the log of the functions, which says what became of each
//! firing. What is started is started by `launch-job`, as Scheduler starts it.

pub(crate) mod arguments;
mod diff;
mod history;
mod install;
mod list;
mod pause;
mod redrive;
mod run;
mod runs;
pub mod schedules;
mod verb;

pub use diff::{Applied, show as show_diff};
pub use history::history;
pub use install::Install;
pub use list::list;
pub use pause::set_paused;
pub use redrive::{Redriven, redrive};
pub use run::{Ran, run};
pub use runs::{Outcome, Run, read as read_runs};
pub(crate) use verb::run_verb;

use crate::Error;
use crate::tell::Tell;
use greenlight_domain::plan::Plan;

/// A name that is none of a job.
fn unknown(plan: &Plan, name: &str) -> Error {
    let names: Vec<&str> = plan.jobs.keys().map(String::as_str).collect();
    let remedy = match greenlight_domain::nearest(name, names.iter().copied()) {
        Some(near) => format!("did you mean {near}?"),
        None if names.is_empty() => "the plan has no [jobs]".to_owned(),
        None => format!("the plan has {}", names.join(", ")),
    };
    Error::usage(format!("there is no job {name:?}"), remedy)
}
