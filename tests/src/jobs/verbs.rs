//! What `greenlight jobs` does beside the functions: running, pausing, looking back, redriving.

use super::play::{self, FUNCTION, Jobs, MINUTE, job};
use greenlight::jobs::{Install, Outcome, Redriven, history, list, read_runs, redrive, run, schedules, set_paused};
use greenlight_aws::Env;
use greenlight_domain::job::JobId;
use greenlight_domain::plan::Plan;
use greenlight_simulation::{Behaviour, Behaviours};
use greenlight_world::{CallFault, EventFault, Fault, Setup};
use jiff::SignedDuration;
use serde_json::Value;

/// Every event that was told, with its members.
type Told = Vec<(&'static str, Value)>;

/// Plays a story in an account with one job, whose schedule was applied as the plan has it: an hour from then on.
fn with(more: &str, behaviours: Behaviours, edit: impl Fn(&mut Setup), story: impl AsyncFnOnce(Jobs, Install, Plan)) {
    let table = job("sync", more);
    let edit = |setup: &mut Setup| edit(setup);
    let story = async |jobs: Jobs| {
        let plan = Plan::parse(&crate::shop::plan(&table), "greenlight.toml").unwrap();
        let install = install(&jobs).await;
        story(jobs, install, plan).await;
    };
    play::with(&[("sync", "rate(1 hour)", &table)], behaviours, edit, story);
}

async fn install(jobs: &Jobs) -> Install {
    let account = &jobs.account;
    let env = Env::new(account.simulation.sdk_config(), account.simulation.clock(), account.env().settings);
    Install::find(env, "greenlight").await.unwrap()
}

fn into(told: &mut Told) -> impl FnMut(&'static str, &str, Value) {
    |event, _, fields| told.push((event, fields))
}

#[test]
fn a_run_by_hand_is_followed_through_its_retries() {
    let fails =
        Behaviours::new().command("sync", Behaviour::Exit { after: MINUTE, code: 3, lines: vec!["no".to_owned()] });
    with(
        "retry = { times = 1 }",
        fails,
        |_| {},
        async |_, install, plan| {
            let mut told = Told::new();
            let ran = run(&install, &plan, "sync", &mut into(&mut told)).await.unwrap();
            assert_eq!((ran.outcome, ran.exit_code), ("failed", 3));
            let events: Vec<&str> = told.iter().map(|(event, _)| *event).collect();
            let expected = [
                "job.requested",
                "job.started",
                "job.line",
                "job.retry",
                "job.started",
                "job.line",
                "job.failed",
                "outcome",
            ];
            assert_eq!(events, expected, "{told:?}");
            let runs = read_runs(&install, "shop-web", Some("sync"), Setup::EPOCH).await.unwrap();
            assert!(matches!(&runs[..], [run] if run.attempts == 2 && run.outcome == Outcome::Failed), "{runs:?}");
        },
    );
}

#[test]
fn a_run_by_hand_keeps_to_the_overlap() {
    with(
        "",
        play::slow("sync", 20 * MINUTE),
        |_| {},
        async |jobs, install, plan| {
            jobs.hours(1).await;
            let mut told = Told::new();
            let ran = run(&install, &plan, "sync", &mut into(&mut told)).await.unwrap();
            assert_eq!((ran.outcome, ran.exit_code), ("was skipped", 1), "{told:?}");
            // the history has both
            let mut told = Told::new();
            history(&install, &plan, "sync", Setup::EPOCH, &mut into(&mut told)).await.unwrap();
            let outcomes: Vec<&str> = told.iter().map(|(_, fields)| fields["outcome"].as_str().unwrap()).collect();
            assert_eq!(outcomes, ["skipped", "running"], "{told:?}");
            let mut told = Told::new();
            list(&install, &plan, Setup::EPOCH, &mut into(&mut told)).await.unwrap();
            assert_eq!(told[0].1["last"]["outcome"], "running", "a skipped firing is no run: {told:?}");
        },
    );
}

#[test]
fn a_paused_job_does_not_fire_stays_so_and_nobody_expects_it() {
    with(
        "expected-by = \"30m\"",
        Behaviours::new(),
        |_| {},
        async |jobs, install, plan| {
            let mut quiet = |_: &'static str, _: &str, _: Value| {};
            let id = JobId::new("production-cluster", "shop-web", "sync");
            let is_expected = async || schedules::get(&install.env, &id.expected()).await.unwrap().is_some();
            set_paused(&install, &plan, "sync", true, &mut quiet).await.unwrap();
            assert!(!is_expected().await);
            let before = schedules::get(&install.env, &id.schedule()).await.unwrap().unwrap();
            let diff = schedules::diff(&install.env, &plan).await.unwrap();
            schedules::apply(&install.env, &plan, &diff, false).await.unwrap();
            assert!(!is_expected().await && schedules::diff(&install.env, &plan).await.unwrap().entries[0].paused);
            jobs.hours(4).await;
            assert!(jobs.played().tasks().is_empty() && jobs.played().notices().is_empty());
            set_paused(&install, &plan, "sync", false, &mut quiet).await.unwrap();
            assert!(is_expected().await);
            let after = schedules::get(&install.env, &id.schedule()).await.unwrap().unwrap();
            assert_eq!(after.target(), schedules::get(&install.env, &id.schedule()).await.unwrap().unwrap().target());
            assert_eq!(before.schedule_expression(), after.schedule_expression());
            jobs.account.pass(90 * MINUTE).await;
            assert!(!jobs.played().outcomes().is_empty() && jobs.played().notices().is_empty());
        },
    );
}

/// `RunTask` of the function, until the firing is given up.
fn refused(setup: &mut Setup) {
    let (role, operation) = (crate::shop::role("launch-job"), "ecs:RunTask".to_owned());
    // each firing is given up after three attempts
    setup.faults.push(Fault::Call {
        role,
        operation,
        times: 3,
        answer: CallFault::NothingStarted("ATTRIBUTE".to_owned()),
    });
}

#[test]
fn what_could_not_be_launched_is_redriven_once() {
    // the start deadline is over when somebody looks, and does not skip what a person asks for
    with("start-deadline = \"5m\"\noverlap = \"allow\"", Behaviours::new(), refused, async |jobs, install, _| {
        jobs.hours(1).await;
        jobs.account.pass(10 * MINUTE).await;
        assert!(jobs.played().tasks().is_empty());
        assert_eq!(jobs.played().facts("dead-letter.sent").len(), 1);
        let mut told = Told::new();
        let redriven = redrive(&install, false, &mut into(&mut told)).await.unwrap();
        assert_eq!(redriven, Redriven { handed_over: 1, ..Redriven::default() }, "{told:?}");
        jobs.account.pass(5 * MINUTE).await;
        assert_eq!(jobs.played().outcomes(), ["succeeded"], "{:?}", jobs.played().said("job.skipped"));
        let again = redrive(&install, false, &mut into(&mut told)).await.unwrap();
        assert_eq!(again, Redriven::default());
    });
}

#[test]
fn what_is_too_old_is_left_until_somebody_says_again() {
    let edit = |setup: &mut Setup| {
        refused(setup);
        setup.stack.schedules[0].expression = "rate(12 hours)".to_owned();
        // the end of the run is never told: an event in the queue that is no firing
        let what = EventFault::Undeliverable(std::time::Duration::from_hours(3));
        setup.faults.push(Fault::Event { detail_type: "ECS Task State Change".to_owned(), times: 1, what });
    };
    with("", Behaviours::new(), edit, async |jobs, install, _| {
        jobs.hours(1).await;
        jobs.account.pass(60 * MINUTE).await;
        let mut told = Told::new();
        let redriven = redrive(&install, false, &mut into(&mut told)).await.unwrap();
        assert_eq!((redriven.handed_over, redriven.left, redriven.is_clean()), (0, 1, false), "{told:?}");
        assert!(told[0].1["reason"].as_str().unwrap().contains("old"), "{told:?}");
        assert!(jobs.played().tasks().is_empty());
        // what was received is hidden for two minutes
        jobs.account.pass(3 * MINUTE).await;
        let redriven = redrive(&install, true, &mut into(&mut told)).await.unwrap();
        assert_eq!((redriven.handed_over, redriven.left), (1, 0), "{told:?}");
        jobs.account.pass(50 * MINUTE).await;
        assert_eq!(jobs.played().outcomes(), ["succeeded"]);
        let redriven = redrive(&install, true, &mut into(&mut told)).await.unwrap();
        assert_eq!((redriven.handed_over, redriven.others, redriven.is_clean()), (0, 1, true), "{told:?}");
    });
}

#[test]
fn two_redrives_of_one_firing_start_one_task() {
    with("start-deadline = \"5m\"\noverlap = \"allow\"", Behaviours::new(), refused, async |jobs, _, _| {
        jobs.hours(1).await;
        jobs.account.pass(10 * MINUTE).await;
        let scheduled = (Setup::EPOCH + SignedDuration::from_hours(2)).to_string();
        let event = serde_json::json!({
            "job": "sync", "cluster": "production-cluster", "service": "shop-web", "scheduled_time": scheduled, "redriven": 0,
        });
        for _ in 0..2 {
            jobs.account.simulation.deliver(FUNCTION, event.clone()).await;
            jobs.account.pass(3 * MINUTE).await;
        }
        assert_eq!(jobs.played().tasks().len(), 1);
    });
}

#[test]
fn an_attempt_that_could_not_be_started_is_redriven_as_that_attempt() {
    // the first attempt ran and failed: it is known, and not run again
    let fails = Behaviours::new().command_times("sync", 1, Behaviour::exits(3, &[]));
    with(
        "overlap = \"allow\"",
        fails,
        |_| {},
        async |jobs, _, _| {
            jobs.hours(1).await;
            assert_eq!(jobs.played().outcomes(), ["failed"]);
            let scheduled = (Setup::EPOCH + SignedDuration::from_hours(2)).to_string();
            for attempt in [0, 1] {
                let event = serde_json::json!({
                    "job": "sync", "cluster": "production-cluster", "service": "shop-web", "scheduled_time": scheduled,
                    "redriven": attempt,
                });
                jobs.deliver(event).await;
                jobs.account.pass(3 * MINUTE).await;
            }
            assert_eq!(jobs.played().outcomes(), ["failed", "succeeded"]);
        },
    );
}
