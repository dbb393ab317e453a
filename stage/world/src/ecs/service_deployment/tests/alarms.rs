//! Alarms that end deployments.

use super::*;

fn watched(rollback: bool) -> Json {
    let mut configuration = blue_green();
    configuration["alarms"] = json!({"alarmNames": ["errors"], "enable": true, "rollback": rollback});
    configuration
}

fn set(shell: &mut Shell, state: &str) {
    let input = json!({"AlarmName": "errors", "StateValue": state, "StateReason": "a test"});
    shell.call("cloudwatch", "SetAlarmState", input).unwrap();
}

#[test]
fn an_alarm_rolls_back_from_any_stage_until_the_bake_time_is_over() {
    for stage in ["SCALE_UP", "BAKE_TIME"] {
        let mut shell = shell(&watched(true));
        let arn = deploy(&mut shell);
        until_stage(&mut shell, &arn, stage);
        assert_eq!(describe(&mut shell, &arn)["alarms"]["status"], "MONITORING");
        set(&mut shell, "ALARM");
        shell.advance(SECOND * 12);
        assert!(status(&mut shell, &arn).starts_with("ROLLBACK_"), "{stage}");
        assert_eq!(until_over(&mut shell, &arn), "ROLLBACK_SUCCESSFUL");
        let described = describe(&mut shell, &arn);
        let expected = json!({"status": "TRIGGERED", "alarmNames": ["errors"], "triggeredAlarmNames": ["errors"]});
        assert_eq!(described["alarms"], expected);
        assert!(described["statusReason"].as_str().unwrap().contains("alarm detected: errors"));
        blue_serves(&mut shell);
    }
}

#[test]
fn an_alarm_that_was_active_before_is_ignored() {
    let mut shell = shell(&watched(true));
    set(&mut shell, "ALARM");
    let arn = deploy(&mut shell);
    shell.advance(MINUTE);
    assert_eq!(describe(&mut shell, &arn)["alarms"]["status"], "DISABLED");
    // also when it goes off again
    set(&mut shell, "OK");
    set(&mut shell, "ALARM");
    assert_eq!(until_over(&mut shell, &arn), "SUCCESSFUL");
}

#[test]
fn without_rollback_the_deployment_stops_where_it_is() {
    let mut shell = shell(&watched(false));
    let arn = deploy(&mut shell);
    until_stage(&mut shell, &arn, "BAKE_TIME");
    set(&mut shell, "ALARM");
    assert_eq!(until_over(&mut shell, &arn), "STOPPED");
    shell.advance(HOUR);
    assert_eq!(serving(&shell, PRODUCTION), all_to("two"));
    assert_eq!((shell.running("shop:v1"), shell.running("shop:v2")), (2, 2));
    assert!(describe(&mut shell, &arn)["stoppedAt"].is_f64());
    // the next deployment clears up, and goes on from what was good
    set(&mut shell, "OK");
    let arn = deploy_revision(&mut shell, "shop:3");
    assert_eq!(describe(&mut shell, &arn)["sourceServiceRevisions"].as_array().unwrap().len(), 2);
    until_stage(&mut shell, &arn, "RECONCILE_SERVICE");
    assert_eq!(serving(&shell, PRODUCTION), all_to("one"));
    assert_eq!(until_over(&mut shell, &arn), "SUCCESSFUL");
    assert_eq!(["shop:v1", "shop:v2", "shop:v3"].map(|image| shell.running(image)), [0, 0, 2]);
}

#[test]
fn an_alarm_that_stays_quiet_or_does_not_exist_says_nothing() {
    for names in [json!(["errors"]), json!(["nothing"])] {
        let mut configuration = watched(true);
        configuration["alarms"]["alarmNames"] = names;
        let mut shell = shell(&configuration);
        let arn = deploy(&mut shell);
        assert_eq!(until_over(&mut shell, &arn), "SUCCESSFUL");
        assert_eq!(describe(&mut shell, &arn)["alarms"]["status"], "MONITORING_COMPLETE");
    }
}

#[test]
fn a_rolling_update_goes_back_too() {
    let mut configuration = watched(true);
    configuration["strategy"] = json!("ROLLING");
    let mut shell = shell(&configuration);
    let arn = deploy(&mut shell);
    // the first of the new tasks are there
    assert!(shell.until(MINUTE * 5, |shell| shell.running("shop:v2") == 2));
    set(&mut shell, "ALARM");
    shell.advance(MINUTE * 10);
    assert_eq!(status(&mut shell, &arn), "ROLLBACK_SUCCESSFUL");
    blue_serves(&mut shell);
}
