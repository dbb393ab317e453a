//! Amazon CloudWatch: alarms whose states are set from outside, and data points of metrics.
//!
//! An alarm watches no metric here: its state is what the setup says, until `SetAlarmState`.

mod describe_alarms;
mod get_metric_data;
mod metric;
mod put_metric_data;
mod set_alarm_state;
#[cfg(test)]
mod tests;

use crate::operation::{Entry, entry};
use crate::{AwsError, World};
use jiff::Timestamp;
use metric::{Metric, Points, Sample};
use std::collections::BTreeMap;

pub(crate) const OPERATIONS: &[Entry] = &[
    entry::<describe_alarms::DescribeAlarms>(),
    entry::<get_metric_data::GetMetricData>(),
    entry::<put_metric_data::PutMetricData>(),
    entry::<set_alarm_state::SetAlarmState>(),
];

#[derive(Debug, Default)]
pub(crate) struct CloudWatch {
    /// By name.
    alarms: BTreeMap<String, Alarm>,
    metrics: BTreeMap<Metric, Points>,
}

/// `StateValue`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlarmState {
    /// `OK`.
    Ok,
    /// `ALARM`.
    Alarm,
    /// `INSUFFICIENT_DATA`.
    InsufficientData,
}

#[derive(Debug)]
struct Alarm {
    arn: String,
    state: AlarmState,
    reason: String,
    reason_data: Option<String>,
    /// When the state was set last.
    updated: Timestamp,
    /// When it changed last.
    transitioned: Timestamp,
}

impl CloudWatch {
    /// Adds a sample to those of the same metric, second and unit.
    fn add(&mut self, metric: Metric, at: i64, unit: String, sample: Sample) {
        let units = self.metrics.entry(metric).or_default().entry(at).or_default();
        let sum = units.get(&unit).map_or(sample, |before| before.add(sample));
        units.insert(unit, sum);
    }
}

/// A service reports one value of a metric of its own, now.
pub(crate) fn record(
    world: &mut World,
    namespace: &str,
    name: &str,
    dimensions: &[(&str, String)],
    unit: &str,
    value: f64,
) {
    let dimensions = dimensions.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let metric = Metric { namespace: namespace.to_owned(), name: name.to_owned(), dimensions };
    let at = world.now.as_second();
    world.cloudwatch.add(metric, at, unit.to_owned(), Sample::of(value, 1.0));
}

// === impl AlarmState ===

impl AlarmState {
    /// As the service writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Alarm => "ALARM",
            Self::InsufficientData => "INSUFFICIENT_DATA",
        }
    }

    fn parse(name: &str) -> Result<Self, AwsError> {
        let all = [Self::Ok, Self::Alarm, Self::InsufficientData];
        all.into_iter()
            .find(|state| state.name() == name)
            .ok_or_else(|| invalid(format!("'{name}' is not a StateValue: use OK, ALARM or INSUFFICIENT_DATA")))
    }
}

/// Sets up the alarms of the application and those of the stack.
pub(crate) fn install(world: &mut World) {
    let now = world.now;
    let setup = &world.setup;
    let alarms: Vec<_> = setup.infrastructure.alarms.iter().chain(&setup.stack.alarms).cloned().collect();
    for alarm in alarms {
        let arn = alarm.arn.unwrap_or_else(|| alarm_arn(world, &alarm.name));
        let reason = "Unchecked: Initial alarm creation".to_owned();
        let installed = Alarm { arn, state: alarm.state, reason, reason_data: None, updated: now, transitioned: now };
        world.cloudwatch.alarms.insert(alarm.name, installed);
    }
}

/// The state of an alarm that exists.
pub(crate) fn state(world: &World, alarm: &str) -> Option<AlarmState> {
    world.cloudwatch.alarms.get(alarm).map(|alarm| alarm.state)
}

fn alarm_arn(world: &World, name: &str) -> String {
    world.arn("cloudwatch", &format!("alarm:{name}"))
}

fn invalid(message: impl Into<String>) -> AwsError {
    AwsError::client("ValidationException", message)
}

fn invalid_value(message: impl Into<String>) -> AwsError {
    AwsError::client("InvalidParameterValueException", message)
}
