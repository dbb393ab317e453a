//! Deployments that reach green.

use super::*;
use crate::codedeploy::revision::sha256_hex;

#[test]
fn all_at_once_from_blue_to_green() {
    let mut shell = shell();
    let id = deploy(&mut shell, &[]);
    assert_eq!(info(&mut shell, &id)["status"], "Created");
    let early = shell.call("codedeploy", "ListDeploymentTargets", json!({"deploymentId": id})).unwrap_err();
    assert_eq!(early.code, "DeploymentNotStartedException");
    wait_for(&mut shell, "termination");

    let during = info(&mut shell, &id);
    assert_eq!(during["status"], "InProgress");
    assert_eq!(during["instanceTerminationWaitTimeStarted"], true);
    assert_eq!(serving(&shell, PRODUCTION), [("two".to_owned(), 100, 2)]);
    assert_eq!(serving(&shell, TEST), [("two".to_owned(), 100, 2)]);
    let target_now = target(&mut shell, &id);
    let task_sets = target_now["taskSetsInfo"].as_array().unwrap();
    let labels: Vec<_> = task_sets
        .iter()
        .map(|set| {
            (
                set["taskSetLabel"].as_str().unwrap(),
                set["status"].as_str().unwrap(),
                set["trafficWeight"].as_f64().unwrap(),
            )
        })
        .collect();
    assert_eq!(labels, [("Blue", "ACTIVE", 0.0), ("Green", "PRIMARY", 100.0)]);

    assert!(shell.until(MINUTE * 6, |shell| ended(shell, &id)));
    shell.advance(MINUTE);
    let after = info(&mut shell, &id);
    assert_eq!((after["status"].as_str(), after["creator"].as_str()), (Some("Succeeded"), Some("user")));
    assert_eq!((shell.running("shop:v1"), shell.running("shop:v2")), (0, 2));
    assert!(statuses(&mut shell, &id).iter().all(|status| status.ends_with("Succeeded")));
    assert_eq!(statuses(&mut shell, &id).len(), 8);
    assert_eq!(states(&shell), ["START", "SUCCESS"]);
    let group = shell
        .call(
            "codedeploy",
            "GetDeploymentGroup",
            json!({"applicationName": "shop", "deploymentGroupName": "production"}),
        )
        .unwrap();
    assert_eq!(group["deploymentGroupInfo"]["lastSuccessfulDeployment"]["deploymentId"], id.as_str());
}

#[test]
fn colours_alternate() {
    let mut shell = shell();
    let first = deploy(&mut shell, &[]);
    assert!(shell.until(HOUR, |shell| ended(shell, &first)));
    let second = deploy(&mut shell, &[]);
    assert!(shell.until(HOUR, |shell| ended(shell, &second)));
    assert_eq!(info(&mut shell, &second)["status"], "Succeeded");
    assert_eq!(serving(&shell, PRODUCTION), [("one".to_owned(), 100, 2)]);
    assert!(info(&mut shell, &second)["previousRevision"]["appSpecContent"]["sha256"].is_string());
}

#[test]
fn a_listener_becomes_a_weighted_forward() {
    let mut shell = shell();
    let action = |shell: &mut Shell| {
        let by = json!({"ListenerArns": [PRODUCTION]});
        let told = shell.call("elasticloadbalancing", "DescribeListeners", by).unwrap();
        told["Listeners"][0]["DefaultActions"][0].clone()
    };
    let forward = |name: &str, weight: u32| json!({"TargetGroupArn": target_group(name).arn, "Weight": weight});
    assert_eq!(action(&mut shell)["TargetGroupArn"], json!(target_group("one").arn));
    let id = deploy(&mut shell, &["AfterInstall"]);
    let event = wait_for_hook(&mut shell, 1);
    let during = action(&mut shell);
    assert_eq!(during.get("TargetGroupArn"), None, "there are two");
    assert_eq!(during["ForwardConfig"]["TargetGroups"], json!([forward("one", 100), forward("two", 0)]));
    assert!(shifts(&shell).is_empty(), "no traffic is shifted by that");
    report(&mut shell, &event, "Succeeded").unwrap();
    assert!(shell.until(HOUR, |shell| ended(shell, &id)));
    assert_eq!(action(&mut shell)["ForwardConfig"]["TargetGroups"], json!([forward("one", 0), forward("two", 100)]));
}

#[test]
fn without_a_test_listener_its_events_are_missing() {
    let mut shell = shell_with(setup(), &Plan { test_listener: false, ..Plan::default() });
    let id = deploy(&mut shell, &["AfterAllowTestTraffic"]);
    assert!(shell.until(HOUR, |shell| ended(shell, &id)));
    assert_eq!(statuses(&mut shell, &id).len(), 6);
    assert!(hook_events(&shell).is_empty());
}

#[test]
fn hooks_are_waited_for_and_report_once() {
    let mut shell = shell();
    let id = deploy(&mut shell, &["BeforeInstall", "AfterAllowTraffic"]);
    let event = wait_for_hook(&mut shell, 1);
    assert_eq!(event.as_object().unwrap().len(), 2);
    assert_eq!(event["DeploymentId"], id.as_str());
    shell.advance(MINUTE * 50);
    assert_eq!(statuses(&mut shell, &id)[0], "BeforeInstall InProgress");
    assert_eq!(shell.running("shop:v2"), 0, "nothing is installed before the hook is done");

    let wrong = json!({"DeploymentId": id, "LifecycleEventHookExecutionId": "none"});
    let code = |answer: Result<Json, crate::AwsError>| answer.unwrap_err().code;
    assert_eq!(code(report(&mut shell, &wrong, "Succeeded")), "InvalidLifecycleEventHookExecutionIdException");
    assert_eq!(code(report(&mut shell, &event, "Skipped")), "InvalidLifecycleEventHookExecutionStatusException");
    let unknown = json!({"DeploymentId": "d-NOSUCHONE", "LifecycleEventHookExecutionId": "none"});
    assert_eq!(code(report(&mut shell, &unknown, "Succeeded")), "DeploymentDoesNotExistException");
    let bad = json!({"DeploymentId": "../x", "LifecycleEventHookExecutionId": "none"});
    assert_eq!(code(report(&mut shell, &bad, "Succeeded")), "InvalidDeploymentIdException");
    let none = json!({"LifecycleEventHookExecutionId": "none"});
    assert_eq!(code(report(&mut shell, &none, "Succeeded")), "DeploymentIdRequiredException");
    let stop = shell.call_as("HOOK", "codedeploy", "StopDeployment", json!({"deploymentId": id}));
    assert_eq!(code(stop), "AccessDeniedException");

    report(&mut shell, &event, "Succeeded").unwrap();
    assert_eq!(code(report(&mut shell, &event, "Failed")), "LifecycleEventAlreadyCompletedException");
    let last = wait_for_hook(&mut shell, 2);
    assert_ne!(last["LifecycleEventHookExecutionId"], event["LifecycleEventHookExecutionId"]);
    report(&mut shell, &last, "Succeeded").unwrap();
    assert!(shell.until(HOUR, |shell| ended(shell, &id)));
    assert_eq!(info(&mut shell, &id)["status"], "Succeeded");
}

#[test]
fn the_appspec_comes_back_by_its_hash_only() {
    let mut shell = shell();
    let content = appspec(&["BeforeInstall"]);
    let id = deploy(&mut shell, &["BeforeInstall"]);
    let revision = info(&mut shell, &id)["revision"].clone();
    assert_eq!(revision["appSpecContent"], json!({"content": null, "sha256": sha256_hex(&content)}));
    let input = json!({"applicationName": "shop", "revision": {"revisionType": "AppSpecContent", "appSpecContent": {"sha256": sha256_hex(&content)}}});
    let found = shell.call("codedeploy", "GetApplicationRevision", input).unwrap();
    assert_eq!(found["revision"]["appSpecContent"]["content"], content);
    assert_eq!(found["revisionInfo"]["deploymentGroups"], json!(["production"]));
    let input = json!({"applicationName": "shop", "revision": {"revisionType": "AppSpecContent", "appSpecContent": {"sha256": "0"}}});
    assert_eq!(
        shell.call("codedeploy", "GetApplicationRevision", input).unwrap_err().code,
        "RevisionDoesNotExistException"
    );
}

#[test]
fn revisions_come_from_s3_too() {
    let mut setup = setup();
    let key = ("revisions".to_owned(), "appspec.json".to_owned());
    setup.infrastructure.objects.insert(key, appspec(&[]));
    let mut shell = shell_with(setup, &Plan::default());
    let mut input = deployment("");
    input["revision"] = json!({"revisionType": "S3", "s3Location": {"bucket": "revisions", "key": "appspec.json", "bundleType": "JSON"}});
    let id = shell.call("codedeploy", "CreateDeployment", input.clone()).unwrap()["deploymentId"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(shell.until(HOUR, |shell| ended(shell, &id)));
    assert_eq!(info(&mut shell, &id)["revision"]["s3Location"]["key"], "appspec.json");
    input["revision"]["s3Location"]["key"] = json!("other.json");
    assert_eq!(shell.call("codedeploy", "CreateDeployment", input).unwrap_err().code, "RevisionDoesNotExistException");
}
