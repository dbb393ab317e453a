//! Policy documents, with the place of every statement and action.

use crate::node::Node;
use crate::problem::{Place, Problem};
use crate::table::{Table, expected};
use greenlight_world::{Policy, Statement};
use std::collections::BTreeMap;

/// Where a policy is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    /// An identity's: it speaks of nobody else.
    Identity,
    /// A resource's: it says who.
    Resource,
}

/// A policy that was read.
#[derive(Debug, Clone)]
pub(crate) struct ReadPolicy {
    pub(crate) policy: Policy,
    pub(crate) statements: Vec<Places>,
}

/// Where a statement and its actions stand.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    pub(crate) statement: Place,
    pub(crate) actions: Vec<(String, Place)>,
}

const IDENTITY: &[&str] = &["Sid", "Effect", "Action", "Resource", "Condition"];
const RESOURCE: &[&str] = &["Sid", "Effect", "Principal", "Action", "Resource", "Condition"];

/// Reads a policy document and checks that the stage understands all of it.
pub(crate) fn read(document: &Node, path: &str, of: Of) -> Result<ReadPolicy, Problem> {
    let table = Table::open(document, path, &["Version", "Id", "Statement"])?;
    let version = table.word("Version", &["2012-10-17", "2008-10-17"])?;
    let node = table.required("Statement")?;
    let nodes = node.as_list().unwrap_or(std::slice::from_ref(node));
    if nodes.is_empty() {
        return Err(Problem::new(node.place, format!("{path} has no statement"), "add one, or leave the policy out"));
    }
    let mut read = ReadPolicy {
        policy: Policy { version: version.map(str::to_owned), statement: Vec::new() },
        statements: Vec::new(),
    };
    for (index, node) in nodes.iter().enumerate() {
        let (statement, places) = statement(node, format!("{path}.Statement[{index}]"), of)?;
        check(&statement, node.place, path, of)?;
        read.policy.statement.push(statement);
        read.statements.push(places);
    }
    Ok(read)
}

fn check(statement: &Statement, place: Place, path: &str, of: Of) -> Result<(), Problem> {
    let single = Policy { version: None, statement: vec![statement.clone()] };
    let checked = if of == Of::Identity { single.check() } else { single.check_of_resource() };
    checked.map_err(|error| {
        let message = error.to_string();
        // the world's errors end in what to do
        let (what, remedy) = message.rsplit_once("; ").unwrap_or((&message, "correct the statement"));
        Problem::new(place, format!("{path}: {what}"), remedy)
    })
}

fn statement(node: &Node, path: String, of: Of) -> Result<(Statement, Places), Problem> {
    let table = Table::open(node, path, if of == Of::Identity { IDENTITY } else { RESOURCE })?;
    let effect = table.word("Effect", &["Allow", "Deny"])?;
    table.required("Effect")?;
    let action = table.required("Action")?;
    let actions = match action.as_list() {
        Some(_) => table.texts("Action")?,
        None => vec![(table.required_text("Action")?, action.place)],
    };
    if let Some((text, place)) = actions.iter().find(|(text, _)| *text != "*" && !text.contains(':')) {
        let what = format!("{}: `{text}` is no action", table.path);
        return Err(Problem::new(*place, what, "write the service before it, such as ecs:RunTask"));
    }
    let principal = match of {
        Of::Identity => None,
        Of::Resource => Some(table.required("Principal")?.json_of_texts()),
    };
    let statement = Statement {
        sid: table.text("Sid")?.map(str::to_owned),
        principal,
        effect: effect.unwrap_or_default().to_owned(),
        action: action.json_of_texts(),
        resource: table.required("Resource")?.json_of_texts(),
        condition: conditions(&table)?,
    };
    let actions = actions.into_iter().map(|(text, place)| (text.to_owned(), place)).collect();
    Ok((statement, Places { statement: node.place, actions }))
}

fn conditions(table: &Table<'_>) -> Result<BTreeMap<String, BTreeMap<String, serde_json::Value>>, Problem> {
    let Some(node) = table.get("Condition") else { return Ok(BTreeMap::new()) };
    let path = table.join("Condition");
    let operators = Table::any(node, path.clone())?;
    let mut conditions = BTreeMap::new();
    for operator in operators.entries() {
        let keys = Table::any(&operator.value, format!("{path}.{}", operator.key))?;
        let values = keys.entries().iter().map(|entry| (entry.key.clone(), entry.value.json_of_texts())).collect();
        conditions.insert(operator.key.clone(), values);
    }
    Ok(conditions)
}

/// The services that a trust policy (`AssumeRolePolicyDocument`) lets assume the role.
pub(crate) fn trusted(document: &Node, path: &str) -> Result<Vec<String>, Problem> {
    let table = Table::open(document, path, &["Version", "Id", "Statement"])?;
    let node = table.required("Statement")?;
    let nodes = node.as_list().unwrap_or(std::slice::from_ref(node));
    let mut services = Vec::new();
    for (index, node) in nodes.iter().enumerate() {
        let path = format!("{path}.Statement[{index}]");
        let table = Table::open(node, path, &["Sid", "Effect", "Principal", "Action", "Condition"])?;
        let effect = table.word("Effect", &["Allow", "Deny"])?;
        let actions = table.required("Action")?;
        let assumes = all_texts(actions).contains(&"sts:AssumeRole");
        let principal = Table::any(table.required("Principal")?, table.join("Principal"))?;
        let named = principal.get("Service").map(all_texts).unwrap_or_default();
        if effect == Some("Allow") && assumes {
            services.extend(named.into_iter().map(str::to_owned));
        } else if effect == Some("Deny") {
            return Err(expected(node, &table.path, "an Allow statement, the stage evaluates no other here"));
        }
    }
    Ok(services)
}

fn all_texts(node: &Node) -> Vec<&str> {
    node.as_list().unwrap_or(std::slice::from_ref(node)).iter().filter_map(Node::as_text).collect()
}
