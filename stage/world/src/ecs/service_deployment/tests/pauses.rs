//! Hooks that wait for somebody.

use super::*;

const STAGE: &str = "POST_TEST_TRAFFIC_SHIFT";

fn paused(timeout: &Json) -> Json {
    let mut configuration = blue_green();
    let mut hook = json!({"targetType": "PAUSE", "lifecycleStages": [STAGE]});
    if !timeout.is_null() {
        hook["timeoutConfiguration"] = timeout.clone();
    }
    configuration["lifecycleHooks"] = json!([hook]);
    configuration
}

/// A deployment that waits; its ARN and the hook as it is described.
fn waiting(shell: &mut Shell) -> (String, Json) {
    let arn = deploy(shell);
    until_stage(shell, &arn, STAGE);
    shell.advance(SECOND * 2);
    let hook = describe(shell, &arn)["lifecycleHookDetails"][0].clone();
    assert_eq!((&hook["targetType"], &hook["status"]), (&json!("PAUSE"), &json!("AWAITING_ACTION")));
    assert_eq!(hook.get("targetArn"), None);
    (arn, hook)
}

/// Whole seconds of a time in an answer.
#[expect(clippy::cast_possible_truncation, reason = "no fraction is wanted")]
fn seconds(at: &Json) -> i64 {
    at.as_f64().unwrap() as i64
}

fn decide(shell: &mut Shell, arn: &str, hook: &Json, action: Option<&str>) -> Result<Json, crate::AwsError> {
    let mut input = json!({"serviceDeploymentArn": arn, "hookId": hook["hookId"]});
    if let Some(action) = action {
        input["action"] = json!(action);
    }
    shell.call("ecs", "ContinueServiceDeployment", input)
}

#[test]
fn a_pause_is_continued() {
    for action in [None, Some("CONTINUE")] {
        let mut shell = shell(&paused(&Json::Null));
        let (arn, hook) = waiting(&mut shell);
        shell.advance(HOUR * 20);
        assert_eq!(status(&mut shell, &arn), "IN_PROGRESS");
        let answer = decide(&mut shell, &arn, &hook, action).unwrap();
        assert_eq!(answer, json!({"serviceDeploymentArn": arn}));
        // once is enough
        assert_eq!(decide(&mut shell, &arn, &hook, action).unwrap_err().code, "InvalidParameterException");
        assert_eq!(until_over(&mut shell, &arn), "SUCCESSFUL");
        assert_eq!(describe(&mut shell, &arn)["lifecycleHookDetails"][0]["status"], "SUCCEEDED");
        assert_eq!(news(&shell, "ECS Hook State Change"), ["HOOK_AWAITING_ACTION", "HOOK_SUCCEEDED"]);
    }
}

#[test]
fn a_pause_is_sent_back() {
    let mut shell = shell(&paused(&Json::Null));
    let (arn, hook) = waiting(&mut shell);
    decide(&mut shell, &arn, &hook, Some("ROLLBACK")).unwrap();
    assert_eq!(until_over(&mut shell, &arn), "ROLLBACK_SUCCESSFUL");
    assert_eq!(describe(&mut shell, &arn)["lifecycleHookDetails"][0]["status"], "FAILED");
    blue_serves(&mut shell);
}

#[test]
fn a_pause_expires() {
    for (action, expected) in [(json!({}), "ROLLBACK_SUCCESSFUL"), (json!({"action": "CONTINUE"}), "SUCCESSFUL")] {
        let mut timeout = action;
        timeout["timeoutInMinutes"] = json!(45);
        let mut shell = shell(&paused(&timeout));
        let (arn, hook) = waiting(&mut shell);
        let left = seconds(&hook["expiresAt"]) - shell.now.as_second();
        assert!((2640..=2700).contains(&left), "{left}");
        assert_eq!(hook["timeoutAction"], if expected == "SUCCESSFUL" { "CONTINUE" } else { "ROLLBACK" });
        assert_eq!(until_over(&mut shell, &arn), expected);
        assert_eq!(describe(&mut shell, &arn)["lifecycleHookDetails"][0]["status"], "TIMED_OUT");
        assert_eq!(decide(&mut shell, &arn, &hook, None).unwrap_err().code, "InvalidParameterException");
    }
}

#[test]
fn the_event_says_until_when_somebody_may_decide() {
    let mut shell = shell(&paused(&Json::Null));
    let (arn, hook) = waiting(&mut shell);
    let mut notes = shell.invocations.iter().map(|invoke| invoke.payload.clone());
    let note = notes.rfind(|note| note["detail-type"] == "ECS Hook State Change").unwrap();
    let detail = &note["detail"];
    assert_eq!((&detail["eventName"], &detail["eventType"]), (&json!("HOOK_AWAITING_ACTION"), &json!("INFO")));
    assert_eq!((&detail["hookId"], &detail["hookType"]), (&hook["hookId"], &json!("PAUSE")));
    assert_eq!(detail["serviceDeploymentArn"], json!(arn));
    let expires: jiff::Timestamp = detail["expiresAt"].as_str().unwrap().parse().unwrap();
    assert_eq!(expires.as_second(), seconds(&hook["expiresAt"]));
    // nine digits of a second
    assert_eq!(detail["updatedAt"].as_str().unwrap().len(), "2026-03-05T15:54:41.618059641Z".len());
}

#[test]
fn only_a_hook_that_waits_can_be_decided() {
    let mut shell = shell(&paused(&Json::Null));
    let (arn, hook) = waiting(&mut shell);
    let unknown = json!({"hookId": "ecs-pause-nothing"});
    assert_eq!(decide(&mut shell, &arn, &unknown, None).unwrap_err().code, "InvalidParameterException");
    assert_eq!(decide(&mut shell, &arn, &hook, Some("STOP")).unwrap_err().code, "InvalidParameterException");
    let other = format!("{arn}x");
    assert_eq!(decide(&mut shell, &other, &hook, None).unwrap_err().code, "ServiceDeploymentNotFoundException");
    shell.call("ecs", "StopServiceDeployment", json!({"serviceDeploymentArn": arn})).unwrap();
    assert_eq!(decide(&mut shell, &arn, &hook, None).unwrap_err().code, "InvalidParameterException");
}
