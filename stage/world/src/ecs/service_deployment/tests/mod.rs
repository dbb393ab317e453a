//! Whole deployments of services under the controller `ECS`, played by a scripted shell: what the tests share.

mod alarms;
mod anything;
mod breaker;
mod failing;
mod forward;
mod hooks;
mod leaving;
mod operations;
mod pauses;
mod refused;
mod replaced;
mod stopping;

use crate::testing::Shell;
use crate::{
    Fact, FactKind, Function, InvocationOutcome, Listener, LoadBalancer, Policy, Role, Rule, RuleTarget, Setup, Side,
    TargetGroup,
};
use serde_json::{Value as Json, json};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
const PRODUCTION: &str = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/shop/1/prod";
const TEST: &str = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/shop/1/test";
const HOOK: &str = "arn:aws:lambda:us-east-1:123456789012:function:hook";
const NOTIFY: &str = "arn:aws:lambda:us-east-1:123456789012:function:notify";
const INVOKE_ROLE: &str = "arn:aws:iam::123456789012:role/invoke";
const BALANCER_ROLE: &str = "arn:aws:iam::123456789012:role/balancer";

/// Stages that can have hooks, in the order in which an ordinary deployment comes to them.
const STAGES: [&str; 7] = [
    "PRE_SCALE_UP",
    "POST_SCALE_UP",
    "TEST_TRAFFIC_SHIFT",
    "POST_TEST_TRAFFIC_SHIFT",
    "PRE_PRODUCTION_TRAFFIC_SHIFT",
    "PRODUCTION_TRAFFIC_SHIFT",
    "POST_PRODUCTION_TRAFFIC_SHIFT",
];

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

fn role(name: &str, actions: &[&str]) -> Role {
    let policy = json!({"Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]});
    Role {
        name: name.to_owned(),
        access_key: name.to_uppercase(),
        policies: vec![serde_json::from_value(policy).unwrap()],
        trusted: vec!["ecs.amazonaws.com".to_owned()],
    }
}

fn listener(arn: &str, port: u16) -> Listener {
    Listener { arn: arn.to_owned(), port, target_group: "one".to_owned(), rules: Vec::new() }
}

fn setup() -> Setup {
    let mut setup = Setup::empty();
    setup.images.extend(["shop:v1".to_owned(), "shop:v2".to_owned(), "shop:v3".to_owned()]);
    setup.infrastructure.load_balancers.push(LoadBalancer {
        name: "shop".to_owned(),
        listeners: vec![listener(PRODUCTION, 80), listener(TEST, 8080)],
        target_groups: vec![target_group("one"), target_group("two")],
    });
    setup.infrastructure.alarms.push(crate::Alarm::new("errors", crate::AlarmState::Ok));
    let rule = "arn:aws:events:us-east-1:123456789012:rule/news";
    let invoke = Policy::of_resource("events.amazonaws.com", "lambda:InvokeFunction", NOTIFY, rule);
    let function = |name: &str| Function { maximum_retry_attempts: 0, ..Function::new(name, "function") };
    setup.stack.functions = vec![function("hook"), Function { policies: vec![invoke], ..function("notify") }];
    setup.stack.roles = vec![
        role("function", &["logs:*"]),
        role("invoke", &["lambda:InvokeFunction"]),
        role("balancer", &["elasticloadbalancing:*"]),
    ];
    setup.stack.rules = vec![Rule {
        name: "news".to_owned(),
        pattern: json!({"source": ["aws.ecs"], "detail-type": ["ECS Deployment State Change", "ECS Hook State Change"]}),
        targets: vec![RuleTarget::new(NOTIFY)],
        enabled: true,
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

fn load_balancer() -> Json {
    json!({
        "targetGroupArn": target_group("one").arn, "containerName": "web", "containerPort": 8000,
        "advancedConfiguration": {
            "alternateTargetGroupArn": target_group("two").arn,
            "productionListenerRule": listener(PRODUCTION, 80).default_rule(),
            "testListenerRule": listener(TEST, 8080).default_rule(),
            "roleArn": BALANCER_ROLE,
        },
    })
}

fn service(configuration: &Json) -> Json {
    json!({
        "cluster": "shop", "serviceName": "web", "taskDefinition": "shop:1", "desiredCount": 2, "launchType": "FARGATE",
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"]}},
        "loadBalancers": [load_balancer()], "deploymentConfiguration": configuration,
    })
}

fn blue_green() -> Json {
    json!({"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 10})
}

/// A configuration with the hook at these stages.
fn hooked(configuration: &Json, stages: &[&str]) -> Json {
    let mut configuration = configuration.clone();
    configuration["lifecycleHooks"] =
        json!([{"hookTargetArn": HOOK, "roleArn": INVOKE_ROLE, "lifecycleStages": stages}]);
    configuration
}

/// An account without services.
fn empty(setup: Setup) -> Shell {
    let mut shell = Shell::new(setup);
    shell.call("ecs", "CreateCluster", json!({"clusterName": "shop"})).unwrap();
    for image in ["shop:v1", "shop:v2", "shop:v3"] {
        shell.call("ecs", "RegisterTaskDefinition", definition(image)).unwrap();
    }
    shell
}

/// The same with a service that runs `shop:v1`, and whose deployments go so.
fn shell_with(setup: Setup, configuration: &Json) -> Shell {
    let mut shell = empty(setup);
    let mut service = service(&json!({"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 0}));
    service["deploymentController"] = json!({"type": "ECS"});
    shell.call("ecs", "CreateService", service).unwrap();
    shell.advance(MINUTE * 10);
    let created = list(&mut shell).remove(0);
    assert_eq!(status(&mut shell, &created), "SUCCESSFUL");
    update(&mut shell, json!({"deploymentConfiguration": configuration})).unwrap();
    shell
}

fn shell(configuration: &Json) -> Shell {
    shell_with(setup(), configuration)
}

fn update(shell: &mut Shell, change: Json) -> Result<Json, crate::AwsError> {
    let mut input = change;
    input["cluster"] = json!("shop");
    input["service"] = json!("web");
    shell.call("ecs", "UpdateService", input).map(|output| output["service"].clone())
}

/// Deploys `shop:v2`; answers the ARN of the service deployment.
fn deploy(shell: &mut Shell) -> String {
    deploy_revision(shell, "shop:2")
}

fn deploy_revision(shell: &mut Shell, task_definition: &str) -> String {
    let service = update(shell, json!({"taskDefinition": task_definition})).unwrap();
    service["currentServiceDeployment"].as_str().unwrap().to_owned()
}

/// The ARNs of the service's deployments, newest first.
fn list(shell: &mut Shell) -> Vec<String> {
    let listed = shell.call("ecs", "ListServiceDeployments", json!({"cluster": "shop", "service": "web"})).unwrap();
    let listed = listed["serviceDeployments"].as_array().unwrap();
    listed.iter().map(|one| one["serviceDeploymentArn"].as_str().unwrap().to_owned()).collect()
}

fn describe(shell: &mut Shell, arn: &str) -> Json {
    let output = shell.call("ecs", "DescribeServiceDeployments", json!({"serviceDeploymentArns": [arn]})).unwrap();
    output["serviceDeployments"][0].clone()
}

fn described_service(shell: &mut Shell) -> Json {
    let output = shell.call("ecs", "DescribeServices", json!({"cluster": "shop", "services": ["web"]})).unwrap();
    output["services"][0].clone()
}

fn status(shell: &mut Shell, arn: &str) -> String {
    describe(shell, arn)["status"].as_str().unwrap().to_owned()
}

/// What a function answers at a stage, one call after the other; the last answer stays. Elsewhere it succeeds.
type Script = Rc<RefCell<BTreeMap<String, Vec<InvocationOutcome>>>>;

fn answers(shell: &mut Shell) -> Script {
    let script = Script::default();
    let own = script.clone();
    shell.function = Box::new(move |invoke| {
        let stage = invoke.payload["lifecycleStage"].as_str().unwrap_or_default();
        let mut script = own.borrow_mut();
        let outcome = match script.get_mut(stage) {
            Some(answers) if answers.len() > 1 => answers.remove(0),
            Some(answers) => answers[0].clone(),
            None => InvocationOutcome::Returned(json!({"hookStatus": "SUCCEEDED"})),
        };
        Some((SECOND, outcome))
    });
    script
}

fn at(script: &Script, stage: &str, returned: &[Json]) {
    let answers = returned.iter().cloned().map(InvocationOutcome::Returned).collect();
    script.borrow_mut().insert(stage.to_owned(), answers);
}

/// The events that the hook was invoked with so far.
fn events(shell: &Shell) -> Vec<Json> {
    shell.invocations.iter().filter(|invoke| invoke.function == "hook").map(|invoke| invoke.payload.clone()).collect()
}

fn stages(shell: &Shell) -> Vec<String> {
    events(shell).iter().map(|event| event["lifecycleStage"].as_str().unwrap().to_owned()).collect()
}

/// Until the deployment is in this stage, as it is described.
fn until_stage(shell: &mut Shell, arn: &str, stage: &str) {
    for _ in 0..20_000 {
        if describe(shell, arn)["lifecycleStage"] == stage {
            return;
        }
        shell.advance(SECOND);
    }
    panic!("{arn} does not come to {stage}: {}", describe(shell, arn));
}

fn until_over(shell: &mut Shell, arn: &str) -> String {
    let id = arn.rsplit('/').next().unwrap().to_owned();
    let is_end =
        |kind: &FactKind| matches!(kind, FactKind::DeploymentEnded { deployment_id, .. } if *deployment_id == id);
    assert!(
        shell.until(DAY * 3, |shell| shell.facts.iter().any(|fact| is_end(&fact.kind))),
        "{}",
        describe(shell, arn)
    );
    status(shell, arn)
}

/// Green's share after each shift of the production listener since `from`, with the seconds since the first.
fn shifts(shell: &Shell, from: usize) -> Vec<(u32, i64)> {
    let shift = |fact: &Fact| match &fact.kind {
        FactKind::TrafficShifted { listener: Side::Production, green_percent, .. } => Some((*green_percent, fact.at)),
        _ => None,
    };
    let shifts: Vec<_> = shell.facts[from..].iter().filter_map(shift).collect();
    shifts.iter().map(|(green, at)| (*green, at.duration_since(shifts[0].1).as_secs())).collect()
}

/// The target groups that a listener forwards to, with their weights and how many targets they have.
fn serving(shell: &Shell, listener: &str) -> Vec<(String, u32, usize)> {
    let backends = shell.routes[listener].backends.iter();
    backends.map(|backend| (backend.target_group.clone(), backend.weight, backend.targets.len())).collect()
}

fn all_to(group: &str) -> Vec<(String, u32, usize)> {
    vec![(group.to_owned(), 100, 2)]
}

/// `eventName` of the events of this detail type, in their order.
fn news(shell: &Shell, detail_type: &str) -> Vec<String> {
    let notes = shell.invocations.iter().filter(|invoke| invoke.function == "notify");
    let notes = notes.filter(|invoke| invoke.payload["detail-type"] == detail_type);
    notes.map(|invoke| invoke.payload["detail"]["eventName"].as_str().unwrap().to_owned()).collect()
}

/// Blue serves alone, as before the deployment.
fn blue_serves(shell: &mut Shell) {
    shell.advance(MINUTE * 5);
    assert_eq!(serving(shell, PRODUCTION), all_to("one"));
    assert_eq!((shell.running("shop:v1"), shell.running("shop:v2")), (2, 0));
    let service = described_service(shell);
    assert!(service["taskDefinition"].as_str().unwrap().ends_with("shop:1"), "{service}");
    assert_eq!(service["deployments"].as_array().unwrap().len(), 1);
    assert_eq!(service["deployments"][0]["rolloutState"], "COMPLETED");
    assert_eq!(service["currentServiceDeployment"], json!(null));
}
