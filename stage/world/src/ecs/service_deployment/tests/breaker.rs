//! The circuit breaker of rolling updates.

use super::*;
use crate::testing::Play;

fn broken(rollback: bool) -> Shell {
    let mut shell = shell(&json!({
        "strategy": "ROLLING", "deploymentCircuitBreaker": {"enable": true, "rollback": rollback},
    }));
    shell.play = Box::new(|process| if process.image == "shop:v2" { Play::exit(1) } else { Play::Serve });
    shell
}

#[test]
fn it_rolls_a_failing_update_back() {
    let mut shell = broken(true);
    let arn = deploy(&mut shell);
    shell.advance(SECOND * 3);
    assert_eq!(
        describe(&mut shell, &arn)["deploymentCircuitBreaker"],
        json!({"status": "MONITORING", "failureCount": 0, "threshold": 3})
    );
    shell.advance(MINUTE * 10);
    assert_eq!(status(&mut shell, &arn), "ROLLBACK_SUCCESSFUL");
    let breaker = describe(&mut shell, &arn)["deploymentCircuitBreaker"].clone();
    assert_eq!((&breaker["status"], &breaker["failureCount"]), (&json!("TRIGGERED"), &json!(3)));
    blue_serves(&mut shell);
    let state = news(&shell, "ECS Deployment State Change");
    let expected = ["IN_PROGRESS", "FAILED", "IN_PROGRESS", "COMPLETED"].map(|end| format!("SERVICE_DEPLOYMENT_{end}"));
    assert_eq!(state[state.len() - 4..], expected);
}

#[test]
fn without_rollback_no_new_tasks_are_launched() {
    let mut shell = broken(false);
    let arn = deploy(&mut shell);
    shell.advance(MINUTE * 10);
    assert_eq!(status(&mut shell, &arn), "STOPPED");
    let started = shell.started.len();
    shell.advance(HOUR * 2);
    assert_eq!(shell.started.len(), started);
    let service = described_service(&mut shell);
    let states: Vec<&str> =
        service["deployments"].as_array().unwrap().iter().map(|one| one["rolloutState"].as_str().unwrap()).collect();
    assert_eq!(states[0], "FAILED");
    assert_eq!(serving(&shell, PRODUCTION), vec![("one".to_owned(), 100, 2)]);
    // the next update takes its place
    let arn = deploy_revision(&mut shell, "shop:3");
    shell.advance(MINUTE * 10);
    assert_eq!(status(&mut shell, &arn), "SUCCESSFUL");
    assert_eq!(["shop:v1", "shop:v2", "shop:v3"].map(|image| shell.running(image)), [0, 0, 2]);
}

#[test]
fn a_creation_that_fails_has_nothing_to_go_back_to() {
    let mut shell = empty(setup());
    shell.play = Box::new(|_| Play::exit(1));
    let breaker = json!({"deploymentCircuitBreaker": {"enable": true, "rollback": true}});
    shell.call("ecs", "CreateService", service(&breaker)).unwrap();
    shell.advance(MINUTE * 10);
    let arn = list(&mut shell).remove(0);
    assert_eq!(status(&mut shell, &arn), "ROLLBACK_FAILED");
    let started = shell.started.len();
    shell.advance(HOUR * 2);
    assert_eq!(shell.started.len(), started);
}

#[test]
fn blue_green_deployments_have_none() {
    let mut configuration = blue_green();
    configuration["deploymentCircuitBreaker"] = json!({"enable": true, "rollback": true});
    let mut shell = shell(&configuration);
    shell.play = Box::new(|process| if process.image == "shop:v2" { Play::exit(1) } else { Play::Serve });
    let arn = deploy(&mut shell);
    shell.advance(HOUR);
    let described = describe(&mut shell, &arn);
    assert_eq!((&described["status"], &described["lifecycleStage"]), (&json!("IN_PROGRESS"), &json!("SCALE_UP")));
    assert_eq!(described["deploymentCircuitBreaker"]["status"], "DISABLED");
}
