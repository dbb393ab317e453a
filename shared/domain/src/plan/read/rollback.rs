//! `[rollback]`.

use crate::document::{Node, Reader, Table, join};
use crate::plan::{Rollback, RollbackMode};
use std::time::Duration;

const PATH: &str = "rollback";
const ROLLBACK: &[&str] = &["mode", "window", "cooldown", "alarms"];

pub(super) fn rollback(reader: &mut Reader, node: &Node) -> Option<Rollback> {
    let table = reader.table(node, PATH, ROLLBACK, &[])?;
    let words = [("auto", RollbackMode::Auto), ("notify", RollbackMode::Notify)];
    let mode = table.get("mode").and_then(|node| reader.as_word(node, "rollback.mode", &words));
    Some(Rollback {
        mode: mode.unwrap_or_default(),
        window: span(reader, table, "window", Rollback::WINDOW),
        cooldown: span(reader, table, "cooldown", Rollback::COOLDOWN),
        alarms: alarms(reader, table),
    })
}

fn span(reader: &mut Reader, table: Table<'_>, key: &str, default: Duration) -> Duration {
    let Some(node) = table.get(key) else { return default };
    let path = join(PATH, key);
    let Some(span) = reader.as_duration(node, &path) else { return default };
    if span > Rollback::LONGEST {
        reader.wrong(node.place, &path, "is longer than a day; write \"24h\" or less");
    }
    span
}

fn alarms(reader: &mut Reader, table: Table<'_>) -> Vec<String> {
    let Some(node) = table.get("alarms") else { return Vec::new() };
    let path = join(PATH, "alarms");
    let items = reader.as_list(node, &path, "names of alarms");
    let mut alarms = Vec::<String>::new();
    for (index, item) in items.iter().enumerate() {
        let path = format!("{path}[{index}]");
        let Some(name) = reader.as_text(item, &path) else { continue };
        if name.starts_with("arn:") {
            reader.wrong(item.place, &path, "is an ARN; write the alarm's name alone, in the region of the deployment");
        }
        if alarms.contains(&name) {
            reader.wrong(item.place, &path, "stands here twice; keep one of the two");
        }
        alarms.push(name);
    }
    alarms
}
