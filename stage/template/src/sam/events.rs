//! `Events` of a function: what invokes it.

use super::{Serverless, allow, map_of, pass, schedule};
use crate::node::{Entry, Node};
use crate::problem::{Place, Problem};
use crate::resources::Resource;
use crate::scope::Scope;
use crate::suggest;
use crate::table::Table;

const RULES: [&str; 2] = ["EventBridgeRule", "CloudWatchEvent"];
const SCHEDULE: &str = "ScheduleV2";
const RULE: &[&str] = &["Pattern", "EventBusName", "RuleName", "State", "DeadLetterConfig", "RetryPolicy", "Target"];

pub(super) fn expand(
    scope: &Scope<'_>,
    serverless: &Serverless<'_>,
    table: &Table<'_>,
) -> Result<Vec<Resource>, Problem> {
    let Some(node) = table.get("Events") else { return Ok(Vec::new()) };
    let mut made = Vec::new();
    for entry in Table::any(node, table.join("Events"))?.entries() {
        let Some(node) = scope.choose(&entry.value)? else { continue };
        let path = format!("{}.Events.{}", serverless.logical_id, entry.key);
        let event = Table::open(node, path, &["Type", "Properties"])?;
        let kind = event.required_text("Type")?;
        let at = event.required("Type")?.place;
        if kind == SCHEDULE {
            made.extend(schedule::expand(serverless, &entry.key, entry.place, &event)?);
            continue;
        }
        if kind == "Schedule" {
            let what = format!("{} is a rule with a schedule, which the stage has not got", event.path);
            return Err(Problem::new(at, what, "make a ScheduleV2 of it, which has time zones too"));
        }
        if !RULES.contains(&kind) {
            let what = format!("{}: the stage knows no event of type `{kind}`", event.path);
            return Err(Problem::new(at, what, suggest::hint(kind, RULES.into_iter().chain([SCHEDULE]))));
        }
        let properties = Table::open(event.required("Properties")?, event.join("Properties"), RULE)?;
        made.extend(rule(serverless, &entry.key, entry.place, &properties)?);
    }
    Ok(made)
}

/// A rule, the permission that it needs, and its dead-letter queue if SAM is to make one.
fn rule(serverless: &Serverless<'_>, event: &str, place: Place, table: &Table<'_>) -> Result<Vec<Resource>, Problem> {
    let function = serverless.logical_id;
    let id = format!("{function}{event}");
    let mut made = Vec::new();
    let mut target = vec![("Arn", Node::attribute(place, function, "Arn")), ("Id", target_id(table, &id, place)?)];
    if let Some(retry) = table.get("RetryPolicy") {
        target.push(("RetryPolicy", retry.clone()));
    }
    if let Some(config) = table.table("DeadLetterConfig", &["Arn", "Type", "QueueLogicalId"])? {
        let arn = dead_letters(serverless, &id, &config, &mut made)?;
        target.push(("DeadLetterConfig", Node::map(config.place, vec![("Arn", arn)])));
    }
    table.required("Pattern")?;
    let targets = Node::list(place, vec![Node::map(place, target)]);
    let mut properties = vec![Entry { key: "Targets".to_owned(), place, value: targets }];
    for (key, to) in
        [("Pattern", "EventPattern"), ("EventBusName", "EventBusName"), ("RuleName", "Name"), ("State", "State")]
    {
        pass(table.entries(), key, to, &mut properties);
    }
    let mut rule = serverless.named("AWS::Events::Rule", id.clone(), place, Vec::new())?;
    rule.properties = map_of(table.place, properties);
    made.push(rule);
    let permission = vec![
        ("Action", Node::text(place, "lambda:InvokeFunction")),
        ("FunctionName", Node::reference(place, function)),
        ("Principal", Node::text(place, "events.amazonaws.com")),
        ("SourceArn", Node::attribute(place, &id, "Arn")),
    ];
    made.push(serverless.named("AWS::Lambda::Permission", format!("{id}Permission"), place, permission)?);
    Ok(made)
}

fn target_id(table: &Table<'_>, id: &str, place: Place) -> Result<Node, Problem> {
    match table.table("Target", &["Id"])? {
        Some(target) => Ok(target.required("Id")?.clone()),
        None => Ok(Node::text(place, format!("{id}LambdaTarget"))),
    }
}

/// The queue's ARN. SAM makes a queue and its policy for `Type: SQS`, and no policy for a queue that is there.
fn dead_letters(
    serverless: &Serverless<'_>,
    id: &str,
    config: &Table<'_>,
    made: &mut Vec<Resource>,
) -> Result<Node, Problem> {
    let place = config.place;
    match (config.get("Arn"), config.word("Type", &["SQS"])?) {
        (Some(arn), None) => Ok(arn.clone()),
        (None, Some(_)) => {
            let queue = config.text("QueueLogicalId")?.map_or_else(|| format!("{id}Queue"), str::to_owned);
            let arn = Node::attribute(place, &queue, "Arn");
            let rule = Node::map(place, vec![("aws:SourceArn", Node::attribute(place, id, "Arn"))]);
            let service = Node::map(place, vec![("Service", Node::text(place, "events.amazonaws.com"))]);
            let document = allow(
                place,
                vec![
                    ("Principal", service),
                    ("Action", Node::text(place, "sqs:SendMessage")),
                    ("Resource", arn.clone()),
                    ("Condition", Node::map(place, vec![("ArnEquals", rule)])),
                ],
            );
            let queues = Node::list(place, vec![Node::reference(place, &queue)]);
            let policy = vec![("PolicyDocument", document), ("Queues", queues)];
            made.push(serverless.named("AWS::SQS::Queue", queue, place, Vec::new())?);
            made.push(serverless.named("AWS::SQS::QueuePolicy", format!("{id}QueuePolicy"), place, policy)?);
            Ok(arn)
        }
        _ => Err(Problem::new(
            place,
            format!("{} wants either Arn or Type", config.path),
            "name the queue's Arn, or Type: SQS",
        )),
    }
}
