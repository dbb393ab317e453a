//! Services, task sets and the load balancer.

use super::*;

#[test]
fn a_service_reaches_a_steady_state_behind_the_load_balancer() {
    let mut shell = shell();
    create_service(&mut shell, 0);
    assert_eq!(task_sets(&mut shell)[0]["stabilityStatus"], "STABILIZING");
    assert_eq!(task_sets(&mut shell)[0]["pendingCount"], 2);
    let healthy = |shell: &Shell| shell.told("target.health").filter(|fact| fact["state"] == "healthy").count() == 2;
    assert!(shell.until(MINUTE, healthy));
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
    let new = crate::ecs::NewTaskSet {
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
    let green = crate::ecs::create_task_set(&mut shell.world, new).unwrap();
    shell.advance(MINUTE);
    let view = crate::ecs::task_set_view(&shell.world, "shop", "web", &green).unwrap();
    assert!(view.steady);
    assert_eq!(view.status, "ACTIVE");
    assert!(crate::ecs::delete_task_set(&mut shell.world, "shop", "web", &blue).is_err(), "blue is primary");
    crate::elb::set_weights(&mut shell.world, LISTENER, [("blue".to_owned(), 0), ("green".to_owned(), 100)].into());
    crate::ecs::make_primary(&mut shell.world, "shop", "web", &green).unwrap();
    crate::ecs::delete_task_set(&mut shell.world, "shop", "web", &blue).unwrap();
    shell.advance(SECOND * 20);
    assert_eq!(shell.running("shop:v1"), 2, "blue finishes its requests");
    let sets = task_sets(&mut shell);
    assert_eq!((&sets[0]["status"], &sets[1]["status"]), (&json!("DRAINING"), &json!("PRIMARY")));
    assert_eq!((&sets[1]["externalId"], &sets[1]["startedBy"]), (&json!("d-1"), &json!("CODE_DEPLOY")));
    shell.advance(MINUTE);
    assert_eq!(shell.running("shop:v1"), 0);
    assert_eq!(crate::ecs::task_set_view(&shell.world, "shop", "web", &blue), None);
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
    let view = crate::ecs::task_set_view(&shell.world, "shop", "web", &set).unwrap();
    assert!(!view.steady && view.failed_tasks > 3);
    assert_eq!(view.last_failure.as_deref(), Some("Essential container in task exited"));
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

#[test]
fn a_listener_forwards_by_weight_to_healthy_targets_only() {
    let mut shell = shell();
    create_service(&mut shell, 0);
    shell.advance(MINUTE);
    // nobody is registered in the green target group yet
    crate::elb::set_weights(&mut shell.world, LISTENER, [("blue".to_owned(), 90), ("green".to_owned(), 10)].into());
    shell.advance(SECOND);
    let weights = crate::elb::weights(&shell.world, LISTENER);
    assert_eq!((weights["blue"], weights["green"]), (90, 10));
    let sick = shell.started[0].ip;
    shell.probe = Box::new(move |probe| match &probe.kind {
        ProbeKind::Http { target, .. } if *target.ip() == sick => Some(Err("HTTP 503".to_owned())),
        _ => None,
    });
    shell.advance(SECOND * 15);
    assert_eq!(targets(&shell).len(), 2, "one failed check is not enough");
    shell.advance(SECOND * 10);
    let route = &shell.routes[LISTENER];
    let shares: Vec<_> =
        route.backends.iter().map(|to| (to.target_group.as_str(), to.weight, to.targets.len())).collect();
    assert_eq!(shares, [("blue", 90, 1), ("green", 10, 0)]);
    let fact = shell.told("target.health").find(|fact| fact["state"] == "unhealthy").unwrap();
    assert_eq!(fact["reason"], "Target.FailedHealthChecks: HTTP 503");
    assert!(fact["target"].as_str().unwrap().starts_with(&sick.to_string()));
}

#[test]
fn a_service_task_that_somebody_stops_is_drained_first_and_replaced() {
    let mut shell = shell();
    create_service(&mut shell, 0);
    shell.advance(MINUTE);
    let task = shell.started[0].task.clone();
    shell.call("ecs", "StopTask", json!({"cluster": "shop", "task": task})).unwrap();
    assert_eq!(targets(&shell).len(), 1);
    shell.advance(SECOND * 20);
    assert_eq!(describe(&mut shell, &task)["lastStatus"], "DEACTIVATING");
    assert_eq!(shell.running("shop:v1"), 3, "its requests are finished while another takes its place");
    shell.advance(MINUTE);
    assert_eq!(describe(&mut shell, &task)["containers"][1]["exitCode"], 143);
    assert_eq!(shell.running("shop:v1"), 2);
}

#[test]
fn a_container_waits_until_another_is_healthy() {
    let mut definition = definition("shop:v1");
    let containers = definition["containerDefinitions"].as_array_mut().unwrap();
    containers.push(json!({"name": "cache", "image": "shop:v2", "essential": false,
        "healthCheck": {"command": ["CMD", "ping"], "interval": 10}}));
    containers[1]["dependsOn"] = json!([{"containerName": "cache", "condition": "HEALTHY"}]);
    let mut shell = shell_with(setup(), definition);
    create_service(&mut shell, 0);
    shell.advance(SECOND * 15);
    assert_eq!(shell.running("shop:v1"), 0);
    shell.advance(SECOND * 10);
    assert_eq!(shell.running("shop:v1"), 2);
}
