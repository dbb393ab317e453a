//! The event of a change of state, and what a Lambda function that is an action of the alarm gets.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html>

use super::transition::{Change, Status};
use super::{Alarm, AlarmKind, MetricDataQuery, time};
use crate::{World, events};
use serde_json::{Map, Value, json};

/// Tells EventBridge.
pub(super) fn publish(world: &mut World, change: &Change) {
    let Some(alarm) = world.cloudwatch.alarms.get(&change.alarm) else { return };
    let resources = vec![alarm.arn.clone()];
    events::publish(world, "aws.cloudwatch", "CloudWatch Alarm State Change", resources, data(alarm, change));
}

/// What is invoked with, if it is a function.
pub(super) fn of_action(world: &World, alarm: &Alarm, change: &Change) -> Value {
    json!({
        "source": "aws.cloudwatch",
        "alarmArn": alarm.arn,
        "accountId": world.setup.account,
        "time": time::stamp(change.state.updated),
        "region": world.setup.region,
        "alarmData": data(alarm, change),
    })
}

fn data(alarm: &Alarm, change: &Change) -> Value {
    json!({
        "alarmName": change.alarm,
        "state": state(&change.state),
        "previousState": state(&change.before),
        "configuration": configuration(alarm),
    })
}

fn state(status: &Status) -> Value {
    let mut state = json!({ "value": status.state.name(), "reason": status.reason });
    if let Some(data) = &status.reason_data {
        state["reasonData"] = json!(data);
    }
    state["timestamp"] = json!(time::stamp(status.updated));
    state
}

fn configuration(alarm: &Alarm) -> Value {
    let mut configuration = Map::new();
    if let Some(description) = alarm.definition.as_ref().and_then(|known| known.alarm_description.as_ref()) {
        configuration.insert("description".to_owned(), json!(description));
    }
    match alarm.definition.as_ref().map(|known| &known.kind) {
        Some(AlarmKind::Composite(rule)) => drop(configuration.insert("alarmRule".to_owned(), json!(rule))),
        Some(AlarmKind::Metric(metric)) => {
            let metrics: Value = metric.queries(&alarm.metric_id).iter().map(query).collect();
            configuration.insert("metrics".to_owned(), metrics);
        }
        // nobody said what it watches
        None => drop(configuration.insert("metrics".to_owned(), json!([]))),
    }
    configuration.into()
}

fn query(query: &MetricDataQuery) -> Value {
    let mut shown = json!({ "id": query.id });
    if let Some(stat) = &query.metric_stat {
        let metric = &stat.metric;
        shown["metricStat"] = json!({
            "metric": {
                "namespace": metric.namespace,
                "name": metric.metric_name,
                "dimensions": metric.dimensions,
            },
            "period": stat.period,
            "stat": stat.stat,
        });
        if let Some(unit) = &stat.unit {
            shown["metricStat"]["unit"] = json!(unit);
        }
    }
    if let Some(expression) = &query.expression {
        shown["expression"] = json!(expression);
    }
    if let Some(label) = &query.label {
        shown["label"] = json!(label);
    }
    if let Some(period) = query.period {
        shown["period"] = json!(period);
    }
    shown["returnData"] = json!(query.return_data != Some(false));
    shown
}
