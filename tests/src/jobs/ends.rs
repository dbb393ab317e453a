//! How runs end: by themselves, at their deadline, after retries; and what the team is told.

use super::play::{Jobs, MINUTE, job, with};
use crate::deployments::account;
use greenlight_simulation::{Behaviour, Behaviours, Code};
use greenlight_world::{EventFault, Fault, Setup, TaskFault, Tasks};
use std::time::Duration;

const DAILY: &str = "rate(12 hours)";

fn failing(times: u32) -> Behaviours {
    Behaviours::new().command_times("shop sync", times, Behaviour::exits(3, &["cannot reach the warehouse"]))
}

#[test]
fn a_failure_is_told_with_the_last_lines_and_so_is_the_recovery() {
    with(
        &[("sync", "rate(1 hour)", &job("sync", ""))],
        failing(2),
        |_| {},
        async |jobs: Jobs| {
            jobs.hours(2).await;
            let played = jobs.played();
            let notices = played.notices();
            assert_eq!(notices.len(), 2, "one for each firing: {notices:?}");
            assert!(
                notices[0].contains("exited with code 3") && notices[0].contains("cannot reach the warehouse"),
                "{}",
                notices[0]
            );
            jobs.hours(4).await;
            let played = jobs.played();
            let notices = played.notices();
            assert_eq!(notices.len(), 3, "and one for the first success: {notices:?}");
            assert!(notices[2].contains("had failed since 2026-01-01T02:00:00Z"), "{}", notices[2]);
            assert_eq!(played.outcomes(), ["failed", "failed", "succeeded", "succeeded"]);
            assert!(played.denied().is_empty(), "{:?}", played.denied());
        },
    );
}

#[test]
fn retries_wait_twice_as_long_each_time() {
    let sync = job("sync", "retry = { times = 3, wait = \"2m\" }");
    with(
        &[("sync", DAILY, &sync)],
        failing(2),
        |_| {},
        async |jobs: Jobs| {
            jobs.hours(2).await;
            let played = jobs.played();
            assert_eq!(played.outcomes(), ["retry", "retry", "succeeded"]);
            let started = played.said("job.started");
            let at = |n: usize| started[n]["at"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
            let waits: Vec<i64> = (1..3).map(|n| at(n).duration_since(at(n - 1)).as_secs()).collect();
            assert!((120..150).contains(&waits[0]) && (240..270).contains(&waits[1]), "{waits:?}");
            assert!(played.notices().is_empty() && jobs.runs("sync").await.is_empty());
            assert!(played.denied().is_empty(), "{:?}", played.denied());
        },
    );
}

#[test]
fn retries_have_an_end() {
    let sync = job("sync", "retry = { times = 2, wait = \"1m\" }");
    with(
        &[("sync", DAILY, &sync)],
        failing(9),
        |_| {},
        async |jobs: Jobs| {
            jobs.hours(2).await;
            let played = jobs.played();
            assert_eq!(played.outcomes(), ["retry", "retry", "failed"]);
            let notices = played.notices();
            assert!(matches!(&notices[..], [one] if one.contains("(attempt 3)")), "{notices:?}");
            assert!(jobs.runs("sync").await.is_empty());
        },
    );
}

#[test]
fn a_run_that_waits_for_its_next_attempt_is_still_there() {
    let sync = job("sync", "retry = { times = 1, wait = \"30m\" }");
    with(
        &[("sync", "rate(15 minutes)", &sync)],
        failing(1),
        |_| {},
        async |jobs: Jobs| {
            jobs.hours(1).await;
            jobs.account.pass(22 * MINUTE).await;
            assert_eq!(jobs.played().said("job.skipped").len(), 1, "{:?}", jobs.played().said("job.skipped"));
            jobs.account.pass(20 * MINUTE).await;
            assert!(jobs.played().notices().is_empty());
        },
    );
}

#[test]
fn a_start_that_fails_is_tried_again_in_any_case() {
    let behaviours = Behaviours::new().command_times("shop sync", 1, Behaviour::FailToStart("no such file".to_owned()));
    with(
        &[("sync", DAILY, &job("sync", ""))],
        behaviours,
        |_| {},
        async |jobs: Jobs| {
            jobs.hours(1).await;
            assert_eq!(jobs.played().outcomes(), ["retry", "succeeded"]);
            assert!(jobs.played().notices().is_empty());
        },
    );
}

#[test]
fn what_spot_takes_back_is_tried_again_in_any_case() {
    let interrupted = |setup: &mut Setup| {
        let which = Tasks::OneOff { started_by: ("greenlight/".to_owned(), "/job/".to_owned()) };
        setup.faults.push(Fault::Tasks { which, what: TaskFault::Interrupted(MINUTE) });
    };
    with(&[("sync", DAILY, &job("sync", ""))], Behaviours::new(), interrupted, async |jobs: Jobs| {
        jobs.hours(2).await;
        let played = jobs.played();
        assert_eq!(played.outcomes(), ["retry", "failed"]);
        assert!(played.notices()[0].contains("AWS took the task back"), "{:?}", played.notices());
    });
}

#[test]
fn a_run_is_stopped_at_its_deadline() {
    for (behaviour, words) in [
        (Behaviour::Hang, "did not finish within 10m; stopped"),
        (Behaviour::HangOn(Duration::from_hours(1)), "it was told to stop and is still"),
    ] {
        let behaviours = Behaviours::new().command("shop sync", behaviour);
        with(
            &[("sync", DAILY, &job("sync", ""))],
            behaviours,
            |_| {},
            async |jobs: Jobs| {
                jobs.hours(1).await;
                jobs.account.pass(15 * MINUTE).await;
                let played = jobs.played();
                let notices = played.notices();
                assert!(matches!(&notices[..], [one] if one.contains(words)), "{notices:?}");
                assert!(jobs.runs("sync").await.is_empty());
                assert!(played.denied().is_empty(), "{:?}", played.denied());
            },
        );
    }
}

#[test]
fn a_run_whose_end_nobody_tells_is_found_at_its_deadline() {
    let lost = |setup: &mut Setup| {
        let (detail_type, what) = ("ECS Task State Change".to_owned(), EventFault::Lost);
        setup.faults.push(Fault::Event { detail_type, times: Fault::ALWAYS, what });
    };
    with(&[("sync", DAILY, &job("sync", ""))], Behaviours::new(), lost, async |jobs: Jobs| {
        jobs.hours(1).await;
        assert_eq!(jobs.runs("sync").await.len(), 1);
        jobs.account.pass(10 * MINUTE).await;
        assert_eq!(jobs.played().outcomes(), ["succeeded"]);
        assert!(jobs.runs("sync").await.is_empty() && jobs.played().notices().is_empty());
    });
}

#[test]
fn a_job_that_should_have_run_and_did_not_is_told() {
    // the plan says every hour, and the schedule fires once
    let sync = job("sync", "expected-by = \"30m\"");
    with(
        &[("sync", "at(2026-01-01T02:00:00)", &sync)],
        Behaviours::new(),
        |_| {},
        async |jobs: Jobs| {
            jobs.hours(2).await;
            assert!(jobs.played().notices().is_empty());
            jobs.account.pass(30 * MINUTE).await;
            let played = jobs.played();
            let notices = played.notices();
            let words = "no run of the firing of 2026-01-01T03:00:00Z had succeeded by 2026-01-01T03:30:00Z";
            assert!(matches!(&notices[..], [one] if one.contains(words)), "{notices:?}");
            jobs.hours(4).await;
            assert_eq!(jobs.played().notices().len(), 2, "and the next one: {:?}", jobs.played().notices());
            assert!(played.denied().is_empty(), "{:?}", played.denied());
            // a revision that expects nothing any more
            let green = jobs.account.register_text(&crate::shop::plan(&job("sync", ""))).await;
            let id = jobs.account.deploy_with(&green, &[]).await;
            jobs.account.end_of(&id).await;
            jobs.hours(8).await;
            assert_eq!(jobs.played().notices().len(), 2, "{:?}", jobs.played().notices());
        },
    );
}

#[test]
fn a_job_that_succeeds_in_time_is_not_missed() {
    let sync = job("sync", "expected-by = \"30m\"");
    with(
        &[("sync", "rate(1 hour)", &sync)],
        Behaviours::new(),
        |_| {},
        async |jobs: Jobs| {
            jobs.hours(6).await;
            assert!(jobs.played().notices().is_empty(), "{:?}", jobs.played().notices());
            assert_eq!(jobs.played().outcomes().len(), 6);
        },
    );
}

#[test]
fn a_run_that_nobody_settles_keeps_others_out_for_an_hour_at_most() {
    let behaviours = Behaviours::new().function("greenlight-settle", Code::CannotStart);
    with(
        &[("sync", "rate(1 hour)", &job("sync", ""))],
        behaviours,
        |_| {},
        async |jobs: Jobs| {
            jobs.hours(3).await;
            let played = jobs.played();
            assert_eq!(played.said("job.skipped").len(), 1, "{:?}", played.said("job.skipped"));
            assert_eq!(played.tasks().len(), 2, "{:?}", played.said("job.started"));
            assert!(played.notices()[0].contains("nobody has heard of the firing of 2026-01-01T02:00:00Z"));
        },
    );
}

/// A deployment's one-off tasks and a job's are settled beside each other.
#[test]
fn a_job_and_a_migration_do_not_meet() {
    let migrate = "[migrate]\ncommand = [\"shop\", \"migrate\"]\ntimeout = \"5m\"\n";
    let sync = job("sync", "");
    with(
        &[("sync", "rate(1 hour)", &sync)],
        Behaviours::new(),
        |_| {},
        async |jobs: Jobs| {
            jobs.account.pass(jobs.until_hour(1).saturating_sub(MINUTE)).await;
            let green = jobs.account.register_text(&crate::shop::plan(&format!("{migrate}{sync}"))).await;
            let id = jobs.account.deploy_with(&green, &[("BeforeInstall", account::MIGRATE_FUNCTION)]).await;
            let played = jobs.account.end_of(&id).await;
            assert_eq!(played.ending(&id).0, "Succeeded");
            assert_eq!(played.migrations().len(), 1);
            assert_eq!(played.outcomes(), ["succeeded"]);
        },
    );
}
