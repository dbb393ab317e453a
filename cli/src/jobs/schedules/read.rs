//! The schedules that are there.

use super::schedule::begin;
use super::{Schedule, job_of, until};
use crate::Error;
use aws_sdk_scheduler::operation::get_schedule::GetScheduleOutput;
use aws_sdk_scheduler::primitives::DateTime;
use aws_sdk_scheduler::types::{FlexibleTimeWindow, RetryPolicy, ScheduleState, ScheduleSummary, Target};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use greenlight_aws::{Env, classify, retry};
use greenlight_domain::plan::Plan;
use greenlight_domain::schedule::Expression;
use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// So many schedules are read at once.
const AT_ONCE: usize = 8;

/// What is there of a service's jobs.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// What fires its jobs, by the job's name.
    pub schedules: BTreeMap<String, Schedule>,
    /// When each of them was made or changed last.
    pub modified: BTreeMap<String, Timestamp>,
    /// The names of the schedules in the group that say until when a job shall have succeeded, of whatever service.
    pub expected: BTreeSet<String>,
}

/// Reads the schedules of the service's jobs as they are `now`: one call for each hundred in the group, and one for each of the service's.
///
/// # Errors
/// If they cannot be read.
pub async fn list(env: &Env, plan: &Plan, now: Timestamp) -> Result<Found, Error> {
    let jobs = names(env, "job.").await?.into_iter().filter_map(|name| Some((job_of(plan, &name)?, name)));
    let read = async |(job, name): (String, String)| {
        // one that was deleted in between is not there
        let found = get(env, &name).await?;
        Ok::<_, Error>(found.map(|found| (job, found)))
    };
    let read: Vec<_> = stream::iter(jobs).map(read).buffered(AT_ONCE).try_collect().await?;
    let mut found = Found::default();
    for (job, read) in read.into_iter().flatten() {
        found.modified.extend(read.last_modification_date().and_then(timestamp).map(|at| (job.clone(), at)));
        found.schedules.insert(job, schedule(&read, now));
    }
    found.expected = names(env, "expect.").await?.into_iter().collect();
    Ok(found)
}

/// The names of the group's schedules that begin so.
async fn names(env: &Env, prefix: &str) -> Result<Vec<String>, Error> {
    let group = &env.settings.schedule_group;
    let mut names = Vec::new();
    let mut token = None;
    loop {
        let answer = retry::until(env, until(env), async || {
            let request = env.scheduler().list_schedules().group_name(group).name_prefix(prefix);
            let answer = request.set_next_token(token.clone()).send().await;
            answer.map_err(|error| classify("scheduler:ListSchedules", group, &error).into())
        });
        let answer = answer.await?;
        names.extend(answer.schedules().iter().filter_map(ScheduleSummary::name).map(str::to_owned));
        token = answer.next_token().filter(|token| !token.is_empty()).map(str::to_owned);
        if token.is_none() {
            return Ok(names);
        }
    }
}

/// Everything that Scheduler tells of a schedule; `None` if there is none.
///
/// # Errors
/// If it cannot be read.
pub async fn get(env: &Env, name: &str) -> Result<Option<GetScheduleOutput>, Error> {
    let group = &env.settings.schedule_group;
    let answer = retry::until(env, until(env), async || {
        let answer = env.scheduler().get_schedule().name(name).group_name(group).send().await;
        answer.map_err(|error| classify("scheduler:GetSchedule", &format!("schedule/{group}/{name}"), &error).into())
    });
    match answer.await {
        Ok(answer) => Ok(Some(answer)),
        Err(greenlight_aws::Error::Fault(fault)) if fault.code.as_deref() == Some("ResourceNotFoundException") => {
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// What Scheduler tells, as this program would have written it.
pub(super) fn schedule(found: &GetScheduleOutput, now: Timestamp) -> Schedule {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let time_zone = found.schedule_expression_timezone().unwrap_or("UTC");
    let expression = text(found.schedule_expression());
    let read: Option<Expression> = expression.parse().ok();
    let start = found.start_date().and_then(timestamp);
    let start = read.as_ref().map_or(start, |read| begin(read, &zone(time_zone), start, now));
    let target = found.target();
    let policy = target.and_then(Target::retry_policy);
    Schedule {
        name: text(found.name()),
        expression: read.map_or(expression, |read| read.to_string()),
        time_zone: time_zone.to_owned(),
        start,
        end: found.end_date().and_then(timestamp),
        flexible_window: found.flexible_time_window().and_then(FlexibleTimeWindow::maximum_window_in_minutes),
        enabled: !is_paused(found),
        function: text(target.map(Target::arn)),
        role: text(target.map(Target::role_arn)),
        input: target.and_then(Target::input).map(input).unwrap_or_default(),
        maximum_age: policy.and_then(RetryPolicy::maximum_event_age_in_seconds),
        attempts: policy.and_then(RetryPolicy::maximum_retry_attempts),
        dead_letters: target.and_then(|target| target.dead_letter_config()?.arn().map(str::to_owned)),
    }
}

/// Whether a schedule does not fire for now.
pub(crate) fn is_paused(found: &GetScheduleOutput) -> bool {
    found.state() == Some(&ScheduleState::Disabled)
}

/// The input's JSON, or its text if somebody wrote none.
fn input(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
}

pub(super) fn timestamp(time: &DateTime) -> Option<Timestamp> {
    Timestamp::from_second(time.secs()).ok()
}

/// The time zone of this name; UTC for one that this program does not know.
pub(super) fn zone(name: &str) -> TimeZone {
    TimeZoneDatabase::bundled().get(name).unwrap_or(TimeZone::UTC)
}
