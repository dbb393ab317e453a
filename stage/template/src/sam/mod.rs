//! What AWS SAM makes of its own types: resources as `CloudFormation` has them, each with the place of what it was made of.
//!
//! Rules: AWS SAM developer guide, "Generated `CloudFormation` resources".

mod events;
mod function;
mod globals;
mod invoke_config;
mod policies;
mod policy_templates;
mod schedule;

pub(crate) use function::NAME as FUNCTION;

use crate::node::{Data, Entry, Node};
use crate::problem::{Place, Problem};
use crate::resources::{self, Resource};
use crate::scope::Scope;

/// A resource of one of SAM's types.
#[derive(Debug, Clone)]
pub(crate) struct Serverless<'t> {
    pub(crate) logical_id: &'t str,
    pub(crate) place: Place,
    pub(crate) properties: Option<&'t Node>,
    pub(crate) condition: Option<(String, Place)>,
    pub(crate) depends_on: Vec<(String, Place)>,
    pub(crate) binary: Option<String>,
}

/// The resources that are made of it.
pub(crate) fn expand(
    scope: &Scope<'_>,
    serverless: &Serverless<'_>,
    globals: Option<&Node>,
) -> Result<Vec<Resource>, Problem> {
    let properties = globals::merged(globals, serverless)?;
    function::expand(scope, serverless, &properties)
}

impl Serverless<'_> {
    /// A generated resource, which exists when the function does.
    fn generated(
        &self,
        kind: &str,
        suffix: &str,
        place: Place,
        properties: Vec<(&str, Node)>,
    ) -> Result<Resource, Problem> {
        self.named(kind, format!("{}{suffix}", self.logical_id), place, properties)
    }

    fn named(
        &self,
        kind: &str,
        logical_id: String,
        place: Place,
        properties: Vec<(&str, Node)>,
    ) -> Result<Resource, Problem> {
        let kind = resources::kind(kind)
            .ok_or_else(|| Problem::new(place, format!("the stage has no {kind}"), "take it out"))?;
        Ok(Resource {
            logical_id,
            kind,
            place,
            properties: Node::map(place, properties),
            condition: self.condition.clone(),
            depends_on: Vec::new(),
            binary: None,
        })
    }
}

/// A policy document or trust policy of one statement that allows something.
fn allow(place: Place, parts: Vec<(&str, Node)>) -> Node {
    let mut statement = vec![("Effect", Node::text(place, "Allow"))];
    statement.extend(parts);
    let statements = Node::list(place, vec![Node::map(place, statement)]);
    Node::map(place, vec![("Version", Node::text(place, "2012-10-17")), ("Statement", statements)])
}

/// Adds entries of a table to properties, under other names where SAM's differ.
fn pass(table: &[Entry], key: &str, to: &str, into: &mut Vec<Entry>) {
    if let Some(entry) = table.iter().find(|entry| entry.key == key) {
        into.push(Entry { key: to.to_owned(), ..entry.clone() });
    }
}

fn map_of(place: Place, entries: Vec<Entry>) -> Node {
    Node { place, data: Data::Map(entries) }
}
