//! `CreateSchedule`.

use super::shapes::{FlexibleTimeWindow, Target};
use super::{DEFAULT_GROUP, Schedule, Timer, check_name, schedule_arn};
use crate::operation::Operation;
use crate::value::Time;
use crate::{AwsError, Permission, World, iam, timers};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

pub(crate) struct CreateSchedule;

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Input {
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

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    schedule_arn: String,
}

impl Input {
    pub(super) fn group(&self) -> &str {
        self.group_name.as_deref().unwrap_or(DEFAULT_GROUP)
    }

    pub(super) fn enabled(&self) -> bool {
        self.state.as_deref() != Some("DISABLED")
    }
}

impl Operation for CreateSchedule {
    const SERVICE: &'static str = "scheduler";
    const NAME: &'static str = "CreateSchedule";
    const CALLERS: &'static [&'static str] = &["migrate", "warm-up", "finish", "settle"];
    type Input = Input;
    type Output = Output;

    fn authorize(input: &Input, world: &World) -> Vec<Permission> {
        vec![
            Permission::new("scheduler:CreateSchedule", schedule_arn(world, input.group(), &input.name)),
            Permission::new("iam:PassRole", input.target.role_arn.clone())
                .with("iam:PassedToService", "scheduler.amazonaws.com"),
        ]
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        check(&input)?;
        let at = parse_at(&input.schedule_expression)?;
        let group = input.group().to_owned();
        if group != DEFAULT_GROUP && !world.setup.stack.schedule_groups.contains(&group) {
            return Err(AwsError::with_status(
                "ResourceNotFoundException",
                format!("Schedule group {group} does not exist."),
                404,
            ));
        }
        if iam::role_of_arn(world, &input.target.role_arn).is_none() {
            return Err(invalid(
                "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.",
            ));
        }
        let key = (group.clone(), input.name.clone());
        if let Some(existing) = world.scheduler.schedules.get(&key) {
            if input.client_token.is_some() && existing.input == input {
                return Ok(Output { schedule_arn: existing.arn.clone() });
            }
            return Err(AwsError::with_status(
                "ConflictException",
                format!("Schedule {} already exists.", input.name),
                409,
            ));
        }
        world.scheduler.last += 1;
        let generation = world.scheduler.last;
        let arn = schedule_arn(world, &group, &input.name);
        if input.enabled() {
            let timer = Timer::Due { group, name: input.name.clone(), generation };
            world.timers.push(at.max(world.now), timers::Timer::Scheduler(timer));
        }
        let created = world.now;
        world.scheduler.schedules.insert(key, Schedule { generation, arn: arn.clone(), input, at, created });
        Ok(Output { schedule_arn: arn })
    }
}

fn invalid(message: impl Into<String>) -> AwsError {
    AwsError::client("ValidationException", message)
}

fn check(input: &Input) -> Result<(), AwsError> {
    check_name("name", &input.name)?;
    check_name("groupName", input.group())?;
    one_of("state", input.state.as_deref(), &["ENABLED", "DISABLED"])?;
    one_of("actionAfterCompletion", input.action_after_completion.as_deref(), &["NONE", "DELETE"])?;
    one_of("flexibleTimeWindow.mode", Some(&input.flexible_time_window.mode), &["OFF", "FLEXIBLE"])?;
    if input.flexible_time_window.mode != "OFF" {
        return Err(invalid("the stage's schedules have no flexible time window; use Mode OFF"));
    }
    if input.flexible_time_window.maximum_window_in_minutes.is_some() {
        return Err(invalid("Flexible time window cannot be set when mode is OFF."));
    }
    if !matches!(input.schedule_expression_timezone.as_deref(), None | Some("UTC" | "Etc/UTC")) {
        return Err(invalid("the stage's schedules know the time zone UTC only"));
    }
    if input.description.as_ref().is_some_and(|description| description.chars().count() > 512) {
        return Err(invalid(
            "Value at 'description' failed to satisfy constraint: Member must have length less than or equal to 512",
        ));
    }
    if let Some(token) = &input.client_token {
        let allowed = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_');
        if !(1..=64).contains(&token.len()) || !token.chars().all(allowed) {
            return Err(invalid(format!(
                "Value '{token}' at 'clientToken' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9-_]+ and have length between 1 and 64"
            )));
        }
    }
    check_target(&input.target)
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

fn one_of(member: &str, value: Option<&str>, allowed: &[&str]) -> Result<(), AwsError> {
    match value {
        Some(value) if !allowed.contains(&value) => Err(invalid(format!(
            "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: Member must satisfy enum value set: [{}]",
            allowed.join(", ")
        ))),
        _ => Ok(()),
    }
}

/// `at(2026-01-31T12:00:00)`.
fn parse_at(expression: &str) -> Result<Timestamp, AwsError> {
    if expression.starts_with("rate(") || expression.starts_with("cron(") {
        return Err(invalid(format!(
            "the stage has no recurring schedules yet; `{expression}` would need them, `at(yyyy-mm-ddThh:mm:ss)` does not"
        )));
    }
    let bad = || invalid(format!("Invalid Schedule Expression {expression}."));
    let text = expression.strip_prefix("at(").and_then(|rest| rest.strip_suffix(')')).ok_or_else(bad)?;
    let shape = text.chars().map(|character| if character.is_ascii_digit() { '0' } else { character });
    if !shape.eq("0000-00-00T00:00:00".chars()) {
        return Err(bad());
    }
    let local: DateTime = text.parse().map_err(|_| bad())?;
    TimeZone::UTC.to_timestamp(local).map_err(|_| bad())
}
