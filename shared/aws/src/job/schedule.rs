//! The schedules of a run and of a firing that waits.

use super::{Record, Signal};
use crate::one_off::schedule::{self as one_off, Created, RETRIES, RETRY_AGE_SECONDS};
use crate::{Env, Error, classify, retry};
use aws_sdk_scheduler::types::{
    ActionAfterCompletion, DeadLetterConfig, FlexibleTimeWindow, RetryPolicy, ScheduleState, Target,
};
use greenlight_domain::job::{Firing, JobId};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

pub use crate::one_off::schedule::delete;

/// A schedule that fires once, or never.
pub(crate) struct Once<'a> {
    pub(crate) name: &'a str,
    pub(crate) at: Timestamp,
    /// The function's ARN.
    pub(crate) function: &'a str,
    pub(crate) input: String,
    pub(crate) enabled: bool,
    /// Whether it stays when it has fired.
    pub(crate) stays: bool,
}

/// Creates the schedule of a run.
///
/// # Errors
/// If nobody knows whether it is there.
pub async fn create(env: &Env, record: &Record, until: Timestamp) -> Result<Created, Error> {
    Once::of(env, record, &record.name())?.create(env, until).await
}

/// Lets the schedule of a run wait for something else; `false` if there is none any more: the run is settled.
pub async fn update(env: &Env, record: &Record, until: Timestamp) -> Result<bool, Error> {
    Once::of(env, record, &record.name())?.update(env, until).await
}

/// Delivers an event to `launch-job` once more, then. A second delivery of the same event asks for the same.
pub async fn wait(
    env: &Env,
    firing: &Firing,
    id: &JobId,
    waits: u32,
    at: Timestamp,
    event: &impl Serialize,
    until: Timestamp,
) -> Result<(), Error> {
    let name = id.wait(firing.scheduled, waits);
    let function = env.settings.launch_job_arn()?;
    let once = Once { name: &name, at, function, input: text(event)?, enabled: true, stays: false };
    once.create(env, until).await.map(|_| ())
}

/// What is remembered of the unsettled run that this firing began, or that keeps it out.
pub async fn read(env: &Env, name: &str, until: Timestamp) -> Result<Option<Record>, Error> {
    let Some(input) = input(env, name, until).await? else { return Ok(None) };
    Record::read(&input).map(Some)
}

/// What is remembered of the run that started a task, if that is not settled.
pub async fn of_task(env: &Env, firing: &Firing, id: &JobId, until: Timestamp) -> Result<Option<Record>, Error> {
    for name in [id.run(None), id.run(Some(firing.scheduled))] {
        if let Some(record) = read(env, &name, until).await?.filter(|record| record.is(firing)) {
            return Ok(Some(record));
        }
    }
    Ok(None)
}

/// The input of a schedule; `None` if there is no such schedule.
pub(super) async fn input(env: &Env, name: &str, until: Timestamp) -> Result<Option<Value>, Error> {
    let Some(input) = retry::until(env, until, async || one_off::input(env, name).await).await? else {
        return Ok(None);
    };
    serde_json::from_str(&input)
        .map(Some)
        .map_err(|error| Error::Unfit(format!("the input of schedule {name} is not JSON: {error}")))
}

pub(super) fn text(input: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(input)
        .map_err(|error| Error::Unfit(format!("the input of a schedule cannot be written: {error}")))
}

impl<'a> Once<'a> {
    fn of(env: &'a Env, record: &Record, name: &'a str) -> Result<Self, Error> {
        let function = match record.greenlight_job {
            Signal::Start => env.settings.launch_job_arn()?,
            Signal::Deadline | Signal::Grace => env.settings.settle_arn()?,
        };
        Ok(Self { name, at: record.fires, function, input: text(record)?, enabled: true, stays: true })
    }

    /// Creates it. It has no client token of ours: one that was deleted can be made again.
    pub(crate) async fn create(&self, env: &Env, until: Timestamp) -> Result<Created, Error> {
        let (target, window) = (self.target(env)?, one_off::off()?);
        let created = retry::until(env, until, async || {
            let request = env
                .scheduler()
                .create_schedule()
                .name(self.name)
                .group_name(&env.settings.schedule_group)
                .schedule_expression(one_off::at(self.at))
                .schedule_expression_timezone("UTC")
                .flexible_time_window(window.clone())
                .action_after_completion(self.afterwards())
                .state(self.state())
                .target(target.clone());
            let answer = request.send().await;
            answer.map_err(|error| classify("scheduler:CreateSchedule", &one_off::arn(env, self.name), &error).into())
        });
        match created.await {
            Ok(_) => Ok(Created::Now),
            Err(error) if error.is_already_done() => Ok(Created::Before),
            Err(error) => Err(error),
        }
    }

    /// Updates it; `false` if it is not there.
    pub(crate) async fn update(&self, env: &Env, until: Timestamp) -> Result<bool, Error> {
        let target = self.target(env)?;
        let window: FlexibleTimeWindow = one_off::off()?;
        let updated = retry::until(env, until, async || {
            let request = env
                .scheduler()
                .update_schedule()
                .name(self.name)
                .group_name(&env.settings.schedule_group)
                .schedule_expression(one_off::at(self.at))
                .schedule_expression_timezone("UTC")
                .flexible_time_window(window.clone())
                .action_after_completion(self.afterwards())
                .state(self.state())
                .target(target.clone());
            let answer = request.send().await;
            answer.map_err(|error| classify("scheduler:UpdateSchedule", &one_off::arn(env, self.name), &error).into())
        });
        match updated.await {
            Ok(_) => Ok(true),
            Err(Error::Fault(fault)) if fault.code.as_deref() == Some("ResourceNotFoundException") => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn state(&self) -> ScheduleState {
        if self.enabled { ScheduleState::Enabled } else { ScheduleState::Disabled }
    }

    fn afterwards(&self) -> ActionAfterCompletion {
        if self.stays { ActionAfterCompletion::None } else { ActionAfterCompletion::Delete }
    }

    fn target(&self, env: &Env) -> Result<Target, Error> {
        let retries = RetryPolicy::builder().maximum_retry_attempts(RETRIES);
        let dead_letters =
            env.settings.dead_letter_arn.as_ref().map(|arn| DeadLetterConfig::builder().arn(arn).build());
        Target::builder()
            .arn(self.function)
            .role_arn(env.settings.schedule_role_arn()?)
            .input(&self.input)
            .retry_policy(retries.maximum_event_age_in_seconds(RETRY_AGE_SECONDS).build())
            .set_dead_letter_config(dead_letters)
            .build()
            .map_err(|error| one_off::incomplete(&error))
    }
}
