//! `EventInvokeConfig` of a function: what becomes of asynchronous events.

use super::{Serverless, allow, map_of, pass};
use crate::node::{Entry, Node};
use crate::problem::Problem;
use crate::resources::Resource;
use crate::scope::Scope;
use crate::table::Table;

/// What SAM makes of it.
pub(super) struct InvokeConfig {
    pub(super) resource: Resource,
    /// Lets a generated role send to the destination.
    pub(super) policy: Option<Node>,
}

/// Kinds of destinations, and what is needed to send to one.
const TYPES: [(&str, &str); 3] =
    [("Lambda", "lambda:InvokeFunction"), ("SNS", "sns:publish"), ("SQS", "sqs:SendMessage")];

pub(super) fn read(
    scope: &Scope<'_>,
    serverless: &Serverless<'_>,
    table: &Table<'_>,
) -> Result<Option<InvokeConfig>, Problem> {
    let Some(node) = table.get("EventInvokeConfig") else { return Ok(None) };
    let Some(node) = scope.choose(node)? else { return Ok(None) };
    let known = ["MaximumEventAgeInSeconds", "MaximumRetryAttempts", "DestinationConfig"];
    let config = Table::open(node, table.join("EventInvokeConfig"), &known)?;
    let id = serverless.logical_id;
    let place = node.place;
    let mut properties = vec![
        Entry { key: "FunctionName".to_owned(), place, value: Node::reference(place, id) },
        Entry { key: "Qualifier".to_owned(), place, value: Node::text(place, "$LATEST") },
    ];
    pass(config.entries(), "MaximumEventAgeInSeconds", "MaximumEventAgeInSeconds", &mut properties);
    pass(config.entries(), "MaximumRetryAttempts", "MaximumRetryAttempts", &mut properties);
    let mut policy = None;
    if let Some(destinations) = config.table("DestinationConfig", &["OnFailure"])?
        && let Some(failure) = destinations.table("OnFailure", &["Type", "Destination"])?
    {
        let destination = failure.required("Destination")?;
        let kind = failure.word("Type", &TYPES.map(|(name, _)| name))?;
        let failure_place = failure.place;
        let value = Node::map(failure_place, vec![("Destination", destination.clone())]);
        let value = Node::map(failure_place, vec![("OnFailure", value)]);
        properties.push(Entry { key: "DestinationConfig".to_owned(), place: failure_place, value });
        if let Some((name, action)) = TYPES.iter().find(|(name, _)| Some(*name) == kind) {
            let action = Node::text(failure_place, *action);
            let document = allow(failure_place, vec![("Action", action), ("Resource", destination.clone())]);
            let name = Node::text(failure_place, format!("{id}EventInvokeConfigOnFailure{name}Policy"));
            policy = Some(Node::map(failure_place, vec![("PolicyName", name), ("PolicyDocument", document)]));
        }
    }
    let mut resource =
        serverless.generated("AWS::Lambda::EventInvokeConfig", "EventInvokeConfig", place, Vec::new())?;
    resource.properties = map_of(place, properties);
    Ok(Some(InvokeConfig { resource, policy }))
}
