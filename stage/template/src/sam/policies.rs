//! `Policies` of a function without a role of its own.

use super::policy_templates;
use crate::node::Node;
use crate::problem::Problem;
use crate::resources::AWS_MANAGED;
use crate::scope::Scope;
use crate::table::Table;

/// What a role is given.
#[derive(Debug, Default)]
pub(super) struct Policies {
    /// ARNs.
    pub(super) managed: Vec<Node>,
    /// Names and documents.
    pub(super) inline: Vec<Node>,
}

/// Reads the property; inline policies are called `prefix` and their number.
pub(super) fn read(scope: &Scope<'_>, table: &Table<'_>, prefix: &str) -> Result<Policies, Problem> {
    let mut policies = Policies::default();
    let Some(node) = table.get("Policies") else { return Ok(policies) };
    let Some(node) = scope.choose(node)? else { return Ok(policies) };
    for (index, node) in node.as_list().unwrap_or(std::slice::from_ref(node)).iter().enumerate() {
        let Some(node) = scope.choose(node)? else { continue };
        let document = match (node.as_text(), node.call()?, node.as_map()) {
            (Some(name), _, _) => {
                let known = AWS_MANAGED.iter().find(|policy| policy.name == name);
                policies
                    .managed
                    .push(known.map_or_else(|| node.clone(), |policy| Node::text(node.place, policy.arn())));
                continue;
            }
            (None, Some(_), _) => {
                policies.managed.push(node.clone());
                continue;
            }
            (None, None, Some(entries)) if entries.iter().any(|entry| entry.key == "Statement") => node.clone(),
            (None, None, Some([template])) => policy_templates::document(template)?,
            _ => {
                let what =
                    format!("{} is neither a policy, a managed policy nor a policy template", table.join("Policies"));
                return Err(Problem::new(node.place, what, "write a map with Statement, an ARN, or one template"));
            }
        };
        let name = Node::text(node.place, format!("{prefix}{index}"));
        policies.inline.push(Node::map(node.place, vec![("PolicyName", name), ("PolicyDocument", document)]));
    }
    Ok(policies)
}
