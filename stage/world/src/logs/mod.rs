//! Amazon CloudWatch Logs.

mod filter_log_events;
mod get_log_events;
mod pattern;

use crate::operation::{Entry, entry};
use crate::setup::Function;
use crate::{FactKind, Permission, World, iam};
use jiff::Timestamp;
use std::collections::BTreeMap;

pub(crate) const OPERATIONS: &[Entry] =
    &[entry::<filter_log_events::FilterLogEvents>(), entry::<get_log_events::GetLogEvents>()];

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

/// Writes a container's line to a stream; group and stream come into being with it.
pub(crate) fn append(world: &mut World, group: &str, stream: &str, message: &str) {
    write(world, group, stream, message, None);
}

/// The same for a line of a function, whose role has to allow it: without these permissions Lambda keeps no log, and says nothing.
pub(crate) fn append_of_function(world: &mut World, function: &Function, stream: &str, message: &str) {
    let group = &function.log_group;
    let arn = world.arn("logs", &format!("log-group:{group}:log-stream:{stream}"));
    let is_described = world.setup.stack.roles.iter().any(|role| role.name == function.role);
    let needed = ["logs:CreateLogStream", "logs:PutLogEvents"].map(|action| Permission::new(action, arn.clone()));
    if !is_described || needed.iter().all(|needed| iam::role_may(world, &function.role, needed)) {
        write(world, group, stream, message, Some(function.name.clone()));
    }
}

fn write(world: &mut World, group: &str, stream: &str, message: &str, function: Option<String>) {
    let event = LogEvent { at: world.now, message: message.to_owned() };
    world.logs.groups.entry(group.to_owned()).or_default().entry(stream.to_owned()).or_default().push(event);
    world.tell(FactKind::LogLine {
        log_group: group.to_owned(),
        log_stream: stream.to_owned(),
        function,
        message: message.to_owned(),
    });
}
