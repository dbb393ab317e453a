//! The schedules that `greenlight jobs apply` makes of a plan.

use super::play::{self, Jobs, MINUTE, job};
use crate::shop;
use aws_sdk_scheduler::types::ScheduleState;
use greenlight::jobs::schedules::{self, Change, apply, diff};
use greenlight_aws::{Env, Settings};
use greenlight_domain::job::JobId;
use greenlight_domain::plan::Plan;
use greenlight_simulation::Behaviours;
use greenlight_world::Setup;
use std::cell::RefCell;
use std::sync::Arc;

fn id(job: &str) -> JobId {
    JobId::new("production-cluster", "shop-web", job)
}

fn plan(jobs: &str) -> Plan {
    Plan::parse(&shop::plan(jobs), "greenlight.toml").unwrap()
}

/// Plays a story in an account that has these jobs in its live plan, and no schedule of them but what `edit` makes.
fn with(tables: &str, edit: impl Fn(&mut Setup), story: impl AsyncFnOnce(Jobs, Env)) {
    let settings = RefCell::new(None);
    let edit = |setup: &mut Setup| {
        setup.stack.schedules.clear();
        let function = setup.stack.functions.iter().find(|function| function.name == play::FUNCTION).unwrap();
        settings.replace(Some(Settings::from_map(&function.environment).unwrap()));
        edit(setup);
    };
    let story = async |jobs: Jobs| {
        let account = &jobs.account;
        let settings = settings.take().unwrap();
        let env = Env::new(account.simulation.sdk_config(), account.simulation.clock(), settings);
        story(jobs, env.with_log(Arc::new(|_| {}))).await;
    };
    play::with(&[("any", "rate(1 hour)", tables)], Behaviours::new(), edit, story);
}

#[test]
fn what_is_applied_fires_and_a_second_time_there_is_nothing_to_do() {
    let tables = format!("{}{}", job("sync", "expected-by = \"20m\""), job("count", ""));
    with(
        &tables,
        |_| {},
        async |jobs, env| {
            let plan = plan(&tables);
            let found = diff(&env, &plan).await.unwrap();
            assert!(found.entries.iter().all(|entry| matches!(entry.change, Change::Added(_))), "{found:?}");
            apply(&env, &plan, &found, false).await.unwrap();
            let again = diff(&env, &plan).await.unwrap();
            assert!(again.is_empty(), "{again:?}");
            jobs.account.pass(70 * MINUTE).await;
            let played = jobs.played();
            // a rate without a start begins at once
            assert_eq!(played.outcomes(), ["succeeded"; 4], "{:?}", played.said("job.skipped"));
            assert!(played.notices().is_empty() && played.denied().is_empty(), "{:?}", played.notices());
        },
    );
}

#[test]
fn a_new_job_that_never_runs_is_noticed() {
    let table = job("sync", "expected-by = \"20m\"");
    with(
        &table,
        |_| {},
        async |jobs, env| {
            let plan = plan(&table);
            apply(&env, &plan, &diff(&env, &plan).await.unwrap(), false).await.unwrap();
            schedules::remove(&env, &id("sync").schedule()).await.unwrap();
            jobs.account.pass(90 * MINUTE).await;
            let played = jobs.played();
            let notices = played.notices();
            assert!(matches!(&notices[..], [one] if one.contains("no run of the firing")), "{notices:?}");
        },
    );
}

#[test]
fn what_is_not_this_services_is_left_alone_and_removals_wait_for_a_word() {
    let others = ["greenlight-deadline", "run.sync.0000000000000000"].map(str::to_owned);
    let other_service = JobId::new("production-cluster", "other", "sync").schedule();
    let names: Vec<String> = others.into_iter().chain([other_service]).collect();
    let table = job("sync", "expected-by = \"20m\"");
    with(
        &table,
        |_| {},
        async |_, env| {
            let before = plan(&table);
            apply(&env, &before, &diff(&env, &before).await.unwrap(), false).await.unwrap();
            let ours = schedules::get(&env, &id("sync").schedule()).await.unwrap().unwrap();
            for name in &names {
                let request = env.scheduler().create_schedule().name(name).group_name("greenlight");
                let request = request.set_target(ours.target().cloned()).state(ScheduleState::Disabled);
                let request = request.set_flexible_time_window(ours.flexible_time_window().cloned());
                request.schedule_expression("rate(1 hour)").send().await.unwrap();
            }
            let without = plan("");
            let found = diff(&env, &without).await.unwrap();
            assert_eq!(found.removed().collect::<Vec<_>>(), ["sync"]);
            apply(&env, &without, &found, false).await.unwrap();
            assert_eq!(diff(&env, &without).await.unwrap(), found, "nothing was deleted");
            apply(&env, &without, &found, true).await.unwrap();
            assert!(diff(&env, &without).await.unwrap().entries.is_empty());
            let is_there = async |name: &str| schedules::get(&env, name).await.unwrap().is_some();
            for name in &names {
                assert!(is_there(name).await, "{name}");
            }
            assert!(!is_there(&id("sync").expected()).await);
        },
    );
}

#[test]
fn a_hundred_jobs_and_more_are_read_page_by_page() {
    let tables: String = (0..120).map(|n| job(&format!("job-{n}"), "start = \"2026-06-01\"")).collect();
    with(
        "",
        |_| {},
        async |_, env| {
            let plan = plan(&tables);
            apply(&env, &plan, &diff(&env, &plan).await.unwrap(), false).await.unwrap();
            let again = diff(&env, &plan).await.unwrap();
            assert!(again.is_empty() && again.entries.len() == 120, "{}", again.entries.len());
        },
    );
}
