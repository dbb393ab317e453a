//! The engines, seen from outside: calls in, processes, events, routes and facts out.

use crate::testing::{Play, Shell};
use crate::{ContainerFault, Fault, Listener, LoadBalancer, Policy, ProbeKind, Rule, RuleTarget, Setup, TargetGroup};
use serde_json::{Value as Json, json};
use std::net::SocketAddrV4;
use std::time::Duration;

mod events;
mod faults;
mod operations;
mod rolling;
mod services;
mod tasks;
mod usage;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
const WATCH: &str = "arn:aws:lambda:us-east-1:123456789012:function:watch";
const LISTENER: &str = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/shop/1/prod";

fn target_group(name: &str) -> TargetGroup {
    TargetGroup {
        name: name.to_owned(),
        arn: format!("arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/{name}/1"),
        port: 8000,
        health_check_path: "/health".to_owned(),
        health_check_interval: Duration::from_secs(10),
        health_check_timeout: Duration::from_secs(5),
        healthy_threshold: 2,
        unhealthy_threshold: 2,
        matcher: "200".to_owned(),
        deregistration_delay: Duration::from_secs(30),
    }
}

fn setup() -> Setup {
    let mut setup = Setup::empty();
    setup.images.extend(["shop:v1".to_owned(), "shop:v2".to_owned()]);
    setup.secrets.insert("arn:aws:ssm:us-east-1:123456789012:parameter/key".to_owned(), "hush".to_owned());
    setup.infrastructure.load_balancers.push(LoadBalancer {
        name: "shop".to_owned(),
        listeners: vec![Listener {
            arn: LISTENER.to_owned(),
            port: 80,
            target_group: "blue".to_owned(),
            rules: Vec::new(),
        }],
        target_groups: vec![target_group("blue"), target_group("green")],
    });
    setup.stack.rules.push(Rule {
        name: "stopped".to_owned(),
        pattern: json!({"source": ["aws.ecs"], "detail-type": ["ECS Task State Change"]}),
        targets: vec![RuleTarget::new(WATCH)],
        enabled: true,
    });
    setup.stack.functions.push(crate::Function {
        timeout: SECOND * 30,
        maximum_retry_attempts: 0,
        maximum_event_age: MINUTE,
        policies: vec![Policy::of_resource(
            "events.amazonaws.com",
            "lambda:InvokeFunction",
            WATCH,
            "arn:aws:events:us-east-1:123456789012:rule/stopped",
        )],
        ..crate::Function::new("watch", "watch")
    });
    setup
}

fn definition(image: &str) -> Json {
    json!({
        "family": "shop", "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"], "cpu": "1024", "memory": "2048",
        "executionRoleArn": "arn:aws:iam::123456789012:role/execution", "taskRoleArn": "arn:aws:iam::123456789012:role/task",
        "containerDefinitions": [
            {"name": "log_router", "image": "fluent-bit:latest", "essential": true,
             "firelensConfiguration": {"type": "fluentbit", "options": {"enable-ecs-log-metadata": "true"}}},
            {"name": "web", "image": image, "essential": true,
             "portMappings": [{"containerPort": 8000, "protocol": "tcp"}],
             "environment": [{"name": "MODE", "value": "production"}],
             "secrets": [{"name": "KEY", "valueFrom": "arn:aws:ssm:us-east-1:123456789012:parameter/key"}],
             "logConfiguration": {"logDriver": "awslogs", "options":
                {"awslogs-group": "/ecs/shop", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "web"}},
             "dockerLabels": {"a.label": "x"},
             "dependsOn": [{"containerName": "log_router", "condition": "START"}]}
        ]
    })
}

fn network() -> Json {
    json!({"awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"], "assignPublicIp": "DISABLED"}})
}

fn shell_with(setup: Setup, definition: Json) -> Shell {
    let mut shell = Shell::new(setup);
    shell.call("ecs", "CreateCluster", json!({"clusterName": "shop"})).unwrap();
    shell.call("ecs", "RegisterTaskDefinition", definition).unwrap();
    shell
}

fn shell() -> Shell {
    shell_with(setup(), definition("shop:v1"))
}

fn run_input(token: &str) -> Json {
    json!({
        "cluster": "shop", "taskDefinition": "shop:1", "launchType": "FARGATE", "networkConfiguration": network(),
        "startedBy": "greenlight/d-1/BeforeInstall/1/1", "clientToken": token,
        "overrides": {"containerOverrides": [{"name": "web", "command": ["migrate"],
            "environment": [{"name": "MODE", "value": "migration"}]}]}
    })
}

fn run(shell: &mut Shell) -> String {
    let output = shell.call("ecs", "RunTask", run_input("t")).unwrap();
    output["tasks"][0]["taskArn"].as_str().unwrap().to_owned()
}

fn describe(shell: &mut Shell, task: &str) -> Json {
    let output = shell.call("ecs", "DescribeTasks", json!({"cluster": "shop", "tasks": [task]})).unwrap();
    output["tasks"][0].clone()
}

fn create_service(shell: &mut Shell, grace: u32) {
    let input = json!({
        "cluster": "shop", "serviceName": "web", "taskDefinition": "shop", "desiredCount": 2, "launchType": "FARGATE",
        "deploymentController": {"type": "CODE_DEPLOY"}, "networkConfiguration": network(),
        "healthCheckGracePeriodSeconds": grace,
        "loadBalancers": [{"targetGroupArn": target_group("blue").arn, "containerName": "web", "containerPort": 8000}]
    });
    shell.call("ecs", "CreateService", input).unwrap();
}

fn task_sets(shell: &mut Shell) -> Json {
    let output = shell.call("ecs", "DescribeServices", json!({"cluster": "shop", "services": ["web"]})).unwrap();
    output["services"][0]["taskSets"].clone()
}

fn event_statuses(shell: &Shell) -> Vec<String> {
    let detail = |name: &str, event: &Json| event["detail"][name].to_string().replace('"', "");
    let mut events: Vec<_> = shell
        .invocations
        .iter()
        .map(|invoke| {
            (detail("version", &invoke.payload).parse::<u64>().unwrap(), detail("lastStatus", &invoke.payload))
        })
        .collect();
    events.sort();
    events.into_iter().map(|(_, status)| status).collect()
}

fn targets(shell: &Shell) -> Vec<SocketAddrV4> {
    shell.routes[LISTENER].backends.iter().flat_map(|backend| backend.targets.clone()).collect()
}
