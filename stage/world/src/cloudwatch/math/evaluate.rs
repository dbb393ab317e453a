//! What an expression comes to.

use super::{Expression, Filler, Fold, Operator};
use std::collections::BTreeMap;

/// Values by the second at which their period begins.
pub(in crate::cloudwatch) type Series = BTreeMap<i64, f64>;

/// What an expression can be.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::cloudwatch) enum Data {
    Scalar(f64),
    Series(Series),
    Array(Vec<Series>),
}

/// What an expression can refer to.
#[derive(Debug, Clone, Default)]
pub(in crate::cloudwatch) struct Context {
    /// The metrics of the request, in its order.
    pub(in crate::cloudwatch) metrics: Vec<(String, Series)>,
    /// The results of the expressions so far.
    pub(in crate::cloudwatch) results: BTreeMap<String, Data>,
    /// When the periods begin, oldest first.
    pub(in crate::cloudwatch) begins: Vec<i64>,
}

impl Expression {
    /// What it comes to; the error says what does not fit together.
    pub(in crate::cloudwatch) fn evaluate(&self, context: &Context) -> Result<Data, String> {
        match self {
            Self::Number(number) => Ok(Data::Scalar(*number)),
            Self::Id(id) => context.get(id),
            Self::Negated(inner) => Ok(inner.evaluate(context)?.map(|value| -value)),
            Self::Binary(operator, one, other) => operator.apply(one.evaluate(context)?, other.evaluate(context)?),
            Self::List(items) => list(items, context),
            Self::Metrics(part) => Ok(Data::Array(context.metrics(part.as_deref()))),
            Self::Fold(fold, inner) => fold.apply(inner.evaluate(context)?),
            Self::If(arguments) => choose(arguments, context),
            Self::Fill(what, how) => fill(what.evaluate(context)?, how, context),
        }
    }
}

impl Context {
    fn get(&self, id: &str) -> Result<Data, String> {
        if let Some(result) = self.results.get(id) {
            return Ok(result.clone());
        }
        let metric = self.metrics.iter().find(|(known, _)| known == id);
        metric
            .map(|(_, series)| Data::Series(series.clone()))
            .ok_or_else(|| format!("there is no query with the Id {id}"))
    }

    fn metrics(&self, part: Option<&str>) -> Vec<Series> {
        let wanted = self.metrics.iter().filter(|(id, _)| part.is_none_or(|part| id.contains(part)));
        wanted.map(|(_, series)| series.clone()).collect()
    }
}

impl Data {
    fn map(self, change: impl Fn(f64) -> f64 + Copy) -> Self {
        let each = |series: Series| finite(series.into_iter().map(|(at, value)| (at, change(value))));
        match self {
            Self::Scalar(value) => Self::Scalar(change(value)),
            Self::Series(series) => Self::Series(each(series)),
            Self::Array(all) => Self::Array(all.into_iter().map(each).collect()),
        }
    }
}

/// A division by zero, and what else has no number for a result, drops the data point.
fn finite(values: impl Iterator<Item = (i64, f64)>) -> Series {
    values.filter(|(_, value)| value.is_finite()).collect()
}

fn list(items: &[Expression], context: &Context) -> Result<Data, String> {
    let mut all = Vec::new();
    for item in items {
        match item.evaluate(context)? {
            Data::Series(series) => all.push(series),
            Data::Array(several) => all.extend(several),
            Data::Scalar(_) => return Err("a list can have time series only, not a number".to_owned()),
        }
    }
    Ok(Data::Array(all))
}

impl Operator {
    fn apply(self, one: Data, other: Data) -> Result<Data, String> {
        let calculate = |a: f64, b: f64| self.calculate(a, b);
        Ok(match (one, other) {
            (Data::Scalar(a), Data::Scalar(b)) => Data::Scalar(calculate(a, b)),
            (many, Data::Scalar(b)) => many.map(|a| calculate(a, b)),
            (Data::Scalar(a), many) => many.map(|b| calculate(a, b)),
            (Data::Series(a), Data::Series(b)) => Data::Series(both(&a, &b, calculate)),
            (Data::Array(all), Data::Series(b)) => Data::Array(all.iter().map(|a| both(a, &b, calculate)).collect()),
            (Data::Series(a), Data::Array(all)) => Data::Array(all.iter().map(|b| both(&a, b, calculate)).collect()),
            (Data::Array(_), Data::Array(_)) => {
                return Err("an operator cannot stand between two lists of time series".to_owned());
            }
        })
    }

    #[expect(clippy::float_cmp, reason = "`==` of metric math is as exact")]
    fn calculate(self, a: f64, b: f64) -> f64 {
        let truth = |holds: bool| if holds { 1.0 } else { 0.0 };
        match self {
            Self::Add => a + b,
            Self::Subtract => a - b,
            Self::Multiply => a * b,
            Self::Divide => a / b,
            Self::Power => a.powf(b),
            Self::Equal => truth(a == b),
            Self::NotEqual => truth(a != b),
            Self::Less => truth(a < b),
            Self::LessOrEqual => truth(a <= b),
            Self::Greater => truth(a > b),
            Self::GreaterOrEqual => truth(a >= b),
            Self::And => truth(a != 0.0 && b != 0.0),
            Self::Or => truth(a != 0.0 || b != 0.0),
        }
    }
}

/// Of two time series, where one has a value and the other has not, the other has zero.
fn both(one: &Series, other: &Series, calculate: impl Fn(f64, f64) -> f64) -> Series {
    let value = |series: &Series, at| series.get(at).copied().unwrap_or(0.0);
    finite(one.keys().chain(other.keys()).map(|at| (*at, calculate(value(one, at), value(other, at)))))
}

impl Fold {
    fn apply(self, data: Data) -> Result<Data, String> {
        match data {
            Data::Scalar(_) => Err("AVG, MAX, MIN and SUM take time series, not a number".to_owned()),
            Data::Series(series) => {
                let values: Vec<f64> = series.into_values().collect();
                let count = values.len();
                Ok(Data::Scalar(self.of(&values, count)))
            }
            Data::Array(all) => {
                let mut points: BTreeMap<i64, Vec<f64>> = BTreeMap::new();
                for (at, value) in all.iter().flatten() {
                    points.entry(*at).or_default().push(*value);
                }
                // a time series without a value there counts in an average, with zero
                Ok(Data::Series(finite(points.into_iter().map(|(at, values)| (at, self.of(&values, all.len()))))))
            }
        }
    }

    fn of(self, values: &[f64], count: usize) -> f64 {
        let sum = values.iter().sum::<f64>();
        #[expect(clippy::cast_precision_loss, reason = "nobody counts that far")]
        match self {
            Self::Avg => sum / count as f64,
            Self::Max => values.iter().copied().fold(f64::NAN, f64::max),
            Self::Min => values.iter().copied().fold(f64::NAN, f64::min),
            Self::Sum => sum,
        }
    }
}

/// `IF(condition, then, otherwise)`.
fn choose(arguments: &[Expression], context: &Context) -> Result<Data, String> {
    let mut data = Vec::new();
    for argument in arguments {
        match argument.evaluate(context)? {
            Data::Array(_) => return Err("IF takes single time series and numbers, not lists".to_owned()),
            single => data.push(single),
        }
    }
    let mut data = data.into_iter();
    let (Some(condition), Some(then), otherwise) = (data.next(), data.next(), data.next()) else {
        return Err("IF takes a condition and one or two values".to_owned());
    };
    match condition {
        Data::Series(condition) => Ok(Data::Series(finite(condition.into_iter().filter_map(|(at, holds)| {
            let chosen = if holds == 0.0 {
                otherwise.as_ref()?.at(at)?
            } else {
                // what is missing is zero here, and dropped there
                then.at(at).unwrap_or(0.0)
            };
            Some((at, chosen))
        })))),
        Data::Scalar(holds) if holds != 0.0 => Ok(then),
        _ => Ok(otherwise.unwrap_or_else(|| Data::Series(Series::new()))),
    }
}

impl Data {
    fn at(&self, at: i64) -> Option<f64> {
        match self {
            Self::Scalar(value) => Some(*value),
            Self::Series(series) => series.get(&at).copied(),
            Self::Array(_) => None,
        }
    }
}

fn fill(data: Data, how: &Filler, context: &Context) -> Result<Data, String> {
    let with = match how {
        Filler::With(with) => Some(with.evaluate(context)?),
        Filler::Repeat | Filler::Linear => None,
    };
    if matches!(with, Some(Data::Array(_))) {
        return Err("FILL fills with a number or one time series, not with a list".to_owned());
    }
    let each = |series: &Series| {
        let value = |at: &i64| {
            let known = series.get(at).copied();
            known.or_else(|| match &with {
                Some(with) => with.at(*at),
                None if *how == Filler::Repeat => series.range(..at).next_back().map(|(_, value)| *value),
                None => between(series, *at),
            })
        };
        context.begins.iter().filter_map(|at| Some((*at, value(at)?))).collect()
    };
    match data {
        Data::Scalar(_) => Err("FILL takes time series, not a number".to_owned()),
        Data::Series(series) => Ok(Data::Series(each(&series))),
        Data::Array(all) => Ok(Data::Array(all.iter().map(each).collect())),
    }
}

fn between(series: &Series, at: i64) -> Option<f64> {
    let (before, low) = series.range(..at).next_back()?;
    let (after, high) = series.range(at..).next()?;
    #[expect(clippy::cast_precision_loss, reason = "seconds of this era fit into 53 bits")]
    let share = (at - before) as f64 / (after - before) as f64;
    Some(low + (high - low) * share)
}
