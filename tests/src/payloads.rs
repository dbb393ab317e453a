//! Every sample in `events/` is an event that its function understands.
//!
//! The account of the samples is empty, so the functions find no deployment and no task: what they answer is an error or a
//! verdict about that, never one about the shape of the event.

use crate::{shop, simulated};
use greenlight::rehearse::{Options, setup};
use greenlight_simulation::{Behaviours, InvocationOutcome, Simulation};
use greenlight_world::Setup;
use serde_json::{Value, json};
use std::path::Path;

/// What a function answers to an event in an empty account, and what it wrote.
fn answer(function: &str, event: Value) -> (InvocationOutcome, String) {
    let rehearsal = shop::rehearsal(shop::MIGRATE, &Options::default());
    greenlight_simulation::run(async {
        let simulation = Simulation::start(setup(&rehearsal, Setup::EPOCH, 1.0), Behaviours::new());
        let outcome = simulation.deliver(function, event).await;
        let lines = simulated::values(&simulation.record());
        (outcome, lines.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    })
    .unwrap()
}

fn sample(path: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../events").join(path);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Whether the function complains about the event itself.
fn misunderstood(outcome: &InvocationOutcome, told: &str) -> bool {
    let error = match outcome {
        InvocationOutcome::Returned(_) => String::new(),
        InvocationOutcome::Failed { error_message, .. } => error_message.clone(),
        InvocationOutcome::Crashed(reason) => panic!("a sample must not bring a function down: {reason}"),
        InvocationOutcome::TimedOut => panic!("a sample must not hang a function"),
    };
    format!("{error}{told}").contains("cannot read its event")
}

fn understood(function: &str, path: &str) {
    let (outcome, told) = answer(function, sample(path));
    assert!(!misunderstood(&outcome, &told), "{path}: {outcome:?}\n{told}");
}

#[test]
fn migrate_understands_the_hook_event() {
    understood("CodeDeployHook_greenlight-migrate", "migrate/codedeploy-hook.json");
}

#[test]
fn settle_understands_a_stopped_task() {
    understood("greenlight-settle", "settle/task-stopped.json");
}

#[test]
fn settle_understands_a_deadline() {
    understood("greenlight-settle", "settle/deadline.json");
}

#[test]
fn settle_understands_a_hook_that_failed() {
    understood("greenlight-settle", "settle/on-failure.json");
}

#[test]
fn an_event_of_no_known_shape_is_said_to_be_one() {
    for function in ["CodeDeployHook_greenlight-migrate", "greenlight-settle"] {
        let (outcome, told) = answer(function, json!({ "hello": "world" }));
        assert!(misunderstood(&outcome, &told), "{function}: {outcome:?}\n{told}");
    }
}
