//! Alarms that watch metrics, from the outside.

use super::refused;
use crate::testing::Shell;
use crate::{LoadBalancer, Setup};
use serde_json::{Value as Json, json};
use std::time::Duration;

const MINUTE: Duration = Duration::from_mins(1);

fn shell() -> Shell {
    Shell::new(Setup::empty())
}

fn errors() -> Json {
    json!({
        "AlarmName": "errors", "AlarmDescription": "too many", "Namespace": "Shop", "MetricName": "Errors",
        "Dimensions": [{"Name": "Service", "Value": "web"}], "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 2,
        "Threshold": 10, "ComparisonOperator": "GreaterThanThreshold", "TreatMissingData": "notBreaching",
    })
}

fn put(shell: &mut Shell, input: Json) {
    let operation = if input.get("AlarmRule").is_some() { "PutCompositeAlarm" } else { "PutMetricAlarm" };
    shell.call("cloudwatch", operation, input).unwrap();
}

fn measure(shell: &mut Shell, service: &str, value: f64) {
    let datum = json!({"MetricName": "Errors", "Value": value, "Dimensions": [{"Name": "Service", "Value": service}]});
    shell.call("cloudwatch", "PutMetricData", json!({"Namespace": "Shop", "MetricData": [datum]})).unwrap();
}

fn describe(shell: &mut Shell, name: &str) -> Json {
    let input = json!({"AlarmNames": [name], "AlarmTypes": ["MetricAlarm", "CompositeAlarm"]});
    let output = shell.call("cloudwatch", "DescribeAlarms", input).unwrap();
    output["MetricAlarms"].get(0).or_else(|| output["CompositeAlarms"].get(0)).cloned().unwrap()
}

fn state(shell: &mut Shell, name: &str) -> String {
    describe(shell, name)["StateValue"].as_str().unwrap().to_owned()
}

#[test]
fn an_alarm_goes_off_after_as_many_periods_as_it_needs_and_comes_back() {
    let mut shell = shell();
    put(&mut shell, errors());
    assert_eq!(state(&mut shell, "errors"), "INSUFFICIENT_DATA");
    shell.advance(MINUTE);
    assert_eq!(state(&mut shell, "errors"), "OK", "nothing was received, which is not breaching");
    let mut seen = Vec::new();
    for value in [20.0, 20.0, 20.0, 0.0, 0.0] {
        measure(&mut shell, "web", value);
        measure(&mut shell, "worker", 1000.0);
        shell.advance(MINUTE);
        seen.push(state(&mut shell, "errors"));
    }
    assert_eq!(seen, ["OK", "ALARM", "ALARM", "OK", "OK"]);
    let alarm = describe(&mut shell, "errors");
    assert_eq!(alarm["Statistic"], "Sum");
    assert_eq!(alarm["Threshold"], 10.0);
    assert_eq!(alarm["Dimensions"], json!([{"Name": "Service", "Value": "web"}]));
    assert!(alarm["StateReason"].as_str().unwrap().contains("were not greater than the threshold (10.0)"), "{alarm}");
    let data: Json = serde_json::from_str(alarm["StateReasonData"].as_str().unwrap()).unwrap();
    assert_eq!(data["recentDatapoints"], json!([20.0, 0.0]));
    assert_eq!(
        data["evaluatedDatapoints"][0],
        json!({"timestamp": "2026-01-01T00:04:00.000+0000", "sampleCount": 1.0, "value": 0.0})
    );
    assert_eq!(shell.told("alarm.changed").count(), 3);
}

#[test]
fn long_periods_slide_with_the_minute() {
    let mut shell = shell();
    let mut alarm = errors();
    (alarm["Period"], alarm["EvaluationPeriods"]) = (json!(300), json!(1));
    put(&mut shell, alarm);
    shell.advance(MINUTE * 7);
    measure(&mut shell, "web", 50.0);
    assert_eq!(state(&mut shell, "errors"), "OK");
    shell.advance(MINUTE);
    assert_eq!(state(&mut shell, "errors"), "ALARM");
    let data: Json = serde_json::from_str(describe(&mut shell, "errors")["StateReasonData"].as_str().unwrap()).unwrap();
    assert_eq!(data["startDate"], "2026-01-01T00:03:00.000+0000");
}

#[test]
fn short_periods_are_evaluated_as_often() {
    let mut shell = shell();
    let mut alarm = errors();
    (alarm["Period"], alarm["EvaluationPeriods"]) = (json!(10), json!(1));
    put(&mut shell, alarm);
    let datum = json!({"MetricName": "Errors", "Value": 99, "StorageResolution": 1,
        "Dimensions": [{"Name": "Service", "Value": "web"}]});
    shell.call("cloudwatch", "PutMetricData", json!({"Namespace": "Shop", "MetricData": [datum]})).unwrap();
    shell.advance(Duration::from_secs(10));
    assert_eq!(state(&mut shell, "errors"), "ALARM");
}

#[test]
fn a_state_that_was_set_lasts_until_the_next_evaluation() {
    let mut shell = shell();
    put(&mut shell, errors());
    shell.advance(MINUTE);
    let set = json!({"AlarmName": "errors", "StateValue": "ALARM", "StateReason": "a rehearsal"});
    shell.call("cloudwatch", "SetAlarmState", set).unwrap();
    assert_eq!(state(&mut shell, "errors"), "ALARM");
    shell.advance(MINUTE);
    assert_eq!(state(&mut shell, "errors"), "OK");
}

#[test]
fn metric_math_is_watched_as_the_only_query_that_returns_data() {
    let mut shell = shell();
    let metric = |id: &str, service: &str| {
        json!({"Id": id, "ReturnData": false, "MetricStat": {"Period": 60, "Stat": "Sum", "Metric": {
            "Namespace": "Shop", "MetricName": "Errors", "Dimensions": [{"Name": "Service", "Value": service}]}}})
    };
    let all = json!({"Id": "all", "Expression": "SUM(METRICS())", "Label": "Errors"});
    put(
        &mut shell,
        json!({
            "AlarmName": "all", "Metrics": [all, metric("blue", "blue"), metric("green", "green")], "EvaluationPeriods": 1,
            "Threshold": 10, "ComparisonOperator": "GreaterThanThreshold",
        }),
    );
    shell.advance(MINUTE);
    assert_eq!(state(&mut shell, "all"), "INSUFFICIENT_DATA");
    measure(&mut shell, "blue", 6.0);
    measure(&mut shell, "green", 6.0);
    shell.advance(MINUTE);
    assert_eq!(state(&mut shell, "all"), "ALARM");
    let alarm = describe(&mut shell, "all");
    assert_eq!(alarm["Metrics"][0], json!({"Id": "all", "Expression": "SUM(METRICS())", "Label": "Errors"}));
    assert_eq!(alarm.get("Period"), None);
    let data: Json = serde_json::from_str(alarm["StateReasonData"].as_str().unwrap()).unwrap();
    assert_eq!((data.get("statistic"), &data["recentDatapoints"]), (None, &json!([12.0])));
}

#[test]
fn percentiles_are_watched_and_read() {
    let mut shell = shell();
    for value in 1..=100 {
        measure(&mut shell, "web", f64::from(value));
    }
    let now = shell.now.as_second();
    let mut read = |stat: &str| {
        let metric =
            json!({"Namespace": "Shop", "MetricName": "Errors", "Dimensions": [{"Name": "Service", "Value": "web"}]});
        let queries = json!([{"Id": "m", "MetricStat": {"Metric": metric, "Period": 60, "Stat": stat}}]);
        let input = json!({"MetricDataQueries": queries, "StartTime": now, "EndTime": now + 60});
        shell.call("cloudwatch", "GetMetricData", input).unwrap()["MetricDataResults"][0]["Values"][0].as_f64().unwrap()
    };
    for (stat, expected) in [("p50", 50.0), ("p99", 99.0), ("p100", 100.0), ("p0.5", 1.0), ("Average", 50.5)] {
        let value = read(stat);
        assert!((value - expected).abs() <= expected * 0.01, "{stat}: {value}");
    }
}

#[test]
fn composite_alarms_follow_their_children_once() {
    let mut shell = shell();
    put(&mut shell, errors());
    put(&mut shell, json!({"AlarmName": "any", "AlarmRule": "ALARM(errors) OR ALARM(all)"}));
    put(&mut shell, json!({"AlarmName": "all", "AlarmRule": "ALARM(errors) AND ALARM(any)"}));
    shell.advance(MINUTE);
    assert_eq!(state(&mut shell, "any"), "OK");
    let set = json!({"AlarmName": "errors", "StateValue": "ALARM", "StateReason": "a rehearsal"});
    shell.call("cloudwatch", "SetAlarmState", set).unwrap();
    assert_eq!([state(&mut shell, "any"), state(&mut shell, "all")], ["ALARM", "ALARM"]);
    let any = describe(&mut shell, "any");
    assert_eq!(any["AlarmRule"], "ALARM(errors) OR ALARM(all)");
    assert_eq!(
        any["StateReason"],
        "arn:aws:cloudwatch:us-east-1:123456789012:alarm:errors transitioned to ALARM at Thursday 01 January, 2026 00:01:00 UTC"
    );
    let data: Json = serde_json::from_str(any["StateReasonData"].as_str().unwrap()).unwrap();
    assert_eq!(data["triggeringAlarms"][0]["state"]["value"], "ALARM");
    let output = shell.call("cloudwatch", "DescribeAlarms", json!({})).unwrap();
    assert_eq!(output["CompositeAlarms"], json!([]), "who does not ask for them does not get them");
}

#[test]
fn definitions_that_make_no_sense_are_refused() {
    let mut shell = shell();
    for (member, value, what) in [
        ("Statistic", json!("tm90"), "tm90"),
        ("Period", json!(45), "Period"),
        ("Period", json!(null), "MetricName, Namespace, Period"),
        ("EvaluationPeriods", json!(0), "EvaluationPeriods"),
        ("EvaluationPeriods", json!(null), "EvaluationPeriods"),
        ("EvaluationPeriods", json!(2000), "86400"),
        ("DatapointsToAlarm", json!(3), "DatapointsToAlarm"),
        ("Threshold", json!(null), "Threshold"),
        ("ComparisonOperator", json!("GreaterThanUpperThreshold"), "GreaterThanUpperThreshold"),
        ("TreatMissingData", json!("never"), "never"),
        ("AlarmActions", json!(["arn:aws:automate:us-east-1:ec2:stop"]), "automate"),
        ("Metrics", json!([{"Id": "a", "Expression": "1"}]), "together"),
        ("EvaluationWindow", json!({}), "EvaluationWindow"),
    ] {
        let mut alarm = errors();
        alarm[member] = value;
        let (code, message) = refused(&mut shell, "PutMetricAlarm", alarm);
        assert!(code == "ValidationException" && message.contains(what), "{member}: {code} {message}");
    }
    for (metrics, what) in [
        (json!([{"Id": "a", "Expression": "b"}, {"Id": "b", "Expression": "a", "ReturnData": false}]), "circle"),
        (json!([{"Id": "a", "Expression": "SUM(METRICS())"}]), "1 to 10 metrics"),
        (json!([{"Id": "a", "Expression": "1"}]), "has to be a time series"),
        (json!([]), "or else Metrics"),
    ] {
        let alarm = json!({"AlarmName": "m", "Metrics": metrics, "EvaluationPeriods": 1, "Threshold": 1,
            "ComparisonOperator": "LessThanThreshold"});
        let message = refused(&mut shell, "PutMetricAlarm", alarm).1;
        assert!(message.contains(what), "{message}");
    }
    put(&mut shell, errors());
    let rule = |name: &str, rule: &str| json!({"AlarmName": name, "AlarmRule": rule});
    assert!(refused(&mut shell, "PutCompositeAlarm", rule("errors", "TRUE")).1.contains("other kind"));
    assert!(refused(&mut shell, "PutCompositeAlarm", rule("new", "ALARM(")).1.contains("AlarmRule"));
}

#[test]
fn an_alarm_can_be_put_as_a_form() {
    let mut shell = shell();
    let mut alarm = errors();
    for member in ["Period", "EvaluationPeriods", "Threshold"] {
        alarm[member] = json!(alarm[member].to_string());
    }
    (alarm["ActionsEnabled"], alarm["OKActions"]) = (json!("false"), json!(""));
    put(&mut shell, alarm);
    let alarm = describe(&mut shell, "errors");
    assert_eq!((&alarm["ActionsEnabled"], &alarm["OKActions"]), (&json!(false), &json!([])));
}

#[test]
fn a_world_without_anything_to_watch_is_left_alone() {
    let shell = shell();
    assert_eq!(shell.world.next_deadline(), None);
    let mut setup = Setup::empty();
    let balancer = LoadBalancer { name: "shop".to_owned(), listeners: Vec::new(), target_groups: Vec::new() };
    setup.infrastructure.load_balancers.push(balancer);
    assert!(Shell::new(setup).world.next_deadline().is_some());
}

#[test]
fn old_data_points_are_forgotten() {
    let mut shell = shell();
    measure(&mut shell, "web", 1.0);
    let from = shell.now.as_second();
    shell.advance(Duration::from_hours(7));
    measure(&mut shell, "web", 2.0);
    let metric =
        json!({"Namespace": "Shop", "MetricName": "Errors", "Dimensions": [{"Name": "Service", "Value": "web"}]});
    let queries = json!([{"Id": "m", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}}]);
    let input = json!({"MetricDataQueries": queries, "StartTime": from, "EndTime": from + 86_400});
    let output = shell.call("cloudwatch", "GetMetricData", input).unwrap();
    assert_eq!(output["MetricDataResults"][0]["Values"], json!([2.0]));
}
