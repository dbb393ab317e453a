//! Deployments that a hook speaks against.

use super::*;

fn failed() -> Json {
    json!({"hookStatus": "FAILED"})
}

#[test]
fn a_hook_that_fails_rolls_back_from_every_stage() {
    for stage in STAGES {
        let mut shell = shell(&hooked(&blue_green(), &STAGES));
        let script = answers(&mut shell);
        at(&script, stage, &[failed(), json!({"hookStatus": "SUCCEEDED"})]);
        let arn = deploy(&mut shell);
        assert_eq!(until_over(&mut shell, &arn), "ROLLBACK_SUCCESSFUL", "{stage}");
        let described = describe(&mut shell, &arn);
        let reason = described["statusReason"].as_str().unwrap();
        assert!(reason.contains(stage) && reason.contains(HOOK), "{reason}");
        assert_eq!(described["rollback"]["reason"], described["statusReason"]);
        assert_eq!(described["rollback"]["serviceRevisionArn"], described["sourceServiceRevisions"][0]["arn"]);
        assert!(described["rollback"]["startedAt"].is_f64());
        blue_serves(&mut shell);
        let reached = STAGES.iter().position(|one| *one == stage).unwrap();
        // the shift stages come again where traffic was turned: production first
        let again: &[&str] = match stage {
            "PRE_SCALE_UP" | "POST_SCALE_UP" => &[],
            "TEST_TRAFFIC_SHIFT" | "POST_TEST_TRAFFIC_SHIFT" | "PRE_PRODUCTION_TRAFFIC_SHIFT" => {
                &["TEST_TRAFFIC_SHIFT"]
            }
            _ => &["PRODUCTION_TRAFFIC_SHIFT", "TEST_TRAFFIC_SHIFT"],
        };
        assert_eq!(stages(&shell), [&STAGES[..=reached], again].concat(), "{stage}");
    }
}

#[test]
fn a_rollback_tells_its_hooks_that_green_has_nothing() {
    let mut shell = shell(&hooked(&blue_green(), &STAGES));
    let script = answers(&mut shell);
    at(&script, "POST_PRODUCTION_TRAFFIC_SHIFT", &[failed()]);
    let arn = deploy(&mut shell);
    until_over(&mut shell, &arn);
    let described = describe(&mut shell, &arn);
    let green = described["targetServiceRevision"]["arn"].as_str().unwrap();
    let blue = described["sourceServiceRevisions"][0]["arn"].as_str().unwrap();
    let events = events(&shell);
    let [production, test] = events.last_chunk().unwrap();
    assert_eq!(production["executionDetails"]["targetServiceRevisionArn"], green);
    assert_eq!(production["executionDetails"]["productionTrafficWeights"], json!({green: 0, blue: 100}));
    assert_eq!(test["executionDetails"]["testTrafficWeights"], json!({green: 0, blue: 100}));
    assert_eq!(serving(&shell, TEST), all_to("one"));
    let state = news(&shell, "ECS Deployment State Change");
    let expected = ["IN_PROGRESS", "FAILED", "IN_PROGRESS", "COMPLETED"].map(|end| format!("SERVICE_DEPLOYMENT_{end}"));
    assert_eq!(state[state.len() - 4..], expected);
    assert_eq!(shell.told("rollback.started").count(), 1);
}

#[test]
fn a_hook_that_fails_in_a_rollback_changes_nothing() {
    let mut shell = shell(&hooked(&blue_green(), &["PRODUCTION_TRAFFIC_SHIFT"]));
    let script = answers(&mut shell);
    at(&script, "PRODUCTION_TRAFFIC_SHIFT", &[failed()]);
    let arn = deploy(&mut shell);
    assert_eq!(until_over(&mut shell, &arn), "ROLLBACK_SUCCESSFUL");
    assert_eq!(stages(&shell).len(), 2);
    blue_serves(&mut shell);
}

#[test]
fn a_share_of_a_canary_goes_back() {
    let canary = json!({
        "strategy": "CANARY", "bakeTimeInMinutes": 1,
        "canaryConfiguration": {"canaryPercent": 10.0, "canaryBakeTimeInMinutes": 15},
    });
    let mut shell = shell(&hooked(&canary, &["PRE_PRODUCTION_TRAFFIC_SHIFT"]));
    let script = answers(&mut shell);
    // the second step is refused
    at(&script, "PRE_PRODUCTION_TRAFFIC_SHIFT", &[json!({"hookStatus": "SUCCEEDED"}), failed()]);
    let from = shell.facts.len();
    let arn = deploy(&mut shell);
    assert_eq!(until_over(&mut shell, &arn), "ROLLBACK_SUCCESSFUL");
    let shifts: Vec<u32> = shifts(&shell, from).iter().map(|(green, _)| *green).collect();
    assert_eq!(shifts, [10, 0]);
    blue_serves(&mut shell);
}

#[test]
fn a_creation_that_fails_has_nothing_to_go_back_to() {
    let mut shell = empty(setup());
    let script = answers(&mut shell);
    at(&script, "POST_TEST_TRAFFIC_SHIFT", &[failed()]);
    shell.call("ecs", "CreateService", service(&hooked(&blue_green(), &STAGES))).unwrap();
    let arn = list(&mut shell).remove(0);
    assert_eq!(until_over(&mut shell, &arn), "ROLLBACK_FAILED");
    let reason = describe(&mut shell, &arn)["statusReason"].as_str().unwrap().to_owned();
    assert!(reason.contains("no service revision to roll back to"), "{reason}");
    shell.advance(MINUTE * 5);
    assert_eq!(shell.running("shop:v1"), 0);
    // the next one begins anew
    at(&script, "POST_TEST_TRAFFIC_SHIFT", &[json!({"hookStatus": "SUCCEEDED"})]);
    let arn = deploy(&mut shell);
    assert_eq!(until_over(&mut shell, &arn), "SUCCESSFUL");
    assert_eq!(serving(&shell, PRODUCTION), all_to("one"));
}

#[test]
fn green_that_never_comes_up_is_rolled_back_after_a_day() {
    let mut shell = shell(&blue_green());
    shell.play =
        Box::new(
            |process| {
                if process.image == "shop:v2" { crate::testing::Play::Sick } else { crate::testing::Play::Serve }
            },
        );
    let arn = deploy(&mut shell);
    shell.advance(HOUR * 23);
    assert_eq!(status(&mut shell, &arn), "IN_PROGRESS");
    assert_eq!(until_over(&mut shell, &arn), "ROLLBACK_SUCCESSFUL");
    blue_serves(&mut shell);
}

#[test]
fn the_load_balancers_role_is_needed() {
    for (actions, trusted, reason) in [
        (vec!["elasticloadbalancing:RegisterTargets"], "ecs.amazonaws.com", "ModifyListener"),
        (vec!["elasticloadbalancing:ModifyListener"], "ecs.amazonaws.com", "RegisterTargets"),
        (vec!["elasticloadbalancing:*"], "codedeploy.amazonaws.com", "unable to assume"),
    ] {
        let mut setup = setup();
        setup.stack.roles.push(Role { trusted: vec![trusted.to_owned()], ..role("narrow", &actions) });
        let mut shell = shell_with(setup, &blue_green());
        let mut balancer = load_balancer();
        balancer["advancedConfiguration"]["roleArn"] = json!("arn:aws:iam::123456789012:role/narrow");
        let change = json!({"taskDefinition": "shop:2", "loadBalancers": [balancer]});
        let arn = update(&mut shell, change).unwrap()["currentServiceDeployment"].as_str().unwrap().to_owned();
        assert_eq!(until_over(&mut shell, &arn), "ROLLBACK_SUCCESSFUL");
        let told = describe(&mut shell, &arn)["statusReason"].as_str().unwrap().to_owned();
        assert!(told.contains(reason), "{told}");
        assert_eq!(shell.told("call.denied").count(), 1);
        blue_serves(&mut shell);
    }
}

#[test]
fn traffic_that_cannot_be_turned_back_stays_where_tasks_are() {
    let mut shell = shell(&blue_green());
    let arn = deploy(&mut shell);
    until_stage(&mut shell, &arn, "BAKE_TIME");
    let balancer = |role: &&mut Role| role.name == "balancer";
    shell.world.setup.stack.roles.iter_mut().find(balancer).unwrap().trusted.clear();
    shell.call("ecs", "StopServiceDeployment", json!({"serviceDeploymentArn": arn})).unwrap();
    assert_eq!(until_over(&mut shell, &arn), "ROLLBACK_FAILED");
    shell.kill(|process| process.image == "shop:v2", 1);
    shell.advance(MINUTE * 5);
    assert_eq!(serving(&shell, PRODUCTION), all_to("two"));
    assert_eq!((shell.running("shop:v1"), shell.running("shop:v2")), (2, 2));
}
