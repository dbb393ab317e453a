//! The difference between a plan's jobs and the schedules that are there.

use super::{Found, Schedule, id, list, wanted};
use crate::Error;
use greenlight_aws::{Env, Settings};
use greenlight_domain::plan::{Job, Plan};
use jiff::Timestamp;
use serde::Serialize;

/// What differs, by the jobs' names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Diff {
    /// Every job of the plan, and every other one that has a schedule.
    pub entries: Vec<Entry>,
}

/// A job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub job: String,
    /// What becomes of its schedule.
    pub change: Change,
    /// Whether its schedule is paused, and stays so.
    pub paused: bool,
    /// What becomes of the schedule that says until when it shall have succeeded.
    pub expectation: Expectation,
}

/// What becomes of a job's schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It is made.
    Added(Box<Schedule>),
    /// It is changed to this.
    Changed(Box<Schedule>, Vec<Property>),
    /// The plan has no such job, or none that fires again: it goes.
    Removed,
    /// It is as it should be.
    Same,
    /// The job never fires again, and has none.
    Over,
}

/// What becomes of the schedule that says until when a job shall have succeeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expectation {
    /// It stays as it is, there or not.
    Stays,
    /// The firing of `scheduled` shall have succeeded `by` then.
    Armed {
        /// The next firing.
        scheduled: Timestamp,
        /// `expected-by` after it.
        by: Timestamp,
    },
    /// Nobody expects anything any more.
    Dropped,
}

/// What a schedule has, and what it shall have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Property {
    /// Which.
    pub property: &'static str,
    /// As it is.
    pub from: String,
    /// As it shall be.
    pub to: String,
}

impl Diff {
    /// Whether there is nothing to be done.
    pub fn is_empty(&self) -> bool {
        self.entries.iter().all(Entry::is_same)
    }

    /// The jobs whose schedules go.
    pub fn removed(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().filter(|entry| entry.change == Change::Removed).map(|entry| entry.job.as_str())
    }
}

impl Entry {
    /// Whether there is nothing to be done.
    pub fn is_same(&self) -> bool {
        matches!(self.change, Change::Same | Change::Over) && self.expectation == Expectation::Stays
    }
}

/// Holds the plan's jobs against the schedules of the install that `env` has the settings of. Nothing is changed.
///
/// # Errors
/// If the schedules cannot be read, or a setting is missing.
pub async fn diff(env: &Env, plan: &Plan) -> Result<Diff, Error> {
    let now = env.clock.now();
    compare(&env.settings, plan, &list(env, plan, now).await?, now)
}

/// The same with what was read.
pub(super) fn compare(settings: &Settings, plan: &Plan, found: &Found, now: Timestamp) -> Result<Diff, Error> {
    let mut entries = Vec::new();
    for (name, job) in &plan.jobs {
        let wanted = wanted(settings, plan, name, job, now)?;
        entries.push(entry(plan, name, job, wanted, found, now));
    }
    for job in found.schedules.keys().filter(|job| !plan.jobs.contains_key(*job)) {
        entries.push(removed(job));
    }
    entries.sort_by(|one, other| one.job.cmp(&other.job));
    Ok(Diff { entries })
}

fn removed(job: &str) -> Entry {
    let (change, expectation) = (Change::Removed, Expectation::Dropped);
    Entry { job: job.to_owned(), change, paused: false, expectation }
}

fn entry(plan: &Plan, name: &str, job: &Job, wanted: Option<Schedule>, found: &Found, now: Timestamp) -> Entry {
    let there = found.schedules.get(name);
    let expects = found.expected.contains(&id(plan, name).expected());
    let (change, paused) = match (wanted, there) {
        (Some(wanted), None) => (Change::Added(Box::new(wanted)), false),
        (Some(wanted), Some(there)) => {
            // who paused it resumes it
            let wanted = Schedule { enabled: there.enabled, ..wanted };
            let properties = properties(there, &wanted);
            let change =
                if properties.is_empty() { Change::Same } else { Change::Changed(Box::new(wanted), properties) };
            (change, !there.enabled)
        }
        // its last firing is over, and nobody needs to do anything about that
        (None, Some(there)) if is_of(job, there) => (Change::Same, !there.enabled),
        (None, Some(_)) => return removed(name),
        (None, None) => (Change::Over, false),
    };
    let is_new_time = match &change {
        Change::Added(_) => true,
        Change::Changed(_, properties) => properties.iter().any(|property| TIMES.contains(&property.property)),
        Change::Removed | Change::Same | Change::Over => false,
    };
    let next = job.next(now, now).filter(|_| !paused);
    let next = next.and_then(|next| Some((next, greenlight_aws::job::expected::by(job, next)?)));
    let expectation = match next {
        Some((scheduled, by)) if is_new_time || !expects => Expectation::Armed { scheduled, by },
        None if expects && (paused || job.expected_by.is_none()) => Expectation::Dropped,
        // what was expected last is expected still
        Some(_) | None => Expectation::Stays,
    };
    Entry { job: name.to_owned(), change, paused, expectation }
}

/// Whether a schedule fires when the job says.
fn is_of(job: &Job, there: &Schedule) -> bool {
    there.expression == job.schedule.to_string() && there.time_zone == job.time_zone.iana_name().unwrap_or("UTC")
}

/// What says when a job fires.
const TIMES: [&str; 4] = ["schedule", "time-zone", "start", "end"];

/// What differs: in the words of the plan, or in Scheduler's where the plan has none.
fn properties(from: &Schedule, to: &Schedule) -> Vec<Property> {
    let time = |time: Option<Timestamp>| time.map_or_else(none, |time| time.to_string());
    let number = |number: Option<i32>, unit: &str| number.map_or_else(none, |number| format!("{number}{unit}"));
    let mut all = vec![
        ("schedule", from.expression.clone(), to.expression.clone()),
        ("time-zone", from.time_zone.clone(), to.time_zone.clone()),
        ("input", from.input.to_string(), to.input.to_string()),
        ("start", time(from.start), time(to.start)),
        ("end", time(from.end), time(to.end)),
        ("flexible-window", number(from.flexible_window, "m"), number(to.flexible_window, "m")),
        ("maximum-event-age", number(from.maximum_age, "s"), number(to.maximum_age, "s")),
        ("maximum-retry-attempts", number(from.attempts, ""), number(to.attempts, "")),
        ("function", from.function.clone(), to.function.clone()),
        ("role", from.role.clone(), to.role.clone()),
        (
            "dead-letter-queue",
            from.dead_letters.clone().unwrap_or_else(none),
            to.dead_letters.clone().unwrap_or_else(none),
        ),
    ];
    all.retain(|(property, old, new)| if *property == "input" { from.input != to.input } else { old != new });
    all.into_iter().map(|(property, from, to)| Property { property, from, to }).collect()
}

fn none() -> String {
    "none".to_owned()
}
