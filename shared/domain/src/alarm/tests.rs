use super::{Alarm, AlarmError};
use proptest::prelude::*;
use serde_json::{Value, json};

const ARN: &str = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:shop-errors";

fn data(configuration: &Value) -> Value {
    json!({
        "alarmName": "shop-errors",
        "state": { "value": "ALARM", "reason": "too many", "timestamp": "2026-03-01T12:00:00.500+0000" },
        "previousState": { "value": "OK", "timestamp": "2026-03-01T11:00:00.000+0000" },
        "configuration": configuration,
    })
}

fn expected() -> Alarm {
    Alarm {
        name: "shop-errors".to_owned(),
        arn: Some(ARN.to_owned()),
        state: "ALARM".to_owned(),
        previous: Some("OK".to_owned()),
        since: "2026-03-01T12:00:00.5Z".parse().unwrap(),
        reason: "too many".to_owned(),
    }
}

/// Of a metric alarm, one of metric math, and a composite one with and without a suppressor.
fn configurations() -> [Value; 4] {
    [
        json!({ "metrics": [{ "id": "m", "metricStat": { "period": 86_400, "stat": "Sum" }, "returnData": true }] }),
        json!({ "metrics": [{ "id": "e", "expression": "SUM(METRICS())", "returnData": true }] }),
        json!({ "alarmRule": "ALARM(a) OR ALARM(b)" }),
        json!({ "alarmRule": "ALARM(a)", "actionsSuppressor": "s", "actionsSuppressorWaitPeriod": 120 }),
    ]
}

#[test]
fn an_event_and_an_action_of_every_kind_of_alarm() {
    for configuration in configurations() {
        let event = json!({
            "detail-type": "CloudWatch Alarm State Change", "source": "aws.cloudwatch", "time": "2026-03-01T12:00:01Z",
            "resources": [ARN], "detail": data(&configuration),
        });
        assert_eq!(Alarm::read(&event).unwrap(), [expected()]);
        let action = json!({ "source": "aws.cloudwatch", "alarmArn": ARN, "alarmData": data(&configuration) });
        assert_eq!(Alarm::read(&action).unwrap(), [expected()]);
    }
}

fn message(more: &Value) -> Value {
    let mut message = json!({
        "AlarmName": "shop-errors", "AlarmArn": ARN, "NewStateValue": "ALARM", "OldStateValue": "OK",
        "NewStateReason": "too many", "StateChangeTime": "2026-03-01T12:00:00.500+0000", "Region": "US East (N. Virginia)",
    });
    message.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({ "EventSource": "aws:sns", "Sns": { "Message": message.to_string() } })
}

#[test]
fn messages_of_a_topic() {
    let metric = message(&json!({ "Trigger": { "MetricName": "Errors", "Period": 60 } }));
    let composite = message(&json!({ "AlarmRule": "ALARM(a)" }));
    assert_eq!(Alarm::read(&json!({ "Records": [metric, composite] })).unwrap(), [expected(), expected()]);
}

#[test]
fn times_as_aws_writes_them() {
    for (text, expected) in [
        ("2026-03-01T12:00:00.500+0000", "2026-03-01T12:00:00.5Z"),
        ("2026-03-01T12:00:00+0000", "2026-03-01T12:00:00Z"),
        ("2026-03-01T13:30:00.001+0130", "2026-03-01T12:00:00.001Z"),
        ("2026-03-01T12:00:00Z", "2026-03-01T12:00:00Z"),
        ("2026-03-01T12:00:00.123456789Z", "2026-03-01T12:00:00.123456789Z"),
    ] {
        let record = message(&json!({ "StateChangeTime": text }));
        let read = Alarm::read(&json!({ "Records": [record] })).unwrap();
        assert_eq!(read[0].since.to_string(), expected);
    }
}

#[test]
fn an_alarm_of_another_account_or_region_is_told_apart() {
    let alarm = expected();
    assert!(alarm.is_of("us-east-1", "123456789012"));
    assert!(!alarm.is_of("eu-west-1", "123456789012") && !alarm.is_of("us-east-1", "210987654321"));
    assert!(Alarm { arn: None, ..alarm }.is_of("eu-west-1", "123456789012"));
}

#[test]
fn what_is_no_alarm_is_said_to_be_none() {
    let no_time = json!({ "alarmData": { "alarmName": "a", "state": { "value": "ALARM" } } });
    let bad_time = message(&json!({ "StateChangeTime": "yesterday" }));
    for (payload, expected) in [
        (json!({}), AlarmError::Shape),
        (json!(null), AlarmError::Shape),
        (json!({ "Records": [] }), AlarmError::Shape),
        (json!({ "detail-type": "Scheduled Event", "detail": {} }), AlarmError::Shape),
        (json!({ "Records": [{ "Sns": { "Message": "deployed" } }] }), AlarmError::Message(0)),
        (json!({ "alarmData": {} }), AlarmError::Member("alarmName")),
        (json!({ "detail-type": "CloudWatch Alarm State Change" }), AlarmError::Member("detail")),
        (no_time, AlarmError::Member("state.timestamp")),
        (
            json!({ "Records": [bad_time] }),
            AlarmError::Time { member: "StateChangeTime", text: "yesterday".to_owned() },
        ),
    ] {
        assert_eq!(Alarm::read(&payload).unwrap_err(), expected, "{payload}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC{0,60}") {
        let _ = Alarm::read(&json!({ "alarmData": { "alarmName": text, "state": { "value": text, "timestamp": text } } }));
        let _ = Alarm::read(&json!({ "Records": [{ "Sns": { "Message": text } }] }));
        let _ = Alarm::read(&serde_json::from_str(&text).unwrap_or(Value::String(text)));
    }
}
