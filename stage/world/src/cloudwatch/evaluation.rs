//! How a metric alarm's state follows from data points: "M out of N", and what missing data points count for.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html>

use super::{AlarmState, MetricAlarm, TreatMissingData};

/// So many periods more than N are looked at. AWS says only that it retrieves more; its example has five for three.
pub(super) const MORE: u32 = 2;

/// The value of a period, and how many values it is made of, if it is that of a metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    /// When its period begins, in seconds since the epoch.
    pub(super) at: i64,
    pub(super) value: f64,
    pub(super) count: Option<f64>,
}

/// What follows for an alarm.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Evaluation {
    /// The state that it gets; `None` if it keeps the one that it has.
    pub(super) state: Option<AlarmState>,
    /// The data points that count, newest first.
    pub(super) points: Vec<Point>,
    /// How many missing ones count as `TreatMissingData` says.
    pub(super) filled: usize,
}

/// Evaluates an alarm over the periods of its evaluation range, oldest first; `None` is a period without a data point.
pub(super) fn evaluate(alarm: &MetricAlarm, range: &[Option<Point>]) -> Evaluation {
    let wanted = alarm.evaluation_periods as usize;
    let needed = alarm.needed() as usize;
    let breaches = |point: &Point| alarm.comparison_operator.is_breached(point.value, alarm.threshold);
    // only as many as count, the newest first
    let points: Vec<Point> = range.iter().rev().copied().flatten().take(wanted).collect();
    let missing = wanted - points.len();
    let breaching = points.iter().filter(|point| breaches(point)).count();
    let by_count = |breaching: usize| if breaching >= needed { AlarmState::Alarm } else { AlarmState::Ok };
    let treatment = alarm.treat_missing_data.unwrap_or(TreatMissingData::Missing);
    let (state, filled) = match treatment {
        _ if missing == 0 => (Some(by_count(breaching)), 0),
        TreatMissingData::Breaching => (Some(by_count(breaching + missing)), missing),
        TreatMissingData::NotBreaching => (Some(by_count(breaching)), missing),
        _ if breaching >= needed => (Some(AlarmState::Alarm), 0),
        // what there is decides, if something speaks against an alarm
        _ if breaching < points.len() => (Some(AlarmState::Ok), 0),
        TreatMissingData::Ignore => (None, 0),
        TreatMissingData::Missing => {
            // all that there is breaches, but there is little of it: old enough it is an alarm, and else not yet
            let oldest = range.iter().position(Option::is_some).map(|index| range.len() - index);
            let is_old = oldest.is_some_and(|age| age >= needed);
            (Some(if is_old { AlarmState::Alarm } else { AlarmState::InsufficientData }), 0)
        }
    };
    Evaluation { state, points, filled }
}
