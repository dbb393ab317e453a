//! Commands that run as one-off tasks: `[migrate]`, and the same keys in `[warm-up]` and `[finish]`.

use crate::document::{Data, Node, Reader, Table, join};
use crate::plan::{LONGEST_HOOK, OneOffCommands, Retry, STOP_GRACE, span};
use std::time::Duration;

/// The keys.
pub(super) const ONE_OFF: &[&str] = &["command", "commands", "timeout", "retry"];
const RETRY: &[&str] = &["times", "exit-codes", "log-lines", "wait"];

pub(super) fn migrate(reader: &mut Reader, node: &Node, longest: Duration) -> Option<OneOffCommands> {
    let table = reader.table(node, "migrate", ONE_OFF, &[])?;
    if !table.has("command") && !table.has("commands") {
        let example = "is missing; add command = [\"python\", \"manage.py\", \"migrate\", \"--noinput\"]";
        reader.wrong(node.place, "migrate.command", example);
    }
    Some(one_off(reader, table, "migrate", longest))
}

/// The commands of the table `path`, which has at least one of `command` and `commands`. All together may take `longest`.
pub(super) fn one_off(reader: &mut Reader, table: Table<'_>, path: &str, longest: Duration) -> OneOffCommands {
    let key = |key: &str| join(path, key);
    let commands = match (table.get("command"), table.get("commands")) {
        (Some(one), None) => vec![reader.as_command(one, &key("command"))],
        (None, Some(many)) => {
            let commands = commands(reader, many, &key("commands"));
            if matches!(&many.data, Data::List(items) if items.is_empty()) {
                let message = format!("is empty; take out [{path}] if there is nothing to run");
                reader.wrong(many.place, &key("commands"), message);
            }
            commands
        }
        (Some(one), Some(_)) => {
            reader.wrong(one.place, &key("command"), "stands beside `commands`; keep one of the two");
            Vec::new()
        }
        (None, None) => Vec::new(),
    };
    let timeout = match table.get("timeout") {
        Some(node) => longer_than_nothing(reader, node, &key("timeout"), "10m"),
        None => OneOffCommands::TIMEOUT,
    };
    let retry = table.get("retry").and_then(|node| retry(reader, node, &key("retry")));
    let commands = OneOffCommands { commands, timeout, retry };
    if commands.longest() > longest {
        let place = table.get("timeout").or(table.get("retry")).map_or(table.place(), |node| node.place);
        reader.wrong(place, &key("timeout"), too_long(&commands, longest));
    }
    commands
}

/// The arithmetic, so that the reader of the message sees which number to change.
fn too_long(commands: &OneOffCommands, longest: Duration) -> String {
    let waits = commands
        .retry
        .as_ref()
        .filter(|retry| retry.times > 0)
        .map_or(String::new(), |retry| format!(" + {} × {} wait", retry.times, span(retry.wait)));
    format!(
        "cannot end in time: {} command(s) × ({} attempt(s) × ({} timeout + {} to stop){waits}) = {}, and {} \
         leaves {}; lower the timeout, the retries or the number of commands",
        commands.commands.len(),
        commands.attempts(),
        span(commands.timeout),
        span(STOP_GRACE),
        span(commands.longest()),
        if longest == LONGEST_HOOK { "CodeDeploy's hour" } else { "ECS's day" },
        span(longest),
    )
}

fn retry(reader: &mut Reader, node: &Node, path: &str) -> Option<Retry> {
    let table = reader.table(node, path, RETRY, &[])?;
    let times = reader.required(table, path, "times", "how often to try again: times = 2");
    let times = times.and_then(|node| reader.as_integer(node, &join(path, "times"), 1, 20));
    let mut exit_codes = Vec::new();
    if let Some(node) = table.get("exit-codes") {
        let path = join(path, "exit-codes");
        for (index, item) in reader.as_list(node, &path, "numbers").iter().enumerate() {
            let code = reader.as_integer(item, &format!("{path}[{index}]"), 1, 255);
            exit_codes.extend(code.and_then(|code| i32::try_from(code).ok()));
        }
    }
    let log_lines = table.get("log-lines").map(|node| reader.as_texts(node, &join(path, "log-lines"), "texts"));
    let log_lines = log_lines.unwrap_or_default();
    if !table.has("exit-codes") && !table.has("log-lines") {
        let message = "says nothing about when to try again; add exit-codes = [75] or log-lines = [\"lock timeout\"]";
        reader.wrong(node.place, path, message);
    }
    let wait = table.get("wait").map_or(Some(Retry::WAIT), |node| reader.as_duration(node, &join(path, "wait")));
    Some(Retry {
        times: times.and_then(|times| u32::try_from(times).ok()).unwrap_or(0),
        exit_codes,
        log_lines,
        wait: wait.unwrap_or_default(),
    })
}

pub(super) fn commands(reader: &mut Reader, node: &Node, path: &str) -> Vec<Vec<String>> {
    let items = reader.as_list(node, path, "commands, each a list of texts").iter().enumerate();
    items.map(|(index, item)| reader.as_command(item, &format!("{path}[{index}]"))).collect()
}

pub(super) fn longer_than_nothing(reader: &mut Reader, node: &Node, path: &str, example: &str) -> Duration {
    let duration = reader.as_duration(node, path);
    if duration.is_some_and(|duration| duration.is_zero()) {
        reader.wrong(node.place, path, format!("must be longer than nothing: write \"{example}\""));
    }
    duration.unwrap_or_default()
}
