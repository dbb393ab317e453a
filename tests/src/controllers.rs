//! One plan under both controllers: `CodeDeploy`, and ECS itself.

use crate::{processes, shop, simulated};
use greenlight::rehearse::{Controller, Options, setup};
use greenlight_world::Setup;
use serde_json::{Value, json};

const CONFIGS: [&str; 3] = [
    "CodeDeployDefault.ECSAllAtOnce",
    "CodeDeployDefault.ECSCanary10Percent5Minutes",
    "CodeDeployDefault.ECSLinear10PercentEvery1Minutes",
];

/// A migration, and smoke tests that only green passes.
fn checks(version: &str) -> String {
    format!(
        "{}[[smoke-test]]\nname = \"green answers\"\nget = \"/health\"\nexpect = {{ json = {{ \"$.version\" = {version} }} }}\n",
        shop::MIGRATE
    )
}

/// What `smoke-test` said.
fn smoke_tests(outcome: &Value) -> Value {
    let hooks = outcome["hooks"].as_array().unwrap();
    let is_it = |hook: &&Value| hook["function"].as_str().is_some_and(|name| name.ends_with("smoke-test"));
    hooks.iter().find(is_it).unwrap_or_else(|| panic!("nobody asked it: {outcome}")).clone()
}

/// The shop's plan with this `test-rule`.
fn with_rule(rule: &str, version: &str) -> String {
    shop::plan(&checks(version)).replace("[rehearsal]\n", &format!("[rehearsal]\ntest-rule = {rule}\n"))
}

#[test]
fn test_traffic_by_a_rule_of_the_production_listener_sees_green_before_users_do() {
    let header = "{ header = \"X-Ecs-Test\", value = \"1\" }";
    let host = "{ host = \"green.example.com\", path = \"/health\" }";
    for (rule, config) in CONFIGS.map(|config| (header, config)).into_iter().chain([(host, CONFIGS[0])]) {
        let options =
            Options { controller: Controller::Ecs, deployment_config: Some(config.to_owned()), ..Options::default() };
        let rehearsal = shop::rehearsal_of(&with_rule(rule, "\"shop:v2\""), &options);
        let world = Setup { seed: 1, ..setup(&rehearsal, Setup::EPOCH, 1.0) };
        let listeners = &world.infrastructure.load_balancers[0].listeners;
        assert_eq!((listeners.len(), listeners[0].rules.len()), (1, 1), "one listener does for both");
        let played = simulated::play_with_users(world, &rehearsal, async |_| {});
        let outcome = &played.outcome;
        assert_eq!(outcome["outcome"], "succeeded", "{rule} {config}: {outcome}");
        assert_eq!(outcome["traffic"]["failed"], 0, "{rule} {config}: {outcome}");
        assert_eq!(outcome["denied"].as_array().map(Vec::len), Some(0), "{rule} {config}: {outcome}");
        let verdict = &smoke_tests(outcome);
        let reason = verdict["reason"].as_str().unwrap();
        assert!(
            verdict["verdict"] == "succeeded" && reason.contains("1 smoke tests passed"),
            "{rule} {config}: {verdict}"
        );
    }
}

#[test]
fn a_broken_rule_for_test_traffic_does_not_break_users_traffic() {
    let faults = vec!["smoke-check-fails".to_owned()];
    let options = Options { controller: Controller::Ecs, faults, ..Options::default() };
    let rule = "{ header = \"x-ecs-test\", value = \"1\" }";
    let rehearsal = shop::rehearsal_of(&with_rule(rule, "\"shop:v2\""), &options);
    let world = Setup { seed: 1, ..setup(&rehearsal, Setup::EPOCH, 1.0) };
    let outcome = simulated::play_with_users(world, &rehearsal, async |_| {}).outcome;
    assert_eq!((&outcome["outcome"], &outcome["serving"]), (&json!("rolled-back"), &json!("blue")), "{outcome}");
    assert_eq!(outcome["traffic"]["failed"], 0, "{outcome}");
}

/// Real processes: the function sends the header over a socket, and the balancer reads it there.
#[test]
fn a_header_leads_smoke_tests_to_green_and_users_stay_on_blue() {
    let directory = processes::directory("");
    let rule = "{ header = \"x-ecs-test\", value = \"1\" }";
    std::fs::write(directory.path().join("greenlight.toml"), with_rule(rule, "2")).unwrap();
    let rehearse = |more: &[&str]| {
        let mut command = processes::program(directory.path());
        command.args(["rehearse", "greenlight.toml", "--controller", "ecs", "--format", "json", "--speed", "120"]);
        command.args(more);
        let output = processes::run(command);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        processes::lines(&output).pop().unwrap_or_else(|| panic!("{errors}"))
    };
    let outcome = rehearse(&[]);
    assert_eq!((&outcome["outcome"], &outcome["serving"]), (&json!("succeeded"), &json!("green")), "{outcome}");
    assert_eq!(smoke_tests(&outcome)["verdict"], "succeeded", "{outcome}");
    assert_eq!(outcome["traffic"]["failed"], 0, "{outcome}");
    // it started, and it succeeded
    assert_eq!(outcome["notifications"], 2, "{outcome}");
    // green is asked for smoke tests only, and users never see it
    let outcome = rehearse(&["--fault", "smoke-check-fails"]);
    assert_eq!((&outcome["outcome"], &outcome["serving"]), (&json!("rolled-back"), &json!("blue")), "{outcome}");
    let traffic = &outcome["traffic"];
    assert_eq!((&traffic["failed"], &traffic["green"]), (&json!(0), &json!(0)), "{outcome}");
    // it started, the hook failed, the deployment failed, and ECS has taken it back
    assert_eq!(outcome["notifications"], 4, "{outcome}");
}

#[test]
fn traffic_shifts_alike_and_no_request_fails() {
    for controller in [Controller::CodeDeploy, Controller::Ecs] {
        for config in CONFIGS {
            let options = Options { controller, deployment_config: Some(config.to_owned()), ..Options::default() };
            let rehearsal = shop::rehearsal("", &options);
            let world = Setup { seed: 1, ..setup(&rehearsal, Setup::EPOCH, 1.0) };
            let played = simulated::play_with_users(world, &rehearsal, async |_| {});
            let outcome = &played.outcome;
            assert_eq!(outcome["outcome"], "succeeded", "{controller:?} {config}: {outcome}");
            assert_eq!(outcome["serving"], "green", "{controller:?} {config}: {outcome}");
            assert_eq!(outcome["traffic"]["failed"], 0, "{controller:?} {config}: {outcome}");
            assert_eq!(outcome["denied"].as_array().map(Vec::len), Some(0), "{controller:?} {config}: {outcome}");
            let shifted: Vec<u64> = played
                .facts
                .iter()
                .filter(|fact| fact["event"] == "traffic.shifted" && fact["listener"] == "production")
                .filter_map(|fact| fact["green_percent"].as_u64().filter(|percent| *percent > 0))
                .collect();
            let expected: Vec<u64> = match config {
                config if config.contains("Canary") => vec![10, 100],
                config if config.contains("Linear") => (1..=10).map(|step| step * 10).collect(),
                _ => vec![100],
            };
            assert_eq!(shifted, expected, "{controller:?} {config}");
        }
    }
}
