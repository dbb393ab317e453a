//! `AWS::Events::Rule`.

use super::{Creation, Identity, Kind, Naming};
use crate::builder::Builder;
use crate::event_pattern;
use crate::problem::Problem;
use crate::table::Table;
use greenlight_world::{RetryPolicy, Rule, RuleTarget};
use std::time::Duration;

pub(super) static KIND: Kind = Kind {
    name: "AWS::Events::Rule",
    properties: &["Name", "Description", "EventBusName", "EventPattern", "ScheduleExpression", "State", "Targets"],
    naming: Naming::Property { key: "Name", longest: 64, also: ".-_" },
    parent: None,
    reference: |rule| rule.name.clone(),
    attributes: &[("Arn", arn)],
    create,
};

/// `EventBridge`'s own, where a target gives none.
const ATTEMPTS: u32 = 185;
const AGE: u32 = 86_400;

fn arn(rule: &Identity) -> String {
    rule.arn("events", &format!("rule/{}", rule.name))
}

fn create(builder: &mut Builder, creation: &Creation<'_>) -> Result<(), Problem> {
    let properties = &creation.properties;
    if let Some(node) = properties.get("ScheduleExpression") {
        let what = format!("{} is a rule with a schedule, which the stage has not got", creation.resource.logical_id);
        return Err(Problem::new(node.place, what, "make an AWS::Scheduler::Schedule of it, which has time zones too"));
    }
    properties.word("EventBusName", &["default"])?;
    let state = properties.word("State", &["ENABLED", "DISABLED"])?;
    let pattern = event_pattern::read(properties.required("EventPattern")?, &properties.join("EventPattern"))?;
    let targets = properties.tables("Targets", &["Arn", "Id", "DeadLetterConfig", "RetryPolicy"])?;
    let targets = targets.iter().map(|table| target(builder, table)).collect::<Result<_, _>>()?;
    builder.stack.rules.push(Rule {
        name: creation.identity.name.clone(),
        pattern,
        targets,
        enabled: state != Some("DISABLED"),
    });
    Ok(())
}

fn target(builder: &mut Builder, table: &Table<'_>) -> Result<RuleTarget, Problem> {
    table.required("Id")?;
    let arn = function_arn(builder, table)?;
    Ok(RuleTarget { arn, retry: retry(table)?, dead_letters: dead_letters(builder, table)? })
}

/// `Arn` of a target, which has to be a function.
pub(super) fn function_arn(builder: &mut Builder, table: &Table<'_>) -> Result<String, Problem> {
    let arn = table.required_text("Arn")?;
    if !arn.contains(":function:") {
        let what = format!("{}: the stage hands events to functions only, not to `{arn}`", table.path);
        return Err(Problem::new(table.place, what, "name a function of the template"));
    }
    builder.destinations.push((table.required("Arn")?.place, table.join("Arn"), arn.to_owned()));
    Ok(arn.to_owned())
}

/// `DeadLetterConfig` of a target.
pub(super) fn dead_letters(builder: &mut Builder, table: &Table<'_>) -> Result<Option<String>, Problem> {
    let Some(config) = table.table("DeadLetterConfig", &["Arn"])? else { return Ok(None) };
    let arn = config.required_text("Arn")?;
    builder.destinations.push((config.required("Arn")?.place, config.join("Arn"), arn.to_owned()));
    Ok(Some(arn.to_owned()))
}

/// `RetryPolicy` of a target.
pub(super) fn retry(table: &Table<'_>) -> Result<RetryPolicy, Problem> {
    let retry = table.table("RetryPolicy", &["MaximumRetryAttempts", "MaximumEventAgeInSeconds"])?;
    let (attempts, age) = match retry {
        Some(retry) => {
            (retry.integer("MaximumRetryAttempts", 0, ATTEMPTS)?, retry.integer("MaximumEventAgeInSeconds", 60, AGE)?)
        }
        None => (None, None),
    };
    Ok(RetryPolicy {
        maximum_attempts: attempts.unwrap_or(ATTEMPTS),
        maximum_age: Duration::from_secs(age.unwrap_or(AGE).into()),
    })
}
