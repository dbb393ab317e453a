//! What metric data queries come to: metrics, and metric math over them.

use super::math::{self, Context, Data, Series};
use super::metric::{Grid, Store};
use super::statistic::Statistic;
use super::{MetricDataQuery, MetricStat};
use std::collections::{BTreeMap, BTreeSet};

/// The lengths of a period, in seconds, beside multiples of 60.
const SHORT: [u32; 5] = [1, 5, 10, 20, 30];

/// Queries that are known to fit together.
#[derive(Debug, Clone)]
pub(super) struct Queries {
    queries: Vec<Ready>,
}

#[derive(Debug, Clone)]
struct Ready {
    query: MetricDataQuery,
    what: What,
}

#[derive(Debug, Clone)]
enum What {
    Metric(MetricStat, Statistic),
    Expression(math::Expression),
}

/// What one query came to, by the beginnings of periods: several time series only if it is an expression that has several.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    pub(super) series: Vec<Series>,
    /// How many values there are in each period, if it is a metric.
    pub(super) counts: BTreeMap<i64, f64>,
}

impl Queries {
    /// Looks at queries before anybody asks them; the error says which one is wrong.
    pub(super) fn parse(queries: &[MetricDataQuery]) -> Result<Self, String> {
        let mut ids = BTreeSet::new();
        let mut ready = Vec::new();
        for query in queries {
            if !is_id(&query.id) || !ids.insert(&query.id) {
                return Err(format!(
                    "The Id '{}' is given twice, or does not begin with a lower-case letter.",
                    query.id
                ));
            }
            let what = parse(query).map_err(|wrong| format!("the query '{}': {wrong}", query.id))?;
            ready.push(Ready { query: query.clone(), what });
        }
        let queries = Self { queries: ready };
        // whether an expression fits does not depend on the data
        queries.evaluate(Vec::new(), |_, _| BTreeMap::new())?;
        Ok(queries)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &MetricDataQuery> {
        self.queries.iter().map(|ready| &ready.query)
    }

    /// The metrics that the queries ask for.
    pub(super) fn metrics(&self) -> impl Iterator<Item = &MetricStat> {
        self.iter().filter_map(|query| query.metric_stat.as_ref())
    }

    /// Asks them, each metric at the periods of `grid`.
    pub(super) fn ask(&self, store: &Store, grid: impl Fn(&MetricStat) -> Grid) -> Result<Vec<Answer>, String> {
        // an expression has the periods of the metrics that it is made of: all of one length, or else the longest
        let grids = self.metrics().map(&grid).max_by_key(|grid| grid.period);
        let begins = grids.map(|grid| grid.begins().collect()).unwrap_or_default();
        self.evaluate(begins, |stat, statistic| {
            let periods = store.periods(&stat.metric, stat.unit.as_deref(), grid(stat)).into_iter();
            periods.filter_map(|(at, sample)| Some((at, (statistic.of(&sample)?, sample.count)))).collect()
        })
    }

    /// Whether the query that returns data has one time series for an answer.
    pub(super) fn has_single_result(&self) -> bool {
        let answers = self.evaluate(Vec::new(), |_, _| BTreeMap::new()).unwrap_or_default();
        let mut returned = self.iter().zip(&answers).filter(|(query, _)| query.return_data != Some(false));
        returned.all(|(_, answer)| answer.series.len() == 1)
    }

    /// Every query, in the order in which they were given.
    fn evaluate(
        &self,
        begins: Vec<i64>,
        ask: impl Fn(&MetricStat, Statistic) -> BTreeMap<i64, (f64, f64)>,
    ) -> Result<Vec<Answer>, String> {
        let mut counts = BTreeMap::new();
        let mut context = Context { begins, ..Context::default() };
        for ready in &self.queries {
            if let What::Metric(stat, statistic) = &ready.what {
                let points = ask(stat, *statistic);
                counts.insert(&ready.query.id, points.iter().map(|(at, (_, count))| (*at, *count)).collect());
                let series = points.into_iter().map(|(at, (value, _))| (at, value)).collect();
                context.metrics.push((ready.query.id.clone(), series));
            }
        }
        self.evaluate_expressions(&mut context)?;
        let answer = |ready: &Ready| {
            let id = &ready.query.id;
            let metric = context.metrics.iter().find(|(known, _)| known == id).map(|(_, series)| vec![series.clone()]);
            let series = metric.or_else(|| match context.results.get(id)? {
                Data::Scalar(_) => None,
                Data::Series(series) => Some(vec![series.clone()]),
                Data::Array(all) => Some(all.clone()),
            });
            let returned = ready.query.return_data != Some(false);
            match series {
                Some(series) => Ok(Answer { series, counts: counts.get(id).cloned().unwrap_or_default() }),
                None if !returned => Ok(Answer { series: Vec::new(), counts: BTreeMap::new() }),
                None => Err(format!("the query '{id}': its result has to be a time series, and is a number")),
            }
        };
        self.queries.iter().map(answer).collect()
    }

    /// Expressions may refer to each other in any order, but not in a circle.
    fn evaluate_expressions(&self, context: &mut Context) -> Result<(), String> {
        let mut left: Vec<&Ready> =
            self.queries.iter().filter(|ready| matches!(ready.what, What::Expression(_))).collect();
        let known: BTreeSet<&String> = self.queries.iter().map(|ready| &ready.query.id).collect();
        while !left.is_empty() {
            let before = left.len();
            let mut waiting = Vec::new();
            for ready in left {
                let What::Expression(expression) = &ready.what else { continue };
                let ids = expression.ids();
                let is_expression = |id: &String| !context.metrics.iter().any(|(metric, _)| metric == id);
                let is_waiting =
                    |id: &String| known.contains(id) && is_expression(id) && !context.results.contains_key(id);
                if ids.iter().any(is_waiting) {
                    waiting.push(ready);
                    continue;
                }
                let id = &ready.query.id;
                let result = expression.evaluate(context).map_err(|wrong| format!("the query '{id}': {wrong}"))?;
                context.results.insert(id.clone(), result);
            }
            if waiting.len() == before {
                let ids: Vec<&str> = waiting.iter().map(|ready| ready.query.id.as_str()).collect();
                return Err(format!("the expressions of {} refer to each other in a circle", ids.join(", ")));
            }
            left = waiting;
        }
        Ok(())
    }
}

fn parse(query: &MetricDataQuery) -> Result<What, String> {
    match (&query.metric_stat, &query.expression) {
        (Some(stat), None) => {
            if !is_period(stat.period) {
                return Err("its Period must be 1, 5, 10, 20, 30 or a multiple of 60".to_owned());
            }
            Ok(What::Metric(stat.clone(), Statistic::parse(&stat.stat)?))
        }
        (None, Some(expression)) => math::parse(expression).map(What::Expression),
        _ => Err("it needs one of MetricStat and Expression".to_owned()),
    }
}

fn is_period(seconds: u32) -> bool {
    SHORT.contains(&seconds) || seconds > 0 && seconds.is_multiple_of(60)
}

fn is_id(id: &str) -> bool {
    id.starts_with(|first: char| first.is_ascii_lowercase())
        && id.len() <= 255
        && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
