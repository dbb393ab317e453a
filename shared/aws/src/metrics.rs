//! Values of `CloudWatch` metrics.

use crate::deployment::timestamp;
use crate::{Env, Error, classify};
use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricStat};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::time::Duration;

/// A metric and what is taken of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// `AWS/ApplicationELB`.
    pub namespace: String,
    /// `TargetResponseTime`.
    pub metric: String,
    /// Its dimensions.
    pub dimensions: BTreeMap<String, String>,
    /// `Average`, `p99` and the like.
    pub statistic: String,
    /// What one value is taken over.
    pub period: Duration,
    /// How far to look back.
    pub window: Duration,
}

/// What one call of `GetMetricData` takes.
const QUERIES: usize = 500;

/// Reads the values of each query, oldest first.
pub async fn read(env: &Env, queries: &[Query]) -> Result<Vec<Vec<f64>>, Error> {
    let mut found = vec![Vec::new(); queries.len()];
    let now = env.clock.now();
    // one call has one range of time
    let mut by_window: BTreeMap<Duration, Vec<usize>> = BTreeMap::new();
    for (index, query) in queries.iter().enumerate() {
        by_window.entry(query.window).or_default().push(index);
    }
    for (window, indices) in by_window {
        for indices in indices.chunks(QUERIES) {
            let queries = indices.iter().filter_map(|index| Some((*index, queries.get(*index)?)));
            for (index, values) in call(env, queries, earlier(now, window), now).await? {
                if let Some(slot) = found.get_mut(index) {
                    slot.extend(values.into_iter().map(|(_, value)| value));
                }
            }
        }
    }
    Ok(found)
}

/// Reads the values of up to five hundred queries between two times, oldest first, each with the time at which its period begins. The
/// queries' own windows say nothing.
///
/// # Errors
/// If they cannot be read.
pub async fn between(
    env: &Env,
    queries: &[Query],
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<Vec<(Timestamp, f64)>>, Error> {
    let mut found = vec![Vec::new(); queries.len()];
    for (index, values) in call(env, queries.iter().enumerate().take(QUERIES), from, to).await? {
        if let Some(slot) = found.get_mut(index) {
            slot.extend(values);
        }
    }
    Ok(found)
}

/// A query's values with their times, and which query it is.
type Values = (usize, Vec<(Timestamp, f64)>);

async fn call(
    env: &Env,
    queries: impl Iterator<Item = (usize, &Query)>,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<Values>, Error> {
    let queries: Vec<MetricDataQuery> = queries.map(|(index, query)| data_query(index, query)).collect();
    let mut found = Vec::new();
    let mut token = None;
    loop {
        let request = env.cloudwatch().get_metric_data().set_metric_data_queries(Some(queries.clone()));
        let request = request.start_time(time(from)).end_time(time(to)).set_next_token(token);
        let request = request.scan_by(aws_sdk_cloudwatch::types::ScanBy::TimestampAscending);
        let answer = request.send().await.map_err(|error| classify("cloudwatch:GetMetricData", "*", &error))?;
        for result in answer.metric_data_results() {
            let index = result.id().and_then(|id| id.strip_prefix('q')).and_then(|index| index.parse().ok());
            let times = result.timestamps().iter().filter_map(timestamp);
            let values = times.zip(result.values().iter().copied()).collect();
            found.extend(index.map(|index| (index, values)));
        }
        token = answer.next_token().filter(|token| !token.is_empty()).map(str::to_owned);
        if token.is_none() {
            return Ok(found);
        }
    }
}

fn data_query(index: usize, query: &Query) -> MetricDataQuery {
    let dimension = |(name, value): (&String, &String)| Dimension::builder().name(name).value(value).build();
    let metric = Metric::builder()
        .namespace(&query.namespace)
        .metric_name(&query.metric)
        .set_dimensions(Some(query.dimensions.iter().map(dimension).collect()))
        .build();
    let period = i32::try_from(query.period.as_secs()).unwrap_or(i32::MAX);
    let stat = MetricStat::builder().metric(metric).period(period).stat(&query.statistic).build();
    MetricDataQuery::builder().id(format!("q{index}")).metric_stat(stat).return_data(true).build()
}

fn earlier(now: Timestamp, window: Duration) -> Timestamp {
    let window = SignedDuration::try_from(window).unwrap_or(SignedDuration::MAX);
    now.checked_sub(window).unwrap_or(Timestamp::MIN)
}

fn time(at: Timestamp) -> DateTime {
    DateTime::from_secs(at.as_second())
}
