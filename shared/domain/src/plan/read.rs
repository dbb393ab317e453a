//! From a tree of values to a plan: every key, its type and its bounds.

use super::{LONGEST_HOOK, Logs, Migrate, Plan, PlanError, Rehearsal, RehearsalImage, Retry, STOP_GRACE, span};
use crate::document::{Node, Reader, Table};
use crate::suggest;
use std::collections::BTreeMap;
use std::time::Duration;

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
    "rehearsal",
];
/// Part of the plan's contract, but no function obeys them yet. Silence would be taken for consent.
const LATER: &[&str] = &["warm-up", "smoke-test", "validate", "freeze", "finish", "rollback", "jobs"];
const LOGS: &[&str] = &["link"];
const MIGRATE: &[&str] = &["command", "commands", "timeout", "retry"];
const RETRY: &[&str] = &["times", "exit-codes", "log-lines", "wait"];
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
];
const IMAGE: &[&str] = &["directory", "command", "environment"];
/// `CodeDeploy`'s limit for the time that blue is kept.
const LONGEST_TERMINATION_WAIT: Duration = Duration::from_mins(2800);

pub(super) fn toml(text: &str, source: &str) -> Result<Plan, PlanError> {
    plan(&Node::from_toml(text, source)?, source)
}

pub(super) fn json(value: &serde_json::Value, source: &str) -> Result<Plan, PlanError> {
    plan(&Node::from_json(value), source)
}

fn plan(root: &Node, source: &str) -> Result<Plan, PlanError> {
    let mut reader = Reader::new(source);
    let read = reader.table(root, "", PLAN, LATER).map(|table| Plan {
        application: reader.text(table, "", "application", "the CodeDeploy application: application = \"django-app\""),
        deployment_group: reader.text(
            table,
            "",
            "deployment-group",
            "its deployment group: deployment-group = \"production\"",
        ),
        cluster: reader.text(table, "", "cluster", "the ECS cluster: cluster = \"production-cluster\""),
        service: reader.text(table, "", "service", "the ECS service: service = \"django-web\""),
        task_definition: reader.optional_text(table, "", "task-definition"),
        container: reader.text(table, "", "container", "the container that runs the application: container = \"web\""),
        port: port(&mut reader, table),
        logs: table.get("logs").and_then(|node| logs(&mut reader, node)),
        migrate: table.get("migrate").and_then(|node| migrate(&mut reader, node)),
        rehearsal: table.get("rehearsal").and_then(|node| rehearsal(&mut reader, node)),
    });
    // Without a table the reader has noted that, so `finish` is an error here.
    match (reader.finish(()), read) {
        (Ok(()), Some(plan)) => Ok(plan),
        (Err(problems), _) => Err(problems.into()),
        (Ok(()), None) => Err(PlanError::Label("it is empty".to_owned())),
    }
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

fn migrate(reader: &mut Reader, node: &Node) -> Option<Migrate> {
    let table = reader.table(node, "migrate", MIGRATE, &[])?;
    let commands = match (table.get("command"), table.get("commands")) {
        (Some(one), None) => vec![reader.as_command(one, "migrate.command")],
        (None, Some(many)) => {
            let commands = commands(reader, many, "migrate.commands");
            if matches!(&many.data, crate::document::Data::List(items) if items.is_empty()) {
                reader.wrong(many.place, "migrate.commands", "is empty; take out [migrate] if there is no migration");
            }
            commands
        }
        (Some(one), Some(_)) => {
            reader.wrong(one.place, "migrate.command", "stands beside `commands`; keep one of the two");
            Vec::new()
        }
        (None, None) => {
            let example = "is missing; add command = [\"python\", \"manage.py\", \"migrate\", \"--noinput\"]";
            reader.wrong(node.place, "migrate.command", example);
            Vec::new()
        }
    };
    let timeout = match table.get("timeout") {
        Some(node) => longer_than_nothing(reader, node, "migrate.timeout"),
        None => Migrate::TIMEOUT,
    };
    let retry = table.get("retry").and_then(|node| retry(reader, node));
    let migrate = Migrate { commands, timeout, retry };
    if migrate.longest() > LONGEST_HOOK {
        let place = table.get("timeout").or(table.get("retry")).map_or(node.place, |node| node.place);
        reader.wrong(place, "migrate.timeout", too_long(&migrate));
    }
    Some(migrate)
}

/// The arithmetic, so that the reader of the message sees which number to change.
fn too_long(migrate: &Migrate) -> String {
    let waits = migrate
        .retry
        .as_ref()
        .filter(|retry| retry.times > 0)
        .map_or(String::new(), |retry| format!(" + {} × {} wait", retry.times, span(retry.wait)));
    format!(
        "cannot end in time: {} command(s) × ({} attempt(s) × ({} timeout + {} to stop){waits}) = {}, and CodeDeploy's \
         hour leaves {}; lower the timeout, the retries or the number of commands",
        migrate.commands.len(),
        migrate.attempts(),
        span(migrate.timeout),
        span(STOP_GRACE),
        span(migrate.longest()),
        span(LONGEST_HOOK),
    )
}

fn retry(reader: &mut Reader, node: &Node) -> Option<Retry> {
    let path = "migrate.retry";
    let table = reader.table(node, path, RETRY, &[])?;
    let times = reader.required(table, path, "times", "how often to try again: times = 2");
    let times = times.and_then(|node| reader.as_integer(node, "migrate.retry.times", 1, 20));
    let mut exit_codes = Vec::new();
    if let Some(node) = table.get("exit-codes") {
        for (index, item) in reader.as_list(node, "migrate.retry.exit-codes", "numbers").iter().enumerate() {
            let code = reader.as_integer(item, &format!("migrate.retry.exit-codes[{index}]"), 1, 255);
            exit_codes.extend(code.and_then(|code| i32::try_from(code).ok()));
        }
    }
    let log_lines = table.get("log-lines").map(|node| reader.as_texts(node, "migrate.retry.log-lines", "texts"));
    let log_lines = log_lines.unwrap_or_default();
    if !table.has("exit-codes") && !table.has("log-lines") {
        let message = "says nothing about when to try again; add exit-codes = [75] or log-lines = [\"lock timeout\"]";
        reader.wrong(node.place, path, message);
    }
    let wait = table.get("wait").map_or(Some(Retry::WAIT), |node| reader.as_duration(node, "migrate.retry.wait"));
    Some(Retry {
        times: times.and_then(|times| u32::try_from(times).ok()).unwrap_or(0),
        exit_codes,
        log_lines,
        wait: wait.unwrap_or_default(),
    })
}

fn rehearsal(reader: &mut Reader, node: &Node) -> Option<Rehearsal> {
    let path = "rehearsal";
    let table = reader.table(node, path, REHEARSAL, &[])?;
    let images = images(reader, table);
    let blue = image_name(reader, table, "blue", &images);
    let green = image_name(reader, table, "green", &images);
    let secrets = table.get("secrets").map(|node| reader.as_text_table(node, "rehearsal.secrets")).unwrap_or_default();
    let setup = table.get("setup").map(|node| commands(reader, node, "rehearsal.setup")).unwrap_or_default();
    let desired_count = table.get("desired-count").map_or(Some(Rehearsal::DESIRED_COUNT), |node| {
        let count = reader.as_integer(node, "rehearsal.desired-count", 1, 50)?;
        u32::try_from(count).ok()
    });
    let health_check_path = health_check_path(reader, table);
    let paths = paths(reader, table).unwrap_or_else(|| vec![health_check_path.clone()]);
    Some(Rehearsal {
        blue,
        green,
        secrets,
        setup,
        images,
        desired_count: desired_count.unwrap_or_default(),
        deployment_config: reader
            .optional_text(table, path, "deployment-config")
            .unwrap_or_else(|| Rehearsal::DEPLOYMENT_CONFIG.to_owned()),
        termination_wait: termination_wait(reader, table),
        health_check_path,
        paths,
    })
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

fn termination_wait(reader: &mut Reader, table: Table<'_>) -> Duration {
    let path = "rehearsal.termination-wait";
    let Some(node) = table.get("termination-wait") else { return Rehearsal::TERMINATION_WAIT };
    let Some(wait) = reader.as_duration(node, path) else { return Duration::ZERO };
    if wait.as_secs() % 60 != 0 || wait.subsec_nanos() != 0 {
        reader.wrong(node.place, path, "CodeDeploy counts whole minutes: write \"5m\"");
    } else if wait > LONGEST_TERMINATION_WAIT {
        reader.wrong(node.place, path, "CodeDeploy keeps blue for at most 2800 minutes: write \"5m\"");
    }
    wait
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

fn commands(reader: &mut Reader, node: &Node, path: &str) -> Vec<Vec<String>> {
    let items = reader.as_list(node, path, "commands, each a list of texts").iter().enumerate();
    items.map(|(index, item)| reader.as_command(item, &format!("{path}[{index}]"))).collect()
}

fn longer_than_nothing(reader: &mut Reader, node: &Node, path: &str) -> Duration {
    let duration = reader.as_duration(node, path);
    if duration.is_some_and(|duration| duration.is_zero()) {
        reader.wrong(node.place, path, "must be longer than nothing: write \"10m\"");
    }
    duration.unwrap_or_default()
}
