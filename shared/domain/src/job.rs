//! Jobs: what a firing is called, and what it does.

mod decide;
mod judge;
mod names;
#[cfg(test)]
mod tests;

pub use decide::{Decision, Run, Situation, Skip, Start, decide};
pub use judge::{Outcome, judge, replaced_reason};
pub use names::JobId;

use crate::one_off::fingerprint;
use jiff::Timestamp;

/// One firing of a job, in one attempt. What is named after it follows from its job, its scheduled time and its attempt, so that
/// a second delivery of the same firing finds what the first one made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Firing {
    /// The install's prefix.
    pub install: String,
    /// The ECS service whose plan has the job.
    pub service: String,
    /// The job's name.
    pub job: String,
    /// When the schedule says that it fires, whenever it is delivered.
    pub scheduled: Timestamp,
    /// Which attempt, from 0.
    pub attempt: u32,
    /// When this attempt was to start: the scheduled time, or the end of the wait before a retry. Nothing is named after it.
    pub due: Timestamp,
}

impl Firing {
    /// The first attempt.
    pub fn first(install: &str, service: &str, job: &str, scheduled: Timestamp) -> Self {
        Self {
            install: install.to_owned(),
            service: service.to_owned(),
            job: job.to_owned(),
            scheduled,
            attempt: 0,
            due: scheduled,
        }
    }

    /// The task's `startedBy`: at most 128 characters of letters, digits, `-`, `_` and `/`.
    pub fn started_by(&self) -> String {
        let Self { install, service, job, attempt, .. } = self;
        // `job` stands where a one-off task of a deployment has its lifecycle event: nobody takes one for the other
        format!("{install}/{}/{job}/job/{}/{attempt}", names::service_part(service), self.scheduled.as_second())
    }

    /// `RunTask`'s `clientToken`, at most 64 characters: ECS answers a second call with the first one's task.
    pub fn client_token(&self) -> String {
        /// With it the longest token has 63 characters.
        const BEGIN: usize = 30;
        let begin: String = self.job.chars().take(BEGIN).collect();
        let (seconds, attempt) = (self.scheduled.as_second(), self.attempt);
        format!("{begin}-{:016x}-{seconds}-{attempt}", fingerprint(&self.started_by()))
    }

    /// Whether both are the same firing, in whatever attempt.
    pub fn same_firing(&self, scheduled: Timestamp) -> bool {
        self.scheduled.as_second() == scheduled.as_second()
    }
}
