//! `GetMetricData`, over stored data points; metric math is refused by name.

use super::metric::{Dimension, Metric, Sample};
use super::{invalid, metric};
use crate::operation::Operation;
use crate::value::{self, Time};
use crate::{AwsError, Permission, World};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The statistics that the stage keeps.
const STATISTICS: [&str; 5] = ["Average", "Sum", "Minimum", "Maximum", "SampleCount"];

/// How many data points one answer has at most.
const MOST: usize = 100_800;

pub(crate) struct GetMetricData;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Input {
    metric_data_queries: Vec<MetricDataQuery>,
    start_time: Time,
    end_time: Time,
    scan_by: Option<ScanBy>,
    #[serde(default, deserialize_with = "value::number", rename = "MaxDatapoints")]
    _max_datapoints: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
enum ScanBy {
    TimestampDescending,
    TimestampAscending,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct MetricDataQuery {
    id: String,
    metric_stat: Option<MetricStat>,
    expression: Option<String>,
    label: Option<String>,
    #[serde(default, deserialize_with = "value::number")]
    return_data: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct MetricStat {
    metric: MetricShape,
    #[serde(default, deserialize_with = "value::number")]
    period: Option<i64>,
    stat: String,
    unit: Option<String>,
}

/// `Metric`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct MetricShape {
    namespace: String,
    metric_name: String,
    #[serde(default)]
    dimensions: Vec<Dimension>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    metric_data_results: Vec<MetricDataResult>,
    messages: [(); 0],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct MetricDataResult {
    id: String,
    label: String,
    timestamps: Vec<Time>,
    values: Vec<f64>,
    status_code: &'static str,
}

impl Operation for GetMetricData {
    const SERVICE: &'static str = "cloudwatch";
    const NAME: &'static str = "GetMetricData";
    const CALLERS: &'static [&'static str] = &["validate"];
    type Input = Input;
    type Output = Output;

    fn authorize(_: &Input, _: &World) -> Vec<Permission> {
        // the service knows no resource for it
        vec![Permission::new("cloudwatch:GetMetricData", "*")]
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        let (start, end) = (input.start_time.0, input.end_time.0);
        if start >= end {
            return Err(invalid("The parameter StartTime must be less than the parameter EndTime."));
        }
        let mut ids = BTreeSet::new();
        let mut results = Vec::new();
        for query in &input.metric_data_queries {
            if !is_id(&query.id) || !ids.insert(&query.id) {
                return Err(invalid(format!(
                    "The Id '{}' is given twice, or does not begin with a lower-case letter.",
                    query.id
                )));
            }
            let result = answer(world, query, (start, end), input.scan_by)?;
            if query.return_data != Some(false) {
                results.push(result);
            }
        }
        if results.iter().map(|result| result.values.len()).sum::<usize>() > MOST {
            return Err(invalid(format!("the stage answers at most {MOST} data points: ask for a shorter time")));
        }
        Ok(Output { metric_data_results: results, messages: [] })
    }
}

fn is_id(id: &str) -> bool {
    id.starts_with(|first: char| first.is_ascii_lowercase())
        && id.len() <= 255
        && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn answer(
    world: &World,
    query: &MetricDataQuery,
    time: (Timestamp, Timestamp),
    scan_by: Option<ScanBy>,
) -> Result<MetricDataResult, AwsError> {
    let id = &query.id;
    let stat = match (&query.metric_stat, &query.expression) {
        (Some(stat), None) => stat,
        (None, Some(_)) => {
            return Err(invalid(format!(
                "the stage does not compute metric math: give the query '{id}' a MetricStat in place of its Expression"
            )));
        }
        _ => return Err(invalid(format!("The query '{id}' needs one of MetricStat and Expression."))),
    };
    let period = stat
        .period
        .filter(|period| matches!(period, 1 | 5 | 10 | 20 | 30) || *period > 0 && period % 60 == 0)
        .ok_or_else(|| {
            invalid(format!("The Period of the query '{id}' must be 1, 5, 10, 20, 30 or a multiple of 60."))
        })?;
    if !STATISTICS.contains(&stat.stat.as_str()) {
        let known = STATISTICS.join(", ");
        return Err(invalid(format!("the stage has the statistics {known}, not {} of the query '{id}'", stat.stat)));
    }
    let MetricShape { namespace, metric_name, dimensions } = &stat.metric;
    let metric = Metric::new(namespace, metric_name, dimensions)?;
    let periods = world
        .cloudwatch
        .metrics
        .get(&metric)
        .map(|points| periods(points, period, stat.unit.as_deref(), time))
        .unwrap_or_default();
    let mut points: Vec<(i64, f64)> =
        periods.into_iter().filter_map(|(at, sample)| Some((at, sample.statistic(&stat.stat)?))).collect();
    if scan_by != Some(ScanBy::TimestampAscending) {
        points.reverse();
    }
    let (timestamps, values) =
        points.into_iter().filter_map(|(at, value)| Some((Time(Timestamp::from_second(at).ok()?), value))).unzip();
    Ok(MetricDataResult {
        id: id.clone(),
        label: query.label.clone().unwrap_or_else(|| metric_name.clone()),
        timestamps,
        values,
        status_code: "Complete",
    })
}

/// What was measured in each period that begins at or after the start (rounded down to a whole minute) and before the end.
/// Periods are aligned to the epoch; one without a data point is left out.
fn periods(
    points: &metric::Points,
    period: i64,
    unit: Option<&str>,
    (start, end): (Timestamp, Timestamp),
) -> BTreeMap<i64, Sample> {
    let start = start.as_second() - start.as_second().rem_euclid(60);
    let mut periods: BTreeMap<i64, Sample> = BTreeMap::new();
    for (at, units) in points.range(start..) {
        let begins = at - at.rem_euclid(period);
        let is_before_end = Timestamp::from_second(begins).is_ok_and(|begins| begins < end);
        if begins < start || !is_before_end {
            continue;
        }
        for (own, sample) in units {
            if unit.is_none_or(|unit| unit == own) {
                periods.entry(begins).and_modify(|sum| *sum = sum.add(*sample)).or_insert(*sample);
            }
        }
    }
    periods
}
