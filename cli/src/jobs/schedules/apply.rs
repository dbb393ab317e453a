//! Makes schedules what a plan says.

use super::read::schedule;
use super::{Change, Diff, Entry, Expectation, Schedule, id, until};
use crate::Error;
use aws_sdk_scheduler::operation::get_schedule::GetScheduleOutput;
use aws_sdk_scheduler::primitives::DateTime;
use aws_sdk_scheduler::types::{
    ActionAfterCompletion, DeadLetterConfig, FlexibleTimeWindow, FlexibleTimeWindowMode, RetryPolicy, ScheduleState,
    Target,
};
use greenlight_aws::job::expected::{self, Expected};
use greenlight_aws::{Env, classify, retry};
use greenlight_domain::job::JobId;
use greenlight_domain::plan::Plan;

/// Does what a difference says, job by job. Schedules that go are deleted only with `delete`.
///
/// # Errors
/// For the first call that fails for good; what was done before stays done, and the next difference is the smaller for it.
pub async fn apply(env: &Env, plan: &Plan, diff: &Diff, delete: bool) -> Result<(), Error> {
    for entry in &diff.entries {
        one(env, &id(plan, &entry.job), entry, delete).await?;
    }
    Ok(())
}

async fn one(env: &Env, id: &JobId, entry: &Entry, delete_removed: bool) -> Result<(), Error> {
    match &entry.change {
        Change::Added(schedule) => create(env, id, schedule).await?,
        Change::Changed(schedule, _) => update(env, id, schedule).await?,
        Change::Removed if delete_removed => {
            remove(env, &id.schedule()).await?;
            remove(env, &id.failed()).await?;
        }
        Change::Removed => return Ok(()),
        Change::Same | Change::Over => {}
    }
    expect(env, id, entry.expectation).await
}

/// Arms what is expected of a job, or drops it.
pub(crate) async fn expect(env: &Env, id: &JobId, expectation: Expectation) -> Result<(), Error> {
    match expectation {
        Expectation::Stays => Ok(()),
        Expectation::Armed { scheduled, by } => {
            let expected = Expected::new(&env.settings.install, id, scheduled, by);
            Ok(expected::put(env, &expected, until(env)).await?)
        }
        Expectation::Dropped => remove(env, &id.expected()).await,
    }
}

async fn create(env: &Env, id: &JobId, schedule: &Schedule) -> Result<(), Error> {
    let (target, window) = (target(schedule)?, window(schedule)?);
    retry::until(env, until(env), async || {
        let request = env
            .scheduler()
            .create_schedule()
            .name(&schedule.name)
            .group_name(&env.settings.schedule_group)
            .description(description(id))
            .schedule_expression(&schedule.expression)
            .schedule_expression_timezone(&schedule.time_zone)
            .set_start_date(schedule.start.map(date))
            .set_end_date(schedule.end.map(date))
            .flexible_time_window(window.clone())
            .action_after_completion(ActionAfterCompletion::None)
            .state(state(schedule))
            .target(target.clone());
        let answer = request.send().await;
        answer.map_err(|error| classify("scheduler:CreateSchedule", &arn(env, &schedule.name), &error).into())
    })
    .await?;
    Ok(())
}

/// Writes a schedule over the one that is there.
async fn update(env: &Env, id: &JobId, schedule: &Schedule) -> Result<(), Error> {
    let (target, window) = (target(schedule)?, window(schedule)?);
    retry::until(env, until(env), async || {
        let request = env
            .scheduler()
            .update_schedule()
            .name(&schedule.name)
            .group_name(&env.settings.schedule_group)
            .description(description(id))
            .schedule_expression(&schedule.expression)
            .schedule_expression_timezone(&schedule.time_zone)
            .set_start_date(schedule.start.map(date))
            .set_end_date(schedule.end.map(date))
            .flexible_time_window(window.clone())
            .action_after_completion(ActionAfterCompletion::None)
            .state(state(schedule))
            .target(target.clone());
        let answer = request.send().await;
        answer.map_err(|error| classify("scheduler:UpdateSchedule", &arn(env, &schedule.name), &error).into())
    })
    .await?;
    Ok(())
}

/// Writes a schedule again as it is, but for whether it fires. A start that is over is left out, or moved on: Scheduler refuses it.
pub(crate) async fn set_paused(env: &Env, id: &JobId, found: GetScheduleOutput, paused: bool) -> Result<(), Error> {
    let name = id.schedule();
    let start = schedule(&found, env.clock.now()).start;
    let state = if paused { ScheduleState::Disabled } else { ScheduleState::Enabled };
    retry::until(env, until(env), async || {
        let request = env
            .scheduler()
            .update_schedule()
            .name(&name)
            .group_name(&env.settings.schedule_group)
            .set_description(found.description().map(str::to_owned))
            .set_schedule_expression(found.schedule_expression().map(str::to_owned))
            .set_schedule_expression_timezone(found.schedule_expression_timezone().map(str::to_owned))
            .set_start_date(start.map(date))
            .set_end_date(found.end_date().copied())
            .set_flexible_time_window(found.flexible_time_window().cloned())
            .set_action_after_completion(found.action_after_completion().cloned())
            .set_kms_key_arn(found.kms_key_arn().map(str::to_owned))
            .state(state.clone())
            .set_target(found.target().cloned());
        let answer = request.send().await;
        answer.map_err(|error| classify("scheduler:UpdateSchedule", &arn(env, &name), &error).into())
    })
    .await?;
    Ok(())
}

/// Deletes a schedule, if it is there.
///
/// # Errors
/// If it cannot be deleted.
pub async fn remove(env: &Env, name: &str) -> Result<(), Error> {
    let deleted = retry::until(env, until(env), async || {
        let request = env.scheduler().delete_schedule().name(name).group_name(&env.settings.schedule_group);
        let answer = request.send().await;
        answer.map_err(|error| classify("scheduler:DeleteSchedule", &arn(env, name), &error).into())
    });
    match deleted.await {
        Err(error) if !error.is_already_done() => Err(error.into()),
        _ => Ok(()),
    }
}

fn description(id: &JobId) -> String {
    format!("Fires the job {} of {}/{}; made by `greenlight jobs`", id.job, id.cluster, id.service)
}

fn date(time: jiff::Timestamp) -> DateTime {
    DateTime::from_secs(time.as_second())
}

fn state(schedule: &Schedule) -> ScheduleState {
    if schedule.enabled { ScheduleState::Enabled } else { ScheduleState::Disabled }
}

fn window(schedule: &Schedule) -> Result<FlexibleTimeWindow, Error> {
    let mode =
        if schedule.flexible_window.is_some() { FlexibleTimeWindowMode::Flexible } else { FlexibleTimeWindowMode::Off };
    let window = FlexibleTimeWindow::builder().mode(mode);
    window.set_maximum_window_in_minutes(schedule.flexible_window).build().map_err(Error::built)
}

fn target(schedule: &Schedule) -> Result<Target, Error> {
    let retries = RetryPolicy::builder()
        .set_maximum_retry_attempts(schedule.attempts)
        .set_maximum_event_age_in_seconds(schedule.maximum_age)
        .build();
    let dead_letters = schedule.dead_letters.as_ref().map(|arn| DeadLetterConfig::builder().arn(arn).build());
    Target::builder()
        .arn(&schedule.function)
        .role_arn(&schedule.role)
        .input(schedule.input.to_string())
        .retry_policy(retries)
        .set_dead_letter_config(dead_letters)
        .build()
        .map_err(Error::built)
}

fn arn(env: &Env, name: &str) -> String {
    format!("schedule/{}/{name}", env.settings.schedule_group)
}
