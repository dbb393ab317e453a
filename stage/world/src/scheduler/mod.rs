//! Amazon EventBridge Scheduler: schedules that invoke functions.
//!
//! <https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html>

mod create_schedule;
mod definition;
mod delete_schedule;
mod fire;
mod get_schedule;
mod list_schedules;
mod shapes;
mod update_schedule;
mod when;

pub(crate) use definition::Definition;
pub(crate) use fire::{Firing, fire};

use crate::operation::{Entry, entry};
use crate::{AwsError, World, timers};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::time::Duration;
use when::When;

pub(crate) const OPERATIONS: &[Entry] = &[
    entry::<create_schedule::CreateSchedule>(),
    entry::<delete_schedule::DeleteSchedule>(),
    entry::<get_schedule::GetSchedule>(),
    entry::<list_schedules::ListSchedules>(),
    entry::<update_schedule::UpdateSchedule>(),
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
    definition: Definition,
    when: When,
    created: Timestamp,
    modified: Timestamp,
}

#[derive(Debug, Clone)]
pub(crate) enum Timer {
    /// A schedule's time has come. `scheduled` is its time without the flexible window.
    Due { group: String, name: String, generation: u64, scheduled: Timestamp },
}

/// The group that a schedule belongs to when none is named.
const DEFAULT_GROUP: &str = "default";

fn schedule_arn(world: &World, group: &str, name: &str) -> String {
    world.arn("scheduler", &format!("schedule/{group}/{name}"))
}

/// Sets up the schedules of the stack. One that is not valid fires never; [`crate::Setup::check`] names it.
pub(crate) fn install(world: &mut World) {
    let definitions: Vec<Definition> = world.setup.stack.schedules.iter().map(Definition::from).collect();
    for definition in definitions {
        if let Ok(when) = definition.check(world) {
            put(world, definition, when);
        }
    }
}

/// Puts a schedule that was checked in its place, over one that is there; its ARN.
fn put(world: &mut World, definition: Definition, when: When) -> String {
    let (key, now) = (definition.key(), world.now);
    world.scheduler.last += 1;
    let generation = world.scheduler.last;
    let arn = schedule_arn(world, &key.0, &key.1);
    let created = world.scheduler.schedules.get(&key).map_or(now, |existing| existing.created);
    let first = when.first(now).filter(|_| definition.enabled());
    let window = when.window;
    let schedule = Schedule { generation, arn: arn.clone(), definition, when, created, modified: now };
    world.scheduler.schedules.insert(key.clone(), schedule);
    if let Some(first) = first {
        arm(world, key, generation, first, window);
    }
    arn
}

/// Lets it fire at `scheduled`, or within its flexible window, in minutes, after that.
fn arm(world: &mut World, (group, name): (String, String), generation: u64, scheduled: Timestamp, window: u32) {
    let later = if window == 0 { 0 } else { world.rng.u64(0..u64::from(window) * 60) };
    let due = scheduled.saturating_add(Duration::from_secs(later)).unwrap_or(scheduled);
    let timer = Timer::Due { group, name, generation, scheduled };
    world.timers.push(due.max(world.now), timers::Timer::Scheduler(timer));
}

fn no_group(group: &str) -> AwsError {
    AwsError::with_status("ResourceNotFoundException", format!("Schedule group {group} does not exist."), 404)
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
