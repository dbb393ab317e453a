//! Metric math: the part of it that alarms of this field use.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html>

mod evaluate;
mod parse;
#[cfg(test)]
mod tests;

pub(super) use evaluate::{Context, Data, Series};
pub(super) use parse::parse;

use std::collections::BTreeSet;

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expression {
    Number(f64),
    /// The result of another query.
    Id(String),
    Negated(Box<Expression>),
    Binary(Operator, Box<Expression>, Box<Expression>),
    /// `[a, b]`.
    List(Vec<Expression>),
    /// `METRICS()`, or `METRICS("part of an id")`.
    Metrics(Option<String>),
    /// Of one time series a number, of several one time series.
    Fold(Fold, Box<Expression>),
    /// `IF(condition, then)`, or with a third for where the condition does not hold.
    If(Vec<Expression>),
    /// `FILL(what, how)`.
    Fill(Box<Expression>, Filler),
}

/// What stands in the place of missing values.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Filler {
    /// The value before.
    Repeat,
    /// A value on the line between its neighbours.
    Linear,
    With(Box<Expression>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    And,
    Or,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fold {
    Avg,
    Max,
    Min,
    Sum,
}

/// Every function that the stage has, for who asks for another.
const FUNCTIONS: &str = "AVG, FILL, IF, MAX, METRICS, MIN and SUM";

impl Expression {
    /// The ids that it refers to.
    pub(super) fn ids(&self) -> BTreeSet<String> {
        self.nodes()
            .into_iter()
            .filter_map(|(node, _)| if let Self::Id(id) = node { Some(id.clone()) } else { None })
            .collect()
    }

    /// Every part of it, with how deep it is. The depth that is measured is not the stack's.
    fn nodes(&self) -> Vec<(&Self, usize)> {
        let mut nodes = vec![(self, 1)];
        let mut next = 0;
        while let Some(&(node, depth)) = nodes.get(next) {
            next += 1;
            let inner: Vec<&Self> = match node {
                Self::Number(_) | Self::Id(_) | Self::Metrics(_) => Vec::new(),
                Self::Negated(inner) | Self::Fold(_, inner) => vec![inner],
                Self::Binary(_, one, other) => vec![one, other],
                Self::List(items) | Self::If(items) => items.iter().collect(),
                Self::Fill(what, Filler::With(with)) => vec![what, with],
                Self::Fill(what, _) => vec![what],
            };
            nodes.extend(inner.into_iter().map(|inner| (inner, depth + 1)));
        }
        nodes
    }
}
