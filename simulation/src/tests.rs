use super::*;
use aws_sdk_ecs::error::DisplayErrorContext;
use greenlight_world::{Function, Stack};
use serde_json::json;
use std::time::Duration;

fn setup(function: &str) -> Setup {
    let function =
        Function { timeout: Duration::from_mins(1), maximum_retry_attempts: 0, ..Function::new(function, "role") };
    Setup { stack: Stack { functions: vec![function], ..Stack::default() }, ..Setup::empty() }
}

#[test]
fn a_call_goes_over_the_wire_to_the_world_and_back() {
    let message = run(async {
        let simulation = Simulation::start(Setup::empty(), Behaviours::new());
        let ecs = aws_sdk_ecs::Client::new(&simulation.sdk_config());
        DisplayErrorContext(ecs.list_attributes().send().await.unwrap_err()).to_string()
    });
    let message = message.unwrap();
    assert!(message.contains("UnknownOperationException") && message.contains("ListAttributes"), "{message}");
}

#[test]
fn the_world_begins_at_its_epoch_and_an_hour_takes_no_time() {
    run(async {
        let simulation = Simulation::start(Setup::empty(), Behaviours::new());
        assert_eq!(simulation.clock().now(), Setup::EPOCH);
        tokio::time::sleep(Duration::from_hours(1)).await;
        assert_eq!(simulation.clock().now().duration_since(Setup::EPOCH).as_secs(), 3600);
    })
    .unwrap();
}

#[test]
fn a_function_ends_as_its_code_says() {
    run(async {
        let deliver = async |code| {
            let behaviours = Behaviours::new().function("greenlight-migrate", code);
            let simulation = Simulation::start(setup("greenlight-migrate"), behaviours);
            simulation.deliver("greenlight-migrate", json!({})).await
        };
        assert_eq!(deliver(Code::CannotStart).await, InvocationOutcome::Crashed("exit status: 1".to_owned()));
        assert_eq!(deliver(Code::Hangs).await, InvocationOutcome::TimedOut);
    })
    .unwrap();
}

#[test]
fn there_is_no_function_that_the_stack_does_not_have() {
    let outcome = run(async {
        let simulation = Simulation::start(setup("greenlight-settle"), Behaviours::new());
        simulation.deliver("greenlight-migrate", json!({})).await
    });
    assert_eq!(outcome.unwrap(), InvocationOutcome::Crashed("there is no function greenlight-migrate".to_owned()));
}
