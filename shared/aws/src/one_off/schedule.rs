//! One-shot schedules: what outlasts a function.

use super::Record;
use crate::{Env, Error, classify, retry};
use aws_sdk_scheduler::types::{
    ActionAfterCompletion, DeadLetterConfig, FlexibleTimeWindow, FlexibleTimeWindowMode, RetryPolicy, Target,
};
use aws_smithy_types::error::operation::BuildError;
use greenlight_domain::one_off::{OneOff, Purpose};
use jiff::{RoundMode, Timestamp, TimestampRound, Unit};
use serde_json::json;

/// Whether a schedule is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    /// It was created now.
    Now,
    /// It was there before: the same event is delivered again.
    Before,
}

/// Scheduler tries for half an hour to hand a firing to Lambda; after that `CodeDeploy`'s own hour is near.
pub(crate) const RETRIES: i32 = 20;
pub(crate) const RETRY_AGE_SECONDS: i32 = 1800;

/// Creates the schedule that fires at `due` and hands `record` to `settle`. It stays after it has fired.
pub async fn create(
    env: &Env,
    record: &Record,
    purpose: Purpose,
    due: Timestamp,
    until: Timestamp,
) -> Result<Created, Error> {
    let name = record.one_off().schedule_name(purpose);
    let target = target(env, &record.signalling(purpose))?;
    let created = retry::until(env, until, async || {
        let request = env
            .scheduler()
            .create_schedule()
            .name(&name)
            .group_name(&env.settings.schedule_group)
            .client_token(&name)
            .schedule_expression(at(due))
            .schedule_expression_timezone("UTC")
            .flexible_time_window(off()?)
            .action_after_completion(ActionAfterCompletion::None)
            .target(target.clone());
        request.send().await.map_err(|error| classify("scheduler:CreateSchedule", &arn(env, &name), &error).into())
    })
    .await;
    match created {
        Ok(_) => Ok(Created::Now),
        Err(error) if error.is_already_done() => Ok(Created::Before),
        Err(error) => Err(error),
    }
}

/// Reads what an attempt's deadline remembers; `None` if the attempt is settled, or never began.
pub async fn read(env: &Env, one_off: &OneOff) -> Result<Option<Record>, Error> {
    let name = one_off.schedule_name(Purpose::Deadline);
    let Some(input) = input(env, &name).await? else { return Ok(None) };
    let value = serde_json::from_str(&input)
        .map_err(|error| Error::Unfit(format!("the input of schedule {name} is not JSON: {error}")))?;
    Record::read(&value).map(Some)
}

/// Whether there is such a schedule.
pub async fn exists(env: &Env, one_off: &OneOff, purpose: Purpose) -> Result<bool, Error> {
    Ok(input(env, &one_off.schedule_name(purpose)).await?.is_some())
}

/// The input of a schedule; `None` if there is no such schedule.
pub(crate) async fn input(env: &Env, name: &str) -> Result<Option<String>, Error> {
    let request = env.scheduler().get_schedule().name(name).group_name(&env.settings.schedule_group);
    match request.send().await {
        Ok(answer) => Ok(Some(answer.target().and_then(|target| target.input()).unwrap_or_default().to_owned())),
        Err(error) => {
            let fault = classify("scheduler:GetSchedule", &arn(env, name), &error);
            if fault.code.as_deref() == Some("ResourceNotFoundException") { Ok(None) } else { Err(fault.into()) }
        }
    }
}

/// Deletes every schedule of a hook that has its verdict.
pub async fn delete_all(env: &Env, record: &Record) {
    for name in record.schedules() {
        delete(env, &name).await;
    }
}

/// Deletes a schedule. One that stays does no harm, since what it asks for is settled: failing is only written down.
pub async fn delete(env: &Env, name: &str) {
    if let Err(error) = try_to_delete(env, name).await {
        env.emit("schedule.left", json!({ "schedule": name, "reason": error.to_string() }));
    }
}

/// Deletes a schedule, if it is there.
pub(crate) async fn try_to_delete(env: &Env, name: &str) -> Result<(), Error> {
    let request = env.scheduler().delete_schedule().name(name).group_name(&env.settings.schedule_group);
    let deleted = request.send().await.map(|_| ());
    let deleted = deleted.map_err(|error| Error::from(classify("scheduler:DeleteSchedule", &arn(env, name), &error)));
    deleted.or_else(|error| if error.is_already_done() { Ok(()) } else { Err(error) })
}

fn target(env: &Env, record: &Record) -> Result<Target, Error> {
    let input = serde_json::to_string(record)
        .map_err(|error| Error::Unfit(format!("the input of a schedule cannot be written: {error}")))?;
    let retries =
        RetryPolicy::builder().maximum_retry_attempts(RETRIES).maximum_event_age_in_seconds(RETRY_AGE_SECONDS).build();
    let dead_letters = env.settings.dead_letter_arn.as_ref().map(|arn| DeadLetterConfig::builder().arn(arn).build());
    Target::builder()
        .arn(env.settings.settle_arn()?)
        .role_arn(env.settings.schedule_role_arn()?)
        .input(input)
        .retry_policy(retries)
        .set_dead_letter_config(dead_letters)
        .build()
        .map_err(|error| incomplete(&error))
}

pub(crate) fn off() -> Result<FlexibleTimeWindow, Error> {
    FlexibleTimeWindow::builder().mode(FlexibleTimeWindowMode::Off).build().map_err(|error| incomplete(&error))
}

pub(crate) fn incomplete(error: &BuildError) -> Error {
    Error::Unfit(format!("a schedule cannot be described: {error}"))
}

/// `at(yyyy-mm-ddThh:mm:ss)`: never earlier than `due`.
pub(crate) fn at(due: Timestamp) -> String {
    let whole = due.round(TimestampRound::new().smallest(Unit::Second).mode(RoundMode::Ceil)).unwrap_or(due);
    format!("at({})", whole.strftime("%Y-%m-%dT%H:%M:%S"))
}

/// The schedule's ARN, as far as a function knows it: what its role must be allowed to touch.
pub(crate) fn arn(env: &Env, name: &str) -> String {
    format!("schedule/{}/{name}", env.settings.schedule_group)
}

#[cfg(test)]
mod tests {
    use super::at;

    #[test]
    fn a_schedule_is_never_early() {
        for (due, expected) in [
            ("2026-01-01T00:00:00Z", "at(2026-01-01T00:00:00)"),
            ("2026-01-01T00:00:00.001Z", "at(2026-01-01T00:00:01)"),
            ("2026-01-01T23:59:59.5Z", "at(2026-01-02T00:00:00)"),
        ] {
            assert_eq!(at(due.parse().unwrap()), expected);
        }
    }
}
