//! Whole deployments, played by a scripted shell.

use super::revision::sha256_hex;
use crate::testing::{Play, Shell};
use crate::{Function, InvocationOutcome, Listener, LoadBalancer, Policy, Role, Rule, Setup, TargetGroup};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const PRODUCTION: &str = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/shop/1/prod";
const TEST: &str = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/shop/1/test";
const GROUP: &str = "arn:aws:codedeploy:us-east-1:123456789012:deploymentgroup:shop/production";

fn target_group(name: &str) -> TargetGroup {
    TargetGroup {
        name: name.to_owned(),
        arn: format!("arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/{name}/1"),
        port: 8000,
        health_check_path: "/health".to_owned(),
        health_check_interval: SECOND * 10,
        health_check_timeout: SECOND * 5,
        healthy_threshold: 2,
        unhealthy_threshold: 2,
        matcher: "200".to_owned(),
        deregistration_delay: SECOND * 30,
    }
}

fn function(name: &str) -> Function {
    Function {
        name: name.to_owned(),
        role: "hook".to_owned(),
        environment: BTreeMap::new(),
        timeout: SECOND * 30,
        memory: 128,
        maximum_retry_attempts: 0,
        maximum_event_age: HOUR,
        on_failure: None,
        log_group: format!("/aws/lambda/{name}"),
    }
}

fn setup() -> Setup {
    let mut setup = Setup::empty();
    setup.images.extend(["shop:v1".to_owned(), "shop:v2".to_owned()]);
    let listener = |arn: &str, port| Listener { arn: arn.to_owned(), port, target_group: "one".to_owned() };
    setup.infrastructure.load_balancers.push(LoadBalancer {
        name: "shop".to_owned(),
        listeners: vec![listener(PRODUCTION, 80), listener(TEST, 8080)],
        target_groups: vec![target_group("one"), target_group("two")],
    });
    setup.stack.functions = vec![function("hook"), function("notify")];
    let policy: Policy = serde_json::from_value(json!({"Statement": [{
        "Effect": "Allow", "Action": ["codedeploy:PutLifecycleEventHookExecutionStatus", "codedeploy:GetDeployment*"], "Resource": GROUP,
    }]}))
    .unwrap();
    setup.stack.roles = vec![Role { name: "hook".to_owned(), access_key: "HOOK".to_owned(), policies: vec![policy] }];
    setup.stack.rules = vec![Rule {
        name: "deployments".to_owned(),
        pattern: json!({"source": ["aws.codedeploy"]}),
        targets: vec!["arn:aws:lambda:us-east-1:123456789012:function:notify".to_owned()],
    }];
    setup
}

fn definition(image: &str) -> Json {
    json!({
        "family": "shop", "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"], "cpu": "256", "memory": "512",
        "containerDefinitions": [
            {"name": "web", "image": image, "essential": true, "portMappings": [{"containerPort": 8000}]}
        ]
    })
}

/// What differs between the tests' groups.
struct Plan {
    configuration: &'static str,
    rollback: bool,
    test_listener: bool,
}

impl Default for Plan {
    fn default() -> Self {
        Self { configuration: "CodeDeployDefault.ECSAllAtOnce", rollback: true, test_listener: true }
    }
}

fn group(plan: &Plan) -> Json {
    let mut pair = json!({
        "targetGroups": [{"name": "one"}, {"name": "two"}],
        "prodTrafficRoute": {"listenerArns": [PRODUCTION]},
    });
    if plan.test_listener {
        pair["testTrafficRoute"] = json!({"listenerArns": [TEST]});
    }
    json!({
        "applicationName": "shop", "deploymentGroupName": "production",
        "deploymentConfigName": plan.configuration,
        "serviceRoleArn": "arn:aws:iam::123456789012:role/codedeploy",
        "autoRollbackConfiguration": {"enabled": plan.rollback, "events": ["DEPLOYMENT_FAILURE"]},
        "deploymentStyle": {"deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"},
        "blueGreenDeploymentConfiguration": {
            "terminateBlueInstancesOnDeploymentSuccess": {"action": "TERMINATE", "terminationWaitTimeInMinutes": 5},
            "deploymentReadyOption": {"actionOnTimeout": "CONTINUE_DEPLOYMENT"},
        },
        "loadBalancerInfo": {"targetGroupPairInfoList": [pair]},
        "ecsServices": [{"clusterName": "shop", "serviceName": "web"}],
    })
}

/// An account with a service that runs `shop:v1`, and an application to deploy it with.
fn shell_with(setup: Setup, plan: &Plan) -> Shell {
    let mut shell = Shell::new(setup);
    shell.call("ecs", "CreateCluster", json!({"clusterName": "shop"})).unwrap();
    shell.call("ecs", "RegisterTaskDefinition", definition("shop:v1")).unwrap();
    shell.call("ecs", "RegisterTaskDefinition", definition("shop:v2")).unwrap();
    shell
        .call(
            "ecs",
            "CreateService",
            json!({
                "cluster": "shop", "serviceName": "web", "taskDefinition": "shop:1", "desiredCount": 2, "launchType": "FARGATE",
                "deploymentController": {"type": "CODE_DEPLOY"},
                "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"]}},
                "loadBalancers": [{"targetGroupArn": target_group("one").arn, "containerName": "web", "containerPort": 8000}]
            }),
        )
        .unwrap();
    shell.advance(MINUTE * 5);
    shell
        .call("codedeploy", "CreateApplication", json!({"applicationName": "shop", "computePlatform": "ECS"}))
        .unwrap();
    shell.call("codedeploy", "CreateDeploymentGroup", group(plan)).unwrap();
    shell
}

fn shell() -> Shell {
    shell_with(setup(), &Plan::default())
}

fn appspec(hooks: &[&str]) -> String {
    let hooks: Vec<Json> = hooks.iter().map(|event| json!({*event: "hook"})).collect();
    json!({
        "version": 0.0,
        "Resources": [{"TargetService": {"Type": "AWS::ECS::Service", "Properties": {
            "TaskDefinition": "arn:aws:ecs:us-east-1:123456789012:task-definition/shop:2",
            "LoadBalancerInfo": {"ContainerName": "web", "ContainerPort": 8000},
        }}}],
        "Hooks": hooks,
    })
    .to_string()
}

fn deployment(content: &str) -> Json {
    json!({
        "applicationName": "shop", "deploymentGroupName": "production",
        "revision": {"revisionType": "AppSpecContent", "appSpecContent": {"content": content}},
    })
}

fn deploy(shell: &mut Shell, hooks: &[&str]) -> String {
    let output = shell.call("codedeploy", "CreateDeployment", deployment(&appspec(hooks))).unwrap();
    output["deploymentId"].as_str().unwrap().to_owned()
}

fn info(shell: &mut Shell, id: &str) -> Json {
    shell.call("codedeploy", "GetDeployment", json!({"deploymentId": id})).unwrap()["deploymentInfo"].clone()
}

fn target(shell: &mut Shell, id: &str) -> Json {
    let input = json!({"deploymentId": id, "targetId": "shop:web"});
    shell.call("codedeploy", "GetDeploymentTarget", input).unwrap()["deploymentTarget"]["ecsTarget"].clone()
}

fn statuses(shell: &mut Shell, id: &str) -> Vec<String> {
    let target = target(shell, id);
    let text = |event: &Json, key: &str| event[key].as_str().unwrap().to_owned();
    let events = target["lifecycleEvents"].as_array().unwrap().iter();
    events.map(|event| format!("{} {}", text(event, "lifecycleEventName"), text(event, "status"))).collect()
}

fn ended(shell: &Shell, id: &str) -> bool {
    shell.told("deployment.ended").any(|fact| fact["deployment_id"] == id)
}

/// The events that hooks were invoked with so far.
fn hook_events(shell: &Shell) -> Vec<Json> {
    shell.invocations.iter().filter(|invoke| invoke.function == "hook").map(|invoke| invoke.payload.clone()).collect()
}

fn report(shell: &mut Shell, event: &Json, status: &str) -> Result<Json, crate::AwsError> {
    let input = json!({
        "deploymentId": event["DeploymentId"],
        "lifecycleEventHookExecutionId": event["LifecycleEventHookExecutionId"],
        "status": status,
    });
    shell.call_as("HOOK", "codedeploy", "PutLifecycleEventHookExecutionStatus", input)
}

fn wait_for_hook(shell: &mut Shell, count: usize) -> Json {
    assert!(shell.until(HOUR, |shell| hook_events(shell).len() == count));
    hook_events(shell).remove(count - 1)
}

/// Green's share after each shift of the production listener, with the seconds since the first.
fn shifts(shell: &Shell) -> Vec<(u64, i64)> {
    let mut first = None;
    shell
        .told("traffic.shifted")
        .filter(|fact| fact["listener"] == "production")
        .map(|fact| {
            let at: jiff::Timestamp = fact["at"].as_str().unwrap().parse().unwrap();
            let first = *first.get_or_insert(at);
            (fact["green_percent"].as_u64().unwrap(), at.duration_since(first).as_secs())
        })
        .collect()
}

fn serving(shell: &Shell, listener: &str) -> Vec<(String, u32, usize)> {
    let backends = shell.routes[listener].backends.iter();
    backends.map(|backend| (backend.target_group.clone(), backend.weight, backend.targets.len())).collect()
}

fn states(shell: &Shell) -> Vec<String> {
    let notes = shell.invocations.iter().filter(|invoke| invoke.function == "notify");
    notes.map(|invoke| invoke.payload["detail"]["state"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn all_at_once_from_blue_to_green() {
    let mut shell = shell();
    let id = deploy(&mut shell, &[]);
    assert_eq!(info(&mut shell, &id)["status"], "Created");
    let early = shell.call("codedeploy", "ListDeploymentTargets", json!({"deploymentId": id})).unwrap_err();
    assert_eq!(early.code, "DeploymentNotStartedException");
    assert!(shell.until(MINUTE * 10, |shell| shell.told("deployment.waiting").count() == 1));

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
fn without_a_test_listener_its_events_are_missing() {
    let mut shell = shell_with(setup(), &Plan { test_listener: false, ..Plan::default() });
    let id = deploy(&mut shell, &["AfterAllowTestTraffic"]);
    assert!(shell.until(HOUR, |shell| ended(shell, &id)));
    assert_eq!(statuses(&mut shell, &id).len(), 6);
    assert!(hook_events(&shell).is_empty());
}

#[test]
fn canary_and_linear_take_their_time() {
    let linear: Vec<(u64, i64)> = (1..=10_i64).map(|tenth| (tenth.unsigned_abs() * 10, (tenth - 1) * 60)).collect();
    for (configuration, expected) in [
        ("CodeDeployDefault.ECSCanary10Percent5Minutes", vec![(10, 0), (100, 300)]),
        ("CodeDeployDefault.ECSCanary10Percent15Minutes", vec![(10, 0), (100, 900)]),
        ("CodeDeployDefault.ECSLinear10PercentEvery1Minutes", linear),
    ] {
        let mut shell = shell_with(setup(), &Plan { configuration, ..Plan::default() });
        let id = deploy(&mut shell, &[]);
        assert!(shell.until(HOUR, |shell| ended(shell, &id)));
        assert_eq!(info(&mut shell, &id)["status"], "Succeeded");
        assert_eq!(shifts(&shell), expected, "{configuration}");
    }
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
fn stopping_during_the_termination_wait_can_roll_back() {
    let mut shell = shell();
    let id = deploy(&mut shell, &[]);
    assert!(shell.until(HOUR, |shell| shell.told("deployment.waiting").count() == 1));
    let input = json!({"deploymentId": id, "autoRollbackEnabled": true});
    assert_eq!(shell.call("codedeploy", "StopDeployment", input.clone()).unwrap()["status"], "Succeeded");
    assert_eq!(
        shell.call("codedeploy", "StopDeployment", input).unwrap_err().code,
        "DeploymentAlreadyCompletedException"
    );
    let stopped = info(&mut shell, &id);
    assert_eq!(
        (stopped["status"].as_str(), stopped["errorInformation"]["code"].as_str()),
        (Some("Stopped"), Some("MANUAL_STOP"))
    );
    shell.advance(MINUTE * 2);
    assert_eq!(serving(&shell, PRODUCTION), [("one".to_owned(), 100, 2)]);
    assert_eq!((shell.running("shop:v1"), shell.running("shop:v2")), (2, 0));
}

#[test]
fn stopping_while_a_hook_works_refuses_its_verdict() {
    let mut shell = shell();
    let id = deploy(&mut shell, &["BeforeInstall"]);
    let event = wait_for_hook(&mut shell, 1);
    shell.call("codedeploy", "StopDeployment", json!({"deploymentId": id})).unwrap();
    assert_eq!(statuses(&mut shell, &id)[0], "BeforeInstall Failed");
    assert_eq!(report(&mut shell, &event, "Succeeded").unwrap_err().code, "LifecycleEventAlreadyCompletedException");
    assert_eq!(shell.told("rollback.started").count(), 0);
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

#[test]
fn what_cannot_be_deployed_is_refused() {
    let mut shell = shell();
    let mut check = |change: &dyn Fn(&mut Json), code: &str| {
        let mut input = deployment(&appspec(&[]));
        change(&mut input);
        let error = shell.call("codedeploy", "CreateDeployment", input.clone()).unwrap_err();
        assert_eq!(error.code, code, "{input}: {error}");
    };
    check(&|input| input["applicationName"] = json!("other"), "ApplicationDoesNotExistException");
    check(&|input| input["applicationName"] = json!(""), "ApplicationNameRequiredException");
    check(&|input| input["applicationName"] = json!("a/b"), "InvalidApplicationNameException");
    check(&|input| input["deploymentGroupName"] = json!("other"), "DeploymentGroupDoesNotExistException");
    check(&|input| input["deploymentGroupName"] = Json::Null, "DeploymentGroupNameRequiredException");
    check(&|input| input["deploymentConfigName"] = json!("Mine"), "DeploymentConfigDoesNotExistException");
    check(&|input| input["revision"] = Json::Null, "RevisionRequiredException");
    check(&|input| input["revision"]["revisionType"] = json!("GitHub"), "InvalidRevisionException");
    check(&|input| input["revision"]["appSpecContent"]["content"] = json!("version: 0.0"), "InvalidRevisionException");
    check(&|input| input["revision"]["appSpecContent"]["sha256"] = json!("abc"), "InvalidRevisionException");
    check(
        &|input| input["autoRollbackConfiguration"] = json!({"enabled": true, "events": ["BAD"]}),
        "InvalidAutoRollbackConfigException",
    );
    check(&|input| input["fileExistsBehavior"] = json!("OVERWRITE"), "ValidationException");
}

#[test]
fn groups_that_cannot_work_are_refused() {
    let mut shell = shell();
    let mut check = |pointer: &str, value: Json, code: &str| {
        let mut input = group(&Plan::default());
        input["deploymentGroupName"] = json!("second");
        input["ecsServices"][0]["serviceName"] = json!("web");
        *input.pointer_mut(pointer).unwrap() = value;
        let error = shell.call("codedeploy", "CreateDeploymentGroup", input).unwrap_err();
        assert_eq!(error.code, code, "{pointer}: {error}");
    };
    check("/applicationName", json!("other"), "ApplicationDoesNotExistException");
    check("/deploymentGroupName", json!("production"), "DeploymentGroupAlreadyExistsException");
    check("/deploymentConfigName", json!("CodeDeployDefault.OneAtATime"), "DeploymentConfigDoesNotExistException");
    check("/serviceRoleArn", json!("role"), "InvalidRoleException");
    check("/deploymentStyle/deploymentType", json!("IN_PLACE"), "InvalidDeploymentStyleException");
    check("/blueGreenDeploymentConfiguration", Json::Null, "InvalidBlueGreenDeploymentConfigurationException");
    check(
        "/blueGreenDeploymentConfiguration/deploymentReadyOption/actionOnTimeout",
        json!("STOP_ON_TIMEOUT"),
        "InvalidBlueGreenDeploymentConfigurationException",
    );
    check("/ecsServices/0/serviceName", json!("none"), "InvalidECSServiceException");
    check("/ecsServices", json!([]), "InvalidECSServiceException");
    check("/ecsServices/0/serviceName", json!("web"), "ECSServiceMappingLimitExceededException");
}
