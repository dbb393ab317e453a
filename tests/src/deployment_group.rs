//! `[rehearsal.deployment]`: deployment groups that are not as the console suggests them. Virtual clock.

use crate::played::Played;
use crate::{shop, simulated};
use greenlight::rehearse::{Options, Rehearsal};
use greenlight_simulation::{Behaviour, Behaviours};
use std::path::Path;

/// Plays the shop with these keys of `[rehearsal.deployment]`.
fn played(deployment_config: &str, keys: &str, behaviours: Behaviours) -> Played {
    let plan = shop::plan(shop::MIGRATE)
        .replace("[rehearsal]\n", &format!("[rehearsal]\ndeployment-config = \"{deployment_config}\"\n"));
    let plan = format!("{plan}\n[rehearsal.deployment]\n{keys}\n");
    let text = |_: &Path| Ok(shop::TASK_DEFINITION.to_owned());
    let rehearsal = Rehearsal::parse(&plan, Path::new("greenlight.toml"), &text, &Options::default()).unwrap();
    simulated::play(&rehearsal, 1, behaviours)
}

const ALL_AT_ONCE: &str = "CodeDeployDefault.ECSAllAtOnce";

fn percents(played: &Played) -> Vec<u64> {
    let shifts = played.facts("traffic.shifted");
    let production = shifts.iter().filter(|shift| shift["listener"] == "production");
    production.map(|shift| shift["green_percent"].as_u64().unwrap()).collect()
}

#[test]
fn traffic_shifts_by_a_configuration_of_ones_own() {
    let linear = played("Shop.Linear", "traffic = { linear = 40, interval = \"2m\" }", Behaviours::new());
    assert_eq!((&linear.outcome["outcome"], percents(&linear)), (&"succeeded".into(), vec![40, 80, 100]));
    let canary = played("Shop.Canary", "traffic = { canary = 5, interval = \"1h\" }", Behaviours::new());
    assert_eq!((&canary.outcome["outcome"], percents(&canary)), (&"succeeded".into(), vec![5, 100]));
}

#[test]
fn a_deployment_that_waits_goes_on_when_somebody_continues_it() {
    let keys = "ready-wait = \"30m\"\ncontinue-after = \"10m\"";
    let played = played(ALL_AT_ONCE, keys, Behaviours::new());
    assert_eq!(played.outcome["outcome"], "succeeded", "{}", played.outcome);
    assert_eq!(played.facts("deployment.continued").len(), 1);
    let minutes = played.outcome["duration_ms"].as_i64().unwrap() / 60_000;
    assert!((11..20).contains(&minutes), "{minutes}");
}

#[test]
fn a_deployment_that_nobody_continues_is_stopped() {
    let played = played(ALL_AT_ONCE, "ready-wait = \"30m\"", Behaviours::new());
    assert_ne!(played.outcome["outcome"], "succeeded", "{}", played.outcome);
    assert_eq!(played.outcome["serving"], "blue");
    assert!(!percents(&played).contains(&100), "{:?}", percents(&played));
}

#[test]
fn without_automatic_rollback_a_failed_deployment_stays_failed() {
    let behaviours = Behaviours::new().command("shop migrate", Behaviour::succeeds(&[]));
    let good = played(ALL_AT_ONCE, "auto-rollback = false", behaviours);
    assert_eq!(good.outcome["outcome"], "succeeded", "{}", good.outcome);
    let behaviours = Behaviours::new()
        .command_times("shop migrate", 1, Behaviour::succeeds(&[]))
        .command("shop migrate", Behaviour::exits(1, &["no"]));
    let bad = played(ALL_AT_ONCE, "auto-rollback = false", behaviours);
    assert_eq!((&bad.outcome["outcome"], &bad.outcome["serving"]), (&"failed".into(), &"blue".into()));
    assert!(bad.rollbacks().is_empty());
}

#[test]
fn blue_is_kept_for_good() {
    let kept = played(ALL_AT_ONCE, "keep-blue = true", Behaviours::new());
    assert_eq!(kept.outcome["outcome"], "succeeded", "{}", kept.outcome);
    let stopped = kept.facts("task.stopped");
    assert!(stopped.iter().all(|task| !task["group"].as_str().unwrap().starts_with("service:")), "{stopped:?}");
}

#[test]
fn hooks_have_nothing_to_do_in_a_rollback_if_they_are_asked() {
    let behaviours = || {
        Behaviours::new()
            .command_times("shop migrate", 1, Behaviour::succeeds(&[]))
            .command("shop migrate", Behaviour::exits(1, &["no"]))
    };
    for (keys, asked) in [("hooks-in-rollback = true", true), ("hooks-in-rollback = false", false)] {
        let played = played(ALL_AT_ONCE, keys, behaviours());
        assert_eq!(played.outcome["outcome"], "rolled-back", "{}", played.outcome);
        let rollback = &played.outcome["rollback_deployment_id"];
        let hooks = played.outcome["hooks"].as_array().unwrap();
        let in_rollback: Vec<_> = hooks.iter().filter(|hook| hook["deployment_id"] == *rollback).collect();
        assert_eq!(in_rollback.len(), usize::from(asked), "{hooks:?}");
        assert!(in_rollback.iter().all(|hook| hook["verdict"] == "skipped"), "{in_rollback:?}");
        assert_eq!(played.migrations().len(), 1, "nothing is migrated twice");
    }
}
