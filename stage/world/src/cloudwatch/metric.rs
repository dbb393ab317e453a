//! What is kept of metrics: data points, summed up by the minute, for some hours.

use super::Metric;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// A data point is kept for this long, or for as long as an alarm looks back.
const KEPT: SignedDuration = SignedDuration::from_hours(6);
/// Values within this factor count as one in a distribution.
const BIN: f64 = 1.01;

/// A metric's data points: by the second since the epoch, then by unit.
pub(super) type Points = BTreeMap<i64, BTreeMap<String, Sample>>;

/// All metrics.
#[derive(Debug, Default)]
pub(super) struct Store {
    metrics: BTreeMap<Metric, Points>,
}

/// Values of one time.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sample {
    pub(super) count: f64,
    pub(super) sum: f64,
    pub(super) minimum: f64,
    pub(super) maximum: f64,
    /// How many values there are of about the same size; without it the values are not known one by one, or some are negative.
    distribution: Option<BTreeMap<i32, f64>>,
}

impl Store {
    /// Adds a sample to those of the same metric, time and unit, and forgets what is too old to be looked at.
    pub(super) fn add(
        &mut self,
        metric: Metric,
        at: i64,
        unit: &str,
        sample: &Sample,
        now: Timestamp,
        looks_back: i64,
    ) {
        let kept = KEPT.as_secs().max(looks_back);
        let points = self.metrics.entry(metric).or_default();
        let units = points.entry(at).or_default();
        match units.get_mut(unit) {
            Some(before) => before.add(sample),
            None => drop(units.insert(unit.to_owned(), sample.clone())),
        }
        let oldest = now.as_second().saturating_sub(kept);
        while points.first_key_value().is_some_and(|(at, _)| *at < oldest) {
            points.pop_first();
        }
    }

    /// What was measured in each period that begins in the range and has data points. Periods begin at multiples of their
    /// length, counted from `anchor`.
    pub(super) fn periods(&self, metric: &Metric, unit: Option<&str>, grid: Grid) -> BTreeMap<i64, Sample> {
        let mut periods: BTreeMap<i64, Sample> = BTreeMap::new();
        let Some(points) = self.metrics.get(metric) else { return periods };
        if grid.from >= grid.to {
            return periods;
        }
        for (at, units) in points.range(grid.from..grid.to.saturating_add(grid.period)) {
            let begins = at - (at - grid.anchor).rem_euclid(grid.period);
            if !(grid.from..grid.to).contains(&begins) {
                continue;
            }
            for (_, sample) in units.iter().filter(|(own, _)| unit.is_none_or(|unit| unit == *own)) {
                periods.entry(begins).and_modify(|sum| sum.add(sample)).or_insert_with(|| sample.clone());
            }
        }
        periods
    }
}

/// Which periods are asked for, in seconds since the epoch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grid {
    /// A period begins here.
    pub(super) anchor: i64,
    /// The length of a period; over zero.
    pub(super) period: i64,
    /// The first period begins here or later.
    pub(super) from: i64,
    /// The last one begins before.
    pub(super) to: i64,
}

impl Grid {
    /// When its periods begin, oldest first.
    pub(super) fn begins(self) -> impl Iterator<Item = i64> {
        let first = self.from + (self.anchor - self.from).rem_euclid(self.period);
        std::iter::successors(Some(first), move |at| at.checked_add(self.period)).take_while(move |at| *at < self.to)
    }
}

// === impl Sample ===

impl Sample {
    /// So many times the same value.
    pub(super) fn of(value: f64, count: f64) -> Self {
        let distribution = (value >= 0.0).then(|| BTreeMap::from([(bin(value), count)]));
        Self { count, sum: value * count, minimum: value, maximum: value, distribution }
    }

    /// Values that are known by these only.
    pub(super) fn set(count: f64, sum: f64, minimum: f64, maximum: f64) -> Self {
        Self { count, sum, minimum, maximum, distribution: None }
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.sum += other.sum;
        self.minimum = self.minimum.min(other.minimum);
        self.maximum = self.maximum.max(other.maximum);
        match (&mut self.distribution, &other.distribution) {
            (Some(own), Some(others)) => {
                for (bin, count) in others {
                    *own.entry(*bin).or_default() += count;
                }
            }
            _ => self.distribution = None,
        }
    }

    pub(super) fn is_finite(&self) -> bool {
        [self.count, self.sum, self.minimum, self.maximum].into_iter().all(f64::is_finite)
    }

    /// The value that so many percent of the values do not exceed, to one per cent. AWS has none for negative values either,
    /// nor for statistic sets.
    pub(super) fn percentile(&self, percent: f64) -> Option<f64> {
        let distribution = self.distribution.as_ref()?;
        let rank = self.count * percent / 100.0;
        let mut seen = 0.0;
        for (bin, count) in distribution {
            seen += count;
            // the sum of many fractions may miss the rank by a hair
            if seen >= rank * (1.0 - 1e-12) {
                return Some(center(*bin).clamp(self.minimum, self.maximum));
            }
        }
        Some(self.maximum)
    }
}

fn bin(value: f64) -> i32 {
    if value == 0.0 {
        return i32::MIN;
    }
    #[expect(clippy::cast_possible_truncation, reason = "the logarithm of a finite number is a small one")]
    let bin = (value.ln() / BIN.ln()).round() as i32;
    bin
}

fn center(bin: i32) -> f64 {
    if bin == i32::MIN { 0.0 } else { (f64::from(bin) * BIN.ln()).exp() }
}
