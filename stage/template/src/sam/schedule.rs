//! `ScheduleV2` among the `Events` of a function.

use super::{Serverless, allow, map_of, pass};
use crate::node::{Entry, Node};
use crate::problem::{Place, Problem};
use crate::resources::Resource;
use crate::table::Table;

const SCHEDULE: &[&str] = &[
    "ScheduleExpression",
    "ScheduleExpressionTimezone",
    "FlexibleTimeWindow",
    "Name",
    "OmitName",
    "State",
    "Description",
    "StartDate",
    "EndDate",
    "GroupName",
    "KmsKeyArn",
    "Input",
    "RoleArn",
    "DeadLetterConfig",
    "RetryPolicy",
];
/// Properties that Scheduler has under the same name.
const SAME: [&str; 8] = [
    "ScheduleExpression",
    "ScheduleExpressionTimezone",
    "State",
    "Description",
    "StartDate",
    "EndDate",
    "GroupName",
    "KmsKeyArn",
];

/// A schedule, its dead-letter queue if SAM is to make one, and its role if it is given none.
pub(super) fn expand(
    serverless: &Serverless<'_>,
    event: &str,
    place: Place,
    table: &Table<'_>,
) -> Result<Vec<Resource>, Problem> {
    let table = Table::open(table.required("Properties")?, table.join("Properties"), SCHEDULE)?;
    let (function, id) = (serverless.logical_id, format!("{}{event}", serverless.logical_id));
    table.required("ScheduleExpression")?;
    let mut made = Vec::new();
    let queue = dead_letters(serverless, &id, &table, &mut made)?;
    let role = if let Some(arn) = table.get("RoleArn") {
        arn.clone()
    } else {
        made.push(role(serverless, &id, place, queue.clone())?);
        Node::attribute(place, &format!("{id}Role"), "Arn")
    };
    let mut target = vec![("Arn", Node::attribute(place, function, "Arn")), ("RoleArn", role)];
    for key in ["Input", "RetryPolicy"] {
        target.extend(table.get(key).map(|node| (key, node.clone())));
    }
    target.extend(queue.map(|arn| ("DeadLetterConfig", Node::map(arn.place, vec![("Arn", arn)]))));
    let mut properties = Vec::new();
    for key in SAME {
        pass(table.entries(), key, key, &mut properties);
    }
    let mut add = |key: &str, value: Node| properties.push(Entry { key: key.to_owned(), place: value.place, value });
    let off = || Node::map(place, vec![("Mode", Node::text(place, "OFF"))]);
    add("FlexibleTimeWindow", table.get("FlexibleTimeWindow").cloned().unwrap_or_else(off));
    add("Target", Node::map(place, target));
    // without OmitName every stack of a region gives its schedule the same name
    match table.get("Name") {
        Some(name) => add("Name", name.clone()),
        None if table.word("OmitName", &["true", "false"])? == Some("true") => {}
        None => add("Name", Node::text(place, id.clone())),
    }
    let mut schedule = serverless.named("AWS::Scheduler::Schedule", id, place, Vec::new())?;
    schedule.properties = map_of(table.place, properties);
    made.push(schedule);
    Ok(made)
}

/// The queue's ARN.
fn dead_letters(
    serverless: &Serverless<'_>,
    id: &str,
    table: &Table<'_>,
    made: &mut Vec<Resource>,
) -> Result<Option<Node>, Problem> {
    let Some(config) = table.table("DeadLetterConfig", &["Arn", "Type", "QueueLogicalId"])? else { return Ok(None) };
    match (config.get("Arn"), config.word("Type", &["SQS"])?) {
        (Some(arn), None) => Ok(Some(arn.clone())),
        (None, Some(_)) => {
            let queue = config.text("QueueLogicalId")?.map_or_else(|| format!("{id}Queue"), str::to_owned);
            made.push(serverless.named("AWS::SQS::Queue", queue.clone(), config.place, Vec::new())?);
            Ok(Some(Node::attribute(config.place, &queue, "Arn")))
        }
        _ => Err(Problem::new(
            config.place,
            format!("{} wants either Arn or Type", config.path),
            "name the queue's Arn, or Type: SQS",
        )),
    }
}

fn role(serverless: &Serverless<'_>, id: &str, place: Place, queue: Option<Node>) -> Result<Resource, Problem> {
    let service = Node::map(place, vec![("Service", Node::text(place, "scheduler.amazonaws.com"))]);
    let trust = allow(place, vec![("Principal", service), ("Action", Node::text(place, "sts:AssumeRole"))]);
    let policy = |name: &str, action: &str, resource: Node| {
        let document = allow(place, vec![("Action", Node::text(place, action)), ("Resource", resource)]);
        Node::map(place, vec![("PolicyName", Node::text(place, format!("{id}{name}"))), ("PolicyDocument", document)])
    };
    let function = Node::attribute(place, serverless.logical_id, "Arn");
    let mut policies = vec![policy("LambdaPolicy", "lambda:InvokeFunction", function)];
    policies.extend(queue.map(|arn| policy("SQSPolicy", "sqs:SendMessage", arn)));
    let properties = vec![("AssumeRolePolicyDocument", trust), ("Policies", Node::list(place, policies))];
    serverless.named("AWS::IAM::Role", format!("{id}Role"), place, properties)
}
