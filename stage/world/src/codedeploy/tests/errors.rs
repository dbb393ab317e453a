//! Every error that an operation's model lists and that the stage can raise: the page's table has the same ones.

use super::*;
use crate::{CallFault, Fault};
use std::collections::BTreeSet;

const PAGE: &str = include_str!("../../../../../docs/operations.md");

/// Plays bad calls, and keeps what they were answered.
struct Bad {
    shell: Shell,
    seen: BTreeSet<(String, String)>,
}

impl Bad {
    fn call(&mut self, operation: &str, code: &str, input: &Json) {
        let error = self.shell.call("codedeploy", operation, input.clone()).unwrap_err();
        assert_eq!(error.code, code, "{operation} {input}: {error}");
        self.seen.insert((operation.to_owned(), error.code));
    }

    /// The same, where the error is named without its end.
    fn all(&mut self, operation: &str, calls: &[(&str, Json)]) {
        for (code, input) in calls {
            self.call(operation, &format!("{code}Exception"), input);
        }
    }
}

/// What the page says of each operation: its errors in the second column.
fn told() -> BTreeSet<(String, String)> {
    let section = PAGE.split("### Raised\n").nth(1).unwrap().split("\n### ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let mut told = BTreeSet::new();
    for row in rows {
        let mut columns = row.trim_matches('|').split('|');
        let operation = columns.next().unwrap().trim_matches([' ', '`']);
        for code in columns.next().unwrap().split(',') {
            told.insert((operation.to_owned(), code.trim_matches([' ', '`']).to_owned()));
        }
    }
    told
}

fn with(mut input: Json, changes: &Json) -> Json {
    for (key, value) in changes.as_object().unwrap() {
        input[key] = value.clone();
    }
    input
}

#[test]
fn the_page_has_every_error_that_is_raised() {
    let mut shell = shell();
    let over = deploy(&mut shell, &["BeforeInstall"]);
    let event = wait_for_hook(&mut shell, 1);
    report(&mut shell, &event, "Succeeded").unwrap();
    assert!(shell.until(HOUR, |shell| ended(shell, &over)));
    let active = deploy(&mut shell, &[]);

    let mut bad = Bad { shell, seen: BTreeSet::new() };
    of_one_deployment(&mut bad, &over, &active);
    of_hooks(&mut bad, &over, &event);
    of_lists(&mut bad, &over);
    of_names(&mut bad);
    of_deployments(&mut bad);
    of_groups(&mut bad);
    of_configurations(&mut bad);
    // these fill the account
    of_limits(&mut bad);
    bad = turned_away(bad);
    bad = throttled(bad);
    assert_eq!(bad.seen, told(), "raised on the left, docs/operations.md on the right");
}

fn of_one_deployment(bad: &mut Bad, over: &str, active: &str) {
    let ids = [("DeploymentIdRequired", json!({})), ("InvalidDeploymentId", json!({"deploymentId": "x"}))];
    let nowhere = [("DeploymentDoesNotExist", json!({"deploymentId": "d-NOTHING00"}))];
    for operation in [
        "GetDeployment",
        "ContinueDeployment",
        "StopDeployment",
        "GetDeploymentTarget",
        "ListDeploymentTargets",
        "PutLifecycleEventHookExecutionStatus",
    ] {
        bad.all(operation, &ids);
        bad.all(operation, &nowhere);
    }
    let batch = |ids: Json| json!({"deploymentIds": ids});
    bad.all(
        "BatchGetDeployments",
        &[
            ("DeploymentIdRequired", batch(json!([]))),
            ("InvalidDeploymentId", batch(json!(["x"]))),
            ("BatchLimitExceeded", batch(json!(vec![over; 26]))),
        ],
    );
    let groups = |names: Json| json!({"applicationName": "shop", "deploymentGroupNames": names});
    bad.all(
        "BatchGetDeploymentGroups",
        &[
            ("DeploymentGroupNameRequired", groups(json!([]))),
            ("InvalidDeploymentGroupName", groups(json!(["a b"]))),
            ("BatchLimitExceeded", groups(json!(vec!["production"; 101]))),
        ],
    );
    bad.all("StopDeployment", &[("DeploymentAlreadyCompleted", json!({"deploymentId": over}))]);
    bad.all(
        "ContinueDeployment",
        &[
            ("DeploymentAlreadyCompleted", json!({"deploymentId": over})),
            ("DeploymentIsNotInReadyState", json!({"deploymentId": active})),
            ("InvalidDeploymentWaitType", json!({"deploymentId": active, "deploymentWaitType": "WAIT"})),
        ],
    );
    let target = |deployment: &str, target: &str| json!({"deploymentId": deployment, "targetId": target});
    bad.all(
        "GetDeploymentTarget",
        &[
            ("DeploymentNotStarted", target(active, "shop:web")),
            ("DeploymentTargetIdRequired", json!({"deploymentId": over})),
            ("InvalidDeploymentTargetId", target(over, "web")),
            ("DeploymentTargetDoesNotExist", target(over, "shop:other")),
        ],
    );
    bad.all("ListDeploymentTargets", &[("DeploymentNotStarted", json!({"deploymentId": active}))]);
}

fn of_hooks(bad: &mut Bad, over: &str, event: &Json) {
    let put = |execution: &Json, status: &str| json!({"deploymentId": over, "lifecycleEventHookExecutionId": execution, "status": status});
    let execution = &event["LifecycleEventHookExecutionId"];
    bad.all(
        "PutLifecycleEventHookExecutionStatus",
        &[
            ("InvalidLifecycleEventHookExecutionStatus", put(execution, "Skipped")),
            ("InvalidLifecycleEventHookExecutionId", put(&json!("x"), "Failed")),
            ("LifecycleEventAlreadyCompleted", put(execution, "Failed")),
        ],
    );
}

fn of_lists(bad: &mut Bad, over: &str) {
    let filters = |filters: Json| json!({"deploymentId": over, "targetFilters": filters});
    bad.all(
        "ListDeploymentTargets",
        &[
            ("InvalidNextToken", json!({"deploymentId": over, "nextToken": "x"})),
            ("InvalidInstanceStatus", filters(json!({"TargetStatus": ["Running"]}))),
            ("InvalidInstanceType", filters(json!({"ServerInstanceLabel": ["Red"]}))),
            ("InvalidDeploymentInstanceType", filters(json!({"ServerInstanceLabel": ["Green"]}))),
            ("InvalidTargetFilterName", filters(json!({"Colour": []}))),
        ],
    );
    bad.all(
        "ListDeployments",
        &[
            ("InvalidTimeRange", json!({"createTimeRange": {"start": 2, "end": 1}})),
            ("InvalidDeploymentStatus", json!({"includeOnlyStatuses": ["Running"]})),
            ("InvalidNextToken", json!({"nextToken": "x"})),
            ("InvalidExternalId", json!({"externalId": "a b"})),
        ],
    );
}

/// Names of applications and deployment groups that are missing, cannot be one, or are not there.
fn of_names(bad: &mut Bad) {
    let content = json!({"revisionType": "AppSpecContent", "appSpecContent": {"content": "{}"}});
    let revision = json!({"applicationName": "shop", "revision": content});
    let named = json!({"applicationName": "shop", "deploymentGroupName": "production"});
    for (operation, good, exists) in [
        ("CreateApplication", json!({"computePlatform": "ECS"}), false),
        ("GetApplicationRevision", revision, true),
        ("CreateDeployment", deployment(&appspec(&[])), true),
        ("CreateDeploymentGroup", group(&Plan::default()), true),
        ("GetDeploymentGroup", named.clone(), true),
        ("BatchGetDeploymentGroups", json!({"applicationName": "shop", "deploymentGroupNames": ["production"]}), true),
        ("ListDeployments", named, true),
    ] {
        let name = |name: &str| with(good.clone(), &json!({"applicationName": name}));
        bad.all(operation, &[("ApplicationNameRequired", name("")), ("InvalidApplicationName", name("a b"))]);
        if exists {
            bad.all(operation, &[("ApplicationDoesNotExist", name("nothing"))]);
        }
        if good.get("deploymentGroupName").is_some() {
            let name = |name: &str| with(good.clone(), &json!({"deploymentGroupName": name}));
            let missing = ("DeploymentGroupNameRequired", name(""));
            bad.all(operation, &[missing, ("InvalidDeploymentGroupName", name("a/b"))]);
            if operation != "CreateDeploymentGroup" {
                bad.all(operation, &[("DeploymentGroupDoesNotExist", name("nothing"))]);
            }
        }
    }
    bad.all(
        "CreateApplication",
        &[
            ("ApplicationAlreadyExists", json!({"applicationName": "shop", "computePlatform": "ECS"})),
            ("InvalidComputePlatform", json!({"applicationName": "new", "computePlatform": "Lambda"})),
        ],
    );
    let tagged = |tags: Json| json!({"applicationName": "new", "computePlatform": "ECS", "tags": tags});
    for tags in tags_that_cannot_be() {
        bad.all("CreateApplication", &[("InvalidTagsToAdd", tagged(tags))]);
    }
}

fn tags_that_cannot_be() -> Vec<Json> {
    let fifty_one: Vec<_> = (0..51).map(|number| json!({"Key": number.to_string()})).collect();
    vec![
        json!([{"Value": "a"}]),
        json!([{"Key": "k".repeat(129)}]),
        json!([{"Key": "AWS:team"}]),
        json!([{"Key": "team", "Value": "v".repeat(257)}]),
        json!([{"Key": "team"}, {"Key": "team"}]),
        json!(fifty_one),
    ]
}

fn of_deployments(bad: &mut Bad) {
    let good = deployment(&appspec(&[]));
    let and = |changes: Json| with(good.clone(), &changes);
    let object = json!({"bucket": "revisions", "key": "nothing", "bundleType": "JSON"});
    let eleven: Vec<_> = (0..11).map(|number| json!({"name": number.to_string()})).collect();
    bad.all(
        "CreateDeployment",
        &[
            ("RevisionRequired", and(json!({"revision": null}))),
            ("RevisionDoesNotExist", and(json!({"revision": {"revisionType": "S3", "s3Location": object}}))),
            ("InvalidRevision", and(json!({"revision": {"revisionType": "GitHub"}}))),
            ("InvalidDeploymentConfigName", and(json!({"deploymentConfigName": "a b"}))),
            ("DeploymentConfigDoesNotExist", and(json!({"deploymentConfigName": "nothing"}))),
            ("DescriptionTooLong", and(json!({"description": "d".repeat(257)}))),
            ("InvalidAlarmConfig", and(json!({"overrideAlarmConfiguration": {"enabled": true}}))),
            ("AlarmsLimitExceeded", and(json!({"overrideAlarmConfiguration": {"alarms": eleven}}))),
            ("InvalidAutoRollbackConfig", and(json!({"autoRollbackConfiguration": {"enabled": true}}))),
            // there is one already
            ("DeploymentLimitExceeded", and(json!({"description": "é".repeat(256)}))),
        ],
    );
    let named = |revision: Json| json!({"applicationName": "shop", "revision": revision});
    let content = |content: &str| json!({"revisionType": "AppSpecContent", "appSpecContent": {"content": content}});
    bad.all(
        "GetApplicationRevision",
        &[
            ("RevisionRequired", named(Json::Null)),
            ("InvalidRevision", named(json!({"revisionType": "S3"}))),
            ("RevisionDoesNotExist", named(content("nothing"))),
        ],
    );
}

fn of_groups(bad: &mut Bad) {
    let good = with(group(&Plan::default()), &json!({"deploymentGroupName": "second"}));
    let and = |changes: Json| with(good.clone(), &changes);
    let pairs = |groups: Json| json!({"loadBalancerInfo": {"targetGroupPairInfoList": [{"targetGroups": groups}]}});
    let numbered = |make: &dyn Fn(usize) -> Json| (0..11).map(make).collect::<Vec<_>>();
    let alarms = numbered(&|number| json!({"name": number.to_string()}));
    let topic = "arn:aws:sns:us-east-1:123456789012:news";
    let trigger = |number: usize| json!({"triggerName": number.to_string(), "triggerTargetArn": topic, "triggerEvents": ["DeploymentStart"]});
    bad.all(
        "CreateDeploymentGroup",
        &[
            ("DeploymentGroupAlreadyExists", and(json!({"deploymentGroupName": "production"}))),
            ("InvalidDeploymentConfigName", and(json!({"deploymentConfigName": "a b"}))),
            ("DeploymentConfigDoesNotExist", and(json!({"deploymentConfigName": "nothing"}))),
            ("RoleRequired", and(json!({"serviceRoleArn": ""}))),
            ("InvalidRole", and(json!({"serviceRoleArn": "codedeploy"}))),
            ("InvalidTriggerConfig", and(json!({"triggerConfigurations": [{}]}))),
            ("TriggerTargetsLimitExceeded", and(json!({"triggerConfigurations": numbered(&trigger)}))),
            ("InvalidAlarmConfig", and(json!({"alarmConfiguration": {"enabled": true}}))),
            ("AlarmsLimitExceeded", and(json!({"alarmConfiguration": {"alarms": alarms}}))),
            ("InvalidAutoRollbackConfig", and(json!({"autoRollbackConfiguration": {"enabled": true}}))),
            ("InvalidDeploymentStyle", and(json!({"deploymentStyle": {"deploymentType": "IN_PLACE"}}))),
            ("InvalidBlueGreenDeploymentConfiguration", and(json!({"blueGreenDeploymentConfiguration": {}}))),
            ("InvalidECSService", and(json!({"ecsServices": []}))),
            ("ECSServiceMappingLimitExceeded", good.clone()),
        ],
    );
    for tags in tags_that_cannot_be() {
        bad.all("CreateDeploymentGroup", &[("InvalidTagsToAdd", and(json!({"tags": tags})))]);
    }
    // what comes after the service needs one that no group has
    let service = json!({
        "cluster": "shop", "serviceName": "second", "taskDefinition": "shop:1", "desiredCount": 0, "launchType": "FARGATE",
        "deploymentController": {"type": "CODE_DEPLOY"},
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"]}},
        "loadBalancers": [{"targetGroupArn": target_group("one").arn, "containerName": "web", "containerPort": 8000}],
    });
    bad.shell.call("ecs", "CreateService", service).unwrap();
    let free = with(good.clone(), &json!({"ecsServices": [{"clusterName": "shop", "serviceName": "second"}]}));
    let one = json!([{"name": "one"}]);
    bad.all(
        "CreateDeploymentGroup",
        &[
            ("InvalidLoadBalancerInfo", with(free.clone(), &json!({"loadBalancerInfo": {}}))),
            ("InvalidTargetGroupPair", with(free, &pairs(one))),
        ],
    );
}

fn of_configurations(bad: &mut Bad) {
    let routing = json!({"type": "AllAtOnce"});
    let named =
        |name: &str| json!({"deploymentConfigName": name, "computePlatform": "ECS", "trafficRoutingConfig": routing});
    let create = "CreateDeploymentConfig";
    bad.shell.call("codedeploy", create, named("ours")).unwrap();
    bad.all(
        create,
        &[
            ("DeploymentConfigNameRequired", named("")),
            ("InvalidDeploymentConfigName", named("CodeDeployDefault.Ours")),
            ("DeploymentConfigAlreadyExists", named("ours")),
            ("InvalidComputePlatform", with(named("new"), &json!({"computePlatform": "Server"}))),
            ("InvalidTrafficRoutingConfiguration", with(named("new"), &json!({"trafficRoutingConfig": {}}))),
        ],
    );
    let get = |name: &str| json!({"deploymentConfigName": name});
    bad.all(
        "GetDeploymentConfig",
        &[
            ("DeploymentConfigNameRequired", get("")),
            ("InvalidDeploymentConfigName", get("a b")),
            ("DeploymentConfigDoesNotExist", get("nothing")),
        ],
    );
}

/// What an account can have at most; one application, one group and one configuration are there.
fn of_limits(bad: &mut Bad) {
    let application = |number: usize| json!({"applicationName": format!("app-{number}"), "computePlatform": "ECS"});
    for number in 1..1000 {
        bad.shell.call("codedeploy", "CreateApplication", application(number)).unwrap();
    }
    bad.all("CreateApplication", &[("ApplicationLimitExceeded", application(1000))]);
    let routing = json!({"type": "AllAtOnce"});
    let configuration = |number: usize| json!({"deploymentConfigName": number.to_string(), "computePlatform": "ECS", "trafficRoutingConfig": routing});
    for number in 1..50 {
        bad.shell.call("codedeploy", "CreateDeploymentConfig", configuration(number)).unwrap();
    }
    bad.all("CreateDeploymentConfig", &[("DeploymentConfigLimitExceeded", configuration(50))]);
    // each group needs a service of its own: the other 999 are put there
    let groups = &mut bad.shell.world.codedeploy.applications.get_mut("shop").unwrap().groups;
    let one = groups["production"].clone();
    groups.extend((1..1000).map(|number| (format!("group-{number}"), one.clone())));
    let more = with(group(&Plan::default()), &json!({"deploymentGroupName": "one-more"}));
    bad.all("CreateDeploymentGroup", &[("DeploymentGroupLimitExceeded", more)]);
}

/// The production listener forwards to neither of the group's target groups.
fn turned_away(bad: Bad) -> Bad {
    let mut setup = setup();
    let balancer = &mut setup.infrastructure.load_balancers[0];
    balancer.target_groups.push(target_group("three"));
    balancer.listeners[0].target_group = "three".to_owned();
    let mut bad = Bad { shell: shell_with(setup, &Plan::default()), ..bad };
    bad.all("CreateDeployment", &[("InvalidLoadBalancerInfo", deployment(&appspec(&[])))]);
    bad
}

/// A fault throttles calls of roles; the models of three operations have an error for it.
fn throttled(mut bad: Bad) -> Bad {
    let mut setup = setup();
    let policy = json!({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
    let policies = vec![serde_json::from_value(policy).unwrap()];
    setup.stack.roles.push(Role {
        name: "team".to_owned(),
        access_key: "TEAM".to_owned(),
        policies,
        ..Role::default()
    });
    setup.faults.push(Fault::EveryCall { times: 1, answer: CallFault::Throttled });
    let mut shell = shell_with(setup, &Plan::default());
    for (operation, input) in [
        ("CreateApplication", json!({"applicationName": "new", "computePlatform": "ECS"})),
        ("CreateDeployment", deployment(&appspec(&[]))),
        ("CreateDeploymentGroup", group(&Plan::default())),
    ] {
        let error = shell.call_as("TEAM", "codedeploy", operation, input).unwrap_err();
        assert_eq!(error.code, "ThrottlingException");
        bad.seen.insert((operation.to_owned(), error.code));
    }
    bad
}
