//! `PutMetricData`.
//!
//! AWS keeps namespaces that begin with `AWS/` to its own services. Here whoever rehearses speaks for those services.

use super::metric::Sample;
use super::{Metric, definition, invalid_value, minute};
use crate::operation::Operation;
use crate::value::{self, Double, Time};
use crate::{AwsError, Permission, World};
use serde::Deserialize;
use std::collections::BTreeMap;

pub(crate) struct PutMetricData;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Input {
    namespace: String,
    metric_data: Vec<MetricDatum>,
}

/// `MetricDatum`: one of `Value`, `Values` and `StatisticValues`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct MetricDatum {
    metric_name: String,
    #[serde(default, with = "definition::dimensions")]
    dimensions: BTreeMap<String, String>,
    timestamp: Option<Time>,
    value: Option<Double>,
    #[serde(default)]
    values: Vec<Double>,
    #[serde(default)]
    counts: Vec<Double>,
    statistic_values: Option<StatisticSet>,
    unit: Option<String>,
    #[serde(default, deserialize_with = "value::number")]
    storage_resolution: Option<u32>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct StatisticSet {
    sample_count: Double,
    sum: Double,
    minimum: Double,
    maximum: Double,
}

impl Operation for PutMetricData {
    const SERVICE: &'static str = "cloudwatch";
    const NAME: &'static str = "PutMetricData";
    const CALLERS: &'static [&'static str] = &["tests"];
    type Input = Input;
    type Output = ();

    fn authorize(input: &Input, _: &World) -> Vec<Permission> {
        // the service knows no resource for it
        vec![Permission::new("cloudwatch:PutMetricData", "*").with("cloudwatch:namespace", &input.namespace)]
    }

    fn call(input: Input, world: &mut World) -> Result<(), AwsError> {
        let now = world.now;
        // all or nothing
        let mut samples = Vec::new();
        for datum in &input.metric_data {
            let metric = Metric {
                namespace: input.namespace.clone(),
                metric_name: datum.metric_name.clone(),
                dimensions: datum.dimensions.clone(),
            };
            let at = datum.timestamp.map_or(now, |time| time.0);
            // what is not of high resolution is known by the minute only
            let at = if datum.storage_resolution == Some(1) { at.as_second() } else { minute(at) };
            samples.push((metric, at, datum.unit.clone().unwrap_or_else(|| "None".to_owned()), datum.sample()?));
        }
        for (metric, at, unit, sample) in samples {
            world.cloudwatch.add(metric, at, &unit, &sample, now);
        }
        Ok(())
    }
}

impl MetricDatum {
    /// What was measured.
    fn sample(&self) -> Result<Sample, AwsError> {
        let name = &self.metric_name;
        let sample = match (self.value, self.values.as_slice(), &self.statistic_values) {
            (Some(Double(value)), [], None) => Sample::of(value, 1.0),
            (None, [first, rest @ ..], None) => {
                if !self.counts.is_empty() && self.counts.len() != self.values.len() {
                    return Err(invalid_value(format!("The metric {name} has not as many Counts as Values.")));
                }
                let count = |index: usize| self.counts.get(index).map_or(1.0, |count| count.0);
                let others = rest.iter().enumerate().map(|(index, value)| Sample::of(value.0, count(index + 1)));
                others.fold(Sample::of(first.0, count(0)), |mut sum, other| {
                    sum.add(&other);
                    sum
                })
            }
            (None, [], Some(set)) => Sample::set(set.sample_count.0, set.sum.0, set.minimum.0, set.maximum.0),
            _ => {
                let message = format!("The metric {name} needs one of Value, Values and StatisticValues.");
                return Err(AwsError::client("InvalidParameterCombinationException", message));
            }
        };
        if sample.is_finite() && sample.count > 0.0 {
            Ok(sample)
        } else {
            Err(invalid_value(format!("The metric {name} has a value that is not a number or no value.")))
        }
    }
}
