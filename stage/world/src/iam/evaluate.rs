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
        "condition operator `{0}` is not one the stage evaluates; use StringEquals, StringLike, ArnEquals, ArnLike or Bool, alone, with IfExists behind or with ForAnyValue: or ForAllValues: before it"
    )]
    UnknownOperator(String),
    /// An effect that does not exist.
    #[error("effect `{0}` does not exist; use Allow or Deny")]
    UnknownEffect(String),
    /// A list that holds something else than texts.
    #[error("`{0}` has to be a text or a list of texts")]
    NotText(String),
    /// A policy variable.
    #[error("`{0}` has a policy variable, which the stage does not fill in; write the value itself")]
    Variable(String),
    /// A principal that it does not evaluate.
    #[error(
        "principal `{0}` is not one the stage evaluates; use {{\"Service\": …}}, {{\"AWS\": …}} with ARNs or account ids, or \"*\""
    )]
    UnknownPrincipal(String),
    /// The statement of a role that names a principal.
    #[error("a statement names a principal, which policies of roles do not have; remove `Principal`")]
    PrincipalOfRole,
    /// The statement of a resource that names none.
    #[error("a statement names no principal; add `Principal`, since the policy of a resource says who may use it")]
    NoPrincipal,
}

/// Who asks the policy of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Principal<'a> {
    /// A service in its own name: `events.amazonaws.com`.
    Service(&'a str),
    /// A role, by its ARN.
    Role(&'a str),
}

/// A statement that allows something, by its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Grant {
    pub(super) policy: usize,
    pub(super) statement: usize,
    pub(super) sid: Option<String>,
    /// The action as the statement writes it.
    pub(super) action: String,
}

/// A condition operator: how a value is compared, and what holds of a key that the request does not carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Operator {
    test: Test,
    if_missing: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Test {
    StringEquals,
    StringLike,
    /// `ArnEquals` and `ArnLike` behave alike.
    ArnLike,
    Bool,
}

// === impl Operator ===

impl Operator {
    /// No key of the stage has more values than one, so whether any or all of them have to match makes a difference only where
    /// there is none.
    fn parse(name: &str) -> Option<Self> {
        let (of_all, rest) = match name.split_once(':') {
            Some(("ForAllValues", rest)) => (true, rest),
            Some(("ForAnyValue", rest)) => (false, rest),
            Some(_) => return None,
            None => (false, name),
        };
        let (if_exists, rest) = match rest.strip_suffix("IfExists") {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let test = match rest {
            "StringEquals" => Test::StringEquals,
            "StringLike" => Test::StringLike,
            "ArnEquals" | "ArnLike" => Test::ArnLike,
            "Bool" => Test::Bool,
            _ => return None,
        };
        Some(Self { test, if_missing: of_all || if_exists })
    }
}

// === impl Test ===

impl Test {
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

/// Every action of a statement that allows it, or `None` if some statement denies it. With a principal the policies are those of
/// a resource.
pub(super) fn grants(
    policies: &[Policy],
    principal: Option<Principal<'_>>,
    permission: &Permission,
) -> Option<Vec<Grant>> {
    let mut grants = Vec::new();
    for (policy, number) in policies.iter().zip(0..) {
        for (statement, place) in policy.statement.iter().zip(0..) {
            if !speaks_of(statement, principal) || !applies(statement, permission) {
                continue;
            }
            if statement.effect != "Allow" {
                return None;
            }
            grants.extend(actions(statement, permission).map(|action| Grant {
                policy: number,
                statement: place,
                sid: statement.sid.clone(),
                action: action.to_owned(),
            }));
        }
    }
    Some(grants)
}

fn speaks_of(statement: &Statement, principal: Option<Principal<'_>>) -> bool {
    let Some(principal) = principal else { return true };
    match &statement.principal {
        Some(Value::String(everybody)) => everybody == "*",
        Some(Value::Object(kinds)) => kinds.iter().any(|(kind, named)| {
            texts(named).any(|named| match (kind.as_str(), principal) {
                ("AWS", _) if named == "*" => true,
                ("Service", Principal::Service(service)) => named == service,
                ("AWS", Principal::Role(arn)) => {
                    named == arn || statement.effect == "Deny" && is_account_of(named, arn)
                }
                _ => false,
            })
        }),
        _ => false,
    }
}

/// Whether this is the account of the role. An account that is denied something is denied it for all of its roles; one that is
/// allowed something leaves it to the policies of its roles.
fn is_account_of(named: &str, role: &str) -> bool {
    let account = role.split(':').nth(4).unwrap_or_default();
    named == account || named == format!("arn:aws:iam::{account}:root")
}

fn applies(statement: &Statement, permission: &Permission) -> bool {
    actions(statement, permission).next().is_some()
        && texts(&statement.resource).any(|pattern| Glob::policy(pattern).matches(&permission.resource))
        && statement.condition.iter().all(|(operator, keys)| condition_holds(operator, keys, permission))
}

/// The actions of the statement that cover this one.
fn actions<'a>(statement: &'a Statement, permission: &Permission) -> impl Iterator<Item = &'a str> + use<'a> {
    let action = permission.action.to_lowercase();
    texts(&statement.action).filter(move |pattern| Glob::policy(&pattern.to_lowercase()).matches(&action))
}

/// Every key has to be there and to equal one of its values. A condition that the stage does not know does not hold.
fn condition_holds(operator: &str, keys: &BTreeMap<String, Value>, permission: &Permission) -> bool {
    let Some(Operator { test, if_missing }) = Operator::parse(operator) else { return false };
    keys.iter().all(|(key, expected)| {
        let actual = permission.context.iter().find(|(name, _)| name.eq_ignore_ascii_case(key));
        actual.map_or(if_missing, |(_, actual)| match expected {
            Value::Bool(expected) => test.holds(if *expected { "true" } else { "false" }, actual),
            expected => texts(expected).any(|expected| test.holds(expected, actual)),
        })
    })
}

pub(super) fn texts(value: &Value) -> impl Iterator<Item = &str> {
    match value {
        Value::Array(values) => values.as_slice(),
        single => std::slice::from_ref(single),
    }
    .iter()
    .filter_map(Value::as_str)
}

/// Whether the stage understands a statement, which is one of a resource's policy or of a role's.
pub(super) fn check(statement: &Statement, of_resource: bool) -> Result<(), PolicyError> {
    if !matches!(statement.effect.as_str(), "Allow" | "Deny") {
        return Err(PolicyError::UnknownEffect(statement.effect.clone()));
    }
    match &statement.principal {
        None if of_resource => return Err(PolicyError::NoPrincipal),
        Some(_) if !of_resource => return Err(PolicyError::PrincipalOfRole),
        Some(principal) => check_principal(principal)?,
        None => {}
    }
    check_texts("Action", &statement.action)?;
    check_texts("Resource", &statement.resource)?;
    for (operator, keys) in &statement.condition {
        let Some(known) = Operator::parse(operator) else { return Err(PolicyError::UnknownOperator(operator.clone())) };
        for (key, value) in keys {
            if !(known.test == Test::Bool && value.is_boolean()) {
                check_texts(key, value)?;
            }
        }
    }
    Ok(())
}

fn check_principal(principal: &Value) -> Result<(), PolicyError> {
    let unknown = || PolicyError::UnknownPrincipal(principal.to_string());
    match principal {
        Value::String(everybody) if everybody == "*" => Ok(()),
        Value::Object(kinds) if !kinds.is_empty() => kinds.iter().try_for_each(|(kind, named)| match kind.as_str() {
            "AWS" | "Service" => check_texts("Principal", named),
            _ => Err(unknown()),
        }),
        _ => Err(unknown()),
    }
}

fn check_texts(name: &str, value: &Value) -> Result<(), PolicyError> {
    let values = match value {
        Value::Array(values) => values.as_slice(),
        single => std::slice::from_ref(single),
    };
    if !values.iter().all(Value::is_string) {
        return Err(PolicyError::NotText(name.to_owned()));
    }
    match texts(value).find(|text| text.contains("${")) {
        Some(variable) => Err(PolicyError::Variable(variable.to_owned())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
