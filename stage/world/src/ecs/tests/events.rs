//! What ECS tells of services.

use super::*;
use crate::testing::Play;

/// A shell whose watching function gets these events.
fn watching(detail_type: &str) -> Shell {
    let mut setup = setup();
    setup.stack.rules[0].pattern = json!({"source": ["aws.ecs"], "detail-type": [detail_type]});
    shell_with(setup, definition("shop:v1"))
}

/// Type and name of every event so far.
fn names(shell: &Shell) -> Vec<(String, String)> {
    let text = |event: &Json, key: &str| event["detail"][key].as_str().unwrap().to_owned();
    let events = shell.invocations.iter().map(|invoke| &invoke.payload);
    events.map(|event| (text(event, "eventType"), text(event, "eventName"))).collect()
}

fn event(kind: &str, name: &str) -> (String, String) {
    (kind.to_owned(), name.to_owned())
}

fn create_worker(shell: &mut Shell) {
    let input = json!({
        "cluster": "shop", "serviceName": "worker", "taskDefinition": "shop:1", "desiredCount": 1, "launchType": "FARGATE",
        "networkConfiguration": network(),
    });
    shell.call("ecs", "CreateService", input).unwrap();
}

#[test]
fn a_rolling_update_begins_and_completes() {
    let mut shell = watching("ECS Deployment State Change");
    create_worker(&mut shell);
    shell.advance(MINUTE);
    let began = event("INFO", "SERVICE_DEPLOYMENT_IN_PROGRESS");
    let completed = event("INFO", "SERVICE_DEPLOYMENT_COMPLETED");
    assert_eq!(names(&shell), [began.clone(), completed.clone()]);
    shell
        .call("ecs", "UpdateService", json!({"cluster": "shop", "service": "worker", "forceNewDeployment": true}))
        .unwrap();
    shell.advance(MINUTE * 2);
    assert_eq!(names(&shell)[2..], [began, completed]);
    let told = &shell.invocations[2].payload;
    assert_eq!(told["resources"], json!(["arn:aws:ecs:us-east-1:123456789012:service/shop/worker"]));
    let id = told["detail"]["deploymentId"].as_str().unwrap();
    assert!(id.starts_with("ecs-svc/"));
    assert_eq!(told["detail"]["reason"], format!("ECS deployment {id} in progress."));
}

#[test]
fn a_service_tells_when_it_is_steady_and_when_it_cannot_be() {
    let mut shell = watching("ECS Service Action");
    create_worker(&mut shell);
    shell.advance(MINUTE);
    assert_eq!(names(&shell), [event("INFO", "SERVICE_STEADY_STATE")]);
    shell.play = Box::new(|_| Play::FailToStart("no such file".to_owned()));
    shell.kill(|_| true, 1);
    shell.advance(MINUTE * 2);
    assert_eq!(names(&shell)[1], event("WARN", "SERVICE_TASK_START_IMPAIRED"));
}
