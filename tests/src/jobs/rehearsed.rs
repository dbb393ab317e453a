//! `rehearse --jobs`: days of jobs in seconds.

use crate::shop;
use greenlight::rehearse::{JobOutcome, Options, Rehearsal, Tried, play_jobs};
use greenlight_world::FactKind;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);

fn read(plan: &str) -> Result<Rehearsal, greenlight::Error> {
    let family = shop::TASK_DEFINITION.replacen("\"shop\"", "\"shop-job\"", 1);
    let text =
        |file: &Path| Ok(if file.ends_with("job.json") { family.clone() } else { shop::TASK_DEFINITION.to_owned() });
    let options = Options { jobs: Some(HOUR), ..Options::default() };
    Rehearsal::parse(plan, Path::new("greenlight.toml"), &text, &options)
}

/// Plays so long from then on. `tried` is how the job `sync` ends, and how long it runs.
fn play(rehearsal: &Rehearsal, from: &str, span: Duration, tried: (Option<i32>, Duration)) -> Vec<JobOutcome> {
    let from: Timestamp = from.parse().unwrap();
    let duration_ms = u64::try_from(tried.1.as_millis()).unwrap();
    let tried = BTreeMap::from([("sync".to_owned(), Tried { exit_code: tried.0, duration_ms })]);
    let mut denied = Vec::new();
    let mut observer = |fact: &greenlight_world::Fact| {
        if let FactKind::CallDenied { action, .. } = &fact.kind {
            denied.push(action.clone());
        }
    };
    let outcomes = play_jobs(rehearsal, &tried, from, span, &mut observer).unwrap();
    assert!(denied.is_empty(), "{denied:?}");
    assert!(outcomes.iter().all(|outcome| outcome.lost == 0), "{outcomes:?}");
    outcomes
}

fn plan(job: &str) -> String {
    shop::plan(&format!("[jobs.sync]\ncommand = [\"shop\", \"sync\"]\n{job}\n"))
}

#[test]
fn a_clock_that_is_turned_skips_a_night() {
    let job = "schedule = \"cron(30 2 * * ? *)\"\ntime-zone = \"Europe/Berlin\"";
    let rehearsal = read(&plan(job)).unwrap();
    let outcomes = play(&rehearsal, "2026-03-27T12:00:00Z", 72 * HOUR, (Some(0), Duration::from_secs(3)));
    let JobOutcome { firings, succeeded, next, schedule, .. } = &outcomes[0];
    assert_eq!((*firings, *succeeded), (2, 2), "there was no half past two on the 29th: {outcomes:?}");
    assert_eq!(schedule, "at 02:30 every day (Europe/Berlin)");
    assert_eq!(next[..2], ["2026-03-28 02:30 CET", "2026-03-30 02:30 CEST"]);
}

#[test]
fn a_job_that_failed_as_a_process_fails_every_day_with_its_retries() {
    let rehearsal = read(&plan("schedule = \"rate(1 hour)\"\nretry = { times = 2, wait = \"1m\" }")).unwrap();
    let outcomes = play(&rehearsal, "2026-05-01T00:00:00Z", 5 * HOUR, (Some(3), Duration::from_secs(3)));
    let JobOutcome { firings, failed, tasks, reasons, .. } = &outcomes[0];
    assert_eq!((*firings, *failed, *tasks), (5, 5, 15), "{outcomes:?}");
    assert!(reasons.iter().any(|reason| reason.contains("code 3")), "{reasons:?}");
}

#[test]
fn a_job_that_takes_longer_than_its_period_is_skipped_every_other_time() {
    let rehearsal = read(&plan("schedule = \"rate(10 minutes)\"\ntimeout = \"30m\"")).unwrap();
    let outcomes = play(&rehearsal, "2026-05-01T00:00:00Z", 2 * HOUR, (Some(0), Duration::from_mins(15)));
    let JobOutcome { firings, succeeded, skipped, reasons, .. } = &outcomes[0];
    assert_eq!(succeeded + skipped, *firings, "{outcomes:?}");
    assert!(*succeeded >= 5 && *skipped >= 5, "{outcomes:?}");
    assert_eq!(reasons.len(), 1, "one reason, whenever it was: {reasons:?}");
}

#[test]
fn a_job_with_a_family_of_its_own_runs_from_it() {
    let job = "schedule = \"rate(1 hour)\"\ntask-definition = \"shop-job\"";
    let files = "task-definitions = [\"job.json\"]\nblue = ";
    let with = |plan: &str| read(&plan.replacen("blue = ", files, 1));
    let outcomes =
        play(&with(&plan(job)).unwrap(), "2026-05-01T00:00:00Z", 3 * HOUR, (Some(0), Duration::from_secs(3)));
    assert_eq!((outcomes[0].firings, outcomes[0].succeeded), (3, 3), "{outcomes:?}");
    let message = read(&plan(job)).unwrap_err().to_string();
    assert!(message.contains("`shop-job` of [jobs.sync]") && message.contains("task-definitions = "), "{message}");
    let message = with(&plan("schedule = \"rate(1 hour)\"")).unwrap_err().to_string();
    assert!(message.contains("no job has the family `shop-job` of job.json"), "{message}");
    let message = read(&shop::plan("")).unwrap_err().to_string();
    assert!(message.contains("the plan has no jobs"), "{message}");
}
