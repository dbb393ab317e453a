//! `[finish]`.

use super::one_off::one_off;
use crate::document::{Data, Node, Reader, Table};
use crate::plan::{Finish, OnFailure, WorkerService};
use std::time::Duration;

const PATH: &str = "finish";
const FINISH: &[&str] = &["command", "commands", "timeout", "retry", "services", "on-failure"];

/// `container` is the plan's.
pub(super) fn finish(reader: &mut Reader, node: &Node, container: &str, longest: Duration) -> Option<Finish> {
    let table = reader.table(node, PATH, FINISH, &[])?;
    let runs = table.has("command") || table.has("commands");
    if !runs && !table.has("services") {
        let example = "says nothing to do; add command = [\"python\", \"manage.py\", \"clearsessions\"] or services = \
                       [\"worker\"], or take it out";
        reader.wrong(node.place, PATH, example);
    }
    for key in ["timeout", "retry"] {
        if !runs && let Some(node) = table.get(key) {
            reader.wrong(node.place, &format!("finish.{key}"), "is about a command, and there is none; take it out");
        }
    }
    let words = [("keep", OnFailure::Keep), ("fail", OnFailure::Fail)];
    let on_failure = table.get("on-failure").and_then(|node| reader.as_word(node, "finish.on-failure", &words));
    Some(Finish {
        commands: runs.then(|| one_off(reader, table, PATH, longest)),
        services: services(reader, table, container),
        on_failure: on_failure.unwrap_or_default(),
    })
}

fn services(reader: &mut Reader, table: Table<'_>, container: &str) -> Vec<WorkerService> {
    let path = "finish.services";
    let Some(node) = table.get("services") else { return Vec::new() };
    let items = reader.as_list(node, path, "services");
    let mut services = Vec::<WorkerService>::new();
    for (index, item) in items.iter().enumerate() {
        let path = format!("{path}[{index}]");
        let worker = if matches!(item.data, Data::Table(_)) {
            let Some(table) = reader.table(item, &path, &["service", "container"], &[]) else { continue };
            let service = reader.text(table, &path, "service", "the ECS service: service = \"worker\"");
            let named = reader.optional_text(table, &path, "container");
            WorkerService { service, container: named.unwrap_or_else(|| container.to_owned()) }
        } else {
            let service = reader.as_text(item, &path).unwrap_or_default();
            WorkerService { service, container: container.to_owned() }
        };
        if services.contains(&worker) {
            reader.wrong(item.place, &path, "stands here twice; keep one of the two");
        }
        services.push(worker);
    }
    services
}
