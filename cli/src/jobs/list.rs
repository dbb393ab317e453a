//! `jobs list`.

use super::schedules::{self, Schedule};
use super::{Install, Run, Tell, history, runs};
use crate::Error;
use greenlight_domain::plan::{Job, Plan};
use jiff::Timestamp;
use serde_json::json;
use std::collections::BTreeSet;

/// Shows each job of the plan, and each other one that has a schedule: when it runs, and what came of its last run since then.
///
/// # Errors
/// If schedules or log cannot be read.
pub async fn list(install: &Install, plan: &Plan, since: Timestamp, tell: Tell<'_>) -> Result<(), Error> {
    let now = install.env.clock.now();
    let found = schedules::list(&install.env, plan, now).await?;
    let runs = runs::read(install, &schedules::id(plan, "").service, None, since).await?;
    let names: BTreeSet<&String> = plan.jobs.keys().chain(found.schedules.keys()).collect();
    if names.is_empty() {
        tell("jobs.none", "the plan has no [jobs], and no schedule fires one", json!({}));
    }
    for name in names {
        let schedule = found.schedules.get(name);
        let state = match schedule {
            None => "not-applied",
            Some(schedule) if !schedule.enabled => "paused",
            Some(_) if !plan.jobs.contains_key(name) => "not-in-the-plan",
            Some(_) => "enabled",
        };
        let modified = found.modified.get(name).copied();
        let next = schedule.filter(|schedule| schedule.enabled).and_then(|schedule| schedule.next(now, modified?));
        // a firing that was skipped is no run, unless there is none
        let mut own = runs.iter().filter(|run| run.job == *name).rev();
        let last = own.clone().find(|run| run.attempts > 0).or_else(|| own.next());
        let words = match (schedule, plan.jobs.get(name)) {
            (Some(schedule), _) => schedule.in_words(),
            (None, job) => job.map(Job::in_words).unwrap_or_default(),
        };
        let fields = json!({
            "job": name, "in_words": words, "state": state, "next": next, "last": last.map(history::fields),
        });
        tell("job.listed", &line(name, &words, state, next.map(|next| shown(schedule, next)), last), fields);
    }
    Ok(())
}

fn shown(schedule: Option<&Schedule>, at: Timestamp) -> String {
    schedule.map_or_else(|| at.to_string(), |schedule| schedule.shown(at))
}

fn line(name: &str, words: &str, state: &str, next: Option<String>, last: Option<&Run>) -> String {
    let state = match state {
        "enabled" => "",
        "paused" => "  (paused; greenlight jobs resume)",
        "not-applied" => "  (has no schedule; greenlight jobs apply)",
        _ => "  (not in the plan; greenlight jobs apply --delete)",
    };
    let mut text = format!("{name}  {words}{state}");
    if let Some(next) = next {
        text = format!("{text}\n    next: {next}");
    }
    match last {
        Some(run) => format!("{text}\n    last: {}, {}", run.scheduled, history::said(run)),
        None => format!("{text}\n    last: none in this time"),
    }
}
