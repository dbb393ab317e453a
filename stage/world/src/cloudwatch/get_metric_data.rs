//! `GetMetricData`.

use super::metric::Grid;
use super::query::Queries;
use super::{MetricDataQuery, MetricStat, invalid};
use crate::operation::Operation;
use crate::value::{self, Time};
use crate::{AwsError, Permission, World};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

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
    const CALLERS: &'static [&'static str] = &["validate", "greenlight why"];
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
        let queries = Queries::parse(&input.metric_data_queries).map_err(invalid)?;
        let answers = queries.ask(&world.cloudwatch.metrics, |stat| grid(stat, (start, end))).map_err(invalid)?;
        let mut results = Vec::new();
        for (query, answer) in queries.iter().zip(answers).filter(|(query, _)| query.return_data != Some(false)) {
            for series in answer.series {
                let mut points: Vec<(i64, f64)> = series.into_iter().collect();
                if input.scan_by != Some(ScanBy::TimestampAscending) {
                    points.reverse();
                }
                results.push(result(query, points));
            }
        }
        if results.iter().map(|result| result.values.len()).sum::<usize>() > MOST {
            return Err(invalid(format!("the stage answers at most {MOST} data points: ask for a shorter time")));
        }
        Ok(Output { metric_data_results: results, messages: [] })
    }
}

fn result(query: &MetricDataQuery, points: Vec<(i64, f64)>) -> MetricDataResult {
    let name = query.metric_stat.as_ref().map_or(&query.id, |stat| &stat.metric.metric_name);
    let (timestamps, values) =
        points.into_iter().filter_map(|(at, value)| Some((Time(Timestamp::from_second(at).ok()?), value))).unzip();
    MetricDataResult {
        id: query.id.clone(),
        label: query.label.clone().unwrap_or_else(|| name.clone()),
        timestamps,
        values,
        status_code: "Complete",
    }
}

/// The periods that begin at or after the start (rounded down to a whole minute) and before the end, aligned to the epoch. One
/// without a data point is left out of the answer.
fn grid(stat: &MetricStat, (from, end): (Timestamp, Timestamp)) -> Grid {
    let to = end.as_second().saturating_add(i64::from(end.subsec_nanosecond() > 0));
    Grid { anchor: 0, period: i64::from(stat.period), from: super::minute(from), to }
}
