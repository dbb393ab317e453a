//! A schedule that fires a job.

use super::id;
use super::read::zone;
use crate::Error;
use greenlight_aws::Settings;
use greenlight_domain::job::JobId;
use greenlight_domain::plan::{Job, JobTaskDefinition, Plan};
use greenlight_domain::schedule::Expression;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::time::Duration;

/// What Scheduler is told of a job, or tells of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// `Name`.
    pub name: String,
    /// `ScheduleExpression`, as this program writes it if it can read it.
    pub expression: String,
    /// `ScheduleExpressionTimezone`.
    pub time_zone: String,
    /// `StartDate`; none that is over: it would be refused.
    pub start: Option<Timestamp>,
    /// `EndDate`.
    pub end: Option<Timestamp>,
    /// `MaximumWindowInMinutes`, if there is a window.
    pub flexible_window: Option<i32>,
    /// `State`: whether it fires.
    pub enabled: bool,
    /// ARN of the function that it invokes.
    pub function: String,
    /// ARN of the role that it does so in.
    pub role: String,
    /// What it sends.
    pub input: Value,
    /// `MaximumEventAgeInSeconds`.
    pub maximum_age: Option<i32>,
    /// `MaximumRetryAttempts`.
    pub attempts: Option<i32>,
    /// ARN of the queue that keeps what could not be delivered.
    pub dead_letters: Option<String>,
}

/// As often as Scheduler delivers a firing again; what bounds it is the start deadline.
const ATTEMPTS: i32 = 185;
/// The shortest `MaximumEventAgeInSeconds`.
const SHORTEST_AGE: u64 = 60;
/// The smallest step of time: a firing at the start counts.
const JUST: SignedDuration = SignedDuration::from_nanos(1);

/// The schedule that a job of the plan wants; `None` if nothing fires after `now` any more.
///
/// # Errors
/// If the settings lack a name that a schedule needs.
pub fn wanted(
    settings: &Settings,
    plan: &Plan,
    name: &str,
    job: &Job,
    now: Timestamp,
) -> Result<Option<Schedule>, Error> {
    if job.next(now, now).is_none() {
        return Ok(None);
    }
    let required = |value: &Option<String>, what: &str| {
        value.clone().ok_or_else(|| {
            Error::usage(
                format!("nobody knows the {what} of {}", settings.install),
                "deploy the functions' template in its present version",
            )
        })
    };
    let at = |time: Option<DateTime>| time.and_then(|time| job.time_zone.to_timestamp(time).ok());
    let id = id(plan, name);
    Ok(Some(Schedule {
        name: id.schedule(),
        expression: job.schedule.to_string(),
        time_zone: job.time_zone.iana_name().unwrap_or("UTC").to_owned(),
        start: begin(&job.schedule, &job.time_zone, at(job.start), now),
        end: at(job.end),
        flexible_window: job.flexible_window.and_then(|window| i32::try_from(window.as_secs() / 60).ok()),
        enabled: true,
        function: required(&settings.launch_job_arn, "function launch-job")?,
        role: required(&settings.schedule_role_arn, "role of schedules")?,
        input: input(&id, job),
        maximum_age: Some(maximum_age(job)),
        attempts: Some(ATTEMPTS),
        dead_letters: settings.dead_letter_arn.clone(),
    }))
}

impl Schedule {
    /// The first firing later than `after`. `since` is when the schedule was made or changed last.
    pub(crate) fn next(&self, after: Timestamp, since: Timestamp) -> Option<Timestamp> {
        let expression: Expression = self.expression.parse().ok()?;
        let after = self.start.map_or(after, |start| after.max(start.checked_sub(JUST).unwrap_or(start)));
        let next = expression.next(after, &zone(&self.time_zone), self.start.unwrap_or(since))?;
        self.end.is_none_or(|end| next < end).then_some(next)
    }

    /// When it fires, in plain English; as it is written, if this program cannot read it.
    pub(crate) fn in_words(&self) -> String {
        match self.expression.parse::<Expression>() {
            Ok(rate @ Expression::Rate(_)) => rate.in_words(),
            Ok(expression) => format!("{} ({})", expression.in_words(), self.time_zone),
            Err(_) => self.expression.clone(),
        }
    }

    /// A time as the clock of its time zone shows it.
    pub(crate) fn shown(&self, at: Timestamp) -> String {
        at.to_zoned(zone(&self.time_zone)).strftime("%a %Y-%m-%d %H:%M %Z").to_string()
    }
}

/// What `launch-job` is handed. Scheduler replaces what stands in angle brackets.
fn input(id: &JobId, job: &Job) -> Value {
    let mut input = json!({
        "job": id.job,
        "cluster": id.cluster,
        "service": id.service,
        "schedule": "<aws.scheduler.schedule-arn>",
        "scheduled_time": "<aws.scheduler.scheduled-time>",
        "attempt": "<aws.scheduler.attempt-number>",
    });
    // it saves a call
    if let JobTaskDefinition::Family(family) = &job.task_definition {
        input["task_definition"] = json!(family);
    }
    input
}

/// After the start deadline a firing starts nothing. Scheduler counts from the moment that it fired, which the flexible window may
/// have made late.
fn maximum_age(job: &Job) -> i32 {
    let late = job.flexible_window.unwrap_or(Duration::ZERO);
    let age = job.start_deadline.saturating_sub(late).as_secs().max(SHORTEST_AGE);
    i32::try_from(age).unwrap_or(i32::MAX)
}

/// The start date that a schedule has after `now`: Scheduler refuses one that is over. A clock needs none then, and a rate goes on from
/// its next firing.
pub(super) fn begin(
    expression: &Expression,
    zone: &TimeZone,
    start: Option<Timestamp>,
    now: Timestamp,
) -> Option<Timestamp> {
    let start = start?;
    match expression {
        _ if start > now => Some(start),
        Expression::Rate(_) => expression.next(now.checked_sub(JUST).unwrap_or(now), zone, start),
        Expression::Cron(_) | Expression::At(_) => None,
    }
}
