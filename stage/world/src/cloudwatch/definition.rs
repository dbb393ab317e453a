//! What alarms are defined by: the properties of `AWS::CloudWatch::Alarm` and `AWS::CloudWatch::CompositeAlarm`, as plain data.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricAlarm.html>

use crate::value;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;

/// What an alarm watches, and what it does when its state changes.
#[derive(Debug, Clone, PartialEq)]
pub struct AlarmDefinition {
    /// `AlarmDescription`.
    pub alarm_description: Option<String>,
    /// `ActionsEnabled`: whether a change of state has its actions.
    pub actions_enabled: bool,
    /// `OKActions`: ARNs of SNS topics and Lambda functions.
    pub ok_actions: Vec<String>,
    /// `AlarmActions`, likewise.
    pub alarm_actions: Vec<String>,
    /// `InsufficientDataActions`, likewise.
    pub insufficient_data_actions: Vec<String>,
    /// What decides its state.
    pub kind: AlarmKind,
}

/// The two kinds of alarms.
#[derive(Debug, Clone, PartialEq)]
pub enum AlarmKind {
    /// It compares a metric, or what is computed from metrics, with a threshold.
    Metric(MetricAlarm),
    /// It looks at other alarms: `AlarmRule`, such as `ALARM("a") AND NOT OK("b")`.
    Composite(String),
}

/// What a metric alarm compares, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricAlarm {
    /// What it watches.
    pub watches: Watched,
    /// `EvaluationPeriods`: N of "M out of N".
    pub evaluation_periods: u32,
    /// `DatapointsToAlarm`: M of "M out of N"; without it, all N.
    pub datapoints_to_alarm: Option<u32>,
    /// `Threshold`.
    pub threshold: f64,
    /// `ComparisonOperator`.
    pub comparison_operator: ComparisonOperator,
    /// `TreatMissingData`; without it, `missing`.
    pub treat_missing_data: Option<TreatMissingData>,
}

/// What a metric alarm watches.
#[derive(Debug, Clone, PartialEq)]
pub enum Watched {
    /// One metric: `Namespace`, `MetricName`, `Dimensions`, `Period`, `Unit`, and `Statistic` or `ExtendedStatistic`.
    Metric(MetricStat),
    /// `Metrics`: the one query that returns data is watched.
    Metrics(Vec<MetricDataQuery>),
}

/// `ComparisonOperator`, without those for anomaly detection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the service model's names")]
pub enum ComparisonOperator {
    GreaterThanOrEqualToThreshold,
    GreaterThanThreshold,
    LessThanThreshold,
    LessThanOrEqualToThreshold,
}

/// `TreatMissingData`: what periods without a data point count for, where there are too few with one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TreatMissingData {
    /// Nothing: without any data point the state is `INSUFFICIENT_DATA`.
    Missing,
    /// They are good.
    NotBreaching,
    /// They are bad.
    Breaching,
    /// The state stays.
    Ignore,
}

/// `MetricDataQuery`: a metric or a metric math expression, of an alarm or of `GetMetricData`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct MetricDataQuery {
    /// Names its result in expressions.
    pub id: String,
    /// The metric; either this or `expression`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric_stat: Option<MetricStat>,
    /// Metric math over the other queries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expression: Option<String>,
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The seconds of an expression's period. Taken and told again: the periods of the metrics count.
    #[serde(default, deserialize_with = "value::number", skip_serializing_if = "Option::is_none")]
    pub period: Option<u32>,
    /// Whether it is part of the answer; without it, it is.
    #[serde(default, deserialize_with = "value::number", skip_serializing_if = "Option::is_none")]
    pub return_data: Option<bool>,
}

/// `MetricStat`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct MetricStat {
    /// Which metric.
    pub metric: Metric,
    /// Seconds.
    #[serde(deserialize_with = "value::whole")]
    pub period: u32,
    /// `Average`, `Sum`, `Minimum`, `Maximum`, `SampleCount`, or a percentile such as `p99`.
    pub stat: String,
    /// Only data points of this unit; without it, those of every unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

/// `Metric`. Its dimensions are part of its identity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Metric {
    /// `AWS/ApplicationELB`.
    pub namespace: String,
    /// `HTTPCode_Target_5XX_Count`.
    pub metric_name: String,
    /// Names to values.
    #[serde(default, with = "dimensions")]
    pub dimensions: BTreeMap<String, String>,
}

// === impl AlarmDefinition ===

impl AlarmDefinition {
    /// An alarm with the settings that AWS gives it when nobody says anything.
    pub fn new(kind: AlarmKind) -> Self {
        Self {
            alarm_description: None,
            actions_enabled: true,
            ok_actions: Vec::new(),
            alarm_actions: Vec::new(),
            insufficient_data_actions: Vec::new(),
            kind,
        }
    }
}

// === impl MetricAlarm ===

impl MetricAlarm {
    /// The queries of what it watches. `id` is that of the only one where the definition has none.
    pub(super) fn queries(&self, id: &str) -> Vec<MetricDataQuery> {
        match &self.watches {
            Watched::Metrics(queries) => queries.clone(),
            Watched::Metric(stat) => vec![MetricDataQuery {
                id: id.to_owned(),
                metric_stat: Some(stat.clone()),
                expression: None,
                label: None,
                period: None,
                return_data: Some(true),
            }],
        }
    }

    /// The seconds of one period: that of its metrics.
    pub(super) fn period(&self) -> u32 {
        match &self.watches {
            Watched::Metric(stat) => stat.period,
            Watched::Metrics(queries) => {
                let mut periods = queries.iter().filter_map(|query| query.metric_stat.as_ref());
                periods.next().map_or(60, |stat| stat.period)
            }
        }
    }

    /// M of "M out of N".
    pub(super) fn needed(&self) -> u32 {
        self.datapoints_to_alarm.unwrap_or(self.evaluation_periods)
    }
}

// === impl ComparisonOperator ===

impl ComparisonOperator {
    /// Whether a value breaches the threshold.
    pub(super) fn is_breached(self, value: f64, threshold: f64) -> bool {
        match self {
            Self::GreaterThanOrEqualToThreshold => value >= threshold,
            Self::GreaterThanThreshold => value > threshold,
            Self::LessThanThreshold => value < threshold,
            Self::LessThanOrEqualToThreshold => value <= threshold,
        }
    }

    /// As the reason of a state says it.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::GreaterThanOrEqualToThreshold => "greater than or equal to",
            Self::GreaterThanThreshold => "greater than",
            Self::LessThanThreshold => "less than",
            Self::LessThanOrEqualToThreshold => "less than or equal to",
        }
    }
}

/// On the wire dimensions are a list.
pub(super) mod dimensions {
    use super::{BTreeMap, Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "PascalCase", deny_unknown_fields)]
    struct Dimension {
        name: String,
        value: String,
    }

    pub(in crate::cloudwatch) fn serialize<S: Serializer>(
        dimensions: &BTreeMap<String, String>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let all = dimensions.iter().map(|(name, value)| Dimension { name: name.clone(), value: value.clone() });
        serializer.collect_seq(all)
    }

    pub(in crate::cloudwatch) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<String, String>, D::Error> {
        let mut dimensions = BTreeMap::new();
        for Dimension { name, value } in Vec::deserialize(deserializer)? {
            if dimensions.contains_key(&name) {
                return Err(super::twice(&name));
            }
            dimensions.insert(name, value);
        }
        Ok(dimensions)
    }
}

fn twice<E: serde::de::Error>(name: &str) -> E {
    E::custom(format!("the dimension {name} is given twice"))
}
