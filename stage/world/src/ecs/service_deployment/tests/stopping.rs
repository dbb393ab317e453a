//! Deployments that somebody stops.

use super::*;

fn stop(shell: &mut Shell, arn: &str) -> Result<Json, crate::AwsError> {
    let input = json!({"serviceDeploymentArn": arn, "stopType": "ROLLBACK"});
    shell.call("ecs", "StopServiceDeployment", input)
}

#[test]
fn a_deployment_is_stopped_in_any_stage() {
    let linear = json!({
        "strategy": "LINEAR", "bakeTimeInMinutes": 10,
        "linearConfiguration": {"stepPercent": 50, "stepBakeTimeInMinutes": 5},
    });
    let all = [
        "PRE_SCALE_UP",
        "SCALE_UP",
        "POST_SCALE_UP",
        "TEST_TRAFFIC_SHIFT",
        "POST_TEST_TRAFFIC_SHIFT",
        "PRODUCTION_TRAFFIC_SHIFT",
        "POST_PRODUCTION_TRAFFIC_SHIFT",
        "BAKE_TIME",
        "CLEAN_UP",
    ];
    for stage in all {
        let mut shell = shell(&hooked(&linear, &STAGES));
        // slow enough to be caught
        let slow = InvocationOutcome::Returned(json!({"hookStatus": "SUCCEEDED"}));
        shell.function = Box::new(move |_| Some((SECOND * 2, slow.clone())));
        let arn = deploy(&mut shell);
        until_stage(&mut shell, &arn, stage);
        if stage == "PRODUCTION_TRAFFIC_SHIFT" {
            shell.advance(MINUTE);
            assert_eq!(serving(&shell, PRODUCTION).len(), 2);
        }
        assert_eq!(stop(&mut shell, &arn).unwrap(), json!({"serviceDeploymentArn": arn}));
        assert_eq!(status(&mut shell, &arn), "ROLLBACK_REQUESTED", "{stage}");
        // whoever asks again gets the same
        stop(&mut shell, &arn).unwrap();
        shell.advance(SECOND);
        assert_eq!(status(&mut shell, &arn), "ROLLBACK_IN_PROGRESS", "{stage}");
        stop(&mut shell, &arn).unwrap();
        assert_eq!(until_over(&mut shell, &arn), "ROLLBACK_SUCCESSFUL", "{stage}");
        assert!(describe(&mut shell, &arn)["statusReason"].as_str().unwrap().contains("StopServiceDeployment"));
        blue_serves(&mut shell);
        assert_eq!(stop(&mut shell, &arn).unwrap_err().code, "ConflictException");
    }
}

/// Users are never sent where no task is.
#[test]
fn blue_that_was_taken_away_has_its_tasks_before_its_traffic() {
    for seconds in [0, 10, 40, 80] {
        let mut shell = shell(&blue_green());
        let arn = deploy(&mut shell);
        until_stage(&mut shell, &arn, "CLEAN_UP");
        shell.advance(SECOND * seconds);
        if stop(&mut shell, &arn).is_err() {
            continue;
        }
        while !["ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED"].contains(&status(&mut shell, &arn).as_str()) {
            shell.advance(SECOND);
            let served = serving(&shell, PRODUCTION);
            assert!(served.iter().all(|(_, weight, targets)| *weight == 0 || *targets > 0), "{seconds}: {served:?}");
        }
        assert_eq!(status(&mut shell, &arn), "ROLLBACK_SUCCESSFUL");
        blue_serves(&mut shell);
    }
}

#[test]
fn a_deployment_is_stopped_before_it_starts() {
    let mut shell = shell(&blue_green());
    let arn = deploy(&mut shell);
    assert_eq!(status(&mut shell, &arn), "PENDING");
    stop(&mut shell, &arn).unwrap();
    assert_eq!(until_over(&mut shell, &arn), "ROLLBACK_SUCCESSFUL");
    blue_serves(&mut shell);
}

#[test]
fn the_bake_time_ends_with_the_stop() {
    let mut shell = shell(&json!({"bakeTimeInMinutes": 1440}));
    let arn = deploy(&mut shell);
    until_stage(&mut shell, &arn, "BAKE_TIME");
    shell.advance(HOUR * 5);
    let at = shell.now;
    stop(&mut shell, &arn).unwrap();
    until_over(&mut shell, &arn);
    assert!(shell.now.duration_since(at).as_secs() < 120);
    blue_serves(&mut shell);
}

#[test]
fn a_rolling_update_is_stopped() {
    let mut shell = shell(&json!({"strategy": "ROLLING"}));
    let arn = deploy(&mut shell);
    assert!(shell.until(MINUTE * 5, |shell| shell.running("shop:v2") == 2));
    stop(&mut shell, &arn).unwrap();
    shell.advance(MINUTE * 10);
    assert_eq!(status(&mut shell, &arn), "ROLLBACK_SUCCESSFUL");
    blue_serves(&mut shell);
}

#[test]
fn only_what_is_there_can_be_stopped() {
    let mut shell = shell(&blue_green());
    let arn = deploy(&mut shell);
    let code = |shell: &mut Shell, input: Json| shell.call("ecs", "StopServiceDeployment", input).unwrap_err().code;
    assert_eq!(code(&mut shell, json!({"serviceDeploymentArn": "nothing"})), "InvalidParameterException");
    let other = format!("{arn}x");
    assert_eq!(code(&mut shell, json!({"serviceDeploymentArn": other})), "ServiceDeploymentNotFoundException");
    let abort = json!({"serviceDeploymentArn": arn, "stopType": "ABORT"});
    assert_eq!(code(&mut shell, abort), "InvalidParameterException");
}
