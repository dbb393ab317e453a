//! What the schedule of a run remembers.

use super::expected;
use crate::Error;
use greenlight_domain::job::{Firing, JobId};
use greenlight_domain::plan::{Job, JobRetry, Overlap};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The input of a run's schedule: an attempt at a firing, and all that is needed to go on from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// What it means that the schedule fires.
    pub greenlight_job: Signal,
    /// The install's prefix.
    pub install: String,
    /// The cluster's name.
    pub cluster: String,
    /// The service's name.
    pub service: String,
    /// The job's name.
    pub job: String,
    /// When the job was to fire.
    pub scheduled: Timestamp,
    /// Which attempt, from 0.
    pub attempt: u32,
    /// When this attempt was to start.
    pub due: Timestamp,
    /// Whether the job has one run at a time.
    pub alone: bool,
    /// ARN of the task definition, or `family:revision`.
    pub task_definition: String,
    /// The container whose exit code counts.
    pub container: String,
    /// How long an attempt may take.
    pub timeout_seconds: u64,
    /// When the schedule fires.
    pub fires: Timestamp,
    retry: Option<Retry>,
    /// The next firing and until when it shall have succeeded, if the job says so.
    pub expected: Option<(Timestamp, Timestamp)>,
    /// The plan's link to logs.
    pub logs: Option<String>,
    /// What kept it from starting so far.
    pub problem: Option<String>,
}

/// What it means that a schedule of a run fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Signal {
    /// `launch-job` starts the attempt.
    Start,
    /// The attempt must have ended.
    Deadline,
    /// It was told to stop and must have stopped.
    Grace,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Retry {
    times: u32,
    wait_seconds: u64,
}

/// So long after its time a schedule of ours is delivered, or never.
const DELIVERY: SignedDuration = SignedDuration::from_hours(1);

impl Record {
    /// An attempt that is about to be started from `task_definition`.
    pub fn new(firing: &Firing, id: &JobId, job: &Job, task_definition: &str, container: &str) -> Self {
        // a rate begins anew with each firing: what counts is the time from one to the next
        let next = job.next(firing.scheduled, firing.scheduled);
        Self {
            greenlight_job: Signal::Deadline,
            install: firing.install.clone(),
            cluster: id.cluster.clone(),
            service: firing.service.clone(),
            job: firing.job.clone(),
            scheduled: firing.scheduled,
            attempt: firing.attempt,
            due: firing.due,
            alone: job.overlap != Overlap::Allow,
            task_definition: task_definition.to_owned(),
            container: container.to_owned(),
            timeout_seconds: job.timeout.as_secs().max(1),
            fires: firing.due,
            retry: job.retry.as_ref().map(|retry| Retry { times: retry.times, wait_seconds: retry.wait.as_secs() }),
            expected: next.and_then(|next| Some((next, expected::by(job, next)?))),
            logs: None,
            problem: None,
        }
    }

    /// Reads a schedule's input.
    pub fn read(input: &serde_json::Value) -> Result<Self, Error> {
        serde_json::from_value(input.clone())
            .map_err(|error| Error::Event(format!("it is no input of a job's schedule of this version: {error}")))
    }

    /// The firing, in this attempt.
    pub fn firing(&self) -> Firing {
        Firing {
            attempt: self.attempt,
            due: self.due,
            ..Firing::first(&self.install, &self.service, &self.job, self.scheduled)
        }
    }

    /// Whose run it is.
    pub fn id(&self) -> JobId {
        JobId::new(&self.cluster, &self.service, &self.job)
    }

    /// The name of its schedule.
    pub fn name(&self) -> String {
        self.id().run((!self.alone).then_some(self.scheduled))
    }

    /// How long an attempt may take.
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_seconds)
    }

    /// When a run that failed is tried again.
    pub fn retry(&self) -> Option<JobRetry> {
        let Retry { times, wait_seconds } = self.retry.clone()?;
        Some(JobRetry { times, wait: Duration::from_secs(wait_seconds) })
    }

    /// Whether both are the same attempt at the same firing.
    pub fn is(&self, firing: &Firing) -> bool {
        firing.same_firing(self.scheduled) && firing.attempt == self.attempt
    }

    /// The same with another signal, to come then.
    #[must_use]
    pub fn signalling(&self, signal: Signal, fires: Timestamp) -> Self {
        Self { greenlight_job: signal, fires, ..self.clone() }
    }

    /// The same attempt, to be started at another time, and what kept it from starting so far.
    #[must_use]
    pub fn postponed(&self, at: Timestamp, problem: Option<String>) -> Self {
        Self { problem, ..self.signalling(Signal::Start, at) }
    }

    /// The next attempt, to be started at `due`.
    #[must_use]
    pub fn next_attempt(&self, due: Timestamp) -> Self {
        let attempt = self.attempt.saturating_add(1);
        Self { attempt, due, problem: None, ..self.signalling(Signal::Start, due) }
    }

    /// Whether its schedule should have brought an end long ago, so that nobody will: what it waited for was lost.
    pub fn is_lost(&self, now: Timestamp) -> bool {
        self.fires.saturating_add(DELIVERY).is_ok_and(|last| now > last)
    }
}

#[cfg(test)]
mod tests {
    use super::{Record, Signal};
    use greenlight_domain::job::{Firing, JobId};
    use greenlight_domain::plan::Plan;
    use jiff::Timestamp;

    fn record(more: &str) -> Record {
        let plan = format!(
            "application = \"a\"\ndeployment-group = \"b\"\ncluster = \"c\"\nservice = \"d\"\ncontainer = \"e\"\nport = 1\n\
             [jobs.sync]\nschedule = \"rate(1 hour)\"\ncommand = [\"sync\"]\n{more}"
        );
        let job = Plan::parse(&plan, "x").unwrap().jobs.remove("sync").unwrap();
        let firing = Firing::first("greenlight", "web", "sync", at("02:00"));
        Record::new(&firing, &JobId::new("c", "web", "sync"), &job, "web:1", "web")
    }

    fn at(time: &str) -> Timestamp {
        format!("2026-01-01T{time}:00Z").parse().unwrap()
    }

    #[test]
    fn a_record_survives_its_schedule() {
        let record = record("retry = { times = 2 }\nexpected-by = \"30m\"").next_attempt(at("02:10"));
        assert_eq!(Record::read(&serde_json::to_value(&record).unwrap()).unwrap(), record);
        assert_eq!((record.attempt, record.greenlight_job, record.fires), (1, Signal::Start, at("02:10")));
        assert_eq!(record.expected, Some((at("03:00"), at("03:30"))));
        assert_eq!(record.retry().unwrap().times, 2);
    }

    #[test]
    fn a_run_that_nobody_ends_is_lost_some_day() {
        let record = record("").signalling(Signal::Deadline, at("02:10"));
        assert!(!record.is_lost(at("03:10")) && record.is_lost(at("03:11")));
    }

    #[test]
    fn one_run_at_a_time_has_one_name() {
        let next = |record: &Record| Record { scheduled: at("03:00"), ..record.clone() }.name();
        let (forbid, allow) = (record(""), record("overlap = \"allow\""));
        assert_eq!(forbid.name(), next(&forbid));
        assert_ne!(allow.name(), next(&allow));
    }
}
