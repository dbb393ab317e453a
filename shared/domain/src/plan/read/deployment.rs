//! `[rehearsal.deployment]`.

use super::value::whole_minutes;
use crate::document::{Node, Reader, Table, join};
use crate::plan::{ReadyWait, RehearsalDeployment, Shift, Traffic};

const PATH: &str = "rehearsal.deployment";
const DEPLOYMENT: &[&str] =
    &["traffic", "ready-wait", "continue-after", "keep-blue", "auto-rollback", "hooks-in-rollback"];
const TRAFFIC: &[&str] = &["canary", "linear", "interval"];

pub(super) fn deployment(reader: &mut Reader, node: &Node) -> RehearsalDeployment {
    let otherwise = RehearsalDeployment::default();
    let Some(table) = reader.table(node, PATH, DEPLOYMENT, &[]) else { return otherwise };
    RehearsalDeployment {
        traffic: table.get("traffic").and_then(|node| traffic(reader, node)),
        ready: ready(reader, table),
        keep_blue: flag(reader, table, "keep-blue", otherwise.keep_blue),
        auto_rollback: flag(reader, table, "auto-rollback", otherwise.auto_rollback),
        hooks_in_rollback: flag(reader, table, "hooks-in-rollback", otherwise.hooks_in_rollback),
    }
}

fn flag(reader: &mut Reader, table: Table<'_>, key: &str, otherwise: bool) -> bool {
    table.get(key).and_then(|node| reader.as_bool(node, &join(PATH, key))).unwrap_or(otherwise)
}

fn traffic(reader: &mut Reader, node: &Node) -> Option<Traffic> {
    let path = join(PATH, "traffic");
    let table = reader.table(node, &path, TRAFFIC, &[])?;
    let (shift, key) = match (table.get("canary"), table.get("linear")) {
        (Some(_), None) => (Shift::Canary, "canary"),
        (None, Some(_)) => (Shift::Linear, "linear"),
        (Some(_), Some(linear)) => {
            reader.wrong(linear.place, &join(&path, "linear"), "stands beside `canary`; keep one of the two");
            return None;
        }
        (None, None) => {
            let example = "says nothing about the steps; write { canary = 20, interval = \"10m\" } or { linear = 20, interval = \"2m\" }";
            reader.wrong(node.place, &path, example);
            return None;
        }
    };
    let percentage = table.get(key).and_then(|node| reader.as_integer(node, &join(&path, key), 1, 99));
    let interval =
        reader.required(table, &path, "interval", "the time from one step to the next: interval = \"5m\"")?;
    let minutes = whole_minutes(reader, interval, &join(&path, "interval"))?;
    if !(1..=2880).contains(&minutes) {
        let message = "an interval has 1 to 2880 minutes: write \"5m\"";
        reader.wrong(interval.place, &join(&path, "interval"), message);
    }
    Some(Traffic { shift, percentage: percentage.and_then(|percent| u32::try_from(percent).ok())?, minutes })
}

fn ready(reader: &mut Reader, table: Table<'_>) -> Option<ReadyWait> {
    let continued = table.get("continue-after");
    let continue_after = continued.and_then(|node| reader.as_duration(node, &join(PATH, "continue-after")));
    let Some(node) = table.get("ready-wait") else {
        if let Some(node) = continued {
            let message = "continues a wait, and there is none; add ready-wait = \"30m\" or take this out";
            reader.wrong(node.place, &join(PATH, "continue-after"), message);
        }
        return None;
    };
    let path = join(PATH, "ready-wait");
    let minutes = whole_minutes(reader, node, &path)?;
    if !(1..=2880).contains(&minutes) {
        reader.wrong(node.place, &path, "a deployment waits 1 to 2880 minutes: write \"30m\"");
    }
    Some(ReadyWait { wait: std::time::Duration::from_secs(u64::from(minutes) * 60), continue_after })
}
