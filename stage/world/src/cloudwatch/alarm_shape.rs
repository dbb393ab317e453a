//! `MetricAlarm` and `CompositeAlarm`, as `DescribeAlarms` shows them.

use super::{
    Alarm, AlarmDefinition, AlarmKind, ComparisonOperator, MetricAlarm, MetricDataQuery, TreatMissingData, Watched,
    definition,
};
use crate::value::Time;
use serde::Serialize;
use std::collections::BTreeMap;

/// What both kinds have, and what the kind has beside it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AlarmShape {
    alarm_name: String,
    alarm_arn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    alarm_description: Option<String>,
    alarm_configuration_updated_timestamp: Time,
    actions_enabled: bool,
    #[serde(rename = "OKActions")]
    ok_actions: Vec<String>,
    alarm_actions: Vec<String>,
    insufficient_data_actions: Vec<String>,
    state_value: &'static str,
    state_reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_reason_data: Option<String>,
    state_updated_timestamp: Time,
    state_transitioned_timestamp: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    alarm_rule: Option<String>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    compares: Option<Compares>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Compares {
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    metric: Option<Single>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    metrics: Vec<MetricDataQuery>,
    evaluation_periods: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    datapoints_to_alarm: Option<u32>,
    threshold: f64,
    comparison_operator: ComparisonOperator,
    #[serde(skip_serializing_if = "Option::is_none")]
    treat_missing_data: Option<TreatMissingData>,
}

/// The members for one metric.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Single {
    metric_name: String,
    namespace: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    statistic: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extended_statistic: Option<String>,
    #[serde(with = "definition::dimensions")]
    dimensions: BTreeMap<String, String>,
    period: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<String>,
}

/// Shows an alarm.
pub(super) fn show(name: &str, alarm: &Alarm) -> AlarmShape {
    let kind = alarm.definition.as_ref().map(|definition| definition.kind.clone());
    let (alarm_rule, compares) = match kind {
        None => (None, None),
        Some(AlarmKind::Composite(rule)) => (Some(rule), None),
        Some(AlarmKind::Metric(metric)) => (None, Some(compares(metric))),
    };
    let definition = alarm.definition.as_ref();
    let actions = |of: fn(&AlarmDefinition) -> &Vec<String>| definition.map(of).cloned().unwrap_or_default();
    AlarmShape {
        alarm_name: name.to_owned(),
        alarm_arn: alarm.arn.clone(),
        alarm_description: definition.and_then(|definition| definition.alarm_description.clone()),
        alarm_configuration_updated_timestamp: Time(alarm.configured),
        actions_enabled: definition.is_none_or(|definition| definition.actions_enabled),
        ok_actions: actions(|definition| &definition.ok_actions),
        alarm_actions: actions(|definition| &definition.alarm_actions),
        insufficient_data_actions: actions(|definition| &definition.insufficient_data_actions),
        state_value: alarm.status.state.name(),
        state_reason: alarm.status.reason.clone(),
        state_reason_data: alarm.status.reason_data.clone(),
        state_updated_timestamp: Time(alarm.status.updated),
        state_transitioned_timestamp: Time(alarm.status.transitioned),
        alarm_rule,
        compares,
    }
}

fn compares(alarm: MetricAlarm) -> Compares {
    let (metric, metrics) = match alarm.watches {
        Watched::Metrics(metrics) => (None, metrics),
        Watched::Metric(stat) => {
            let (statistic, extended_statistic) =
                if stat.stat.starts_with('p') { (None, Some(stat.stat)) } else { (Some(stat.stat), None) };
            let metric = Single {
                metric_name: stat.metric.metric_name,
                namespace: stat.metric.namespace,
                statistic,
                extended_statistic,
                dimensions: stat.metric.dimensions,
                period: stat.period,
                unit: stat.unit,
            };
            (Some(metric), Vec::new())
        }
    };
    Compares {
        metric,
        metrics,
        evaluation_periods: alarm.evaluation_periods,
        datapoints_to_alarm: alarm.datapoints_to_alarm,
        threshold: alarm.threshold,
        comparison_operator: alarm.comparison_operator,
        treat_missing_data: alarm.treat_missing_data,
    }
}
