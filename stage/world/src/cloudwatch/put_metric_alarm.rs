//! `PutMetricAlarm`.

use super::{
    AlarmDefinition, AlarmKind, ComparisonOperator, Metric, MetricAlarm, MetricDataQuery, MetricStat, TreatMissingData,
    Watched, definition,
};
use crate::operation::Operation;
use crate::value::{self, Double, Value};
use crate::{AwsError, Permission, World};
use serde::Deserialize;
use std::collections::BTreeMap;

pub(crate) struct PutMetricAlarm;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Input {
    alarm_name: String,
    alarm_description: Option<String>,
    #[serde(default, deserialize_with = "value::number")]
    actions_enabled: Option<bool>,
    #[serde(default, deserialize_with = "value::list", rename = "OKActions")]
    ok_actions: Vec<String>,
    #[serde(default, deserialize_with = "value::list")]
    alarm_actions: Vec<String>,
    #[serde(default, deserialize_with = "value::list")]
    insufficient_data_actions: Vec<String>,
    metric_name: Option<String>,
    namespace: Option<String>,
    statistic: Option<String>,
    extended_statistic: Option<String>,
    #[serde(default, with = "definition::dimensions")]
    dimensions: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "value::number")]
    period: Option<u32>,
    unit: Option<String>,
    #[serde(default, deserialize_with = "value::number")]
    evaluation_periods: Option<u32>,
    #[serde(default, deserialize_with = "value::number")]
    datapoints_to_alarm: Option<u32>,
    threshold: Option<Double>,
    comparison_operator: Option<ComparisonOperator>,
    treat_missing_data: Option<TreatMissingData>,
    #[serde(default)]
    metrics: Vec<MetricDataQuery>,
    /// Taken and forgotten.
    #[serde(rename = "Tags")]
    _tags: Option<Value>,
}

impl Operation for PutMetricAlarm {
    const SERVICE: &'static str = "cloudwatch";
    const NAME: &'static str = "PutMetricAlarm";
    const CALLERS: &'static [&'static str] = &["guide: aws cloudwatch put-metric-alarm"];
    type Input = Input;
    type Output = ();

    fn authorize(input: &Input, world: &World) -> Vec<Permission> {
        vec![Permission::new("cloudwatch:PutMetricAlarm", super::alarm_arn(world, &input.alarm_name))]
    }

    fn call(input: Input, world: &mut World) -> Result<(), AwsError> {
        let name = input.alarm_name.clone();
        super::put(world, &name, input.definition()?)
    }
}

impl AlarmDefinition {
    /// Reads a metric alarm from the members of `PutMetricAlarm`, which are the properties of `AWS::CloudWatch::Alarm` too.
    ///
    /// # Errors
    /// What is missing, unknown or contradictory.
    pub fn of_metric(members: &serde_json::Value) -> Result<Self, String> {
        let input = Input::deserialize(members).map_err(|error| error.to_string())?;
        input.definition().map_err(|error| error.message)
    }
}

impl Input {
    fn definition(self) -> Result<AlarmDefinition, AwsError> {
        let needed = |what: &str| super::invalid(format!("{what} is missing: an alarm needs it"));
        Ok(AlarmDefinition {
            kind: AlarmKind::Metric(MetricAlarm {
                watches: self.watches()?,
                evaluation_periods: self.evaluation_periods.ok_or_else(|| needed("EvaluationPeriods"))?,
                datapoints_to_alarm: self.datapoints_to_alarm,
                threshold: self.threshold.ok_or_else(|| needed("Threshold"))?.0,
                comparison_operator: self.comparison_operator.ok_or_else(|| needed("ComparisonOperator"))?,
                treat_missing_data: self.treat_missing_data,
            }),
            alarm_description: self.alarm_description,
            actions_enabled: self.actions_enabled.unwrap_or(true),
            ok_actions: self.ok_actions,
            alarm_actions: self.alarm_actions,
            insufficient_data_actions: self.insufficient_data_actions,
        })
    }

    /// One metric, or queries, and not both.
    fn watches(&self) -> Result<Watched, AwsError> {
        let single = self.metric_name.is_some() || self.namespace.is_some() || self.period.is_some();
        let statistic = self.statistic.as_ref().or(self.extended_statistic.as_ref());
        match (&self.metric_name, &self.namespace, statistic, self.period) {
            _ if !self.metrics.is_empty() && (single || statistic.is_some() || !self.dimensions.is_empty()) => {
                Err(super::invalid("Metrics cannot be used together with the members for one metric"))
            }
            _ if !self.metrics.is_empty() => Ok(Watched::Metrics(self.metrics.clone())),
            _ if self.statistic.is_some() && self.extended_statistic.is_some() => {
                Err(super::invalid("Statistic and ExtendedStatistic cannot be used together"))
            }
            (Some(name), Some(namespace), Some(stat), Some(period)) => {
                let dimensions = self.dimensions.clone();
                let metric = Metric { namespace: namespace.clone(), metric_name: name.clone(), dimensions };
                Ok(Watched::Metric(MetricStat { metric, period, stat: stat.clone(), unit: self.unit.clone() }))
            }
            _ => Err(super::invalid(
                "an alarm needs MetricName, Namespace, Period and one of Statistic and ExtendedStatistic, or else Metrics",
            )),
        }
    }
}
