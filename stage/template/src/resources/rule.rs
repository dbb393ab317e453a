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
        let what = format!("{} is a recurring schedule, which the stage has not got yet", creation.resource.logical_id);
        return Err(Problem::new(
            node.place,
            what,
            "deploy it without, or give it a condition that does not hold here",
        ));
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
    let arn = table.required_text("Arn")?;
    if !arn.contains(":function:") {
        let what = format!("{}: the stage hands events to functions only, not to `{arn}`", table.path);
        return Err(Problem::new(table.place, what, "name a function of the template"));
    }
    builder.destinations.push((table.required("Arn")?.place, table.join("Arn"), arn.to_owned()));
    let dead_letters = match table.table("DeadLetterConfig", &["Arn"])? {
        Some(config) => {
            let arn = config.required_text("Arn")?;
            builder.destinations.push((config.required("Arn")?.place, config.join("Arn"), arn.to_owned()));
            Some(arn.to_owned())
        }
        None => None,
    };
    let retry = table.table("RetryPolicy", &["MaximumRetryAttempts", "MaximumEventAgeInSeconds"])?;
    let (attempts, age) = match retry {
        Some(retry) => {
            (retry.integer("MaximumRetryAttempts", 0, ATTEMPTS)?, retry.integer("MaximumEventAgeInSeconds", 60, AGE)?)
        }
        None => (None, None),
    };
    let retry = RetryPolicy {
        maximum_attempts: attempts.unwrap_or(ATTEMPTS),
        maximum_age: Duration::from_secs(age.unwrap_or(AGE).into()),
    };
    Ok(RuleTarget { arn: arn.to_owned(), retry, dead_letters })
}
