//! Functions that die at any moment of their work. Whatever the moment: one verdict, soon, and never a second migration.

use crate::played::Played;
use crate::{shop, simulated};
use greenlight::rehearse::{Options, Rehearsal};
use greenlight_simulation::Behaviours;
use std::cell::Cell;
use std::time::Duration;

/// A call takes 2 to 20 milliseconds, and no invocation makes so many that it takes longer than this, in milliseconds.
const LONGEST: u64 = 200;
/// Lambda's first attempt and its two retries.
const EVERY_ATTEMPT: u32 = 3;

/// Plays the deployment once for every moment at which the function can die, `times` times in a row.
fn die(function: &str, times: u32, check: impl Fn(&Played)) {
    let rehearsal = shop::rehearsal(shop::MIGRATE, &Options::default());
    let mut died = 0;
    for milliseconds in (0..LONGEST).step_by(2) {
        let behaviours = Behaviours::new().killed(function, Duration::from_millis(milliseconds), times);
        let played = simulated::play(&rehearsal, milliseconds, behaviours);
        let ended = played.facts("function.ended");
        died += ended.iter().filter(|fact| fact["function"] == function && fact["outcome"] == "crashed").count();
        let story = std::panic::AssertUnwindSafe(|| {
            always(&played);
            check(&played);
        });
        if let Err(error) = std::panic::catch_unwind(story) {
            eprintln!("{function} died after {milliseconds} ms, {times} times: {}", played.outcome);
            std::panic::resume_unwind(error);
        }
    }
    assert!(died >= 20, "a test whose functions hardly ever die shows nothing: {died}");
}

/// What holds whenever the function died.
fn always(played: &Played) {
    let id = played.deployment_id();
    assert!(played.migrations().len() <= 1, "{:?}", played.migrations());
    assert!(played.denied().is_empty(), "{:?}", played.denied());
    let lifecycle = played.of(id, "lifecycle.ended");
    let hook = lifecycle.iter().find(|fact| fact["lifecycle_event"] == "BeforeInstall").unwrap();
    let limit = 20 * 60 * 1000;
    assert!(hook["duration_ms"].as_i64().unwrap() < limit, "nobody waits for an hour: {hook}");
    let ended = &played.of(id, "deployment.ended")[0];
    assert_eq!(ended["status"] == "Succeeded", played.outcome["serving"] == "green");
}

fn succeeded(played: &Played) {
    assert_eq!(played.outcome["outcome"], "succeeded", "{:?}", played.verdicts(played.deployment_id()));
    assert_eq!(played.migrations().len(), 1);
}

fn rehearsal() -> Rehearsal {
    shop::rehearsal(shop::MIGRATE, &Options::default())
}

#[test]
fn a_hook_that_dies_once_is_run_again_by_lambda() {
    die(&rehearsal().function_name("migrate"), 1, succeeded);
}

#[test]
fn a_hook_that_always_dies_fails_the_deployment_or_is_settled_by_its_task() {
    let left = Cell::new(0);
    die(&rehearsal().function_name("migrate"), EVERY_ATTEMPT, |played| {
        let verdicts = played.verdicts(played.deployment_id());
        assert!(!verdicts.is_empty(), "the reason is kept");
        // a hook that dies after it started its task leaves the verdict to the task
        if !played.migrations().is_empty() {
            succeeded(played);
            left.set(left.get() + 1);
        }
    });
    assert!(left.get() > 0, "no moment lies between the task's start and the hook's end");
}

#[test]
fn a_settlement_that_dies_once_is_run_again_by_lambda() {
    die(&rehearsal().function_name("settle"), 1, succeeded);
}

#[test]
fn a_settlement_that_always_dies_is_made_up_for_at_the_deadline() {
    die(&rehearsal().function_name("settle"), EVERY_ATTEMPT, succeeded);
}
