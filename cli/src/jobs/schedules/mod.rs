//! A plan's `[jobs]` as the schedules that fire them: what is wanted, what is there, the difference, and how it is made.
//!
//! Everything is asked through an [`Env`]; what an install calls its things stands in its settings. A schedule is this service's if it
//! has the name that [`JobId::schedule`] gives one of its jobs. Every other schedule of the group is left alone.

mod apply;
mod diff;
mod read;
mod schedule;
#[cfg(test)]
mod tests;

pub use apply::{apply, remove};
pub(crate) use apply::{expect, set_paused};
pub use diff::{Change, Diff, Entry, Expectation, Property, diff};
pub(crate) use read::is_paused;
pub use read::{Found, get, list};
pub use schedule::{Schedule, wanted};

use greenlight_aws::{Clock, Env};
use greenlight_domain::job::JobId;
use greenlight_domain::plan::Plan;
use jiff::{SignedDuration, Timestamp};

/// So long a call is tried again. Real time.
const PATIENCE: SignedDuration = SignedDuration::from_secs(30);

/// Until when calls that are made now are tried again.
pub(crate) fn until(env: &Env) -> Timestamp {
    let speed = Clock::speed(&env.clock);
    let patience = SignedDuration::try_from_secs_f64(PATIENCE.as_secs_f64() * speed).unwrap_or(PATIENCE);
    env.clock.now().saturating_add(patience).unwrap_or(Timestamp::MAX)
}

/// A job of the plan's service.
pub(crate) fn id(plan: &Plan, job: &str) -> JobId {
    JobId::new(&plan.cluster, &plan.service, job)
}

/// The job in the name of a schedule of a service, if it is one that fires a job: `job.NAME.MARK`, with the mark of this service.
/// Names of jobs have no dots.
pub(crate) fn job_of(plan: &Plan, schedule: &str) -> Option<String> {
    let job = schedule.strip_prefix("job.")?.split('.').next()?;
    (id(plan, job).schedule() == schedule).then(|| job.to_owned())
}
