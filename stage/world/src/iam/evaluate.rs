//! How policies are evaluated: some statement has to allow, and none may deny.

use super::{Permission, Policy, Statement};
use crate::glob::Glob;
use serde_json::Value;
use std::collections::BTreeMap;

/// What the stage does not understand about a policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// A condition operator that it has not got.
    #[error(
        "condition operator `{0}` is not one the stage evaluates; use StringEquals, StringLike, ArnEquals, ArnLike or Bool"
    )]
    UnknownOperator(String),
    /// An effect that does not exist.
    #[error("effect `{0}` does not exist; use Allow or Deny")]
    UnknownEffect(String),
    /// A list that holds something else than texts.
    #[error("`{0}` has to be a text or a list of texts")]
    NotText(&'static str),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    StringEquals,
    StringLike,
    /// `ArnEquals` and `ArnLike` behave alike.
    ArnLike,
    Bool,
}

// === impl Operator ===

impl Operator {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "StringEquals" => Self::StringEquals,
            "StringLike" => Self::StringLike,
            "ArnEquals" | "ArnLike" => Self::ArnLike,
            "Bool" => Self::Bool,
            _ => return None,
        })
    }

    fn holds(self, expected: &str, actual: &str) -> bool {
        match self {
            Self::StringEquals => expected == actual,
            Self::StringLike => Glob::policy(expected).matches(actual),
            Self::ArnLike => arn_like(expected, actual),
            Self::Bool => expected.eq_ignore_ascii_case(actual),
        }
    }
}

/// Each of the six parts of an ARN is matched by itself: a star does not reach over a colon into the next part.
fn arn_like(pattern: &str, arn: &str) -> bool {
    let (pattern, arn): (Vec<_>, Vec<_>) = (pattern.splitn(6, ':').collect(), arn.splitn(6, ':').collect());
    pattern.len() == arn.len() && pattern.iter().zip(arn).all(|(pattern, part)| Glob::policy(pattern).matches(part))
}

/// Whether the policies allow it: some statement allows it and none denies it.
pub(super) fn allows(policies: &[Policy], permission: &Permission) -> bool {
    let applying =
        || policies.iter().flat_map(|policy| &policy.statement).filter(|statement| applies(statement, permission));
    applying().any(|statement| statement.effect == "Allow") && !applying().any(|statement| statement.effect == "Deny")
}

fn applies(statement: &Statement, permission: &Permission) -> bool {
    let action = permission.action.to_lowercase();
    texts(&statement.action).any(|pattern| Glob::policy(&pattern.to_lowercase()).matches(&action))
        && texts(&statement.resource).any(|pattern| Glob::policy(pattern).matches(&permission.resource))
        && statement.condition.iter().all(|(operator, keys)| condition_holds(operator, keys, permission))
}

/// Every key has to be there and to equal one of its values. A condition that the stage does not know does not hold.
fn condition_holds(operator: &str, keys: &BTreeMap<String, Value>, permission: &Permission) -> bool {
    let Some(operator) = Operator::parse(operator) else { return false };
    keys.iter().all(|(key, expected)| {
        let actual = permission.context.iter().find(|(name, _)| name.eq_ignore_ascii_case(key));
        actual.is_some_and(|(_, actual)| match expected {
            Value::Bool(expected) => operator.holds(if *expected { "true" } else { "false" }, actual),
            expected => texts(expected).any(|expected| operator.holds(expected, actual)),
        })
    })
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    match value {
        Value::Array(values) => values.as_slice(),
        single => std::slice::from_ref(single),
    }
    .iter()
    .filter_map(Value::as_str)
}

pub(super) fn check(statement: &Statement) -> Result<(), PolicyError> {
    if !matches!(statement.effect.as_str(), "Allow" | "Deny") {
        return Err(PolicyError::UnknownEffect(statement.effect.clone()));
    }
    for (name, value) in [("Action", &statement.action), ("Resource", &statement.resource)] {
        let all_text = match value {
            Value::Array(values) => values.iter().all(Value::is_string),
            single => single.is_string(),
        };
        if !all_text {
            return Err(PolicyError::NotText(name));
        }
    }
    match statement.condition.keys().find(|operator| Operator::parse(operator).is_none()) {
        Some(operator) => Err(PolicyError::UnknownOperator(operator.clone())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn policy(statements: &Value) -> Policy {
        serde_json::from_value(json!({"Version": "2012-10-17", "Statement": statements})).unwrap()
    }

    #[track_caller]
    fn check_table(statements: &Value, table: &[(Permission, bool)]) {
        let policy = policy(statements);
        assert_eq!(policy.check(), Ok(()));
        for (permission, expected) in table {
            assert_eq!(allows(std::slice::from_ref(&policy), permission), *expected, "{permission:?}");
        }
    }

    const TASK: &str = "arn:aws:ecs:us-east-1:123456789012:task-definition/web:3";

    #[test]
    fn actions_and_resources_have_wildcards() {
        check_table(
            &json!([
                {"Effect": "Allow", "Action": ["ecs:RunTask", "ECS:describe*"], "Resource": "arn:aws:ecs:*:123456789012:task-definition/web:*"},
                {"Effect": "Allow", "Action": "logs:Get?ogEvents", "Resource": ["*"]},
            ]),
            &[
                (Permission::new("ecs:RunTask", TASK), true),
                (Permission::new("ecs:DescribeTasks", TASK), true),
                (Permission::new("ecs:StopTask", TASK), false),
                (Permission::new("ecs:RunTask", "arn:aws:ecs:us-east-1:123456789012:task-definition/api:1"), false),
                (Permission::new("logs:GetLogEvents", "anything"), true),
                (Permission::new("sns:Publish", "*"), false),
            ],
        );
    }

    #[test]
    fn a_denial_beats_every_permission() {
        check_table(
            &json!([
                {"Effect": "Deny", "Action": "ecs:StopTask", "Resource": "*"},
                {"Effect": "Allow", "Action": "*", "Resource": "*"},
            ]),
            &[(Permission::new("ecs:RunTask", TASK), true), (Permission::new("ecs:StopTask", TASK), false)],
        );
        assert!(!allows(&[], &Permission::new("ecs:RunTask", TASK)));
    }

    #[test]
    fn conditions_need_their_keys() {
        let cluster = "arn:aws:ecs:us-east-1:123456789012:cluster/production";
        let run = || Permission::new("ecs:RunTask", TASK);
        for (operator, expected, actual, holds) in [
            ("ArnEquals", json!(cluster), cluster, true),
            ("ArnLike", json!("arn:aws:ecs:*:*:cluster/prod*"), cluster, true),
            ("ArnLike", json!("arn:aws:*:cluster/production"), cluster, false),
            ("ArnEquals", json!("arn:aws:ecs:*:*:cluster/staging"), cluster, false),
            ("StringEquals", json!(["a", cluster]), cluster, true),
            ("StringEquals", json!("arn:*"), cluster, false),
            ("StringLike", json!("arn:*"), cluster, true),
            ("Bool", json!("true"), "true", true),
            ("Bool", json!(false), "false", true),
            ("Bool", json!("true"), "false", false),
        ] {
            let statement = json!([{"Effect": "Allow", "Action": "ecs:RunTask", "Resource": "*", "Condition": {operator: {"ecs:Cluster": expected}}}]);
            check_table(&statement, &[(run().with("ecs:cluster", actual), holds), (run(), false)]);
        }
    }

    #[test]
    fn every_condition_has_to_hold() {
        check_table(
            &json!([{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*", "Condition": {
                "StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"},
                "StringLike": {"a": "x*"},
            }}]),
            &[
                (
                    Permission::new("iam:PassRole", "r")
                        .with("iam:PassedToService", "ecs-tasks.amazonaws.com")
                        .with("a", "xy"),
                    true,
                ),
                (
                    Permission::new("iam:PassRole", "r")
                        .with("iam:PassedToService", "scheduler.amazonaws.com")
                        .with("a", "xy"),
                    false,
                ),
                (Permission::new("iam:PassRole", "r").with("iam:PassedToService", "ecs-tasks.amazonaws.com"), false),
            ],
        );
    }

    #[test]
    fn what_is_not_understood_is_named_and_allows_nothing() {
        let unknown = policy(
            &json!([{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"IpAddress": {"aws:SourceIp": "::1"}}}]),
        );
        assert_eq!(unknown.check(), Err(PolicyError::UnknownOperator("IpAddress".to_owned())));
        assert!(!allows(&[unknown], &Permission::new("ecs:RunTask", TASK).with("aws:SourceIp", "::1")));
        assert!(policy(&json!([{"Effect": "allow", "Action": "*", "Resource": "*"}])).check().is_err());
        assert!(policy(&json!([{"Effect": "Allow", "Action": 5, "Resource": "*"}])).check().is_err());
    }
}
