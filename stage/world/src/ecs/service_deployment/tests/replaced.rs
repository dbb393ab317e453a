//! A second update while a deployment is running.

use super::*;

/// Deploys `shop:v2`, and `shop:v3` when it is in this stage.
fn second_update(configuration: &Json, stage: &str) -> (Shell, String, String) {
    let mut shell = shell(configuration);
    answers(&mut shell);
    let first = deploy(&mut shell);
    until_stage(&mut shell, &first, stage);
    let second = deploy_revision(&mut shell, "shop:3");
    (shell, first, second)
}

#[test]
fn the_newer_deployment_takes_the_place_of_the_older() {
    for stage in ["PRE_SCALE_UP", "SCALE_UP", "POST_TEST_TRAFFIC_SHIFT", "BAKE_TIME", "CLEAN_UP"] {
        let (mut shell, first, second) = second_update(&hooked(&blue_green(), &STAGES), stage);
        assert_eq!(status(&mut shell, &first), "STOPPED", "{stage}");
        assert!(describe(&mut shell, &first)["statusReason"].as_str().unwrap().contains("newer"));
        let before = stages(&shell).len();
        assert_eq!(until_over(&mut shell, &second), "SUCCESSFUL", "{stage}");
        assert_eq!(stages(&shell)[before..], STAGES);
        shell.advance(MINUTE * 5);
        assert_eq!(["shop:v1", "shop:v2", "shop:v3"].map(|image| shell.running(image)), [0, 0, 2], "{stage}");
        assert_eq!(serving(&shell, PRODUCTION), all_to("two"));
        assert_eq!(list(&mut shell)[..2], [second, first]);
    }
}

#[test]
fn it_reconciles_the_service_first_and_calls_the_hooks_of_that() {
    let (mut shell, first, second) = second_update(&hooked(&blue_green(), &["RECONCILE_SERVICE"]), "BAKE_TIME");
    assert!(events(&shell).is_empty(), "one revision needs no reconciliation");
    let sources = describe(&mut shell, &second)["sourceServiceRevisions"].as_array().unwrap().len();
    assert_eq!(sources, 2);
    until_stage(&mut shell, &second, "RECONCILE_SERVICE");
    // what has not succeeded gets no more traffic
    assert_eq!(serving(&shell, PRODUCTION), all_to("one"));
    assert_eq!(until_over(&mut shell, &second), "SUCCESSFUL");
    assert_eq!(stages(&shell), ["RECONCILE_SERVICE"]);
    assert_eq!(status(&mut shell, &first), "STOPPED");
}

#[test]
fn it_goes_back_to_what_succeeded_last() {
    let (mut shell, _, second) = second_update(&blue_green(), "BAKE_TIME");
    until_stage(&mut shell, &second, "BAKE_TIME");
    shell.call("ecs", "StopServiceDeployment", json!({"serviceDeploymentArn": second})).unwrap();
    assert_eq!(until_over(&mut shell, &second), "ROLLBACK_SUCCESSFUL");
    blue_serves(&mut shell);
}

#[test]
fn an_update_during_a_rollback_takes_its_place() {
    let (mut shell, _, second) = second_update(&blue_green(), "BAKE_TIME");
    until_stage(&mut shell, &second, "BAKE_TIME");
    shell.call("ecs", "StopServiceDeployment", json!({"serviceDeploymentArn": second})).unwrap();
    shell.advance(SECOND * 2);
    assert_eq!(status(&mut shell, &second), "ROLLBACK_IN_PROGRESS");
    let third = deploy(&mut shell);
    assert_eq!(status(&mut shell, &second), "STOPPED");
    assert_eq!(until_over(&mut shell, &third), "SUCCESSFUL");
    assert_eq!(["shop:v1", "shop:v2", "shop:v3"].map(|image| shell.running(image)), [0, 2, 0]);
}

#[test]
fn a_second_update_of_a_creation_begins_it_anew() {
    let mut shell = empty(setup());
    answers(&mut shell);
    shell.call("ecs", "CreateService", service(&blue_green())).unwrap();
    let first = list(&mut shell).remove(0);
    until_stage(&mut shell, &first, "BAKE_TIME");
    let second = deploy(&mut shell);
    assert_eq!(until_over(&mut shell, &second), "SUCCESSFUL");
    assert_eq!((shell.running("shop:v1"), shell.running("shop:v2")), (0, 2));
    assert_eq!(serving(&shell, PRODUCTION), all_to("one"));
}

#[test]
fn an_update_of_the_count_alone_is_no_deployment() {
    let mut shell = shell(&blue_green());
    let arn = deploy(&mut shell);
    until_stage(&mut shell, &arn, "BAKE_TIME");
    let service = update(&mut shell, json!({"desiredCount": 3})).unwrap();
    assert_eq!(service["currentServiceDeployment"], json!(arn));
    shell.advance(MINUTE);
    assert_eq!((shell.running("shop:v1"), shell.running("shop:v2")), (3, 3));
    assert_eq!(until_over(&mut shell, &arn), "SUCCESSFUL");
    assert_eq!(list(&mut shell).len(), 2);
}

#[test]
fn rolling_and_blue_green_follow_each_other() {
    let mut shell = shell(&json!({"strategy": "ROLLING"}));
    let first = deploy(&mut shell);
    assert!(shell.until(MINUTE * 5, |shell| shell.running("shop:v2") == 2));
    // from the middle of a rolling update
    let change = json!({"taskDefinition": "shop:3", "deploymentConfiguration": blue_green()});
    let second = update(&mut shell, change).unwrap()["currentServiceDeployment"].as_str().unwrap().to_owned();
    assert_eq!(status(&mut shell, &first), "STOPPED");
    until_stage(&mut shell, &second, "BAKE_TIME");
    assert_eq!(["shop:v1", "shop:v2", "shop:v3"].map(|image| shell.running(image)), [2, 0, 2]);
    // and back
    let change = json!({"taskDefinition": "shop:2", "deploymentConfiguration": {"strategy": "ROLLING"}});
    let third = update(&mut shell, change).unwrap()["currentServiceDeployment"].as_str().unwrap().to_owned();
    shell.advance(MINUTE * 10);
    assert_eq!(status(&mut shell, &third), "SUCCESSFUL");
    assert_eq!(["shop:v1", "shop:v2", "shop:v3"].map(|image| shell.running(image)), [0, 2, 0]);
    assert_eq!(serving(&shell, PRODUCTION), all_to("one"));
}
