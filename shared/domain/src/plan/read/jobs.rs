//! `[jobs.NAME]`.

use super::one_off::longer_than_nothing;
use super::value::time_zone;
use crate::document::{Data, Node, Reader, Table, join};
use crate::plan::{Job, JobRetry, JobTaskDefinition, Overlap, span};
use crate::schedule::{Expression, ScheduleError};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::time::Duration;

const JOB: &[&str] = &[
    "schedule",
    "time-zone",
    "command",
    "task-definition",
    "container",
    "overlap",
    "timeout",
    "start-deadline",
    "flexible-window",
    "start",
    "end",
    "retry",
    "wait-for-deployment",
    "expected-by",
];

pub(super) fn jobs(reader: &mut Reader, node: &Node) -> BTreeMap<String, Job> {
    let mut jobs = BTreeMap::new();
    for entry in reader.as_entries(node, "jobs", "jobs") {
        let path = join("jobs", &entry.key);
        if let Some(message) = unusable(&entry.key) {
            reader.wrong(entry.place, &path, message);
        }
        if let Some(job) = job(reader, &entry.value, &path) {
            jobs.insert(entry.key.clone(), job);
        }
    }
    jobs
}

/// Why a job cannot have this name: it becomes the name of a schedule, and a part of its tasks' `startedBy`.
fn unusable(name: &str) -> Option<String> {
    let longest = Job::LONGEST_NAME;
    let length = name.chars().count();
    if !(1..=longest).contains(&length) {
        return Some(format!(
            "has {length} characters, and the names of schedules have room for 1 to {longest}; write another"
        ));
    }
    let allowed = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_');
    let wrong = name.chars().find(|character| !allowed(*character))?;
    Some(format!("has {wrong:?} in its name; use letters, digits, hyphens and underscores, as ECS and Scheduler do"))
}

fn job(reader: &mut Reader, node: &Node, path: &str) -> Option<Job> {
    let table = reader.table(node, path, JOB, &[])?;
    let key = |key: &str| join(path, key);
    let schedule = schedule(reader, table, path);
    let zone = table.get("time-zone").map_or(Some(TimeZone::UTC), |node| time_zone(reader, node, &key("time-zone")));
    let command = reader
        .required(table, path, "command", "what it runs: command = [\"python\", \"manage.py\", \"clearsessions\"]")
        .map(|node| reader.as_command(node, &key("command")));
    let task_definition =
        table.get("task-definition").and_then(|node| task_definition(reader, node, &key("task-definition")));
    let container = container(reader, table, path);
    let overlaps = [("allow", Overlap::Allow), ("forbid", Overlap::Forbid), ("replace", Overlap::Replace)];
    let overlap = table.get("overlap").and_then(|node| reader.as_word(node, &key("overlap"), &overlaps));
    let mut duration = |name: &str, default: Duration| {
        table.get(name).map_or(default, |node| longer_than_nothing(reader, node, &key(name), &span(default)))
    };
    let timeout = duration("timeout", Job::TIMEOUT);
    let start_deadline = duration("start-deadline", Job::START_DEADLINE);
    let expected_by = table.has("expected-by").then(|| duration("expected-by", Duration::from_hours(1)));
    let flexible_window = table.get("flexible-window").and_then(|node| flexible(reader, node, &key("flexible-window")));
    let start = table.get("start").and_then(|node| date_time(reader, node, &key("start")));
    let end = table.get("end").and_then(|node| date_time(reader, node, &key("end")));
    let retry = table.get("retry").and_then(|node| retry(reader, node, &key("retry")));
    let wait = table.get("wait-for-deployment").and_then(|node| reader.as_bool(node, &key("wait-for-deployment")));
    let job = Job {
        schedule: schedule?,
        time_zone: zone?,
        command: command?,
        task_definition: task_definition.unwrap_or_default(),
        container,
        overlap: overlap.unwrap_or_default(),
        timeout,
        start_deadline,
        flexible_window,
        start,
        end,
        retry,
        wait_for_deployment: wait.unwrap_or_default(),
        expected_by,
    };
    check_times(reader, table, path, &job);
    check_spans(reader, table, path, &job);
    Some(job)
}

fn schedule(reader: &mut Reader, table: Table<'_>, path: &str) -> Option<Expression> {
    let example = "when it runs: schedule = \"rate(15 minutes)\" or \"cron(30 2 * * ? *)\"";
    let node = reader.required(table, path, "schedule", example)?;
    let path = join(path, "schedule");
    let text = reader.as_text(node, &path)?;
    let read: Result<Expression, ScheduleError> = text.parse();
    read.map_err(|error| reader.wrong(node.place, &path, error.to_string())).ok()
}

/// Whether the schedule fires at all: in its time zone, between its start and its end.
fn check_times(reader: &mut Reader, table: Table<'_>, path: &str, job: &Job) {
    let place = |key: &str| table.get(key).and_then(|node| node.place);
    let zone = job.time_zone.iana_name().unwrap_or("UTC");
    if !job.schedule.fires_in(&job.time_zone) {
        let message = format!(
            "never fires: the clocks of {zone} are turned forward then and skip that time; name an earlier or a later one"
        );
        return reader.wrong(place("schedule"), &join(path, "schedule"), message);
    }
    for key in ["start", "end"] {
        if table.has(key) && matches!(job.schedule, Expression::At(_)) {
            let message = "is about schedules that come again, and at(…) comes once; take it out";
            return reader.wrong(place(key), &join(path, key), message);
        }
    }
    if job.start.zip(job.end).is_some_and(|(start, end)| end <= start) {
        return reader.wrong(place("end"), &join(path, "end"), "is not after `start`; write a later one");
    }
    if job.next(Timestamp::MIN, Timestamp::MIN).is_none() {
        let key = if table.has("end") { "end" } else { "start" };
        let message = "leaves no time at which the schedule fires; move `start` or `end`, or change the schedule";
        reader.wrong(place(key), &join(path, key), message);
    }
}

fn check_spans(reader: &mut Reader, table: Table<'_>, path: &str, job: &Job) {
    let place = |key: &str| table.get(key).and_then(|node| node.place);
    let longest = Job::LONGEST_START_DEADLINE;
    if job.start_deadline > longest {
        let message = format!(
            "is more than {}: ECS may not know after an hour that a firing was started already; write a shorter one",
            span(longest)
        );
        reader.wrong(place("start-deadline"), &join(path, "start-deadline"), message);
    }
    let Some(window) = job.flexible_window else { return };
    if window >= job.start_deadline {
        let message = format!(
            "is not shorter than the start deadline of {}: a firing could be too late when it comes; write a shorter one, or a \
             longer start-deadline (at most \"{}\")",
            span(job.start_deadline),
            span(longest)
        );
        reader.wrong(place("flexible-window"), &join(path, "flexible-window"), message);
    }
    if job.expected_by.is_some_and(|by| by <= window) {
        let message = format!(
            "is not longer than the flexible window of {}: the job may not have been fired by then; write a longer one",
            span(window)
        );
        reader.wrong(place("expected-by"), &join(path, "expected-by"), message);
    }
}

/// Scheduler's `MaximumWindowInMinutes`.
fn flexible(reader: &mut Reader, node: &Node, path: &str) -> Option<Duration> {
    let time = reader.as_duration(node, path)?;
    if time.as_secs() % 60 != 0 || time.subsec_nanos() != 0 || time.is_zero() {
        reader.wrong(node.place, path, "Scheduler counts whole minutes, from one on: write \"5m\", or take it out");
        return None;
    }
    Some(time)
}

/// `2026-12-24` or `2026-12-24T18:00:00`.
fn date_time(reader: &mut Reader, node: &Node, path: &str) -> Option<DateTime> {
    let text = match &node.data {
        Data::Text(text) => Some(text.as_str()),
        _ => None,
    };
    let date = |text: &str| text.parse::<Date>().ok().filter(|_| text.len() == 10).map(DateTime::from);
    let time = |text: &str| {
        text.parse::<DateTime>().ok().filter(|_| text.len() == 19 && text.as_bytes().get(10) == Some(&b'T'))
    };
    // Scheduler's times have a zone of their own: these are read on the clock of the job's
    let found = text.and_then(|text| date(text).or_else(|| time(text))).filter(|at| (1970..2200).contains(&at.year()));
    if found.is_none() {
        let message = "expected a date, or a date and a time on the clock of the job's time zone, in quotes: \"2026-12-24\", \
                       \"2026-12-24T18:00:00\"";
        reader.wrong(node.place, path, message);
    }
    found
}

fn retry(reader: &mut Reader, node: &Node, path: &str) -> Option<JobRetry> {
    let table = reader.table(node, path, &["times", "wait"], &[])?;
    let times = reader.required(table, path, "times", "how often to try again: times = 2");
    let times = times.and_then(|node| reader.as_integer(node, &join(path, "times"), 1, 20));
    let key = join(path, "wait");
    let wait = table.get("wait").map_or(JobRetry::WAIT, |node| longer_than_nothing(reader, node, &key, "30s"));
    if wait > JobRetry::LONGEST_WAIT {
        let place = table.get("wait").and_then(|node| node.place);
        reader.wrong(place, &key, format!("is more than {}; write a shorter one", span(JobRetry::LONGEST_WAIT)));
    }
    Some(JobRetry { times: times.and_then(|times| u32::try_from(times).ok()).unwrap_or_default(), wait })
}

/// A family, or a revision of it: names as ECS has them.
fn task_definition(reader: &mut Reader, node: &Node, path: &str) -> Option<JobTaskDefinition> {
    let text = reader.as_text(node, path)?;
    let allowed = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_');
    let (family, number) =
        text.split_once(':').map_or((text.as_str(), None), |(family, number)| (family, Some(number)));
    let is_family = (1..=255).contains(&family.len()) && family.chars().all(allowed);
    let is_number = |number: &str| number.parse::<i32>().is_ok_and(|number| number > 0);
    match number {
        None if is_family => Some(JobTaskDefinition::Family(text)),
        Some(number) if is_family && is_number(number) => Some(JobTaskDefinition::Fixed(text)),
        _ => {
            let message = "expected the family of a task definition, which gets the image that serves: \"django-scheduled-job\"; or a \
                           revision of it, which stays as it is: \"django-scheduled-job:42\"";
            reader.wrong(node.place, path, message);
            None
        }
    }
}

fn container(reader: &mut Reader, table: Table<'_>, path: &str) -> Option<String> {
    let node = table.get("container")?;
    let path = join(path, "container");
    if !table.has("task-definition") {
        let message = "is for a task definition of the job's own; add `task-definition`, or take it out to run in the plan's \
                       container";
        reader.wrong(node.place, &path, message);
    }
    reader.as_text(node, &path)
}
