//! Until when a job shall have succeeded again: a schedule that each success moves on, and that fires when none does.

use super::Record;
use super::schedule::{self, Once};
use crate::clock::later;
use crate::{Env, Error};
use greenlight_domain::job::JobId;
use greenlight_domain::plan::Job;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The input of the schedule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    greenlight_job: Word,
    /// The install's prefix.
    pub install: String,
    /// The cluster's name.
    pub cluster: String,
    /// The service's name.
    pub service: String,
    /// The job's name.
    pub job: String,
    /// The firing that shall have succeeded.
    pub scheduled: Timestamp,
    /// By then.
    pub by: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    Expected,
}

impl Expected {
    /// That the firing of `scheduled` shall have succeeded `by` then.
    pub fn new(install: &str, id: &JobId, scheduled: Timestamp, by: Timestamp) -> Self {
        Self {
            greenlight_job: Word::Expected,
            install: install.to_owned(),
            cluster: id.cluster.clone(),
            service: id.service.clone(),
            job: id.job.clone(),
            scheduled,
            by,
        }
    }

    /// Reads a schedule's input.
    pub fn read(input: &serde_json::Value) -> Result<Self, Error> {
        serde_json::from_value(input.clone())
            .map_err(|error| Error::Event(format!("it is no expectation of this version: {error}")))
    }

    /// Whose it is.
    pub fn id(&self) -> JobId {
        JobId::new(&self.cluster, &self.service, &self.job)
    }
}

/// By when the firing of `scheduled` shall have succeeded; `None` if the job does not say.
pub fn by(job: &Job, scheduled: Timestamp) -> Option<Timestamp> {
    Some(later(scheduled, job.expected_by?))
}

/// Moves on what is expected of a job, after a success.
///
/// # Errors
/// If nobody knows whether it is.
pub async fn move_on(env: &Env, record: &Record, until: Timestamp) -> Result<(), Error> {
    let Some((scheduled, by)) = record.expected else { return Ok(()) };
    let id = record.id();
    let expected = Expected::new(&record.install, &id, scheduled, by);
    // a success that is heard late moves nothing back
    let later = current(env, &id, until).await?.is_some_and(|current| current.scheduled > scheduled);
    if later || by <= env.clock.now() { Ok(()) } else { put(env, &expected, until).await }
}

/// What is expected now.
///
/// # Errors
/// If that cannot be read.
pub async fn current(env: &Env, id: &JobId, until: Timestamp) -> Result<Option<Expected>, Error> {
    let Some(input) = schedule::input(env, &id.expected(), until).await? else { return Ok(None) };
    Expected::read(&input).map(Some)
}

/// Expects this and nothing else of its job.
///
/// # Errors
/// If the schedule cannot be made.
pub async fn put(env: &Env, expected: &Expected, until: Timestamp) -> Result<(), Error> {
    let name = expected.id().expected();
    let input = schedule::text(expected)?;
    let function = env.settings.settle_arn()?;
    let once = Once { name: &name, at: expected.by, function, input, enabled: true, stays: true };
    if !once.update(env, until).await? {
        once.create(env, until).await?;
    }
    Ok(())
}
