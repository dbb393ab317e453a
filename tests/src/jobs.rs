//! Scheduled jobs, on the virtual clock: the template's functions, schedules that fire, tasks that run.

mod apply;
mod crowd;
mod ends;
pub mod family;
pub mod play;
mod rehearsed;
mod verbs;

use crate::shop;
use greenlight_simulation::{Behaviour, Behaviours};
use greenlight_world::{CallFault, EventFault, Fault};
use play::{FUNCTION, Jobs, MINUTE, job, slow, with};
use serde_json::{Value, json};
use std::time::Duration;

#[test]
fn a_job_runs_as_a_task_of_the_live_revision_each_time_it_fires() {
    with(
        &[("sync", "rate(1 hour)", &job("sync", ""))],
        Behaviours::new(),
        |_| {},
        async |jobs: Jobs| {
            jobs.hours(3).await;
            let played = jobs.played();
            assert_eq!(played.tasks().len(), 3, "{:?}", played.said("job.started"));
            assert_eq!(played.outcomes(), ["succeeded"; 3]);
            assert!(played.notices().is_empty() && played.denied().is_empty(), "{:?}", played.denied());
            assert!(jobs.runs("sync").await.is_empty(), "every run is settled");
            // DescribeServices, DescribeTaskDefinition, CreateSchedule, RunTask
            let calls = jobs.calls();
            assert_eq!(calls.len(), 3 * 4, "{calls:?}");
        },
    );
}

#[test]
fn jobs_follow_deployments() {
    with(
        &[("sync", "rate(1 hour)", &job("sync", ""))],
        Behaviours::new(),
        |_| {},
        async |jobs: Jobs| {
            jobs.hours(1).await;
            let plan = shop::plan(&job("sync", "timeout = \"7m\""));
            let green = jobs.account.register_text(&plan).await;
            let id = jobs.account.deploy_with(&green, &[]).await;
            jobs.account.end_of(&id).await;
            jobs.hours(2).await;
            let started = jobs.played().said("job.started");
            assert_eq!(started.len(), 2, "{started:?}");
            assert_ne!(started[0]["task_definition"], green.as_str());
            assert_eq!(started[1]["task_definition"], green.as_str());
        },
    );
}

#[test]
fn a_fixed_revision_stays() {
    let fixed = job("sync", "task-definition = \"shop:1\"");
    with(
        &[("sync", "rate(1 hour)", &fixed)],
        Behaviours::new(),
        |_| {},
        async |jobs: Jobs| {
            jobs.hours(1).await;
            let started = jobs.played().said("job.started");
            assert_eq!(started[0]["task_definition"], "shop:1");
            assert_eq!(jobs.played().outcomes(), ["succeeded"]);
        },
    );
}

#[test]
fn every_event_twice_starts_nothing_twice() {
    for apart in [Duration::ZERO, Duration::from_millis(300), Duration::from_secs(20), 10 * MINUTE] {
        let doubled = |detail_type: &str| Fault::Event {
            detail_type: detail_type.to_owned(),
            times: Fault::ALWAYS,
            what: EventFault::Doubled(apart),
        };
        let edit = |setup: &mut greenlight_world::Setup| {
            setup.faults.extend([doubled(Fault::SCHEDULE), doubled("ECS Task State Change")]);
        };
        for overlap in ["forbid", "allow", "replace"] {
            let sync = job("sync", &format!("overlap = \"{overlap}\""));
            with(&[("sync", "rate(1 hour)", &sync)], Behaviours::new(), edit, async |jobs: Jobs| {
                jobs.hours(3).await;
                let played = jobs.played();
                assert_eq!(played.tasks().len(), 3, "{overlap} {apart:?}: {:?}", played.said("job.started"));
                assert!(played.said("job.skipped").is_empty(), "{:?}", played.said("job.skipped"));
                assert!(played.notices().is_empty(), "{:?}", played.notices());
                assert!(jobs.runs("sync").await.is_empty(), "{overlap} {apart:?}");
            });
        }
    }
}

#[test]
fn forbid_skips_a_firing_beside_an_earlier_run_and_says_so() {
    let sync = job("sync", "timeout = \"50m\"");
    with(
        &[("sync", "rate(15 minutes)", &sync)],
        slow("sync", 20 * MINUTE),
        |_| {},
        async |jobs: Jobs| {
            jobs.hours(2).await;
            let played = jobs.played();
            // at 0, 15, 30, 45 and 60 minutes
            assert_eq!(played.tasks().len(), 3, "{:?}", played.said("job.started"));
            let skipped = played.said("job.skipped");
            assert_eq!(skipped.len(), 2, "{skipped:?}");
            assert!(skipped[0]["reason"].as_str().unwrap().contains("overlap is \"forbid\""), "{}", skipped[0]);
        },
    );
}

#[test]
fn allow_runs_both() {
    let sync = job("sync", "timeout = \"50m\"\noverlap = \"allow\"");
    with(
        &[("sync", "rate(15 minutes)", &sync)],
        slow("sync", 20 * MINUTE),
        |_| {},
        async |jobs: Jobs| {
            jobs.hours(2).await;
            assert_eq!(jobs.played().tasks().len(), 5);
            jobs.account.pass(30 * MINUTE).await;
            assert!(jobs.runs("sync").await.is_empty());
        },
    );
}

#[test]
fn replace_stops_the_earlier_run_and_waits_for_its_end() {
    let sync = job("sync", "timeout = \"50m\"\noverlap = \"replace\"");
    with(
        &[("sync", "rate(15 minutes)", &sync)],
        slow("sync", 20 * MINUTE),
        |_| {},
        async |jobs: Jobs| {
            jobs.hours(2).await;
            jobs.account.pass(5 * MINUTE).await;
            let played = jobs.played();
            assert_eq!(played.tasks().len(), 5, "{:?}", played.said("job.started"));
            assert_eq!(played.outcomes(), ["replaced"; 4]);
            assert!(played.notices().is_empty(), "being replaced is no failure: {:?}", played.notices());
            assert!(played.most_at_once() == 1, "{}", played.most_at_once());
        },
    );
}

#[test]
fn a_firing_that_comes_too_late_is_skipped() {
    let late = |setup: &mut greenlight_world::Setup| {
        let (detail_type, what) = (Fault::SCHEDULE.to_owned(), EventFault::Late(31 * MINUTE));
        setup.faults.push(Fault::Event { detail_type, times: 1, what });
    };
    with(&[("sync", "rate(1 hour)", &job("sync", ""))], Behaviours::new(), late, async |jobs: Jobs| {
        jobs.hours(2).await;
        let skipped = jobs.played().said("job.skipped");
        assert!(
            matches!(&skipped[..], [one] if one["reason"].as_str().unwrap().contains("start deadline is 30m")),
            "{skipped:?}"
        );
        assert_eq!(jobs.played().tasks().len(), 1);
    });
}

#[test]
fn a_job_waits_for_a_deployment_if_it_says_so() {
    let sync = job("sync", "wait-for-deployment = true");
    let behaviours = slow("shop count", 20 * MINUTE);
    with(
        &[("sync", "rate(1 hour)", &sync)],
        behaviours,
        |_| {},
        async |jobs: Jobs| {
            // green is there at the full hour, and warms up until ten minutes later
            jobs.account.pass(jobs.until_hour(1).saturating_sub(10 * MINUTE)).await;
            let warm_up = "[warm-up]\ncommand = [\"shop\", \"count\"]\ntimeout = \"40m\"\n";
            let green = jobs.account.register_text(&shop::plan(&format!("{sync}{warm_up}"))).await;
            let id = jobs.account.deploy_with(&green, &[("AfterInstall", "CodeDeployHook_greenlight-warm-up")]).await;
            jobs.account.end_of(&id).await;
            jobs.account.pass(5 * MINUTE).await;
            let played = jobs.played();
            assert!(!played.said("job.waiting").is_empty());
            let started = played.said("job.started");
            assert_eq!(started.len(), 1, "{started:?}");
            assert_eq!(started[0]["task_definition"], green.as_str(), "it runs what serves then");
        },
    );
}

#[test]
fn a_live_plan_without_the_job_starts_nothing() {
    with(
        &[("other", "rate(1 hour)", &job("sync", ""))],
        Behaviours::new(),
        |_| {},
        async |jobs: Jobs| {
            jobs.hours(1).await;
            let skipped = jobs.played().said("job.skipped");
            assert!(skipped[0]["reason"].as_str().unwrap().contains("has no job \"other\""), "{skipped:?}");
            assert!(jobs.played().tasks().is_empty());
        },
    );
}

/// `RunTask` of the function, so often.
fn run_task(times: u32, answer: CallFault) -> impl Fn(&mut greenlight_world::Setup) {
    move |setup| {
        let (role, operation) = (shop::role("launch-job"), "ecs:RunTask".to_owned());
        setup.faults.push(Fault::Call { role, operation, times, answer: answer.clone() });
    }
}

#[test]
fn what_aws_refuses_for_a_moment_is_tried_again() {
    // more than one invocation can make
    let refused = run_task(60, CallFault::Throttled);
    with(&[("sync", "rate(1 hour)", &job("sync", ""))], Behaviours::new(), refused, async |jobs: Jobs| {
        jobs.hours(1).await;
        jobs.account.pass(20 * MINUTE).await;
        let played = jobs.played();
        assert_eq!(played.tasks().len(), 1);
        assert_eq!(played.outcomes(), ["succeeded"]);
        assert!(played.notices().is_empty() && jobs.runs("sync").await.is_empty());
    });
}

#[test]
fn what_cannot_be_started_before_the_start_deadline_is_told_and_kept() {
    let refused = run_task(Fault::ALWAYS, CallFault::Throttled);
    with(&[("sync", "rate(12 hours)", &job("sync", ""))], Behaviours::new(), refused, async |jobs: Jobs| {
        jobs.hours(2).await;
        let played = jobs.played();
        assert!(played.tasks().is_empty());
        let notices = played.notices();
        assert!(
            matches!(&notices[..], [one] if one.contains("ThrottlingException") && one.contains("job: sync")),
            "{notices:?}"
        );
        assert_eq!(played.facts("dead-letter.sent").len(), 1, "{:?}", played.facts("dead-letter.sent"));
        assert!(jobs.runs("sync").await.is_empty(), "nothing keeps the next firing out");
    });
}

#[test]
fn what_aws_refuses_for_good_is_told_once_and_kept() {
    let refused = run_task(Fault::ALWAYS, CallFault::NothingStarted("ATTRIBUTE".to_owned()));
    with(&[("sync", "rate(12 hours)", &job("sync", ""))], Behaviours::new(), refused, async |jobs: Jobs| {
        jobs.hours(1).await;
        jobs.account.pass(30 * MINUTE).await;
        let played = jobs.played();
        let notices = played.notices();
        assert!(matches!(&notices[..], [one] if one.contains("ATTRIBUTE")), "{notices:?}");
        assert_eq!(played.facts("dead-letter.sent").len(), 1);
        assert!(jobs.runs("sync").await.is_empty(), "nothing keeps the next firing out");
    });
}

#[test]
fn a_lost_answer_starts_nothing_twice() {
    for answer in [CallFault::AnswerLost, CallFault::NeverAnswered, CallFault::CallerKilled] {
        let lost = run_task(1, answer.clone());
        with(&[("sync", "rate(12 hours)", &job("sync", ""))], Behaviours::new(), lost, async |jobs: Jobs| {
            jobs.hours(1).await;
            jobs.account.pass(30 * MINUTE).await;
            let played = jobs.played();
            assert_eq!(played.tasks().len(), 1, "{answer:?}");
            assert!(played.notices().is_empty() && jobs.runs("sync").await.is_empty(), "{answer:?}");
        });
    }
}

#[test]
fn a_function_that_is_killed_at_any_moment_starts_one_task() {
    for milliseconds in (0..200).step_by(10) {
        let behaviours = Behaviours::new().killed(FUNCTION, Duration::from_millis(milliseconds), 1);
        with(
            &[("sync", "rate(12 hours)", &job("sync", ""))],
            behaviours,
            |_| {},
            async |jobs: Jobs| {
                jobs.hours(1).await;
                jobs.account.pass(30 * MINUTE).await;
                let played = jobs.played();
                assert_eq!(played.tasks().len(), 1, "killed after {milliseconds} ms");
                assert!(played.notices().is_empty() && jobs.runs("sync").await.is_empty(), "{milliseconds} ms");
            },
        );
    }
}

#[test]
fn a_plain_rule_starts_a_job_too() {
    with(
        &[],
        Behaviours::new(),
        |_| {},
        async |jobs: Jobs| {
            let event = |at: &str| json!({ "job": "sync", "cluster": "production-cluster", "service": "shop-web", "scheduled_time": at });
            let now = jobs.account.now().to_string();
            for _ in 0..2 {
                jobs.deliver(event(&now)).await;
            }
            jobs.account.pass(MINUTE).await;
            let started: Vec<Value> = jobs.played().said("job.started");
            assert!(started.is_empty(), "there is no such job: {started:?}");
        },
    );
    let sync = job("sync", "");
    with(
        &[("sync", "rate(12 hours)", &sync)],
        Behaviours::new().command("sync", Behaviour::Hang),
        |_| {},
        async |jobs| {
            let event = json!({ "job": "sync", "cluster": "production-cluster", "service": "shop-web", "scheduled_time": jobs.account.now().to_string() });
            jobs.deliver(event.clone()).await;
            jobs.deliver(event).await;
            jobs.account.pass(MINUTE).await;
            assert_eq!(jobs.played().tasks().len(), 1);
        },
    );
}
