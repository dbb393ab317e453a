//! Services under the controller `ECS`, and updates of services.

use super::*;

fn create_worker(shell: &mut Shell) {
    let input = json!({
        "cluster": "shop", "serviceName": "worker", "taskDefinition": "shop:1", "desiredCount": 2, "launchType": "FARGATE",
        "networkConfiguration": network(),
    });
    shell.call("ecs", "CreateService", input).unwrap();
}

fn update(shell: &mut Shell, service: &str, change: Json) -> Result<Json, crate::AwsError> {
    let mut input = change;
    input["cluster"] = json!("shop");
    input["service"] = json!(service);
    shell.call("ecs", "UpdateService", input).map(|output| output["service"].clone())
}

fn worker(shell: &mut Shell) -> Json {
    let by = json!({"cluster": "shop", "services": ["worker"]});
    shell.call("ecs", "DescribeServices", by).unwrap()["services"][0].clone()
}

/// Status, desired, pending and running count of each deployment.
fn deployments(shell: &mut Shell) -> Vec<(String, u64, u64, u64)> {
    let count = |deployment: &Json, name: &str| deployment[name].as_u64().unwrap();
    worker(shell)["deployments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|deployment| {
            let status = deployment["status"].as_str().unwrap().to_owned();
            let counts = ["desiredCount", "pendingCount", "runningCount"].map(|name| count(deployment, name));
            (status, counts[0], counts[1], counts[2])
        })
        .collect()
}

fn deployment(status: &str, desired: u64, pending: u64, running: u64) -> (String, u64, u64, u64) {
    (status.to_owned(), desired, pending, running)
}

fn shell_with_worker() -> Shell {
    let mut shell = shell();
    shell.call("ecs", "RegisterTaskDefinition", definition("shop:v2")).unwrap();
    create_worker(&mut shell);
    shell.advance(MINUTE);
    shell
}

#[test]
fn a_worker_needs_no_load_balancer() {
    let mut shell = shell_with_worker();
    assert_eq!(deployments(&mut shell), [deployment("PRIMARY", 2, 0, 2)]);
    let service = worker(&mut shell);
    assert_eq!(service["deploymentController"]["type"], "ECS");
    assert_eq!((&service["taskSets"], &service["loadBalancers"]), (&json!([]), &json!([])));
    assert_eq!(service["deployments"][0]["rolloutState"], "COMPLETED");
    let victim = shell.started[0].id;
    shell.kill(|process| process.id == victim, 1);
    shell.advance(MINUTE);
    assert_eq!(deployments(&mut shell), [deployment("PRIMARY", 2, 0, 2)]);
    assert_eq!(worker(&mut shell)["deployments"][0]["rolloutState"], "COMPLETED");
}

#[test]
fn a_new_task_definition_takes_over_and_never_too_few_run() {
    let mut shell = shell_with_worker();
    let updated = update(&mut shell, "worker", json!({"taskDefinition": "shop:2"})).unwrap();
    assert!(updated["taskDefinition"].as_str().unwrap().ends_with("task-definition/shop:2"));
    assert_eq!(updated["deployments"][0]["rolloutState"], "IN_PROGRESS");
    assert_eq!(deployments(&mut shell), [deployment("PRIMARY", 2, 2, 0), deployment("ACTIVE", 2, 0, 2)]);
    for _ in 0..120 {
        shell.advance(SECOND);
        assert!(shell.running("shop:v1") + shell.running("shop:v2") >= 2);
    }
    assert_eq!((shell.running("shop:v1"), shell.running("shop:v2")), (0, 2));
    assert_eq!(deployments(&mut shell), [deployment("PRIMARY", 2, 0, 2)]);
    assert_eq!(worker(&mut shell)["deployments"][0]["rolloutState"], "COMPLETED");
    let events = worker(&mut shell)["events"].to_string();
    assert!(events.contains("deployment completed"), "{events}");
}

#[test]
fn what_does_not_start_leaves_the_old_tasks_alone() {
    let mut shell = shell_with_worker();
    shell.play = Box::new(|process| match process.image.as_str() {
        "shop:v2" => Play::FailToStart("no such file".to_owned()),
        _ => Play::Serve,
    });
    update(&mut shell, "worker", json!({"taskDefinition": "shop:2"})).unwrap();
    shell.advance(MINUTE * 10);
    assert_eq!(shell.running("shop:v1"), 2);
    let service = worker(&mut shell);
    assert_eq!(service["deployments"][0]["rolloutState"], "IN_PROGRESS");
    assert!(service["deployments"][0]["failedTasks"].as_u64().unwrap() > 2);

    // back to what works, over the one that is stuck
    shell.play = Box::new(|_| Play::Serve);
    update(&mut shell, "worker", json!({"taskDefinition": "shop:1"})).unwrap();
    shell.advance(MINUTE * 2);
    assert_eq!(deployments(&mut shell), [deployment("PRIMARY", 2, 0, 2)]);
    assert_eq!((shell.running("shop:v1"), shell.running("shop:v2")), (2, 0));
}

#[test]
fn nothing_new_is_no_deployment() {
    let mut shell = shell_with_worker();
    update(&mut shell, "worker", json!({"taskDefinition": "shop:1"})).unwrap();
    shell.advance(MINUTE * 2);
    assert_eq!(shell.started.len(), 2);
    update(&mut shell, "worker", json!({"forceNewDeployment": true})).unwrap();
    shell.advance(MINUTE * 2);
    assert_eq!((shell.started.len(), shell.running("shop:v1")), (4, 2));
}

#[test]
fn a_service_is_scaled_out_and_in() {
    let mut shell = shell_with_worker();
    create_service(&mut shell, 0);
    for service in ["worker", "web"] {
        update(&mut shell, service, json!({"desiredCount": 3})).unwrap();
        shell.advance(MINUTE);
    }
    // the newer revision is web's
    assert_eq!((shell.running("shop:v1"), shell.running("shop:v2")), (3, 3));
    assert_eq!((task_sets(&mut shell)[0]["runningCount"].as_u64(), targets(&shell).len()), (Some(3), 3));
    for service in ["worker", "web"] {
        update(&mut shell, service, json!({"desiredCount": 1})).unwrap();
        shell.advance(MINUTE * 2);
    }
    assert_eq!((shell.running("shop:v1"), shell.running("shop:v2")), (1, 1));
    assert_eq!(deployments(&mut shell), [deployment("PRIMARY", 1, 0, 1)]);
    assert_eq!(task_sets(&mut shell)[0]["stabilityStatus"], "STEADY_STATE");
    let failed = crate::ecs::service_view(&shell.world, "shop", "web").unwrap().task_sets[0].failed_tasks;
    assert_eq!(failed, 0, "a task that is not wanted any more has not failed");
}

#[test]
fn what_codedeploy_decides_is_refused() {
    let mut shell = shell_with_worker();
    create_service(&mut shell, 0);
    for change in [
        json!({"taskDefinition": "shop:2"}),
        json!({"forceNewDeployment": true}),
        json!({"networkConfiguration": network()}),
        json!({"platformVersion": "LATEST"}),
    ] {
        let error = update(&mut shell, "web", change).unwrap_err();
        assert_eq!(error.code, "InvalidParameterException");
        assert!(error.message.contains("CODE_DEPLOY deployment controller"), "{error}");
    }
    let updated = update(&mut shell, "web", json!({"healthCheckGracePeriodSeconds": 60})).unwrap();
    assert_eq!(updated["healthCheckGracePeriodSeconds"], 60);
    assert_eq!(update(&mut shell, "none", json!({})).unwrap_err().code, "ServiceNotFoundException");
    assert_eq!(update(&mut shell, "worker", json!({"taskDefinition": "x"})).unwrap_err().code, "ClientException");
}
