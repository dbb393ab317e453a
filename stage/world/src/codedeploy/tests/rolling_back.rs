//! Deployments that undo others.

use super::*;
use crate::ecs;

/// Fails at its last hook, when all traffic is on green; answers its id and its rollback's.
fn fail_at_the_end(shell: &mut Shell) -> (String, String) {
    let id = deploy(shell, &["AfterAllowTraffic"]);
    let event = wait_for_hook(shell, hook_events(shell).len() + 1);
    report(shell, &event, "Failed").unwrap();
    let rollback = rollback_of(shell, &id).unwrap();
    (id, rollback)
}

/// The primary task set is deleted behind the back of a deployment.
fn delete_blue(shell: &mut Shell, id: &str) {
    let task_sets = target(shell, id)["taskSetsInfo"].clone();
    let blue = task_sets.as_array().unwrap().iter().find(|set| set["taskSetLabel"] == "Blue").unwrap();
    ecs::delete_task_set(&mut shell.world, "shop", "web", blue["identifer"].as_str().unwrap()).unwrap();
}

#[test]
fn both_deployments_tell_of_each_other() {
    let mut shell = shell();
    let (id, rollback) = fail_at_the_end(&mut shell);
    let (failed, undoing) = (info(&mut shell, &id), info(&mut shell, &rollback));
    assert_eq!(
        failed["rollbackInfo"],
        json!({
            "rollbackDeploymentId": rollback,
            "rollbackMessage": format!("Deployment {id} terminated. Automatic rollback is triggered with a DeploymentId {rollback}."),
        })
    );
    assert_eq!(
        undoing["rollbackInfo"],
        json!({
            "rollbackTriggeringDeploymentId": id,
            "rollbackMessage": format!("Deployment {rollback} is triggered to roll back deployment {id}."),
        })
    );
    assert_eq!(undoing["status"], "Created");
    assert!(shell.until(MINUTE, |shell| ended(shell, &rollback)));
    assert_eq!(statuses(&mut shell, &rollback).len(), 8);
    assert!(statuses(&mut shell, &rollback).iter().all(|status| status.ends_with("Succeeded")));
}

#[test]
fn after_a_rollback_colours_are_as_before() {
    let mut shell = shell();
    for _ in 0..2 {
        let (_, rollback) = fail_at_the_end(&mut shell);
        assert!(shell.until(MINUTE, |shell| ended(shell, &rollback)));
        assert_eq!(serving(&shell, PRODUCTION), [("one".to_owned(), 100, 2)]);
    }
    let id = deploy(&mut shell, &[]);
    assert!(shell.until(HOUR, |shell| ended(shell, &id)));
    assert_eq!(serving(&shell, PRODUCTION), [("two".to_owned(), 100, 2)]);
    // now the other way round
    let (_, rollback) = fail_at_the_end(&mut shell);
    assert!(shell.until(MINUTE, |shell| ended(shell, &rollback)));
    assert_eq!(serving(&shell, PRODUCTION), [("two".to_owned(), 100, 2)]);
}

#[test]
fn blue_that_is_gone_is_installed_again() {
    let mut shell = shell();
    let first = deploy(&mut shell, &[]);
    assert!(shell.until(HOUR, |shell| ended(shell, &first)));
    let id = deploy(&mut shell, &["AfterAllowTraffic"]);
    let event = wait_for_hook(&mut shell, 1);
    delete_blue(&mut shell, &id);
    shell.advance(MINUTE * 2);
    assert_eq!(shell.running("shop:v2"), 2, "green alone");
    report(&mut shell, &event, "Failed").unwrap();
    let rollback = rollback_of(&mut shell, &id).unwrap();
    assert!(shell.until(HOUR, |shell| ended(shell, &rollback)));
    assert_eq!(outcome(&mut shell, &rollback), is("Succeeded", ""));
    assert_eq!(serving(&shell, PRODUCTION), [("two".to_owned(), 100, 2)], "where the first deployment had put it");
    assert_eq!(info(&mut shell, &rollback)["revision"], info(&mut shell, &first)["revision"]);
    shell.advance(MINUTE * 2);
    assert_eq!(shell.running("shop:v2"), 2);
}

#[test]
fn blue_that_no_deployment_made_cannot_be_installed_again() {
    let mut shell = shell();
    let id = deploy(&mut shell, &["AfterAllowTraffic"]);
    let event = wait_for_hook(&mut shell, 1);
    delete_blue(&mut shell, &id);
    report(&mut shell, &event, "Failed").unwrap();
    let rollback = rollback_of(&mut shell, &id).unwrap();
    assert!(shell.until(HOUR, |shell| ended(shell, &rollback)));
    assert_eq!(outcome(&mut shell, &rollback), is("Failed", "REVISION_MISSING"));
    assert_eq!(serving(&shell, PRODUCTION), [("two".to_owned(), 100, 2)], "there is nothing else");
}

#[test]
fn a_failure_is_rolled_back_if_the_configuration_names_failures() {
    for (configuration, rolls_back) in [
        (json!({"enabled": true, "events": ["DEPLOYMENT_FAILURE"]}), true),
        (json!({"enabled": false, "events": ["DEPLOYMENT_FAILURE"]}), false),
        (json!({"enabled": true, "events": ["DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"]}), false),
    ] {
        let and = json!({"autoRollbackConfiguration": configuration});
        let mut shell = shell_with(setup(), &Plan { and, ..Plan::default() });
        let id = deploy(&mut shell, &["AfterAllowTraffic"]);
        let event = wait_for_hook(&mut shell, 1);
        report(&mut shell, &event, "Failed").unwrap();
        shell.advance(MINUTE * 5);
        assert_eq!(outcome(&mut shell, &id), is("Failed", "HOOK_EXECUTION_FAILURE"));
        assert_eq!(rollback_of(&mut shell, &id).is_some(), rolls_back);
        let (group, tasks) = if rolls_back { ("one", (2, 0)) } else { ("two", (2, 2)) };
        assert_eq!(serving(&shell, PRODUCTION), [(group.to_owned(), 100, 2)]);
        assert_eq!((shell.running("shop:v1"), shell.running("shop:v2")), tasks);
    }
}

#[test]
fn before_install_a_rollback_has_nothing_to_do_or_is_not_made() {
    for (makes, place, rolls_back) in [
        (true, "BeforeInstall", true),
        (false, "BeforeInstall", false),
        (true, "AfterInstall", true),
        (false, "AfterInstall", true),
    ] {
        let mut shell = shell_with(Setup { rollback_before_install: makes, ..setup() }, &Plan::default());
        let id = deploy(&mut shell, &[place]);
        let event = wait_for_hook(&mut shell, 1);
        report(&mut shell, &event, "Failed").unwrap();
        assert_eq!(rollback_of(&mut shell, &id).is_some(), rolls_back, "{makes} {place}");
        shell.advance(MINUTE * 5);
        assert_eq!((shell.running("shop:v1"), shell.running("shop:v2")), (2, 0));
        assert_eq!(shell.told("traffic.shifted").filter(|fact| fact["listener"] == "production").count(), 0);
    }
}

#[test]
fn traffic_that_a_failed_shift_left_behind_goes_back_before_green_comes_again() {
    let configuration = "CodeDeployDefault.ECSLinear10PercentEvery1Minutes";
    let mut shell = shell_with(setup(), &Plan { configuration, rollback: false, ..Plan::default() });
    let id = deploy(&mut shell, &[]);
    assert!(shell.until(HOUR, |shell| shifts(shell).len() == 7));
    shell.call("codedeploy", "StopDeployment", json!({"deploymentId": id})).unwrap();
    shell.advance(HOUR);
    assert_eq!(serving(&shell, PRODUCTION), [("one".to_owned(), 30, 2), ("two".to_owned(), 70, 2)]);
    let next = deploy(&mut shell, &["AfterInstall"]);
    wait_for_hook(&mut shell, 1);
    assert_eq!(serving(&shell, PRODUCTION), [("one".to_owned(), 100, 2)], "nobody is on the new green yet");
    let event = hook_events(&shell).remove(0);
    report(&mut shell, &event, "Succeeded").unwrap();
    assert!(shell.until(HOUR, |shell| ended(shell, &next)));
    assert_eq!(serving(&shell, PRODUCTION), [("two".to_owned(), 100, 2)]);
}

#[test]
fn hooks_in_a_rollback_if_the_setup_says_so() {
    let mut setup = setup();
    setup.hooks_in_rollback = true;
    let mut shell = shell_with(setup, &Plan::default());
    deploy(&mut shell, &["AfterInstall"]);
    let event = wait_for_hook(&mut shell, 1);
    report(&mut shell, &event, "Failed").unwrap();
    let event = wait_for_hook(&mut shell, 2);
    let rollback = event["DeploymentId"].as_str().unwrap().to_owned();
    assert_eq!(info(&mut shell, &rollback)["creator"], "codeDeployRollback");
    report(&mut shell, &event, "Failed").unwrap();
    assert_eq!(info(&mut shell, &rollback)["status"], "Failed");
    assert_eq!(shell.told("rollback.started").count(), 1, "a rollback is never rolled back");
}
