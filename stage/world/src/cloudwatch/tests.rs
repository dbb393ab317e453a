//! Alarms and metrics, seen from outside.

mod actions;
mod alarms;
mod anything;
mod evaluating;
mod rules;
mod services;

use crate::testing::Shell;
use crate::{Alarm, AlarmState, Policy, Role, Setup};
use serde_json::{Value as Json, json};
use std::time::Duration;

/// A whole hour.
const NOON: i64 = 1_767_268_800;

fn shell() -> Shell {
    let mut setup = Setup::empty();
    let alarm = |name: &str, state| Alarm::new(name, state);
    setup.infrastructure.alarms =
        vec![alarm("shop-5xx", AlarmState::Ok), alarm("shop-latency", AlarmState::InsufficientData)];
    let policy: Policy = serde_json::from_value(json!({"Statement": [{
        "Effect": "Allow", "Action": "cloudwatch:DescribeAlarms",
        "Resource": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:shop-5xx",
    }]}))
    .unwrap();
    setup.stack.roles = vec![Role {
        name: "narrow".to_owned(),
        access_key: "NARROW".to_owned(),
        policies: vec![policy],
        ..Role::default()
    }];
    Shell::new(setup)
}

fn states(shell: &mut Shell, input: Json) -> Vec<(String, String)> {
    let output = shell.call("cloudwatch", "DescribeAlarms", input).unwrap();
    let text = |alarm: &Json, name: &str| alarm[name].as_str().unwrap().to_owned();
    let alarms = output["MetricAlarms"].as_array().unwrap();
    alarms.iter().map(|alarm| (text(alarm, "AlarmName"), text(alarm, "StateValue"))).collect()
}

fn refused(shell: &mut Shell, operation: &str, input: Json) -> (String, String) {
    let error = shell.call("cloudwatch", operation, input).unwrap_err();
    (error.code, error.message)
}

fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, state)| ((*name).to_owned(), (*state).to_owned())).collect()
}

#[test]
fn an_alarm_keeps_the_state_that_it_is_given() {
    let mut shell = shell();
    let all = [("shop-5xx", "OK"), ("shop-latency", "INSUFFICIENT_DATA")];
    assert_eq!(states(&mut shell, json!({})), owned(&all));
    shell.advance(Duration::from_mins(5));
    let set = json!({"AlarmName": "shop-5xx", "StateValue": "ALARM", "StateReason": "a rehearsal"});
    for _ in 0..2 {
        shell.call("cloudwatch", "SetAlarmState", set.clone()).unwrap();
    }
    let by = json!({"AlarmNames": ["shop-5xx", "none"]});
    let output = shell.call("cloudwatch", "DescribeAlarms", by).unwrap();
    let alarm = &output["MetricAlarms"][0];
    assert_eq!((&alarm["StateValue"], &alarm["StateReason"]), (&json!("ALARM"), &json!("a rehearsal")));
    assert_eq!(alarm["AlarmArn"], "arn:aws:cloudwatch:us-east-1:123456789012:alarm:shop-5xx");
    assert_eq!(output["MetricAlarms"].as_array().unwrap().len(), 1, "what does not exist is left out");
    let told: Vec<_> = shell.told("alarm.changed").collect();
    assert_eq!(told.len(), 1);
    assert_eq!((&told[0]["from"], &told[0]["to"]), (&json!("OK"), &json!("ALARM")));

    assert_eq!(states(&mut shell, json!({"StateValue": "ALARM"})), owned(&[("shop-5xx", "ALARM")]));
    assert_eq!(states(&mut shell, json!({"AlarmTypes": ["CompositeAlarm"]})), []);
    let prefix = json!({"AlarmNamePrefix": "shop-l"});
    assert_eq!(states(&mut shell, prefix), owned(&[("shop-latency", "INSUFFICIENT_DATA")]));
    // the query protocol has no numbers
    let output = shell.call("cloudwatch", "DescribeAlarms", json!({"MaxRecords": "1"})).unwrap();
    let next = json!({"NextToken": output["NextToken"]});
    assert_eq!(states(&mut shell, next), owned(&[("shop-latency", "INSUFFICIENT_DATA")]));
}

#[test]
fn alarms_that_make_no_sense_are_refused() {
    let mut shell = shell();
    let set = |name: &str, state: &str| json!({"AlarmName": name, "StateValue": state, "StateReason": "r"});
    assert_eq!(refused(&mut shell, "SetAlarmState", set("none", "OK")).0, "ResourceNotFound");
    assert_eq!(refused(&mut shell, "SetAlarmState", set("shop-5xx", "RED")).0, "ValidationException");
    assert_eq!(refused(&mut shell, "DescribeAlarms", json!({"NextToken": "x"})).0, "InvalidNextToken");
    let both = json!({"AlarmNames": ["a"], "AlarmNamePrefix": "b"});
    assert_eq!(refused(&mut shell, "DescribeAlarms", both).0, "ValidationException");
}

#[test]
fn alarms_are_described_to_those_only_who_may_see_all() {
    let mut shell = shell();
    let by = json!({"AlarmNames": ["shop-5xx"]});
    let error = shell.call_as("NARROW", "cloudwatch", "DescribeAlarms", by).unwrap_err();
    assert_eq!(error.code, "AccessDeniedException");
}

fn put(shell: &mut Shell, datum: &Json) {
    let dimensions = json!([{"Name": "LoadBalancer", "Value": "app/shop/1"}]);
    let mut datum = datum.clone();
    datum["MetricName"] = json!("HTTPCode_Target_5XX_Count");
    datum["Dimensions"] = dimensions;
    let input = json!({"Namespace": "AWS/ApplicationELB", "MetricData": [datum]});
    shell.call("cloudwatch", "PutMetricData", input).unwrap();
}

fn query(stat: &str, period: i64) -> Json {
    json!([{"Id": "errors", "MetricStat": {
        "Metric": {"Namespace": "AWS/ApplicationELB", "MetricName": "HTTPCode_Target_5XX_Count",
            "Dimensions": [{"Name": "LoadBalancer", "Value": "app/shop/1"}]},
        "Period": period, "Stat": stat,
    }}])
}

/// What came for one statistic, oldest first: seconds after noon and value.
fn get(shell: &mut Shell, stat: &str, period: i64, (from, to): (i64, i64)) -> Vec<(i64, f64)> {
    let input = json!({
        "MetricDataQueries": query(stat, period), "StartTime": NOON + from, "EndTime": NOON + to,
        "ScanBy": "TimestampAscending",
    });
    let output = shell.call("cloudwatch", "GetMetricData", input).unwrap();
    let result = &output["MetricDataResults"][0];
    assert_eq!((&result["Id"], &result["StatusCode"]), (&json!("errors"), &json!("Complete")));
    let times = result["Timestamps"].as_array().unwrap().iter().map(|at| at.as_f64().unwrap());
    let values = result["Values"].as_array().unwrap().iter().map(|value| value.as_f64().unwrap());
    #[expect(clippy::cast_possible_truncation, reason = "whole seconds")]
    times.map(|at| at as i64 - NOON).zip(values).collect()
}

#[test]
fn data_points_are_summed_up_by_aligned_periods() {
    let mut shell = shell();
    put(&mut shell, &json!({"Timestamp": NOON + 61, "Value": 2}));
    put(&mut shell, &json!({"Timestamp": NOON + 119, "Values": [4.0, 6.0], "Counts": [1.0, 2.0]}));
    let set = json!({"SampleCount": 2.0, "Sum": 3.0, "Minimum": 1.0, "Maximum": 2.0});
    put(&mut shell, &json!({"Timestamp": NOON + 240, "StatisticValues": set}));
    let all = (0, 600);
    assert_eq!(get(&mut shell, "Sum", 60, all), [(60, 18.0), (240, 3.0)]);
    assert_eq!(get(&mut shell, "SampleCount", 60, all), [(60, 4.0), (240, 2.0)]);
    assert_eq!(get(&mut shell, "Average", 60, all), [(60, 4.5), (240, 1.5)]);
    assert_eq!(get(&mut shell, "Minimum", 300, all), [(0, 1.0)]);
    assert_eq!(get(&mut shell, "Maximum", 300, all), [(0, 6.0)]);
    assert_eq!(get(&mut shell, "Sum", 60, (61, 240)), [(60, 18.0)], "the start is inclusive, the end is not");
    assert_eq!(get(&mut shell, "Sum", 60, (120, 240)), []);
}

#[test]
fn the_newest_comes_first_and_nothing_is_no_error() {
    let mut shell = shell();
    put(&mut shell, &json!({"Timestamp": NOON, "Value": 1, "Unit": "Count"}));
    put(&mut shell, &json!({"Timestamp": NOON + 60, "Value": 2}));
    let mut input = json!({"MetricDataQueries": query("Sum", 60), "StartTime": NOON, "EndTime": NOON + 600});
    let output = shell.call("cloudwatch", "GetMetricData", input.clone()).unwrap();
    let result = &output["MetricDataResults"][0];
    assert_eq!((&result["Values"], &result["Label"]), (&json!([2.0, 1.0]), &json!("HTTPCode_Target_5XX_Count")));

    input["MetricDataQueries"][0]["MetricStat"]["Unit"] = json!("Count");
    let output = shell.call("cloudwatch", "GetMetricData", input.clone()).unwrap();
    assert_eq!(output["MetricDataResults"][0]["Values"], json!([1.0]));

    input["MetricDataQueries"][0]["MetricStat"]["Metric"]["Dimensions"] = json!([]);
    let output = shell.call("cloudwatch", "GetMetricData", input.clone()).unwrap();
    assert_eq!(output["MetricDataResults"][0]["Values"], json!([]), "another metric");
    input["MetricDataQueries"][0]["ReturnData"] = json!(false);
    assert_eq!(shell.call("cloudwatch", "GetMetricData", input).unwrap()["MetricDataResults"], json!([]));
}

#[test]
fn a_data_point_without_a_time_is_of_now() {
    let mut shell = shell();
    put(&mut shell, &json!({"Value": 1}));
    let now = shell.now.as_second() - NOON;
    assert_eq!(get(&mut shell, "Sum", 60, (now - 60, now + 60)).len(), 1);
}

#[test]
fn what_the_stage_does_not_compute_is_named() {
    let mut shell = shell();
    let mut refuse = |queries: Json| {
        let input = json!({"MetricDataQueries": queries, "StartTime": NOON, "EndTime": NOON + 60});
        refused(&mut shell, "GetMetricData", input).1
    };
    assert!(refuse(json!([{"Id": "rate", "Expression": "errors/requests"}])).contains("no query with the Id errors"));
    assert!(refuse(json!([{"Id": "rate", "Expression": "RATE(METRICS())"}])).contains("no function RATE"));
    assert!(refuse(query("tm99", 60)).contains("tm99"));
    assert!(refuse(query("Sum", 45)).contains("Period"));
    assert!(refuse(json!([{"Id": "Errors"}])).contains("'Errors'"));
    assert!(refuse(json!([{"Id": "errors"}])).contains("'errors'"));
    let backwards = json!({"MetricDataQueries": query("Sum", 60), "StartTime": NOON, "EndTime": NOON});
    assert!(refused(&mut shell, "GetMetricData", backwards).1.contains("StartTime"));
    for datum in [json!({"MetricName": "m"}), json!({"MetricName": "m", "Value": 1, "Values": [1]})] {
        let input = json!({"Namespace": "n", "MetricData": [datum]});
        assert_eq!(refused(&mut shell, "PutMetricData", input).0, "InvalidParameterCombinationException");
    }
    let input = json!({"Namespace": "n", "MetricData": [{"MetricName": "m", "Values": [1], "Counts": [1, 2]}]});
    assert_eq!(refused(&mut shell, "PutMetricData", input).0, "InvalidParameterValueException");
}
