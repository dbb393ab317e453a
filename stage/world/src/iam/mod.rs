//! Who may do what: the policies of roles, and those of functions, queues and topics.

mod evaluate;

pub use evaluate::PolicyError;

use crate::{FactKind, World, lambda, sns};
use evaluate::{Grant, Principal};
use serde::Deserialize;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

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

impl Statement {
    /// Its actions, as they are written.
    pub fn actions(&self) -> impl Iterator<Item = &str> {
        evaluate::texts(&self.action)
    }
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

    /// Whether the stage understands all of a role's policy: effects, and the operators of its conditions.
    pub fn check(&self) -> Result<(), PolicyError> {
        self.statement.iter().try_for_each(|statement| evaluate::check(statement, false))
    }

    /// The same for the policy of a resource, which says of whom it speaks.
    pub fn check_of_resource(&self) -> Result<(), PolicyError> {
        self.statement.iter().try_for_each(|statement| evaluate::check(statement, true))
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

/// What is remembered of permissions.
#[derive(Debug, Default)]
pub(crate) struct Iam {
    /// Those that were of use: whose, the policy, the statement and the action as the policy writes it.
    used: BTreeSet<(String, usize, usize, String)>,
}

/// What allowed something: whose policy it stands in, where there, and of which resource it was asked.
struct Used {
    owner: String,
    grant: Grant,
    resource: String,
}

/// The first of `needed` that `caller` has not got. If there is none, observers hear what each of them is allowed by.
pub(crate) fn denied<'a>(world: &mut World, caller: &Caller, needed: &'a [Permission]) -> Option<&'a Permission> {
    let Caller::Role(role) = caller else { return None };
    let mut used = Vec::new();
    for permission in needed {
        match allowed(world, role, permission) {
            Some(by) => used.extend(by),
            None => return Some(permission),
        }
    }
    tell(world, used);
    None
}

/// Whether a role of the stack may do something that a service does in its name; if not, observers are told.
pub(crate) fn role_may(world: &mut World, role: &str, needed: &Permission) -> bool {
    let by = allowed(world, role, needed);
    told(world, role, needed, by)
}

/// Whether a service may do something to a resource of the stack in its own name, because of what happened at `source` (an
/// ARN): the policy of the resource says so. If not, observers are told.
pub(crate) fn service_may(world: &mut World, service: &str, source: &str, needed: Permission) -> bool {
    let account = world.setup.account.clone();
    let needed = needed.with("aws:SourceArn", source).with("aws:SourceAccount", account);
    let by = of_resource(world, Principal::Service(service), &needed).filter(|by| !by.is_empty());
    told(world, service, &needed, by)
}

fn told(world: &mut World, principal: &str, needed: &Permission, by: Option<Vec<Used>>) -> bool {
    let Some(by) = by else {
        world.tell(FactKind::CallDenied {
            role: principal.to_owned(),
            action: needed.action.clone(),
            resource: needed.resource.clone(),
        });
        return false;
    };
    tell(world, by);
    true
}

/// What allows it to a role of the stack: its own policies, or the policy of the resource.
fn allowed(world: &World, role: &str, needed: &Permission) -> Option<Vec<Used>> {
    let role = world.setup.stack.roles.iter().find(|known| known.name == role)?;
    let arn = format!("arn:aws:iam::{}:role/{}", world.setup.account, role.name);
    let own = used(&role.name, evaluate::grants(&role.policies, None, needed)?, needed);
    let of_resource = of_resource(world, Principal::Role(&arn), needed)?;
    let all: Vec<Used> = own.chain(of_resource).collect();
    (!all.is_empty()).then_some(all)
}

/// What the policy of the resource itself allows; `None` if it denies.
fn of_resource(world: &World, principal: Principal<'_>, needed: &Permission) -> Option<Vec<Used>> {
    let grants = evaluate::grants(policies_of(world, &needed.resource), Some(principal), needed)?;
    Some(used(&needed.resource, grants, needed).collect())
}

fn used(owner: &str, grants: Vec<Grant>, needed: &Permission) -> impl Iterator<Item = Used> {
    let (owner, resource) = (owner.to_owned(), needed.resource.clone());
    grants.into_iter().map(move |grant| Used { owner: owner.clone(), grant, resource: resource.clone() })
}

/// The resource-based policy of what has this ARN.
fn policies_of<'a>(world: &'a World, arn: &str) -> &'a [Policy] {
    let stack = &world.setup.stack;
    let queue = stack.queues.iter().find(|queue| queue.arn == arn).map(|queue| &queue.policies);
    let topic = || sns::find(world, arn).map(|topic| &topic.policies);
    let function = || lambda::find(world, arn.strip_prefix(&world.arn("lambda", "function:"))?);
    queue.or_else(topic).or_else(|| function().map(|function| &function.policies)).map_or(&[], Vec::as_slice)
}

/// Tells which permissions were of use, each once.
fn tell(world: &mut World, used: Vec<Used>) {
    for Used { owner, grant, resource } in used {
        let Grant { policy, statement, sid, action } = grant;
        if world.iam.used.insert((owner.clone(), policy, statement, action.clone())) {
            world.tell(FactKind::PermissionUsed { role: owner, policy, statement, sid, action, resource });
        }
    }
}

/// The name of the stack's role with this ARN, if there is one.
pub(crate) fn role_of_arn(world: &World, arn: &str) -> Option<String> {
    // the path of a role is part of its ARN and not of its name
    let name = arn.split_once(":role/")?.1.rsplit('/').next()?;
    world.setup.stack.roles.iter().find(|role| role.name == name).map(|role| role.name.clone())
}

/// Whether a service may do something in the name of the role with this ARN: the role has to trust the service, and to allow it.
/// One that the stack does not describe may do everything.
pub(crate) fn service_may_as(world: &mut World, service: &str, role_arn: &str, needed: &Permission) -> bool {
    let Some(name) = role_of_arn(world, role_arn) else { return true };
    let trusts = |role: &crate::Role| role.trusted.iter().any(|trusted| trusted == service);
    if !world.setup.stack.roles.iter().any(|role| role.name == name && trusts(role)) {
        return told(world, service, &Permission::new("sts:AssumeRole", role_arn), None);
    }
    role_may(world, &name, needed)
}

#[cfg(test)]
mod tests;
