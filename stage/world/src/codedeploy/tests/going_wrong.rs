//! Deployments that fail, are stopped, and are rolled back.

use super::*;
use crate::InvocationOutcome;
use crate::testing::Play;

#[test]
fn a_hook_that_fails_before_anything_is_installed() {
    let mut shell = shell();
    let id = deploy(&mut shell, &["BeforeInstall"]);
    let event = wait_for_hook(&mut shell, 1);
    report(&mut shell, &event, "Failed").unwrap();
    let failed = info(&mut shell, &id);
    assert_eq!(
        (failed["status"].as_str(), failed["errorInformation"]["code"].as_str()),
        (Some("Failed"), Some("HOOK_EXECUTION_FAILURE"))
    );
    let statuses = statuses(&mut shell, &id);
    assert_eq!(statuses[0], "BeforeInstall Failed");
    assert!(statuses[1..].iter().all(|status| status.ends_with("Skipped")));
    let rollback = failed["rollbackInfo"]["rollbackDeploymentId"].as_str().unwrap().to_owned();
    assert!(shell.until(MINUTE, |shell| ended(shell, &rollback)));
    assert_eq!((shell.running("shop:v1"), shell.running("shop:v2")), (2, 0));
    assert_eq!(shell.told("traffic.shifted").count(), 0, "traffic never left blue");
}

#[test]
fn a_hook_that_fails_after_the_shift_brings_blue_back() {
    let mut shell = shell();
    let id = deploy(&mut shell, &["AfterAllowTraffic"]);
    let event = wait_for_hook(&mut shell, 1);
    assert_eq!(serving(&shell, PRODUCTION), [("two".to_owned(), 100, 2)]);
    report(&mut shell, &event, "Failed").unwrap();
    let rollback =
        shell.told("rollback.started").next().unwrap()["rollback_deployment_id"].as_str().unwrap().to_owned();
    let refused = shell.call("codedeploy", "CreateDeployment", deployment(&appspec(&[]))).unwrap_err();
    assert_eq!(refused.code, "DeploymentLimitExceededException");
    assert!(shell.until(MINUTE, |shell| ended(shell, &rollback)));
    shell.advance(MINUTE * 2);

    assert_eq!(serving(&shell, PRODUCTION), [("one".to_owned(), 100, 2)]);
    assert_eq!(serving(&shell, TEST), [("one".to_owned(), 100, 2)]);
    assert_eq!((shell.running("shop:v1"), shell.running("shop:v2")), (2, 0));
    let told = info(&mut shell, &rollback);
    assert_eq!(told["creator"], "codeDeployRollback");
    assert_eq!(told["deploymentConfigName"], "CodeDeployDefault.ECSAllAtOnce");
    assert_eq!(told["rollbackInfo"]["rollbackTriggeringDeploymentId"], id.as_str());
    assert_eq!(told["status"], "Succeeded");
    assert_eq!(hook_events(&shell).len(), 1, "hooks are not invoked in the rollback");
    assert_eq!(states(&shell), ["START", "FAILURE", "START", "SUCCESS"]);
}

#[test]
fn a_hook_that_stays_silent_has_an_hour() {
    let mut shell = shell();
    shell.function = Box::new(|_| Some((SECOND, InvocationOutcome::Crashed("exit status 1".to_owned()))));
    let id = deploy(&mut shell, &["BeforeInstall"]);
    wait_for_hook(&mut shell, 1);
    shell.advance(MINUTE * 59 + SECOND * 59);
    assert_eq!(info(&mut shell, &id)["status"], "InProgress");
    shell.advance(SECOND);
    assert_eq!(info(&mut shell, &id)["status"], "Failed");
    assert_eq!(target(&mut shell, &id)["lifecycleEvents"][0]["diagnostics"]["errorCode"], "ScriptTimedOut");
}

#[test]
fn each_hook_has_an_hour_of_its_own() {
    let mut shell = shell();
    let id = deploy(&mut shell, &["BeforeInstall", "AfterInstall", "AfterAllowTraffic"]);
    for hook in 1..=3 {
        let event = wait_for_hook(&mut shell, hook);
        shell.advance(MINUTE * 55);
        report(&mut shell, &event, "Succeeded").unwrap();
    }
    assert!(shell.until(HOUR, |shell| ended(shell, &id)));
    assert_eq!(outcome(&mut shell, &id), is("Succeeded", ""));
}

#[test]
fn without_automatic_rollback_everything_stays_and_the_next_deployment_clears_up() {
    let mut shell = shell_with(setup(), &Plan { rollback: false, ..Plan::default() });
    deploy(&mut shell, &["BeforeAllowTraffic"]);
    let event = wait_for_hook(&mut shell, 1);
    report(&mut shell, &event, "Failed").unwrap();
    shell.advance(MINUTE * 10);
    assert_eq!((shell.running("shop:v1"), shell.running("shop:v2")), (2, 2));
    let next = deploy(&mut shell, &[]);
    assert!(shell.until(HOUR, |shell| ended(shell, &next)));
    shell.advance(MINUTE);
    assert_eq!(info(&mut shell, &next)["status"], "Succeeded");
    assert_eq!((shell.running("shop:v1"), shell.running("shop:v2")), (0, 2));
}

#[test]
fn a_revision_that_never_gets_healthy_times_out() {
    let mut shell = shell();
    shell.play = Box::new(|process| if process.image == "shop:v2" { Play::Sick } else { Play::Serve });
    let id = deploy(&mut shell, &[]);
    assert!(shell.until(HOUR + MINUTE, |shell| ended(shell, &id)));
    let failed = info(&mut shell, &id);
    assert_eq!(
        (failed["status"].as_str(), failed["errorInformation"]["code"].as_str()),
        (Some("Failed"), Some("TIMEOUT"))
    );
    assert!(statuses(&mut shell, &id).contains(&"Install Failed".to_owned()));
    shell.advance(MINUTE * 10);
    assert_eq!((shell.running("shop:v1"), shell.running("shop:v2")), (2, 0));
}

#[test]
fn what_cannot_be_invoked_or_installed_fails_at_once() {
    let mut shell = shell();
    let spec = appspec(&["BeforeInstall"]).replace("\"hook\"", "\"nobody\"");
    let id = shell.call("codedeploy", "CreateDeployment", deployment(&spec)).unwrap()["deploymentId"]
        .as_str()
        .unwrap()
        .to_owned();
    shell.advance(MINUTE);
    assert_eq!(info(&mut shell, &id)["errorInformation"]["code"], "INVALID_LAMBDA_FUNCTION");
    let spec = appspec(&[]).replace("shop:2", "shop:9");
    let id = shell.call("codedeploy", "CreateDeployment", deployment(&spec)).unwrap()["deploymentId"]
        .as_str()
        .unwrap()
        .to_owned();
    shell.advance(MINUTE);
    assert_eq!(info(&mut shell, &id)["errorInformation"]["code"], "ECS_UPDATE_ERROR");
}

#[test]
fn a_service_that_is_disturbed_for_long_ends_the_shift() {
    let configuration = "CodeDeployDefault.ECSLinear10PercentEvery3Minutes";
    for (recovers, expected) in [(true, is("Succeeded", "")), (false, is("Failed", "TIMEOUT"))] {
        let mut shell = shell_with(setup(), &Plan { configuration, ..Plan::default() });
        let id = deploy(&mut shell, &[]);
        assert!(shell.until(HOUR, |shell| shifts(shell).len() == 3));
        if !recovers {
            shell.play = Box::new(|process| if process.image == "shop:v2" { Play::Sick } else { Play::Serve });
        }
        shell.kill(|process| process.image == "shop:v2", 1);
        let before = shell.now;
        assert!(shell.until(HOUR, |shell| ended(shell, &id)));
        assert_eq!(outcome(&mut shell, &id), expected);
        if !recovers {
            assert_eq!(shell.now.duration_since(before).as_secs(), 300);
            assert_eq!(shifts(&shell).last().unwrap().0, 40, "traffic was shifted on meanwhile");
            shell.advance(MINUTE * 3);
            assert_eq!((shell.running("shop:v1"), shell.running("shop:v2")), (2, 0));
        }
    }
}

#[test]
fn more_tasks_during_the_shift_do_not_disturb_it() {
    let configuration = "CodeDeployDefault.ECSCanary10Percent15Minutes";
    let mut shell = shell_with(setup(), &Plan { configuration, ..Plan::default() });
    let id = deploy(&mut shell, &[]);
    assert!(shell.until(HOUR, |shell| shifts(shell).len() == 1));
    shell.call("ecs", "UpdateService", json!({"cluster": "shop", "service": "web", "desiredCount": 3})).unwrap();
    assert!(shell.until(HOUR, |shell| ended(shell, &id)));
    assert_eq!(outcome(&mut shell, &id), is("Succeeded", ""));
    shell.advance(MINUTE);
    assert_eq!((shell.running("shop:v1"), shell.running("shop:v2")), (0, 3));
}

#[test]
fn a_deployment_waits_for_the_one_before_it() {
    let mut shell = shell();
    let first = deploy(&mut shell, &["AfterAllowTraffic"]);
    let refused = |shell: &mut Shell| {
        let error = shell.call("codedeploy", "CreateDeployment", deployment(&appspec(&[]))).unwrap_err();
        assert!(error.message.contains("already has an active Deployment"), "{error}");
        error.code
    };
    assert_eq!(refused(&mut shell), "DeploymentLimitExceededException", "it was created only");
    let event = wait_for_hook(&mut shell, 1);
    assert_eq!(refused(&mut shell), "DeploymentLimitExceededException", "its hook works");
    report(&mut shell, &event, "Succeeded").unwrap();
    wait_for(&mut shell, "termination");
    assert_eq!(refused(&mut shell), "DeploymentLimitExceededException", "blue is there still");
    assert!(shell.until(HOUR, |shell| ended(shell, &first)));
    deploy(&mut shell, &[]);
}

#[test]
fn a_service_role_that_may_do_too_little_fails_the_deployment() {
    for missing in NEEDED.into_iter().chain(["lambda:InvokeFunction"]) {
        let mut setup = setup();
        let actions: Vec<&str> =
            NEEDED.into_iter().chain(["lambda:InvokeFunction"]).filter(|action| *action != missing).collect();
        setup.stack.roles.push(service_role(&[(&actions, "*")]));
        let mut shell = shell_with(setup, &Plan::default());
        let mut definition = definition("shop:v2");
        definition["taskRoleArn"] = json!("arn:aws:iam::123456789012:role/shop");
        shell.call("ecs", "RegisterTaskDefinition", definition).unwrap();
        let content = appspec(&["AfterInstall"]).replace("shop:2", "shop:3");
        let id = shell.call("codedeploy", "CreateDeployment", deployment(&content)).unwrap()["deploymentId"].clone();
        let id = id.as_str().unwrap();
        assert!(shell.until(HOUR * 2, |shell| ended(shell, id) || hook_events(shell).len() == 1));
        if let Some(event) = hook_events(&shell).first() {
            report(&mut shell, event, "Succeeded").unwrap();
            assert!(shell.until(HOUR, |shell| ended(shell, id)), "{missing}");
        }
        assert_eq!(outcome(&mut shell, id), is("Failed", "IAM_ROLE_PERMISSIONS"), "{missing}");
        assert_eq!(shell.told("call.denied").next().unwrap()["action"], missing);
        assert!(serving(&shell, PRODUCTION).iter().all(|(group, ..)| group == "one"), "users are on blue");
    }
}
