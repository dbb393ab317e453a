//! From a tree of values to a plan: every key, its type and its bounds.

mod deployment;
mod expect;
mod finish;
mod freeze;
mod jobs;
mod one_off;
mod rehearsal;
mod rollback;
mod smoke_test;
mod test_rule;
mod validate;
mod value;
mod warm_up;

use super::{LONGEST_HOOK, LONGEST_STAGE, Logs, Plan, PlanError};
use crate::document::{Node, Reader, Table};
use crate::suggest;

const PLAN: &[&str] = &[
    "application",
    "deployment-group",
    "cluster",
    "service",
    "task-definition",
    "container",
    "port",
    "logs",
    "migrate",
    "warm-up",
    "smoke-test-defaults",
    "smoke-test",
    "validate",
    "freeze",
    "finish",
    "rollback",
    "jobs",
    "rehearsal",
];
const LOGS: &[&str] = &["link"];
pub(super) fn toml(text: &str, source: &str) -> Result<Plan, PlanError> {
    plan(&Node::from_toml(text, source)?, source)
}

pub(super) fn json(value: &serde_json::Value, source: &str) -> Result<Plan, PlanError> {
    plan(&Node::from_json(value), source)
}

fn plan(root: &Node, source: &str) -> Result<Plan, PlanError> {
    let mut reader = Reader::new(source);
    let read = reader.table(root, "", PLAN, &[]).map(|table| tables(&mut reader, table));
    // Without a table the reader has noted that, so `finish` is an error here.
    match (reader.finish(()), read) {
        (Ok(()), Some(plan)) => Ok(plan),
        (Err(problems), _) => Err(problems.into()),
        (Ok(()), None) => Err(PlanError::Label("it is empty".to_owned())),
    }
}

fn tables(reader: &mut Reader, table: Table<'_>) -> Plan {
    let cluster = "the ECS cluster: cluster = \"production-cluster\"";
    let service = "the ECS service: service = \"django-web\"";
    let container = "the container that runs the application: container = \"web\"";
    let container = reader.text(table, "", "container", container);
    let (application, deployment_group) = codedeploy(reader, table);
    let longest = if deployment_group.is_empty() { LONGEST_STAGE } else { LONGEST_HOOK };
    Plan {
        application,
        deployment_group,
        cluster: reader.text(table, "", "cluster", cluster),
        service: reader.text(table, "", "service", service),
        task_definition: reader.optional_text(table, "", "task-definition"),
        port: port(reader, table),
        logs: table.get("logs").and_then(|node| logs(reader, node)),
        migrate: table.get("migrate").and_then(|node| one_off::migrate(reader, node, longest)),
        warm_up: table.get("warm-up").and_then(|node| warm_up::warm_up(reader, node, longest)),
        smoke_test_defaults: smoke_test::defaults(reader, table.get("smoke-test-defaults")),
        smoke_tests: table.get("smoke-test").map(|node| smoke_test::smoke_tests(reader, node)).unwrap_or_default(),
        validate: table.get("validate").and_then(|node| validate::validate(reader, node)),
        freeze: table.get("freeze").and_then(|node| freeze::freeze(reader, node)),
        finish: table.get("finish").and_then(|node| finish::finish(reader, node, &container, longest)),
        rollback: table.get("rollback").and_then(|node| rollback::rollback(reader, node)),
        jobs: table.get("jobs").map(|node| jobs::jobs(reader, node)).unwrap_or_default(),
        rehearsal: table.get("rehearsal").and_then(|node| rehearsal::rehearsal(reader, node)),
        container,
    }
}

/// The application and the deployment group: both, or none if ECS deploys by itself.
fn codedeploy(reader: &mut Reader, table: Table<'_>) -> (String, String) {
    if !table.has("application") && !table.has("deployment-group") {
        return (String::new(), String::new());
    }
    let application = "the CodeDeploy application: application = \"django-app\"";
    let deployment_group = "its deployment group: deployment-group = \"production\"";
    let application = reader.text(table, "", "application", application);
    (application, reader.text(table, "", "deployment-group", deployment_group))
}

fn port(reader: &mut Reader, table: Table<'_>) -> u16 {
    let node = reader.required(table, "", "port", "the port that the container listens on: port = 8000");
    let port = node.and_then(|node| reader.as_integer(node, "port", 1, 65535));
    port.and_then(|port| u16::try_from(port).ok()).unwrap_or_default()
}

fn logs(reader: &mut Reader, node: &Node) -> Option<Logs> {
    let table = reader.table(node, "logs", LOGS, &[])?;
    let link = reader.text(table, "logs", "link", "link = \"https://logs.example.com/?task={task}\"");
    let known = ["task", "container", "task-definition"];
    for placeholder in link.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name) {
        if !known.contains(&placeholder) {
            let place = table.get("link").and_then(|node| node.place);
            let hint = suggest::hint(placeholder, known);
            reader.wrong(place, "logs.link", format!("unknown placeholder {{{placeholder}}}; {hint}"));
        }
    }
    Some(Logs { link })
}
