//! Metrics and what they are made of: data points, summed up by the second.

use super::invalid_value;
use crate::AwsError;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Which metric: its dimensions are part of its identity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Metric {
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) dimensions: BTreeMap<String, String>,
}

/// `Dimension`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Dimension {
    name: String,
    value: String,
}

/// A metric's data points: by the second since the epoch, then by unit.
pub(super) type Points = BTreeMap<i64, BTreeMap<String, Sample>>;

/// Values of one time, as `StatisticSet` has them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sample {
    pub(super) count: f64,
    pub(super) sum: f64,
    pub(super) minimum: f64,
    pub(super) maximum: f64,
}

impl Metric {
    pub(super) fn new(namespace: &str, name: &str, dimensions: &[Dimension]) -> Result<Self, AwsError> {
        let mut unique = BTreeMap::new();
        for dimension in dimensions {
            if unique.insert(dimension.name.clone(), dimension.value.clone()).is_some() {
                return Err(invalid_value(format!("The dimension {} is given twice.", dimension.name)));
            }
        }
        Ok(Self { namespace: namespace.to_owned(), name: name.to_owned(), dimensions: unique })
    }
}

impl Sample {
    /// So many times the same value.
    pub(super) fn of(value: f64, count: f64) -> Self {
        Self { count, sum: value * count, minimum: value, maximum: value }
    }

    pub(super) fn add(self, other: Self) -> Self {
        Self {
            count: self.count + other.count,
            sum: self.sum + other.sum,
            minimum: self.minimum.min(other.minimum),
            maximum: self.maximum.max(other.maximum),
        }
    }

    /// A statistic by its name; `None` if it is none of the five that a sample has.
    pub(super) fn statistic(self, name: &str) -> Option<f64> {
        match name {
            "Average" => Some(self.sum / self.count),
            "Sum" => Some(self.sum),
            "Minimum" => Some(self.minimum),
            "Maximum" => Some(self.maximum),
            "SampleCount" => Some(self.count),
            _ => None,
        }
    }

    pub(super) fn is_finite(self) -> bool {
        [self.count, self.sum, self.minimum, self.maximum].into_iter().all(f64::is_finite)
    }
}
