//! Many jobs that are due in the same minute, as AWS throttles them, with every event delivered twice.

use super::play::{Jobs, MINUTE, job, with};
use greenlight_simulation::Behaviours;
use greenlight_world::{EventFault, Fault, Setup};
use std::collections::BTreeMap;
use std::time::Duration;

#[test]
fn two_hundred_at_once_start_one_task_each() {
    crowd(200);
}

#[test]
#[ignore = "takes minutes: `just jobs-at-once` asks for it"]
fn a_thousand_at_once_start_one_task_each() {
    crowd(1000);
}

#[expect(clippy::print_stdout, reason = "what was measured is for people")]
fn crowd(size: usize) {
    let names: Vec<String> = (0..size).map(|n| format!("job-{n:03}")).collect();
    let tables: Vec<String> = names.iter().map(|name| job(name, "")).collect();
    let jobs: Vec<(&str, &str, &str)> = names
        .iter()
        .zip(&tables)
        .map(|(name, table)| (name.as_str(), "at(2026-01-01T02:00:00)", table.as_str()))
        .collect();
    let crowded = |setup: &mut Setup| {
        setup.throttles_requests = true;
        for detail_type in [Fault::SCHEDULE, "ECS Task State Change"] {
            let what = EventFault::Doubled(Duration::from_secs(1));
            setup.faults.push(Fault::Event { detail_type: detail_type.to_owned(), times: Fault::ALWAYS, what });
        }
    };
    with(&jobs, Behaviours::new(), crowded, async |jobs: Jobs| {
        jobs.account.pass(jobs.until_hour(1) + 90 * MINUTE).await;
        let played = jobs.played();
        let mut tasks: BTreeMap<String, usize> = BTreeMap::new();
        for fact in played.facts("task.started") {
            if let Some(by) = fact["started_by"].as_str().filter(|by| by.contains("/job/")) {
                *tasks.entry(by.to_owned()).or_default() += 1;
            }
        }
        let skipped = played.said("job.skipped").len();
        let started = played.said("job.started");
        let last = started.iter().filter_map(|line| line["at"].as_str()).max().unwrap_or("never");
        let settled = played.said("job.ended");
        let settled = settled.iter().filter_map(|line| line["at"].as_str()).max().unwrap_or("never");
        let twice = tasks.values().filter(|tasks| **tasks > 1).count();
        let calls = jobs.calls();
        let of = |name: &str| calls.iter().filter(|call| call.as_str() == name).count();
        println!(
            "{size} firings at 02:00:00, each delivered twice: {} tasks, {twice} twice, {skipped} skipped, the last at {last}, \
             the last heard of its end at {settled}; \
             {} calls, of them RunTask {}, DescribeServices {}; {} told to wait, {} notices",
            tasks.len(),
            calls.len(),
            of("ecs:RunTask"),
            of("ecs:DescribeServices"),
            played.said("job.waiting").len(),
            played.notices().len(),
        );
        assert_eq!((tasks.len(), twice), (size, 0), "each firing starts one task");
        assert_eq!(skipped, 0);
        assert_eq!(played.outcomes().len(), size, "and each is settled");
        assert!(played.notices().is_empty(), "{:?}", played.notices());
        assert!(played.facts("dead-letter.sent").is_empty(), "{:?}", played.facts("dead-letter.sent"));
        assert!(played.denied().is_empty(), "{:?}", played.denied());
        for name in &names {
            assert!(jobs.runs(name).await.is_empty(), "{name}");
        }
    });
}
