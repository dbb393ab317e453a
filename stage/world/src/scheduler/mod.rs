//! Amazon EventBridge Scheduler: one-time schedules that invoke functions.

mod create_schedule;
mod delete_schedule;
mod fire;
mod get_schedule;
mod shapes;

pub(crate) use fire::{Firing, fire};

use crate::operation::{Entry, entry};
use crate::{AwsError, World};
use jiff::Timestamp;
use std::collections::BTreeMap;

pub(crate) const OPERATIONS: &[Entry] = &[
    entry::<create_schedule::CreateSchedule>(),
    entry::<delete_schedule::DeleteSchedule>(),
    entry::<get_schedule::GetSchedule>(),
];

/// The schedules, by group and name.
#[derive(Debug, Default)]
pub(crate) struct Scheduler {
    schedules: BTreeMap<(String, String), Schedule>,
    last: u64,
}

#[derive(Debug, Clone)]
struct Schedule {
    /// Tells a schedule from one of the same name that was there before.
    generation: u64,
    arn: String,
    input: create_schedule::Input,
    at: Timestamp,
    created: Timestamp,
}

#[derive(Debug, Clone)]
pub(crate) enum Timer {
    /// A schedule's time has come.
    Due { group: String, name: String, generation: u64 },
}

/// The group that a schedule belongs to when none is named.
const DEFAULT_GROUP: &str = "default";

fn schedule_arn(world: &World, group: &str, name: &str) -> String {
    world.arn("scheduler", &format!("schedule/{group}/{name}"))
}

fn not_found(name: &str) -> AwsError {
    AwsError::with_status("ResourceNotFoundException", format!("Schedule {name} does not exist."), 404)
}

/// Names of schedules and groups: 1 to 64 letters, digits, hyphens, underscores and dots.
fn check_name(member: &str, name: &str) -> Result<(), AwsError> {
    let allowed = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.');
    if !(1..=64).contains(&name.chars().count()) || !name.chars().all(allowed) {
        return Err(AwsError::client(
            "ValidationException",
            format!(
                "1 validation error detected: Value '{name}' at '{member}' failed to satisfy constraint: Member must satisfy regular expression pattern: [0-9a-zA-Z-_.]+ and have length between 1 and 64"
            ),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
