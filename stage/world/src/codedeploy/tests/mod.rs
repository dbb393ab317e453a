//! Whole deployments, played by a scripted shell: what the tests share.

mod alarms;
mod anything;
mod configurations;
mod errors;
mod going_well;
mod going_wrong;
mod looking;
mod refused;
mod rolling_back;
mod stopping;
mod triggers;
mod waiting;

use crate::testing::Shell;
use crate::{
    Fact, FactKind, Function, Listener, LoadBalancer, Policy, Role, Rule, RuleTarget, Setup, Side, TargetGroup, Topic,
};
use serde_json::{Value as Json, json};
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
    Function { timeout: SECOND * 30, maximum_retry_attempts: 0, maximum_event_age: HOUR, ..Function::new(name, "hook") }
}

fn setup() -> Setup {
    let mut setup = Setup::empty();
    setup.images.extend(["shop:v1".to_owned(), "shop:v2".to_owned()]);
    let listener =
        |arn: &str, port| Listener { arn: arn.to_owned(), port, target_group: "one".to_owned(), rules: Vec::new() };
    setup.infrastructure.load_balancers.push(LoadBalancer {
        name: "shop".to_owned(),
        listeners: vec![listener(PRODUCTION, 80), listener(TEST, 8080)],
        target_groups: vec![target_group("one"), target_group("two")],
    });
    let notify = "arn:aws:lambda:us-east-1:123456789012:function:notify";
    let rule = "arn:aws:events:us-east-1:123456789012:rule/deployments";
    let invoke = Policy::of_resource("events.amazonaws.com", "lambda:InvokeFunction", notify, rule);
    setup.stack.functions = vec![function("hook"), Function { policies: vec![invoke], ..function("notify") }];
    let policy: Policy = serde_json::from_value(json!({"Statement": [{
        "Effect": "Allow", "Action": ["codedeploy:PutLifecycleEventHookExecutionStatus", "codedeploy:GetDeployment*"], "Resource": GROUP,
    }]}))
    .unwrap();
    setup.stack.roles = vec![Role {
        name: "hook".to_owned(),
        access_key: "HOOK".to_owned(),
        policies: vec![policy],
        ..Role::default()
    }];
    setup.stack.rules = vec![Rule {
        name: "deployments".to_owned(),
        pattern: json!({"source": ["aws.codedeploy"]}),
        targets: vec![RuleTarget::new(notify)],
        enabled: true,
    }];
    setup
}

/// The groups' service role, which may do this only.
fn service_role(statements: &[(&[&str], &str)]) -> Role {
    let allow =
        |(actions, resource): &(&[&str], &str)| json!({"Effect": "Allow", "Action": actions, "Resource": resource});
    let policy = json!({"Statement": statements.iter().map(allow).collect::<Vec<_>>()});
    let policies = vec![serde_json::from_value(policy).unwrap()];
    Role { name: "codedeploy".to_owned(), access_key: "CODEDEPLOY".to_owned(), policies, ..Role::default() }
}

/// What a deployment needs of its service role, without hooks, alarms and triggers.
const NEEDED: [&str; 5] = [
    "ecs:CreateTaskSet",
    "ecs:UpdateServicePrimaryTaskSet",
    "ecs:DeleteTaskSet",
    "elasticloadbalancing:ModifyListener",
    "iam:PassRole",
];

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
    /// Further members of the group, or others in their place.
    and: Json,
}

impl Default for Plan {
    fn default() -> Self {
        Self { configuration: "CodeDeployDefault.ECSAllAtOnce", rollback: true, test_listener: true, and: json!({}) }
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
    let mut group = json!({
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
    });
    for (key, value) in plan.and.as_object().unwrap() {
        group[key] = value.clone();
    }
    group
}

/// What happens to blue, and before traffic goes to green.
fn blue_green(ready: &Json, blue: &Json) -> Json {
    json!({"blueGreenDeploymentConfiguration": {
        "deploymentReadyOption": ready, "terminateBlueInstancesOnDeploymentSuccess": blue,
    }})
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

/// Status and error code.
fn outcome(shell: &mut Shell, id: &str) -> (String, String) {
    let info = info(shell, id);
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    (text(&info["status"]), text(&info["errorInformation"]["code"]))
}

fn is(status: &str, code: &str) -> (String, String) {
    (status.to_owned(), code.to_owned())
}

/// The deployment that undoes another one.
fn rollback_of(shell: &mut Shell, id: &str) -> Option<String> {
    info(shell, id)["rollbackInfo"]["rollbackDeploymentId"].as_str().map(str::to_owned)
}

fn go_on(shell: &mut Shell, id: &str, wait: &str) -> Result<Json, crate::AwsError> {
    shell.call("codedeploy", "ContinueDeployment", json!({"deploymentId": id, "deploymentWaitType": wait}))
}

/// Until the wait with this name began.
fn wait_for(shell: &mut Shell, wait: &str) {
    let is_wait = |kind: &FactKind| matches!(kind, FactKind::DeploymentWaiting { what, .. } if what == wait);
    assert!(shell.until(HOUR, |shell| shell.facts.iter().any(|fact| is_wait(&fact.kind))), "{wait}");
}

fn ended(shell: &Shell, id: &str) -> bool {
    let is_end =
        |kind: &FactKind| matches!(kind, FactKind::DeploymentEnded { deployment_id, .. } if deployment_id == id);
    shell.facts.iter().any(|fact| is_end(&fact.kind))
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
    let invoked = |shell: &Shell| shell.invocations.iter().filter(|invoke| invoke.function == "hook").count();
    assert!(shell.until(HOUR, |shell| invoked(shell) == count));
    hook_events(shell).remove(count - 1)
}

/// Green's share after each shift of the production listener, with the seconds since the first.
fn shifts(shell: &Shell) -> Vec<(u32, i64)> {
    let shift = |fact: &Fact| match &fact.kind {
        FactKind::TrafficShifted { listener: Side::Production, green_percent, .. } => Some((*green_percent, fact.at)),
        _ => None,
    };
    let shifts: Vec<_> = shell.facts.iter().filter_map(shift).collect();
    shifts.iter().map(|(green, at)| (*green, at.duration_since(shifts[0].1).as_secs())).collect()
}

fn serving(shell: &Shell, listener: &str) -> Vec<(String, u32, usize)> {
    let backends = shell.routes[listener].backends.iter();
    backends.map(|backend| (backend.target_group.clone(), backend.weight, backend.targets.len())).collect()
}

fn states(shell: &Shell) -> Vec<String> {
    let notes = shell.invocations.iter().filter(|invoke| invoke.function == "notify");
    notes.map(|invoke| invoke.payload["detail"]["state"].as_str().unwrap().to_owned()).collect()
}
