//! Amazon CloudWatch Logs.

mod get_log_events;

use crate::operation::{Entry, entry};
use crate::{FactKind, World};
use jiff::Timestamp;
use std::collections::BTreeMap;

pub(crate) const OPERATIONS: &[Entry] = &[entry::<get_log_events::GetLogEvents>()];

/// Log groups, their streams and what was written to them.
#[derive(Debug, Default)]
pub(crate) struct Logs {
    groups: BTreeMap<String, BTreeMap<String, Vec<LogEvent>>>,
}

#[derive(Debug, Clone)]
struct LogEvent {
    at: Timestamp,
    message: String,
}

/// Writes a line to a stream; group and stream come into being with it.
pub(crate) fn append(world: &mut World, group: &str, stream: &str, message: &str) {
    let event = LogEvent { at: world.now, message: message.to_owned() };
    world.logs.groups.entry(group.to_owned()).or_default().entry(stream.to_owned()).or_default().push(event);
    world.tell(FactKind::LogLine {
        log_group: group.to_owned(),
        log_stream: stream.to_owned(),
        message: message.to_owned(),
    });
}
