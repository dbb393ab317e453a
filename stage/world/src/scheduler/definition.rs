//! What `CreateSchedule` and `UpdateSchedule` are given: the same members in both.

use super::shapes::{DeadLetterConfig, FlexibleTimeWindow, RetryPolicy, Target};
use super::when::When;
use super::{DEFAULT_GROUP, check_name, no_group};
use crate::value::Time;
use crate::{AwsError, World, iam, setup};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde::Deserialize;

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Definition {
    pub(super) name: String,
    pub(super) group_name: Option<String>,
    pub(super) schedule_expression: String,
    pub(super) schedule_expression_timezone: Option<String>,
    /// One-time schedules ignore it.
    pub(super) start_date: Option<Time>,
    /// One-time schedules ignore it.
    pub(super) end_date: Option<Time>,
    pub(super) description: Option<String>,
    pub(super) state: Option<String>,
    pub(super) target: Target,
    pub(super) flexible_time_window: FlexibleTimeWindow,
    pub(super) client_token: Option<String>,
    pub(super) action_after_completion: Option<String>,
}

impl Definition {
    pub(super) fn group(&self) -> &str {
        self.group_name.as_deref().unwrap_or(DEFAULT_GROUP)
    }

    /// Group and name.
    pub(super) fn key(&self) -> (String, String) {
        (self.group().to_owned(), self.name.clone())
    }

    pub(super) fn enabled(&self) -> bool {
        self.state.as_deref() != Some("DISABLED")
    }

    pub(super) fn deleted_after_completion(&self) -> bool {
        self.action_after_completion.as_deref() == Some("DELETE")
    }

    /// Checks it, and says when it fires.
    pub(super) fn check(&self, world: &World) -> Result<When, AwsError> {
        let when = self.check_alone()?;
        if !has_group(world, self.group()) {
            return Err(no_group(self.group()));
        }
        if iam::role_of_arn(world, &self.target.role_arn).is_none() {
            return Err(invalid(
                "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.",
            ));
        }
        Ok(when)
    }

    /// What can be checked without a world.
    pub(crate) fn check_alone(&self) -> Result<When, AwsError> {
        check_name("name", &self.name)?;
        check_name("groupName", self.group())?;
        one_of("state", self.state.as_deref(), &["ENABLED", "DISABLED"])?;
        one_of("actionAfterCompletion", self.action_after_completion.as_deref(), &["NONE", "DELETE"])?;
        if self.description.as_ref().is_some_and(|description| description.chars().count() > 512) {
            return Err(invalid(
                "Value at 'description' failed to satisfy constraint: Member must have length less than or equal to 512",
            ));
        }
        check_token(self.client_token.as_deref())?;
        check_target(&self.target)?;
        self.when()
    }

    fn when(&self) -> Result<When, AwsError> {
        let expression = self.schedule_expression.parse().map_err(|error| {
            let text = &self.schedule_expression;
            invalid(format!("Invalid Schedule Expression {text}. {error}"))
        })?;
        let zone = match self.schedule_expression_timezone.as_deref() {
            None => TimeZone::UTC,
            Some(name) => TimeZoneDatabase::bundled()
                .get(name)
                .map_err(|_| invalid(format!("Invalid ScheduleExpressionTimezone {name}.")))?,
        };
        let (start, end) = (self.start_date.map(|time| time.0), self.end_date.map(|time| time.0));
        let when = When { expression, zone, start, end, window: self.window()? };
        if when.start.zip(when.end).is_some_and(|(start, end)| end <= start) && !when.is_once() {
            return Err(invalid("The EndDate you specify must come after the StartDate."));
        }
        if !when.expression.fires_in(&when.zone) {
            return Err(invalid("the clocks of the time zone skip the only time of the schedule: it would never fire"));
        }
        Ok(when)
    }

    /// The flexible time window, in minutes.
    fn window(&self) -> Result<u32, AwsError> {
        let FlexibleTimeWindow { mode, maximum_window_in_minutes } = &self.flexible_time_window;
        one_of("flexibleTimeWindow.mode", Some(mode), &["OFF", "FLEXIBLE"])?;
        match (mode.as_str(), maximum_window_in_minutes) {
            ("OFF", None) => Ok(0),
            ("OFF", Some(_)) => Err(invalid("Flexible time window cannot be set when mode is OFF.")),
            (_, None) => Err(invalid("Maximum window in minutes must be set when mode is FLEXIBLE.")),
            (_, Some(minutes)) => {
                u32::try_from(*minutes).ok().filter(|minutes| (1..=1440).contains(minutes)).ok_or_else(|| {
                    invalid(
                        "Value at 'flexibleTimeWindow.maximumWindowInMinutes' failed to satisfy constraint: Member must be between 1 and 1440",
                    )
                })
            }
        }
    }
}

impl From<&setup::Schedule> for Definition {
    fn from(schedule: &setup::Schedule) -> Self {
        let mode = if schedule.flexible_window.is_some() { "FLEXIBLE" } else { "OFF" };
        let retry = RetryPolicy {
            maximum_event_age_in_seconds: i64::try_from(schedule.retry.maximum_age.as_secs()).ok(),
            maximum_retry_attempts: Some(schedule.retry.maximum_attempts.into()),
        };
        Self {
            name: schedule.name.clone(),
            group_name: schedule.group.clone(),
            schedule_expression: schedule.expression.clone(),
            schedule_expression_timezone: schedule.time_zone.clone(),
            start_date: schedule.start.map(Time),
            end_date: schedule.end.map(Time),
            description: None,
            state: Some(if schedule.enabled { "ENABLED" } else { "DISABLED" }.to_owned()),
            target: Target {
                arn: schedule.target.clone(),
                role_arn: schedule.role_arn.clone(),
                input: schedule.input.clone(),
                retry_policy: Some(retry),
                dead_letter_config: schedule.dead_letters.clone().map(|arn| DeadLetterConfig { arn: Some(arn) }),
            },
            flexible_time_window: FlexibleTimeWindow {
                mode: mode.to_owned(),
                maximum_window_in_minutes: schedule.flexible_window.map(i64::from),
            },
            client_token: None,
            action_after_completion: None,
        }
    }
}

pub(super) fn has_group(world: &World, group: &str) -> bool {
    group == DEFAULT_GROUP || world.setup.stack.schedule_groups.iter().any(|known| known == group)
}

pub(super) fn invalid(message: impl Into<String>) -> AwsError {
    AwsError::client("ValidationException", message)
}

fn check_token(token: Option<&str>) -> Result<(), AwsError> {
    let Some(token) = token else { return Ok(()) };
    let allowed = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_');
    if !(1..=64).contains(&token.len()) || !token.chars().all(allowed) {
        return Err(invalid(format!(
            "Value '{token}' at 'clientToken' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9-_]+ and have length between 1 and 64"
        )));
    }
    Ok(())
}

fn check_target(target: &Target) -> Result<(), AwsError> {
    let mut parts = target.arn.split(':');
    if !(parts.next() == Some("arn") && parts.nth(1) == Some("lambda") && target.arn.contains(":function:")) {
        return Err(invalid(format!(
            "the stage's schedules invoke Lambda functions only; {} is not a function's ARN",
            target.arn
        )));
    }
    let input = target.input.as_deref().map(serde_json::from_str::<serde_json::Value>);
    if input.is_some_and(|read| read.is_err()) {
        return Err(invalid("Invalid RequestJson provided. Reason: the input of a Lambda target must be JSON."));
    }
    if let Some(policy) = &target.retry_policy {
        if policy.maximum_retry_attempts.is_some_and(|attempts| !(0..=185).contains(&attempts)) {
            return Err(invalid(
                "Value at 'target.retryPolicy.maximumRetryAttempts' failed to satisfy constraint: Member must be between 0 and 185",
            ));
        }
        if policy.maximum_event_age_in_seconds.is_some_and(|age| !(60..=86_400).contains(&age)) {
            return Err(invalid(
                "Value at 'target.retryPolicy.maximumEventAgeInSeconds' failed to satisfy constraint: Member must be between 60 and 86400",
            ));
        }
    }
    Ok(())
}

pub(super) fn one_of(member: &str, value: Option<&str>, allowed: &[&str]) -> Result<(), AwsError> {
    match value {
        Some(value) if !allowed.contains(&value) => Err(invalid(format!(
            "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: Member must satisfy enum value set: [{}]",
            allowed.join(", ")
        ))),
        _ => Ok(()),
    }
}
