//! `[jobs.NAME]`: what runs by the clock.

use super::{as_optional_text, as_text};
use crate::schedule::Expression;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Serialize, Serializer};
use std::time::Duration;

/// One of `[jobs]`. It has a firing between its start and its end.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Job {
    /// When it fires.
    #[serde(serialize_with = "displayed")]
    pub schedule: Expression,
    /// Where the clock is that its schedule, start and end are read from.
    #[serde(serialize_with = "zone_name")]
    pub time_zone: TimeZone,
    /// What runs.
    pub command: Vec<String>,
    /// What its tasks are started from.
    #[serde(skip_serializing_if = "JobTaskDefinition::is_live")]
    pub task_definition: JobTaskDefinition,
    /// The container that runs the command, if it is not the plan's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
    /// What a firing does while an earlier run is still there.
    pub overlap: Overlap,
    /// How long one attempt may run.
    #[serde(serialize_with = "as_text")]
    pub timeout: Duration,
    /// A firing that is not started so long after its scheduled time is skipped.
    #[serde(serialize_with = "as_text")]
    pub start_deadline: Duration,
    /// Scheduler may fire this much later than the schedule says; whole minutes, less than the start deadline.
    #[serde(serialize_with = "as_optional_text", skip_serializing_if = "Option::is_none")]
    pub flexible_window: Option<Duration>,
    /// Nothing fires before, as the clock of the time zone shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<DateTime>,
    /// Nothing fires then or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<DateTime>,
    /// When a run that failed is tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<JobRetry>,
    /// Whether a firing during a deployment waits until it is over, at most until the start deadline.
    pub wait_for_deployment: bool,
    /// A firing without a successful run so long after its scheduled time is told to the team.
    #[serde(serialize_with = "as_optional_text", skip_serializing_if = "Option::is_none")]
    pub expected_by: Option<Duration>,
}

/// `overlap`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Overlap {
    /// Both run.
    Allow,
    /// The new one is skipped.
    #[default]
    Forbid,
    /// The old one is stopped.
    Replace,
}

/// `retry`: a run that failed, for whatever reason, is tried again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct JobRetry {
    /// How often.
    pub times: u32,
    /// The wait before the first of them; each further one is twice as long.
    #[serde(serialize_with = "as_text")]
    pub wait: Duration,
}

/// `task-definition`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum JobTaskDefinition {
    /// The revision that serves when the job fires: jobs follow deployments and rollbacks.
    #[default]
    Live,
    /// A family of the job's own: its latest revision, with the image that serves when the job fires.
    Family(String),
    /// Always this one, as `family:revision`, with its own image.
    Fixed(String),
}

impl Job {
    /// How long an attempt may run, if the plan does not say.
    pub const TIMEOUT: Duration = Duration::from_mins(10);
    /// The start deadline, if the plan does not say.
    pub const START_DEADLINE: Duration = Duration::from_mins(30);
    /// The longest start deadline. ECS remembers a client token for at least an hour: a firing that is delivered again later
    /// must be too late to start anything.
    pub const LONGEST_START_DEADLINE: Duration = Duration::from_mins(55);
    /// The longest name of a job: with the install, the service and the time it goes into the names of schedules, which have 64
    /// characters, and into the `startedBy` of tasks.
    pub const LONGEST_NAME: usize = 40;

    /// The first firing later than `after` and within start and end. `since` is when a rate without a start begins: when its
    /// schedule was made or changed.
    pub fn next(&self, after: Timestamp, since: Timestamp) -> Option<Timestamp> {
        let at = |time: DateTime| self.time_zone.to_timestamp(time).ok();
        let start = self.start.and_then(at);
        let after = start.map_or(after, |start| after.max(start.saturating_sub(JUST).unwrap_or(start)));
        let next = self.schedule.next(after, &self.time_zone, start.unwrap_or(since))?;
        let end = self.end.and_then(at);
        end.is_none_or(|end| next < end).then_some(next)
    }

    /// When it fires, in plain English: `at 02:30 every day (Europe/Berlin), until 2026-12-24 00:00`.
    pub fn in_words(&self) -> String {
        let mut words = self.schedule.in_words();
        if !matches!(self.schedule, Expression::Rate(_)) {
            words = format!("{words} ({})", self.time_zone.iana_name().unwrap_or("UTC"));
        }
        for (word, time) in [("from", self.start), ("until", self.end)] {
            if let Some(time) = time {
                words = format!("{words}, {word} {}", time.strftime("%Y-%m-%d %H:%M"));
            }
        }
        words
    }
}

/// The smallest step of time: a firing at the start counts.
const JUST: SignedDuration = SignedDuration::from_nanos(1);

impl JobRetry {
    /// The first wait, if the plan does not say.
    pub const WAIT: Duration = Duration::from_secs(30);
    /// No wait is longer.
    pub const LONGEST_WAIT: Duration = Duration::from_hours(1);

    /// The wait before attempt `attempt`, the first retry being 1.
    pub fn wait_before(&self, attempt: u32) -> Duration {
        let doubled = 1_u32.checked_shl(attempt.saturating_sub(1)).unwrap_or(u32::MAX);
        self.wait.saturating_mul(doubled).min(Self::LONGEST_WAIT)
    }
}

impl JobTaskDefinition {
    fn is_live(&self) -> bool {
        *self == Self::Live
    }
}

impl Serialize for JobTaskDefinition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Live => serializer.serialize_none(),
            Self::Family(name) | Self::Fixed(name) => serializer.serialize_str(name),
        }
    }
}

fn displayed<S: Serializer>(expression: &Expression, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(expression)
}

fn zone_name<S: Serializer>(zone: &TimeZone, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(zone.iana_name().unwrap_or("UTC"))
}
