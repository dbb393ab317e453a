//! The events that `launch-job` takes.

use greenlight_aws::job::Record;
use greenlight_aws::{Error, describe};
use greenlight_domain::job::{Firing, JobId};
use greenlight_domain::plan::Job;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    /// A job's schedule fired, or a rule; or a firing that waited is delivered again.
    Fired(Fired),
    /// An attempt whose run has begun is to be started: one that follows another, or that could not be started before.
    Held(Box<Record>),
}

/// What the job's schedule sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fired {
    /// The job's name in the plan.
    pub(crate) job: String,
    /// The cluster.
    pub(crate) cluster: String,
    /// The service.
    pub(crate) service: String,
    /// The family of the job's own task definition, if the schedule says so. Only the plan decides; this saves a call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) task_definition: Option<String>,
    /// When the schedule says that it fires.
    pub(crate) scheduled_time: Timestamp,
    /// How often it has waited.
    #[serde(default)]
    pub(crate) waits: u32,
    /// What kept it from starting before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) problem: Option<String>,
    /// The attempt that somebody hands over once more: it was given up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) redriven: Option<u32>,
}

impl Event {
    /// Tells the two apart by a member that only one of them has.
    pub(crate) fn read(payload: &Value) -> Result<Self, Error> {
        if payload.get("greenlight_job").is_some() {
            return Record::read(payload).map(|record| Self::Held(Box::new(record)));
        }
        let fired: Fired = serde_json::from_value(payload.clone()).map_err(|error| {
            Error::Event(format!(
                "it is {}; expected \"job\", \"cluster\", \"service\" and \"scheduled_time\", as a job's schedule sends them: {error}",
                describe(payload)
            ))
        })?;
        for (name, value) in [("job", &fired.job), ("cluster", &fired.cluster), ("service", &fired.service)] {
            if value.trim().is_empty() {
                return Err(Error::Event(format!("its {name:?} is empty; name it in the input of the schedule")));
            }
        }
        Ok(Self::Fired(fired))
    }

    /// Whose firing it is.
    pub(crate) fn id(&self) -> JobId {
        match self {
            Self::Fired(fired) => JobId::new(&fired.cluster, &fired.service, &fired.job),
            Self::Held(record) => record.id(),
        }
    }

    /// The firing, in its attempt.
    pub(crate) fn firing(&self, install: &str) -> Firing {
        match self {
            Self::Fired(fired) => {
                let first = Firing::first(install, &self.id().service, &fired.job, fired.scheduled_time);
                Firing { attempt: fired.redriven.unwrap_or_default(), ..first }
            }
            Self::Held(record) => record.firing(),
        }
    }

    /// When the attempt was to start. One that a person hands over once more is in time as long as ECS surely knows whether it was
    /// started before, whatever the job's start deadline.
    pub(crate) fn due(&self, job: &Job) -> Timestamp {
        match self {
            Self::Fired(fired) if fired.redriven.is_some() => {
                let more = Job::LONGEST_START_DEADLINE.saturating_sub(job.start_deadline);
                fired.scheduled_time.saturating_add(more).unwrap_or(fired.scheduled_time)
            }
            Self::Fired(fired) => fired.scheduled_time,
            Self::Held(record) => record.due,
        }
    }

    /// What kept it from starting before.
    pub(crate) fn problem(&self) -> Option<&str> {
        match self {
            Self::Fired(fired) => fired.problem.as_deref(),
            Self::Held(record) => record.problem.as_deref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Event;
    use serde_json::json;

    #[test]
    fn a_firing_names_its_job() {
        let event = json!({
            "job": "sync",
            "cluster": "arn:aws:ecs:us-east-1:123456789012:cluster/c",
            "service": "web",
            "schedule": "arn:aws:scheduler:us-east-1:123456789012:schedule/greenlight/job.sync.0",
            "scheduled_time": "2026-01-01T02:00:00Z",
            "attempt": "1",
        });
        let event = Event::read(&event).unwrap();
        assert_eq!(event.id().cluster, "c");
        assert_eq!(event.firing("greenlight").started_by(), "greenlight/web/sync/job/1767232800/0");
        assert_eq!(event.problem(), None);
    }

    #[test]
    fn what_is_no_firing_is_refused() {
        for (event, what) in [
            (json!({}), "missing field `job`"),
            (json!([]), "expected"),
            (json!("x"), "expected"),
            (
                json!({ "job": "", "cluster": "c", "service": "s", "scheduled_time": "2026-01-01T02:00:00Z" }),
                "\"job\" is empty",
            ),
            (
                json!({ "job": "j", "cluster": "c", "service": "s", "scheduled_time": "<aws.scheduler.scheduled-time>" }),
                "expected",
            ),
            (json!({ "source": "aws.scheduler", "detail-type": "Scheduled Event", "detail": "{}" }), "missing field"),
            (json!({ "greenlight_job": "start" }), "missing field"),
        ] {
            let message = Event::read(&event).unwrap_err().to_string();
            assert!(message.contains(what), "{event}: {message}");
        }
    }
}
