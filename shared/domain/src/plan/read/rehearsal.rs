//! `[rehearsal]`.

use super::deployment::deployment;
use super::one_off::commands;
use super::test_rule::test_rule;
use super::value::whole_minutes;
use crate::document::{Node, Reader, Table};
use crate::plan::{Rehearsal, RehearsalImage, RehearsalService};
use crate::suggest;
use std::collections::BTreeMap;
use std::time::Duration;

const REHEARSAL: &[&str] = &[
    "blue",
    "green",
    "secrets",
    "setup",
    "images",
    "desired-count",
    "deployment-config",
    "termination-wait",
    "health-check-path",
    "paths",
    "alarms",
    "services",
    "task-definitions",
    "test-listener",
    "test-rule",
    "deployment",
];
const SERVICE: &[&str] = &["task-definition", "desired-count"];
const IMAGE: &[&str] = &["directory", "command", "environment"];
/// `CodeDeploy`'s limit for the time that blue is kept, in minutes.
const LONGEST_TERMINATION_WAIT: u32 = 2800;

pub(super) fn rehearsal(reader: &mut Reader, node: &Node) -> Option<Rehearsal> {
    let path = "rehearsal";
    let table = reader.table(node, path, REHEARSAL, &[])?;
    let images = images(reader, table);
    let blue = image_name(reader, table, "blue", &images);
    let green = image_name(reader, table, "green", &images);
    let secrets = table.get("secrets").map(|node| reader.as_text_table(node, "rehearsal.secrets")).unwrap_or_default();
    let setup = table.get("setup").map(|node| commands(reader, node, "rehearsal.setup")).unwrap_or_default();
    let health_check_path = health_check_path(reader, table);
    let paths = paths(reader, table).unwrap_or_else(|| vec![health_check_path.clone()]);
    Some(Rehearsal {
        blue,
        green,
        secrets,
        setup,
        images,
        desired_count: desired_count(reader, table, path, Rehearsal::DESIRED_COUNT),
        deployment_config: reader
            .optional_text(table, path, "deployment-config")
            .unwrap_or_else(|| Rehearsal::DEPLOYMENT_CONFIG.to_owned()),
        termination_wait: termination_wait(reader, table),
        health_check_path,
        paths,
        alarms: alarms(reader, table),
        test_listener: test_listener(reader, table),
        test_rule: test_rule(reader, table),
        deployment: table.get("deployment").map(|node| deployment(reader, node)).unwrap_or_default(),
        services: services(reader, table),
        task_definitions: table
            .get("task-definitions")
            .map(|node| reader.as_texts(node, "rehearsal.task-definitions", "names of files, such as [\"job.json\"]"))
            .unwrap_or_default(),
    })
}

fn desired_count(reader: &mut Reader, table: Table<'_>, path: &str, otherwise: u32) -> u32 {
    let Some(node) = table.get("desired-count") else { return otherwise };
    let count = reader.as_integer(node, &format!("{path}.desired-count"), 1, 200);
    count.and_then(|count| u32::try_from(count).ok()).unwrap_or_default()
}

fn test_listener(reader: &mut Reader, table: Table<'_>) -> bool {
    let node = table.get("test-listener");
    node.and_then(|node| reader.as_bool(node, "rehearsal.test-listener")).unwrap_or(true)
}

fn services(reader: &mut Reader, table: Table<'_>) -> BTreeMap<String, RehearsalService> {
    let path = "rehearsal.services";
    let Some(node) = table.get("services") else { return BTreeMap::new() };
    let crate::document::Data::Table(entries) = &node.data else {
        let example = "a table per service: [rehearsal.services.\"app-worker\"]";
        reader.wrong(node.place, path, format!("expected {example}, not {}", node.data.kind()));
        return BTreeMap::new();
    };
    let mut services = BTreeMap::new();
    for entry in entries {
        let path = format!("{path}.\"{}\"", entry.key);
        let Some(table) = reader.table(&entry.value, &path, SERVICE, &[]) else { continue };
        let example = "the file with its task definition: task-definition = \"worker.json\"";
        let service = RehearsalService {
            task_definition: reader.text(table, &path, "task-definition", example),
            desired_count: desired_count(reader, table, &path, RehearsalService::DESIRED_COUNT),
        };
        services.insert(entry.key.clone(), service);
    }
    services
}

fn health_check_path(reader: &mut Reader, table: Table<'_>) -> String {
    let path = reader.optional_text(table, "rehearsal", "health-check-path");
    let path = path.unwrap_or_else(|| Rehearsal::HEALTH_CHECK_PATH.to_owned());
    if !path.starts_with('/') {
        let place = table.get("health-check-path").and_then(|node| node.place);
        reader.wrong(place, "rehearsal.health-check-path", "expected a path that begins with /, such as \"/health\"");
    }
    path
}

/// The paths that users ask for, if the plan says.
fn paths(reader: &mut Reader, table: Table<'_>) -> Option<Vec<String>> {
    let node = table.get("paths")?;
    let paths = reader.as_texts(node, "rehearsal.paths", "paths");
    if matches!(&node.data, crate::document::Data::List(items) if items.is_empty()) {
        reader.wrong(node.place, "rehearsal.paths", "is empty; take it out, and users ask for the health check's path");
    }
    for (index, path) in paths.iter().enumerate().filter(|(_, path)| !path.starts_with('/')) {
        let message = format!("expected a path that begins with /, such as \"/products/\", not {path:?}");
        reader.wrong(node.place, &format!("rehearsal.paths[{index}]"), message);
    }
    Some(paths)
}

fn alarms(reader: &mut Reader, table: Table<'_>) -> Vec<String> {
    let path = "rehearsal.alarms";
    let Some(node) = table.get("alarms") else { return Vec::new() };
    let alarms = reader.as_texts(node, path, "names of alarms, such as [\"shop-5xx\"]");
    if alarms.len() > Rehearsal::MOST_ALARMS {
        let most = Rehearsal::MOST_ALARMS;
        reader.wrong(
            node.place,
            path,
            format!("a deployment group has at most {most} alarms; name the most telling ones"),
        );
    }
    alarms
}

fn termination_wait(reader: &mut Reader, table: Table<'_>) -> Duration {
    let path = "rehearsal.termination-wait";
    let Some(node) = table.get("termination-wait") else { return Rehearsal::TERMINATION_WAIT };
    let Some(minutes) = whole_minutes(reader, node, path) else { return Duration::ZERO };
    if minutes > LONGEST_TERMINATION_WAIT {
        reader.wrong(node.place, path, "CodeDeploy keeps blue for at most 2800 minutes: write \"5m\"");
    }
    Duration::from_secs(u64::from(minutes) * 60)
}

fn images(reader: &mut Reader, table: Table<'_>) -> BTreeMap<String, RehearsalImage> {
    let path = "rehearsal.images";
    let example = "a table per image: [rehearsal.images.\"app:v1\"]";
    let Some(node) = reader.required(table, "rehearsal", "images", example) else { return BTreeMap::new() };
    let crate::document::Data::Table(entries) = &node.data else {
        reader.wrong(node.place, path, format!("expected {example}, not {}", node.data.kind()));
        return BTreeMap::new();
    };
    let mut images = BTreeMap::new();
    for entry in entries {
        let path = format!("{path}.\"{}\"", entry.key);
        let Some(table) = reader.table(&entry.value, &path, IMAGE, &[]) else { continue };
        let directory = reader.text(table, &path, "directory", "where the image's program runs: directory = \"v1\"");
        let command =
            reader.required(table, &path, "command", "what it runs: command = [\"gunicorn\", \"-b\", \"{ip}:{port}\"]");
        let command = command.map(|node| reader.as_command(node, &format!("{path}.command"))).unwrap_or_default();
        let environment = table.get("environment");
        let environment = environment.map(|node| reader.as_text_table(node, &format!("{path}.environment")));
        let image = RehearsalImage { directory, command, environment: environment.unwrap_or_default() };
        images.insert(entry.key.clone(), image);
    }
    images
}

fn image_name(reader: &mut Reader, table: Table<'_>, key: &str, images: &BTreeMap<String, RehearsalImage>) -> String {
    let name = reader.text(table, "rehearsal", key, &format!("an image of [rehearsal.images]: {key} = \"app:v1\""));
    if !name.is_empty() && !images.contains_key(&name) && table.has("images") {
        let place = table.get(key).and_then(|node| node.place);
        let hint = suggest::hint(&name, images.keys().map(String::as_str));
        let message = format!("there is no [rehearsal.images.\"{name}\"]; {hint}");
        reader.wrong(place, &format!("rehearsal.{key}"), message);
    }
    name
}
