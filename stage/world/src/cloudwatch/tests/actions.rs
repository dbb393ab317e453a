//! What a change of state sets off: the event, the message and the invocation, as AWS writes them.

use crate::testing::Shell;
use crate::{Alarm, AlarmState, Function, Policy, Role, Rule, RuleTarget, Setup, Topic};
use crate::{AlarmDefinition, AlarmKind, ComparisonOperator, Metric, MetricAlarm, MetricStat, Watched};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::time::Duration;

const ALARM: &str = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:errors";
const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:news";
const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:rollback";
const RULE: &str = "arn:aws:events:us-east-1:123456789012:rule/alarms";

fn definition() -> AlarmDefinition {
    let dimensions = BTreeMap::from([("Service".to_owned(), "web".to_owned())]);
    let metric = Metric { namespace: "Shop".to_owned(), metric_name: "Errors".to_owned(), dimensions };
    AlarmDefinition {
        alarm_description: Some("too many".to_owned()),
        alarm_actions: vec![TOPIC.to_owned(), FUNCTION.to_owned()],
        ..AlarmDefinition::new(AlarmKind::Metric(MetricAlarm {
            watches: Watched::Metric(MetricStat { metric, period: 60, stat: "Sum".to_owned(), unit: None }),
            evaluation_periods: 1,
            datapoints_to_alarm: Some(1),
            threshold: 10.0,
            comparison_operator: ComparisonOperator::GreaterThanThreshold,
            treat_missing_data: None,
        }))
    }
}

fn setup(allowed: bool) -> Setup {
    let mut setup = Setup::empty();
    let alarm = Alarm { definition: Some(definition()), ..Alarm::new("errors", AlarmState::Ok) };
    let composite = AlarmDefinition {
        alarm_actions: vec![TOPIC.to_owned()],
        ..AlarmDefinition::new(AlarmKind::Composite("ALARM(errors)".to_owned()))
    };
    let composite = Alarm { definition: Some(composite), ..Alarm::new("any", AlarmState::Ok) };
    setup.infrastructure.alarms = vec![alarm, composite];
    let mut topic = Topic::new(TOPIC);
    setup.stack.roles.push(Role {
        name: "role".to_owned(),
        access_key: "R".to_owned(),
        policies: Vec::new(),
        ..Role::default()
    });
    let mut function = Function::new("rollback", "role");
    function.policies = vec![Policy::of_resource("events.amazonaws.com", "lambda:InvokeFunction", FUNCTION, RULE)];
    if allowed {
        let alarms = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:*";
        topic.policies = vec![Policy::of_resource("cloudwatch.amazonaws.com", "sns:Publish", TOPIC, alarms)];
        let service = "lambda.alarms.cloudwatch.amazonaws.com";
        function.policies.push(Policy::of_resource(service, "lambda:InvokeFunction", FUNCTION, ALARM));
    }
    setup.stack.topics.push(topic);
    setup.stack.functions.push(function);
    setup.stack.rules.push(Rule {
        name: "alarms".to_owned(),
        pattern: json!({"source": ["aws.cloudwatch"], "detail-type": ["CloudWatch Alarm State Change"]}),
        targets: vec![RuleTarget::new(FUNCTION)],
        enabled: true,
    });
    assert_eq!(setup.check(), Ok(()));
    setup
}

/// A shell in which the alarm goes off.
fn shell(allowed: bool) -> Shell {
    let mut shell = Shell::new(setup(allowed));
    let datum = json!({"MetricName": "Errors", "Value": 45, "Dimensions": [{"Name": "Service", "Value": "web"}]});
    shell.call("cloudwatch", "PutMetricData", json!({"Namespace": "Shop", "MetricData": [datum]})).unwrap();
    shell.advance(Duration::from_secs(90));
    shell
}

fn state() -> Json {
    json!({
        "value": "ALARM",
        "reason": "Threshold Crossed: 1 out of the last 1 datapoints [45.0 (01/01/26 00:00:00)] was greater than the threshold (10.0) (minimum 1 datapoint for OK -> ALARM transition).",
        "reasonData": r#"{"version":"1.0","queryDate":"2026-01-01T00:01:00.000+0000","startDate":"2026-01-01T00:00:00.000+0000","statistic":"Sum","period":60,"recentDatapoints":[45.0],"threshold":10.0,"evaluatedDatapoints":[{"timestamp":"2026-01-01T00:00:00.000+0000","sampleCount":1.0,"value":45.0}]}"#,
        "timestamp": "2026-01-01T00:01:00.000+0000",
    })
}

fn before() -> Json {
    json!({"value": "OK", "reason": "Unchecked: Initial alarm creation", "timestamp": "2026-01-01T00:00:00.000+0000"})
}

#[test]
fn the_event_is_as_aws_documents_it() {
    let shell = shell(true);
    let events: Vec<&Json> =
        shell.invocations.iter().map(|invoke| &invoke.payload).filter(|event| event.get("detail").is_some()).collect();
    assert_eq!(events.len(), 2, "one of the alarm, one of the composite alarm");
    let mut event = events[0].clone();
    let id = event["detail"]["configuration"]["metrics"][0]["id"].take();
    assert_eq!(id.as_str().unwrap().len(), 36);
    event["id"].take();
    assert_eq!(
        event,
        json!({
            "version": "0", "id": null, "detail-type": "CloudWatch Alarm State Change", "source": "aws.cloudwatch",
            "account": "123456789012", "time": "2026-01-01T00:01:00Z", "region": "us-east-1", "resources": [ALARM],
            "detail": {
                "alarmName": "errors", "state": state(), "previousState": before(),
                "configuration": {"description": "too many", "metrics": [{"id": null, "returnData": true, "metricStat": {
                    "metric": {"namespace": "Shop", "name": "Errors", "dimensions": {"Service": "web"}},
                    "period": 60, "stat": "Sum"}}]},
            },
        })
    );
    let detail = &events[1]["detail"];
    assert_eq!(detail["configuration"], json!({"alarmRule": "ALARM(errors)"}));
    assert_eq!(
        detail["state"],
        json!({
            "value": "ALARM",
            "reason": format!("{ALARM} transitioned to ALARM at Thursday 01 January, 2026 00:01:00 UTC"),
            "reasonData": format!(r#"{{"triggeringAlarms":[{{"arn":"{ALARM}","state":{{"value":"ALARM","timestamp":"2026-01-01T00:01:00.000+0000"}}}}]}}"#),
            "timestamp": "2026-01-01T00:01:00.000+0000",
        })
    );
}

#[test]
fn a_function_is_invoked_with_the_alarm_itself() {
    let shell = shell(true);
    let direct = shell.invocations.iter().find(|invoke| invoke.payload.get("alarmData").is_some()).unwrap();
    let mut payload = direct.payload.clone();
    payload["alarmData"]["configuration"].take();
    assert_eq!(
        payload,
        json!({
            "source": "aws.cloudwatch", "alarmArn": ALARM, "accountId": "123456789012",
            "time": "2026-01-01T00:01:00.000+0000", "region": "us-east-1",
            "alarmData": {"alarmName": "errors", "state": state(), "previousState": before(), "configuration": null},
        })
    );
}

#[test]
fn a_topic_gets_the_message() {
    let shell = shell(true);
    let published = shell.world.publications();
    assert_eq!(published.len(), 2);
    assert_eq!(published[0].subject.as_deref(), Some("ALARM: \"errors\" in US East (N. Virginia)"));
    let message: Json = serde_json::from_str(&published[0].message).unwrap();
    assert_eq!(
        message,
        json!({
            "AlarmName": "errors", "AlarmDescription": "too many", "AWSAccountId": "123456789012",
            "AlarmConfigurationUpdatedTimestamp": "2026-01-01T00:00:00.000+0000",
            "NewStateValue": "ALARM", "NewStateReason": state()["reason"], "StateChangeTime": "2026-01-01T00:01:00.000+0000",
            "Region": "US East (N. Virginia)", "AlarmArn": ALARM, "OldStateValue": "OK", "OKActions": [],
            "AlarmActions": [TOPIC, FUNCTION], "InsufficientDataActions": [],
            "Trigger": {
                "MetricName": "Errors", "Namespace": "Shop", "StatisticType": "Statistic", "Statistic": "SUM", "Unit": null,
                "Dimensions": [{"value": "web", "name": "Service"}], "Period": 60, "EvaluationPeriods": 1,
                "DatapointsToAlarm": 1, "ComparisonOperator": "GreaterThanThreshold", "Threshold": 10.0,
                "TreatMissingData": "missing", "EvaluateLowSampleCountPercentile": "",
            },
        })
    );
    let composite: Json = serde_json::from_str(&published[1].message).unwrap();
    assert_eq!(composite["AlarmRule"], "ALARM(errors)");
    let child = json!([{"Arn": ALARM, "State": {"Value": "ALARM", "Timestamp": "2026-01-01T00:01:00.000+0000"}}]);
    assert_eq!(composite["TriggeringChildren"], child);
    assert_eq!(composite.get("Trigger"), None);
}

#[test]
fn actions_that_nobody_allows_are_told() {
    let shell = shell(false);
    assert_eq!(shell.world.publications(), []);
    assert!(shell.invocations.iter().all(|invoke| invoke.payload.get("alarmData").is_none()));
    let denied: Vec<(Json, Json)> =
        shell.told("call.denied").map(|fact| (fact["role"].clone(), fact["action"].clone())).collect();
    let pair = |role: &str, action: &str| (json!(role), json!(action));
    assert_eq!(
        denied,
        [
            pair("cloudwatch.amazonaws.com", "sns:Publish"),
            pair("lambda.alarms.cloudwatch.amazonaws.com", "lambda:InvokeFunction"),
            pair("cloudwatch.amazonaws.com", "sns:Publish"),
        ]
    );
}

#[test]
fn a_setup_with_an_alarm_that_cannot_be_watched_says_so() {
    let mut setup = setup(true);
    let broken = AlarmDefinition::new(AlarmKind::Composite("AT_LEAST(1, ALARM, (a))".to_owned()));
    setup.stack.alarms.push(Alarm { definition: Some(broken), ..Alarm::new("broken", AlarmState::Ok) });
    let error = setup.check().unwrap_err().to_string();
    assert!(error.starts_with("alarm broken: the AlarmRule"), "{error}");
}

#[test]
fn a_composite_alarm_of_a_setup_gets_its_state_by_its_rule() {
    let mut setup = Setup::empty();
    let composite = AlarmDefinition::new(AlarmKind::Composite("ALARM(known)".to_owned()));
    let composite = Alarm { definition: Some(composite), ..Alarm::new("any", AlarmState::InsufficientData) };
    setup.infrastructure.alarms = vec![composite, Alarm::new("known", AlarmState::Alarm)];
    let mut shell = Shell::new(setup);
    shell.advance(Duration::from_secs(90));
    let told: Vec<Json> = shell.told("alarm.changed").collect();
    assert_eq!(told.len(), 1);
    assert_eq!(
        told[0]["reason"],
        "arn:aws:cloudwatch:us-east-1:123456789012:alarm:any was created and its alarm rule evaluates to ALARM"
    );
}
