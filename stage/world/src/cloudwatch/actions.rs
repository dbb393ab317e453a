//! Alarm actions: messages to SNS topics, and invocations of Lambda functions.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html>

use super::transition::Change;
use super::{
    Alarm, AlarmDefinition, AlarmKind, AlarmState, MetricAlarm, MetricDataQuery, MetricStat, TreatMissingData, Watched,
    event, time,
};
use crate::{Permission, World, iam, lambda, sns};
use serde_json::{Value, json};

/// Carries out the actions of the alarm for its new state. Each needs to be allowed by the policy of what it is done to.
pub(super) fn run(world: &mut World, change: &Change) {
    let Some(alarm) = world.cloudwatch.alarms.get(&change.alarm).cloned() else { return };
    let Some(definition) = alarm.definition.as_ref().filter(|known| known.actions_enabled) else { return };
    let actions = match change.state.state {
        AlarmState::Ok => &definition.ok_actions,
        AlarmState::Alarm => &definition.alarm_actions,
        AlarmState::InsufficientData => &definition.insufficient_data_actions,
    };
    for action in actions {
        match action.split(':').nth(2) {
            Some("sns") => publish(world, &alarm, definition, change, action),
            Some("lambda") => invoke(world, &alarm, change, action),
            // `Setup::check` and the operations that make alarms have refused it
            _ => {}
        }
    }
}

/// Whether there is an action of this kind on the stage.
pub(super) fn is_known(action: &str) -> bool {
    matches!(action.split(':').nth(2), Some("sns" | "lambda"))
}

fn invoke(world: &mut World, alarm: &Alarm, change: &Change, function: &str) {
    let needed = Permission::new("lambda:InvokeFunction", function);
    if iam::service_may(world, "lambda.alarms.cloudwatch.amazonaws.com", &alarm.arn, needed) {
        let payload = event::of_action(world, alarm, change);
        // an action that is not there is tried and forgotten: nobody hears of it in AWS either
        drop(lambda::invoke_async(world, function, payload));
    }
}

fn publish(world: &mut World, alarm: &Alarm, definition: &AlarmDefinition, change: &Change, topic: &str) {
    if !iam::service_may(world, "cloudwatch.amazonaws.com", &alarm.arn, Permission::new("sns:Publish", topic)) {
        return;
    }
    let region = region_name(&world.setup.region).to_owned();
    let subject = format!("{}: \"{}\" in {region}", change.state.state.name(), change.alarm);
    let message = message(world, alarm, definition, change, &region).to_string();
    // SNS takes less than a hundred characters
    sns::deliver(world, sns::Publication::new(topic, Some(subject.chars().take(99).collect()), message));
}

fn message(world: &World, alarm: &Alarm, definition: &AlarmDefinition, change: &Change, region: &str) -> Value {
    let mut message = json!({
        "AlarmName": change.alarm,
        "AlarmDescription": definition.alarm_description,
        "AWSAccountId": world.setup.account,
        "AlarmConfigurationUpdatedTimestamp": time::stamp(alarm.configured),
        "NewStateValue": change.state.state.name(),
        "NewStateReason": change.state.reason,
        "StateChangeTime": time::stamp(change.state.updated),
        "Region": region,
        "AlarmArn": alarm.arn,
        "OldStateValue": change.before.state.name(),
        "OKActions": definition.ok_actions,
        "AlarmActions": definition.alarm_actions,
        "InsufficientDataActions": definition.insufficient_data_actions,
    });
    match &definition.kind {
        AlarmKind::Metric(metric) => message["Trigger"] = trigger(metric),
        AlarmKind::Composite(rule) => {
            let child = change.child.iter().map(|(arn, status)| {
                let state = json!({ "Value": status.state.name(), "Timestamp": time::stamp(status.updated) });
                json!({ "Arn": arn, "State": state })
            });
            message["AlarmRule"] = json!(rule);
            message["TriggeringChildren"] = child.collect();
        }
    }
    message
}

fn trigger(alarm: &MetricAlarm) -> Value {
    let mut trigger = match &alarm.watches {
        Watched::Metric(stat) => single(stat),
        Watched::Metrics(_) => json!({ "Period": alarm.period() }),
    };
    trigger["EvaluationPeriods"] = json!(alarm.evaluation_periods);
    if let Some(needed) = alarm.datapoints_to_alarm {
        trigger["DatapointsToAlarm"] = json!(needed);
    }
    trigger["ComparisonOperator"] = json!(alarm.comparison_operator);
    trigger["Threshold"] = json!(alarm.threshold);
    trigger["TreatMissingData"] = json!(alarm.treat_missing_data.unwrap_or(TreatMissingData::Missing));
    trigger["EvaluateLowSampleCountPercentile"] = json!("");
    if let Watched::Metrics(queries) = &alarm.watches {
        trigger["Metrics"] = queries.iter().map(query).collect();
    }
    trigger
}

/// The members for one metric. `Statistic` is in capitals, and a percentile is another member.
fn single(stat: &MetricStat) -> Value {
    let mut trigger = json!({ "MetricName": stat.metric.metric_name, "Namespace": stat.metric.namespace });
    if stat.stat.starts_with('p') {
        trigger["StatisticType"] = json!("ExtendedStatistic");
        trigger["ExtendedStatistic"] = json!(stat.stat);
    } else {
        let statistic = if stat.stat == "SampleCount" { "SAMPLE_COUNT".to_owned() } else { stat.stat.to_uppercase() };
        trigger["StatisticType"] = json!("Statistic");
        trigger["Statistic"] = json!(statistic);
    }
    trigger["Unit"] = json!(stat.unit);
    trigger["Dimensions"] = dimensions(stat);
    trigger["Period"] = json!(stat.period);
    trigger
}

/// Their names begin with small letters here.
fn dimensions(stat: &MetricStat) -> Value {
    stat.metric.dimensions.iter().map(|(name, value)| json!({ "value": value, "name": name })).collect()
}

fn query(query: &MetricDataQuery) -> Value {
    let mut shown = json!(query);
    if let Some(stat) = &query.metric_stat {
        shown["MetricStat"]["Metric"]["Dimensions"] = dimensions(stat);
    }
    shown["ReturnData"] = json!(query.return_data != Some(false));
    shown
}

/// The region as messages name it, if it is one of those that most accounts have; else its own name.
fn region_name(region: &str) -> &str {
    match region {
        "us-east-1" => "US East (N. Virginia)",
        "us-east-2" => "US East (Ohio)",
        "us-west-1" => "US West (N. California)",
        "us-west-2" => "US West (Oregon)",
        "ca-central-1" => "Canada (Central)",
        "eu-central-1" => "EU (Frankfurt)",
        "eu-north-1" => "EU (Stockholm)",
        "eu-west-1" => "EU (Ireland)",
        "eu-west-2" => "EU (London)",
        "eu-west-3" => "EU (Paris)",
        "ap-northeast-1" => "Asia Pacific (Tokyo)",
        "ap-south-1" => "Asia Pacific (Mumbai)",
        "ap-southeast-1" => "Asia Pacific (Singapore)",
        "ap-southeast-2" => "Asia Pacific (Sydney)",
        "sa-east-1" => "South America (Sao Paulo)",
        _ => region,
    }
}
