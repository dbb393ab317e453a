//! The engines, seen from outside: calls in, processes, events, routes and facts out.

use crate::testing::{Play, Shell};
use crate::{ContainerFault, Fault, Listener, LoadBalancer, ProbeKind, Rule, Setup, TargetGroup};
use serde_json::{Value as Json, json};
use std::net::SocketAddrV4;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
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
        listeners: vec![Listener { arn: LISTENER.to_owned(), port: 80, target_group: "blue".to_owned() }],
        target_groups: vec![target_group("blue"), target_group("green")],
    });
    setup.stack.rules.push(Rule {
        name: "stopped".to_owned(),
        pattern: json!({"source": ["aws.ecs"], "detail-type": ["ECS Task State Change"]}),
        targets: vec!["arn:aws:lambda:us-east-1:123456789012:function:watch".to_owned()],
    });
    setup.stack.functions.push(crate::Function {
        name: "watch".to_owned(),
        role: "watch".to_owned(),
        environment: std::collections::BTreeMap::new(),
        timeout: SECOND * 30,
        memory: 128,
        maximum_retry_attempts: 0,
        maximum_event_age: MINUTE,
        on_failure: None,
        log_group: "/aws/lambda/watch".to_owned(),
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

#[test]
fn a_one_off_task_runs_its_command_and_ends_with_its_exit_code() {
    let mut shell = shell();
    shell.play = Box::new(|_| Play::Exit { after: SECOND * 2, code: 3, lines: vec!["no such table".to_owned()] });
    let task = run(&mut shell);
    shell.advance(MINUTE);

    let process = shell.started[0].clone();
    assert_eq!(shell.started.len(), 1, "the log router is a stub");
    assert_eq!(process.command, Some(vec!["migrate".to_owned()]));
    assert_eq!(process.environment["MODE"], "migration");
    assert_eq!(process.environment["KEY"], "hush");

    let described = describe(&mut shell, &task);
    assert_eq!(described["lastStatus"], "STOPPED");
    assert_eq!(described["stopCode"], "EssentialContainerExited");
    assert_eq!(described["stoppedReason"], "Essential container in task exited");
    assert_eq!(described["containers"][1]["exitCode"], 3);
    assert_eq!(described["startedBy"], "greenlight/d-1/BeforeInstall/1/1");
    assert_eq!(described["group"], "family:shop");
    assert_eq!(described["containers"][1]["networkInterfaces"][0]["privateIpv4Address"], process.ip.to_string());

    let stages = ["PROVISIONING", "PENDING", "RUNNING", "STOPPING", "DEPROVISIONING", "STOPPED"];
    assert_eq!(event_statuses(&shell), stages);
    let line = shell.told("log.line").find(|line| line["log_group"] == "/ecs/shop").unwrap();
    assert_eq!(line["message"], "no such table");
    assert_eq!(line["log_stream"], format!("web/web/{}", task.rsplit('/').next().unwrap()));
    assert_eq!(shell.told("task.stopped").next().unwrap()["exit_codes"]["web"], 3);
}

#[test]
fn events_echo_overrides_and_never_secrets() {
    let mut shell = shell();
    run(&mut shell);
    shell.advance(MINUTE);
    let stopped = shell.invocations.iter().find(|invoke| invoke.payload["detail"]["lastStatus"] == "STOPPED").unwrap();
    let detail = &stopped.payload["detail"];
    assert_eq!(detail["overrides"]["containerOverrides"][0]["command"], json!(["migrate"]));
    assert_eq!(detail["containers"][1]["exitCode"], 0);
    assert_eq!(detail["attachments"][0]["type"], "eni");
    assert_eq!(detail["createdAt"], "2026-01-01T00:00:00.000Z");
    assert_eq!(stopped.payload["resources"], json!([detail["taskArn"]]));
    assert!(shell.invocations.iter().all(|invoke| !invoke.payload.to_string().contains("hush")));
}

#[test]
fn a_client_token_starts_one_task_only() {
    let mut shell = shell();
    let first = run(&mut shell);
    assert_eq!(run(&mut shell), first);
    let mut other = run_input("t");
    other["startedBy"] = json!("other");
    let conflict = shell.call("ecs", "RunTask", other).unwrap_err();
    assert_eq!(conflict.code, "ConflictException");
    assert!(conflict.message.contains(&first));
    shell.advance(MINUTE);
    let again = shell.call("ecs", "RunTask", run_input("t")).unwrap();
    assert_eq!(again["tasks"][0], json!({"taskArn": first, "lastStatus": "STOPPED", "desiredStatus": "STOPPED"}));
    // one hour after the task has stopped, the token is worth nothing
    shell.advance(MINUTE * 61);
    assert_ne!(run(&mut shell), first);
    let missing = shell.call("ecs", "DescribeTasks", json!({"cluster": "shop", "tasks": [first]})).unwrap();
    assert_eq!(missing["failures"][0]["reason"], "MISSING");
}

#[test]
fn a_stopped_task_tells_who_stopped_it() {
    let mut shell = shell();
    shell.play = Box::new(|_| Play::Hang);
    let task = run(&mut shell);
    shell.advance(SECOND * 20);
    assert_eq!(describe(&mut shell, &task)["lastStatus"], "RUNNING");
    shell.call("ecs", "StopTask", json!({"cluster": "shop", "task": task, "reason": "too long"})).unwrap();
    shell.advance(SECOND * 20);
    assert_eq!(describe(&mut shell, &task)["lastStatus"], "STOPPING");
    shell.advance(MINUTE);
    let described = describe(&mut shell, &task);
    assert_eq!(described["stopCode"], "UserInitiated");
    assert_eq!(described["stoppedReason"], "too long");
    assert_eq!(described["containers"][1]["exitCode"], 137);
    assert_eq!(described["containers"][0]["exitCode"], 0);
}

#[test]
fn a_task_stopped_before_it_ran_has_no_exit_code() {
    let mut shell = shell();
    let task = run(&mut shell);
    shell.call("ecs", "StopTask", json!({"cluster": "shop", "task": task})).unwrap();
    shell.advance(MINUTE);
    let described = describe(&mut shell, &task);
    assert_eq!(described["lastStatus"], "STOPPED");
    assert_eq!(described["containers"][1].get("exitCode"), None);
    assert!(shell.started.is_empty());
}

#[test]
fn a_missing_secret_is_named() {
    let mut setup = setup();
    setup.secrets.clear();
    let mut shell = shell_with(setup, definition("shop:v1"));
    let task = run(&mut shell);
    shell.advance(MINUTE);
    let described = describe(&mut shell, &task);
    assert_eq!(described["stopCode"], "TaskFailedToStart");
    let reason = described["stoppedReason"].as_str().unwrap();
    assert!(reason.starts_with("ResourceInitializationError") && reason.contains(":parameter/key"), "{reason}");
}

#[test]
fn a_container_that_cannot_start_fails_its_task() {
    let mut shell = shell();
    shell.play = Box::new(|_| Play::FailToStart("no such file".to_owned()));
    let task = run(&mut shell);
    shell.advance(MINUTE);
    let described = describe(&mut shell, &task);
    assert_eq!(described["stopCode"], "TaskFailedToStart");
    assert_eq!(described["stoppedReason"], "CannotStartContainerError: no such file");
    assert_eq!(described["containers"][1]["reason"], "CannotStartContainerError: no such file");
    assert_eq!(shell.told("task.started").count(), 0);
}

#[test]
fn containers_wait_for_each_other() {
    let mut definition = definition("shop:v1");
    let containers = definition["containerDefinitions"].as_array_mut().unwrap();
    containers.push(json!({"name": "init", "image": "shop:v2", "essential": false, "command": ["prepare"]}));
    containers[1]["dependsOn"] = json!([{"containerName": "init", "condition": "SUCCESS"}]);
    for (code, outcome) in [(0, "RUNNING"), (1, "STOPPED")] {
        let mut shell = shell_with(setup(), definition.clone());
        shell.play = Box::new(move |process| if process.image == "shop:v2" { Play::exit(code) } else { Play::Serve });
        let task = run(&mut shell);
        shell.advance(SECOND * 11);
        assert_eq!(shell.started.len(), 1, "web waits");
        assert_eq!(describe(&mut shell, &task)["lastStatus"], "PENDING");
        shell.advance(SECOND * 10);
        let described = describe(&mut shell, &task);
        assert_eq!(described["lastStatus"], outcome);
        if outcome == "STOPPED" {
            assert_eq!(described["stopCode"], "TaskFailedToStart");
            assert_eq!(shell.started.len(), 1);
        }
    }
}

#[test]
fn a_fault_takes_the_place_of_the_overridden_container() {
    let mut setup = setup();
    setup.faults.push(Fault::OneOffTask {
        started_by: ("greenlight".to_owned(), "/BeforeInstall/".to_owned()),
        behaviour: ContainerFault::Exits { code: 9, line: "broken".to_owned() },
    });
    let mut shell = shell_with(setup, definition("shop:v1"));
    let task = run(&mut shell);
    shell.advance(MINUTE);
    assert_eq!(describe(&mut shell, &task)["containers"][1]["exitCode"], 9);
    let mut other = run_input("u");
    other["startedBy"] = json!("somebody");
    let output = shell.call("ecs", "RunTask", other).unwrap();
    shell.advance(MINUTE);
    assert_eq!(describe(&mut shell, output["tasks"][0]["taskArn"].as_str().unwrap())["containers"][1]["exitCode"], 0);
}

#[test]
fn a_service_reaches_a_steady_state_behind_the_load_balancer() {
    let mut shell = shell();
    create_service(&mut shell, 0);
    assert_eq!(task_sets(&mut shell)[0]["stabilityStatus"], "STABILIZING");
    assert_eq!(task_sets(&mut shell)[0]["pendingCount"], 2);
    shell.advance(MINUTE);
    let sets = task_sets(&mut shell);
    assert_eq!(sets[0]["stabilityStatus"], "STEADY_STATE");
    assert_eq!(sets[0]["status"], "PRIMARY");
    assert_eq!(sets[0]["runningCount"], 2);
    assert_eq!(sets[0].get("externalId"), None);
    assert_eq!(targets(&shell).len(), 2);
    let by = json!({"cluster": "shop", "startedBy": sets[0]["id"]});
    assert_eq!(shell.call("ecs", "ListTasks", by).unwrap()["taskArns"].as_array().unwrap().len(), 2);
    let by = json!({"cluster": "shop", "serviceName": "web"});
    assert_eq!(shell.call("ecs", "ListTasks", by).unwrap()["taskArns"].as_array().unwrap().len(), 2);
    let by = json!({"cluster": "shop", "startedBy": sets[0]["id"], "family": "shop"});
    assert_eq!(shell.call("ecs", "ListTasks", by).unwrap_err().code, "InvalidParameterException");
}

#[test]
fn a_task_that_dies_is_replaced() {
    let mut shell = shell();
    create_service(&mut shell, 0);
    shell.advance(MINUTE);
    let victim = shell.started[0].id;
    shell.kill(|process| process.id == victim, 1);
    assert_eq!(targets(&shell).len(), 1, "nobody is sent to a task that is gone");
    assert_eq!(task_sets(&mut shell)[0]["stabilityStatus"], "STABILIZING");
    shell.advance(MINUTE);
    assert_eq!(task_sets(&mut shell)[0]["stabilityStatus"], "STEADY_STATE");
    assert_eq!(shell.running("shop:v1"), 2);
    assert_eq!(shell.started.len(), 3);
}

#[test]
fn a_task_that_the_load_balancer_finds_unhealthy_is_replaced_after_the_grace_period() {
    let mut shell = shell();
    shell.play = Box::new(|_| Play::Sick);
    create_service(&mut shell, 120);
    shell.advance(SECOND * 100);
    assert_eq!(shell.told("task.stopped").count(), 0);
    assert!(shell.told("target.health").any(|fact| fact["state"] == "unhealthy"));
    assert_eq!(targets(&shell).len(), 2, "the load balancer fails open");
    shell.advance(MINUTE * 2);
    let stopped = shell.told("task.stopped").next().unwrap();
    assert_eq!(stopped["stop_code"], "ServiceSchedulerInitiated");
    assert!(stopped["reason"].as_str().unwrap().starts_with("Task failed ELB health checks in (target-group arn:"));
    assert!(shell.started.len() > 2);
}

#[test]
fn a_container_that_fails_its_health_check_is_replaced_in_a_service_and_left_alone_elsewhere() {
    let mut definition = definition("shop:v1");
    definition["containerDefinitions"][1]["healthCheck"] = json!({"command": ["CMD-SHELL", "curl -f http://localhost:8000/"], "interval": 10, "retries": 2, "startPeriod": 30});
    let mut shell = shell_with(setup(), definition);
    shell.play = Box::new(|_| Play::Serve);
    shell.probe =
        Box::new(|probe| matches!(probe.kind, ProbeKind::Command { .. }).then(|| Err("exit code 22".to_owned())));
    create_service(&mut shell, 0);
    let alone = run(&mut shell);
    shell.advance(MINUTE * 2);
    let described = describe(&mut shell, &alone);
    assert_eq!((&described["lastStatus"], &described["healthStatus"]), (&json!("RUNNING"), &json!("UNHEALTHY")));
    let stopped = shell.told("task.stopped").next().unwrap();
    assert_eq!(stopped["reason"], "Task failed container health checks");
    let own = shell.probes.iter().find_map(|probe| match &probe.kind {
        ProbeKind::Command { command, .. } => Some(command[1].clone()),
        ProbeKind::Http { .. } => None,
    });
    assert_eq!(own, Some(format!("curl -f http://{}:8000/", shell.started[0].ip)));
}

#[test]
fn a_green_task_set_comes_and_the_blue_one_goes_without_a_gap() {
    let mut shell = shell();
    create_service(&mut shell, 0);
    shell.advance(MINUTE);
    shell.call("ecs", "RegisterTaskDefinition", definition("shop:v2")).unwrap();
    let blue = task_sets(&mut shell)[0]["id"].as_str().unwrap().to_owned();
    let new = super::NewTaskSet {
        cluster: "shop".to_owned(),
        service: "web".to_owned(),
        task_definition: "shop:2".to_owned(),
        external_id: "d-1".to_owned(),
        target_group: "green".to_owned(),
        container_name: "web".to_owned(),
        container_port: 8000,
        network_configuration: None,
        platform_version: None,
    };
    let green = super::create_task_set(&mut shell.world, new).unwrap();
    shell.advance(MINUTE);
    let view = super::task_set_view(&shell.world, "shop", "web", &green).unwrap();
    assert!(view.steady);
    assert_eq!(view.status, "ACTIVE");
    assert!(super::delete_task_set(&mut shell.world, "shop", "web", &blue).is_err(), "blue is primary");
    crate::elb::set_weights(&mut shell.world, LISTENER, [("blue".to_owned(), 0), ("green".to_owned(), 100)].into());
    super::make_primary(&mut shell.world, "shop", "web", &green).unwrap();
    super::delete_task_set(&mut shell.world, "shop", "web", &blue).unwrap();
    shell.advance(SECOND * 20);
    assert_eq!(shell.running("shop:v1"), 2, "blue finishes its requests");
    let sets = task_sets(&mut shell);
    assert_eq!((&sets[0]["status"], &sets[1]["status"]), (&json!("DRAINING"), &json!("PRIMARY")));
    assert_eq!((&sets[1]["externalId"], &sets[1]["startedBy"]), (&json!("d-1"), &json!("CODE_DEPLOY")));
    shell.advance(MINUTE);
    assert_eq!(shell.running("shop:v1"), 0);
    assert_eq!(super::task_set_view(&shell.world, "shop", "web", &blue), None);
    assert_eq!(targets(&shell).len(), 2);
    let stopped = shell.told("task.stopped").next().unwrap();
    assert_eq!(stopped["reason"], format!("Scaling activity initiated by (deployment {blue})"));
}

#[test]
fn a_task_set_that_never_works_is_tried_again_more_and_more_seldom() {
    let mut shell = shell();
    shell.play = Box::new(|_| Play::exit(1));
    create_service(&mut shell, 0);
    shell.advance(MINUTE * 30);
    assert!((5..40).contains(&shell.started.len()), "{} tasks in half an hour", shell.started.len());
    let set = task_sets(&mut shell)[0]["id"].as_str().unwrap().to_owned();
    let view = super::task_set_view(&shell.world, "shop", "web", &set).unwrap();
    assert!(!view.steady && view.failed_tasks > 3);
    assert_eq!(view.last_failure.as_deref(), Some("Essential container in task exited"));
}

#[test]
fn a_task_definition_is_described_as_it_was_registered() {
    let mut shell = shell();
    let described = shell.call("ecs", "DescribeTaskDefinition", json!({"taskDefinition": "shop"})).unwrap();
    let described = &described["taskDefinition"];
    for (member, value) in definition("shop:v1").as_object().unwrap() {
        assert_eq!(&described[member], value);
    }
    assert_eq!(described["revision"], 1);
    assert_eq!(described["taskDefinitionArn"], "arn:aws:ecs:us-east-1:123456789012:task-definition/shop:1");
    assert_eq!(described["status"], "ACTIVE");
    assert_eq!(described["compatibilities"], json!(["EC2", "FARGATE"]));
    let missing = shell.call("ecs", "DescribeTaskDefinition", json!({"taskDefinition": "shop:7"})).unwrap_err();
    assert_eq!(missing.code, "ClientException");
}

#[test]
fn what_is_wrong_is_refused_by_name() {
    let mut shell = shell();
    let with = |path: &str, value: Json| {
        let mut definition = definition("shop:v1");
        match definition.pointer_mut(path) {
            Some(place) => *place = value,
            None => {
                let (parent, key) = path.rsplit_once('/').unwrap();
                definition.pointer_mut(parent).unwrap()[key] = value;
            }
        }
        definition
    };
    for (input, part) in [
        (with("/colour", json!("blue")), "`colour`"),
        (with("/containerDefinitions/1/imagee", json!("x")), "`imagee`"),
        (with("/containerDefinitions/1/healthCheck", json!({"command": [], "period": 1})), "`period`"),
        (with("/memory", json!("512")), "No Fargate configuration exists for given values"),
        (with("/networkMode", json!("bridge")), "awsvpc"),
        (with("/executionRoleArn", Json::Null), "executionRoleArn"),
        (with("/containerDefinitions/1/dependsOn", json!([{"containerName": "x", "condition": "START"}])), "'x'"),
        (with("/containerDefinitions/0/dependsOn", json!([{"containerName": "web", "condition": "START"}])), "cycle"),
        (with("/containerDefinitions", json!([])), "Container list cannot be empty"),
    ] {
        let error = shell.call("ecs", "RegisterTaskDefinition", input).unwrap_err();
        assert!(error.message.contains(part), "{} should name {part}", error.message);
    }
    let run_with = |member: &str, value: Json| {
        let mut input = run_input("x");
        input[member] = value;
        input
    };
    let long = json!({"containerOverrides": [{"name": "web", "command": ["x".repeat(9000)]}]});
    for (input, code) in [
        (run_with("colour", json!(1)), "ValidationException"),
        (run_with("cluster", json!("none")), "ClusterNotFoundException"),
        (run_with("taskDefinition", json!("none")), "ClientException"),
        (run_with("startedBy", json!("a b")), "InvalidParameterException"),
        (run_with("startedBy", json!("a".repeat(129))), "InvalidParameterException"),
        (run_with("count", json!(11)), "InvalidParameterException"),
        (run_with("overrides", long), "InvalidParameterException"),
        (run_with("overrides", json!({"containerOverrides": [{"name": "none"}]})), "InvalidParameterException"),
        (run_with("networkConfiguration", Json::Null), "InvalidParameterException"),
        (run_with("launchType", json!("EC2")), "UnsupportedFeatureException"),
        (run_with("propagateTags", json!("SERVICE")), "InvalidParameterException"),
        (run_with("platformVersion", json!("9.9")), "PlatformUnknownException"),
    ] {
        let error = shell.call("ecs", "RunTask", input.clone()).unwrap_err();
        assert_eq!(error.code, code, "{input}: {}", error.message);
    }
    assert!(shell.started.is_empty());
}

#[test]
fn a_service_under_another_controller_is_refused() {
    let mut shell = shell();
    let input = json!({"cluster": "shop", "serviceName": "web", "taskDefinition": "shop", "deploymentController": {"type": "ECS"}});
    let error = shell.call("ecs", "CreateService", input).unwrap_err();
    assert_eq!(error.code, "UnsupportedFeatureException");
    assert!(error.message.contains("CODE_DEPLOY"));
    let missing = shell.call("ecs", "DescribeServices", json!({"cluster": "shop", "services": ["web"]})).unwrap();
    assert_eq!(missing["failures"][0]["reason"], "MISSING");
}

#[test]
fn run_task_needs_to_pass_both_roles_and_to_tag() {
    use crate::operation::Operation as _;
    let shell = shell();
    let mut input = run_input("x");
    input["tags"] = json!([{"key": "a", "value": "b"}]);
    let input = serde_json::from_value(input).unwrap();
    let needed = super::operations::RunTask::authorize(&input, &shell.world);
    let told: Vec<_> = needed.iter().map(|one| (one.action.as_str(), one.resource.as_str())).collect();
    assert_eq!(
        told,
        [
            ("ecs:RunTask", "arn:aws:ecs:us-east-1:123456789012:task-definition/shop:1"),
            ("iam:PassRole", "arn:aws:iam::123456789012:role/execution"),
            ("iam:PassRole", "arn:aws:iam::123456789012:role/task"),
            ("ecs:TagResource", "arn:aws:ecs:us-east-1:123456789012:task/shop/*"),
        ]
    );
    assert_eq!(needed[0].context["ecs:cluster"], "arn:aws:ecs:us-east-1:123456789012:cluster/shop");
    assert_eq!(needed[1].context["iam:PassedToService"], "ecs-tasks.amazonaws.com");
    assert_eq!(needed[3].context["ecs:CreateAction"], "RunTask");
}

#[test]
fn compressed_time_leaves_a_task_its_real_time_to_start() {
    let mut setup = setup();
    setup.pace.speed = 60.0;
    let mut shell = shell_with(setup, definition("shop:v1"));
    shell.play = Box::new(|_| Play::Sick);
    create_service(&mut shell, 0);
    // 20 s until unhealthy at real speed are 20 minutes of the world's time
    shell.advance(MINUTE * 15);
    assert_eq!(shell.told("task.stopped").count(), 0);
    shell.advance(MINUTE * 10);
    assert!(shell.told("task.stopped").count() > 0);
}

#[test]
fn one_seed_repeats_and_addresses_differ() {
    let told = || {
        let mut shell = shell();
        create_service(&mut shell, 0);
        shell.advance(MINUTE * 5);
        let addresses: std::collections::BTreeSet<_> = shell.started.iter().map(|process| process.ip).collect();
        assert_eq!(addresses.len(), 2);
        format!("{:?}", shell.facts)
    };
    assert_eq!(told(), told());
}
