//! Who may do what: the identity policies of roles.

mod evaluate;

pub use evaluate::PolicyError;

use crate::{FactKind, World};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;

/// Who makes a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// The person or pipeline that set the account up: may do everything.
    Operator,
    /// A role of the stack, by its name.
    Role(String),
}

/// One permission that a call needs: an action on a resource, and the condition keys that the request carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    /// `ecs:RunTask`.
    pub action: String,
    /// The ARN, or `*` where the service knows no resource.
    pub resource: String,
    /// Condition keys: `ecs:cluster` to the cluster's ARN.
    pub context: BTreeMap<String, String>,
}

impl Permission {
    /// A permission without condition keys.
    pub fn new(action: &str, resource: impl Into<String>) -> Self {
        Self { action: action.to_owned(), resource: resource.into(), context: BTreeMap::new() }
    }

    /// The same with one more condition key.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<String>) -> Self {
        self.context.insert(key.to_owned(), value.into());
        self
    }
}

/// A policy, as IAM writes it: of a role, or of a resource.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Policy {
    /// `2012-10-17`.
    pub version: Option<String>,
    /// Its statements.
    pub statement: Vec<Statement>,
}

/// One statement of a policy.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Statement {
    /// A name, for people.
    pub sid: Option<String>,
    /// Whom a resource-based policy speaks of: `{"Service": "events.amazonaws.com"}`. Identity policies have none.
    pub principal: Option<serde_json::Value>,
    /// `Allow` or `Deny`.
    pub effect: String,
    /// One action or several, with wildcards.
    pub action: serde_json::Value,
    /// One resource or several, with wildcards.
    pub resource: serde_json::Value,
    /// Operator to key to value or values.
    #[serde(default)]
    pub condition: BTreeMap<String, BTreeMap<String, serde_json::Value>>,
}

impl Policy {
    /// A resource-based policy that lets a service act on one resource in the name of one source: what
    /// `AWS::Lambda::Permission` adds to a function, and what a dead-letter queue has.
    pub fn of_resource(service: &str, action: &str, resource: &str, source: &str) -> Self {
        let source = BTreeMap::from([("aws:SourceArn".to_owned(), json!(source))]);
        let statement = Statement {
            sid: None,
            principal: Some(json!({ "Service": service })),
            effect: "Allow".to_owned(),
            action: json!(action),
            resource: json!(resource),
            condition: BTreeMap::from([("ArnLike".to_owned(), source)]),
        };
        Self { version: Some("2012-10-17".to_owned()), statement: vec![statement] }
    }

    /// Whether the stage understands all of it: effects, and the operators of its conditions.
    pub fn check(&self) -> Result<(), PolicyError> {
        self.statement.iter().try_for_each(evaluate::check)
    }
}

/// Finds the caller behind an access key. An unknown key is the operator's: the stage has no other users.
pub(crate) fn caller(world: &World, access_key: &str) -> Caller {
    world
        .setup
        .stack
        .roles
        .iter()
        .find(|role| role.access_key == access_key)
        .map_or(Caller::Operator, |role| Caller::Role(role.name.clone()))
}

/// The first of `needed` that `caller` has not got.
pub(crate) fn denied<'a>(world: &World, caller: &Caller, needed: &'a [Permission]) -> Option<&'a Permission> {
    let Caller::Role(name) = caller else { return None };
    let role = world.setup.stack.roles.iter().find(|role| role.name == *name)?;
    needed.iter().find(|permission| !evaluate::allows(&role.policies, permission))
}

/// Whether a role of the stack may do something that a service does in its name; if not, observers are told.
pub(crate) fn role_may(world: &mut World, role: &str, needed: &Permission) -> bool {
    let found = world.setup.stack.roles.iter().find(|known| known.name == role);
    let allowed = found.is_some_and(|role| evaluate::allows(&role.policies, needed));
    if !allowed {
        world.tell(FactKind::CallDenied {
            role: role.to_owned(),
            action: needed.action.clone(),
            resource: needed.resource.clone(),
        });
    }
    allowed
}

/// The name of the stack's role with this ARN, if there is one.
pub(crate) fn role_of_arn(world: &World, arn: &str) -> Option<String> {
    // the path of a role is part of its ARN and not of its name
    let name = arn.split_once(":role/")?.1.rsplit('/').next()?;
    world.setup.stack.roles.iter().find(|role| role.name == name).map(|role| role.name.clone())
}
