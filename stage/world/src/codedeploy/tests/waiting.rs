//! The waits before traffic is shifted and before blue is taken away.

use super::*;

fn wait(minutes: u32) -> Json {
    json!({"actionOnTimeout": "STOP_DEPLOYMENT", "waitTimeInMinutes": minutes})
}

fn terminate() -> Json {
    json!({"action": "TERMINATE", "terminationWaitTimeInMinutes": 5})
}

#[test]
fn a_deployment_is_ready_until_somebody_lets_it_go_on() {
    let mut shell = shell_with(setup(), &Plan { and: blue_green(&wait(30), &terminate()), ..Plan::default() });
    let id = deploy(&mut shell, &["BeforeAllowTraffic"]);
    assert_eq!(go_on(&mut shell, &id, "READY_WAIT").unwrap_err().code, "DeploymentIsNotInReadyStateException");
    wait_for(&mut shell, "ready");
    shell.advance(MINUTE * 29);

    let during = info(&mut shell, &id);
    assert_eq!((&during["status"], &during["deploymentOverview"]["Ready"]), (&json!("Ready"), &json!(1)));
    assert_eq!(target(&mut shell, &id)["status"], "Ready");
    let seen = statuses(&mut shell, &id);
    assert_eq!((&*seen[4], &*seen[5]), ("AfterAllowTestTraffic Succeeded", "BeforeAllowTraffic Pending"));
    assert_eq!(serving(&shell, TEST), [("two".to_owned(), 100, 2)], "green can be tried");
    assert_eq!(serving(&shell, PRODUCTION), [("one".to_owned(), 100, 2)], "users are on blue");
    assert_eq!(states(&shell), ["START", "READY"]);

    assert_eq!(go_on(&mut shell, &id, "TERMINATION_WAIT").unwrap_err().code, "DeploymentIsNotInReadyStateException");
    assert_eq!(go_on(&mut shell, &id, "WAIT").unwrap_err().code, "InvalidDeploymentWaitTypeException");
    go_on(&mut shell, &id, "READY_WAIT").unwrap();
    assert_eq!(info(&mut shell, &id)["status"], "InProgress");
    assert_eq!(go_on(&mut shell, &id, "READY_WAIT").unwrap_err().code, "DeploymentIsNotInReadyStateException");
    let event = wait_for_hook(&mut shell, 1);
    report(&mut shell, &event, "Succeeded").unwrap();
    assert!(shell.until(HOUR, |shell| ended(shell, &id)));
    assert_eq!(outcome(&mut shell, &id), is("Succeeded", ""));
    assert_eq!(go_on(&mut shell, &id, "READY_WAIT").unwrap_err().code, "DeploymentAlreadyCompletedException");
}

#[test]
fn a_deployment_that_nobody_lets_go_on_is_stopped() {
    for (events, rolls_back) in [(json!(["DEPLOYMENT_FAILURE"]), false), (json!(["DEPLOYMENT_STOP_ON_REQUEST"]), true)]
    {
        let mut and = blue_green(&wait(30), &terminate());
        and["autoRollbackConfiguration"] = json!({"enabled": true, "events": events});
        let mut shell = shell_with(setup(), &Plan { and, ..Plan::default() });
        let id = deploy(&mut shell, &[]);
        wait_for(&mut shell, "ready");
        shell.advance(MINUTE * 29 + SECOND * 59);
        assert_eq!(outcome(&mut shell, &id), is("Ready", ""));
        shell.advance(SECOND);
        assert_eq!(outcome(&mut shell, &id), is("Stopped", "TIMEOUT"));
        assert_eq!(rollback_of(&mut shell, &id).is_some(), rolls_back, "{events}");
        shell.advance(MINUTE * 5);
        let green = if rolls_back { 0 } else { 2 };
        assert_eq!((shell.running("shop:v1"), shell.running("shop:v2")), (2, green));
        assert_eq!(shell.told("traffic.shifted").filter(|fact| fact["listener"] == "production").count(), 0);
    }
}

#[test]
fn without_a_test_listener_green_is_ready_when_it_is_installed() {
    let plan = Plan { test_listener: false, and: blue_green(&wait(30), &terminate()), ..Plan::default() };
    let mut shell = shell_with(setup(), &plan);
    let id = deploy(&mut shell, &[]);
    wait_for(&mut shell, "ready");
    assert_eq!(statuses(&mut shell, &id)[2..4], ["AfterInstall Succeeded", "BeforeAllowTraffic Pending"]);
}

#[test]
fn blue_is_taken_away_sooner_if_somebody_wants_it() {
    let mut shell = shell();
    let id = deploy(&mut shell, &[]);
    wait_for(&mut shell, "termination");
    shell.advance(MINUTE);
    assert_eq!(info(&mut shell, &id)["status"], "InProgress", "as long as blue is there");
    go_on(&mut shell, &id, "TERMINATION_WAIT").unwrap();
    assert!(shell.until(SECOND * 5, |shell| ended(shell, &id)));
    shell.advance(MINUTE);
    assert_eq!((shell.running("shop:v1"), shell.running("shop:v2")), (0, 2));
}

#[test]
fn a_wait_that_was_cut_short_does_not_end_the_next_one() {
    let long = json!({"action": "TERMINATE", "terminationWaitTimeInMinutes": 60});
    let mut shell = shell_with(setup(), &Plan { and: blue_green(&wait(30), &long), ..Plan::default() });
    let id = deploy(&mut shell, &[]);
    wait_for(&mut shell, "ready");
    go_on(&mut shell, &id, "READY_WAIT").unwrap();
    wait_for(&mut shell, "termination");
    shell.advance(MINUTE * 59);
    assert_eq!(outcome(&mut shell, &id), is("InProgress", ""));
    shell.advance(MINUTE * 2);
    assert_eq!(outcome(&mut shell, &id), is("Succeeded", ""));
}

#[test]
fn blue_that_is_kept_alive_stays_until_its_place_is_needed() {
    let now = json!({"actionOnTimeout": "CONTINUE_DEPLOYMENT"});
    let and = blue_green(&now, &json!({"action": "KEEP_ALIVE"}));
    let mut shell = shell_with(setup(), &Plan { and, ..Plan::default() });
    let id = deploy(&mut shell, &[]);
    assert!(shell.until(MINUTE * 10, |shell| ended(shell, &id)));
    assert_eq!(shell.told("deployment.waiting").count(), 0);
    shell.advance(HOUR);
    assert_eq!((shell.running("shop:v1"), shell.running("shop:v2")), (2, 2));
    let next = deploy(&mut shell, &[]);
    assert!(shell.until(HOUR, |shell| ended(shell, &next)));
    shell.advance(MINUTE);
    assert_eq!((shell.running("shop:v1"), shell.running("shop:v2")), (0, 4));
}

#[test]
fn waits_that_aws_does_not_know_are_refused() {
    let mut shell = shell();
    let mut check = |ready: Json, blue: Json| {
        let mut input = group(&Plan { and: blue_green(&ready, &blue), ..Plan::default() });
        input["deploymentGroupName"] = json!("second");
        let error = shell.call("codedeploy", "CreateDeploymentGroup", input).unwrap_err();
        assert_eq!(error.code, "InvalidBlueGreenDeploymentConfigurationException", "{ready} {blue}: {error}");
    };
    check(json!({"actionOnTimeout": "STOP_DEPLOYMENT"}), terminate());
    check(wait(0), terminate());
    check(wait(7201), terminate());
    check(json!({"actionOnTimeout": "CONTINUE_DEPLOYMENT", "waitTimeInMinutes": 5}), terminate());
    check(wait(5), json!({"action": "TERMINATE", "terminationWaitTimeInMinutes": 2881}));
    check(wait(5), json!({"action": "DELETE"}));
}
