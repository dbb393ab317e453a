//! Amazon CloudWatch: metrics, and alarms that watch them.
//!
//! An alarm of a setup without a definition watches nothing: it has the state that it is given.

mod actions;
mod alarm_shape;
mod check;
mod definition;
mod describe_alarms;
mod evaluation;
mod event;
mod get_metric_data;
mod math;
mod metric;
mod nesting;
mod put_composite_alarm;
mod put_metric_alarm;
mod put_metric_data;
mod query;
mod reason;
mod rule;
mod set_alarm_state;
mod statistic;
#[cfg(test)]
mod tests;
mod time;
mod transition;
mod watch;

pub use definition::{
    AlarmDefinition, AlarmKind, ComparisonOperator, Metric, MetricAlarm, MetricDataQuery, MetricStat, TreatMissingData,
    Watched,
};
pub(crate) use watch::{Timer, fire};

use crate::operation::{Entry, entry};
use crate::{AwsError, World, random};
use evaluation::MORE;
use jiff::Timestamp;
use metric::{Sample, Store};
use query::Queries;
use rule::Rule;
use std::collections::BTreeMap;
use transition::Status;

pub(crate) const OPERATIONS: &[Entry] = &[
    entry::<describe_alarms::DescribeAlarms>(),
    entry::<get_metric_data::GetMetricData>(),
    entry::<put_composite_alarm::PutCompositeAlarm>(),
    entry::<put_metric_alarm::PutMetricAlarm>(),
    entry::<put_metric_data::PutMetricData>(),
    entry::<set_alarm_state::SetAlarmState>(),
];

#[derive(Debug, Default)]
pub(crate) struct CloudWatch {
    /// By name.
    alarms: BTreeMap<String, Alarm>,
    metrics: Store,
    /// Whether it looks at the metrics once a minute.
    watches: bool,
    /// How many seconds the alarms look back at most.
    looks_back: i64,
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

#[derive(Debug, Clone)]
struct Alarm {
    arn: String,
    definition: Option<AlarmDefinition>,
    /// What a metric alarm asks.
    queries: Option<Queries>,
    /// What a composite alarm looks at.
    rule: Option<Rule>,
    /// The id that events give to its metric, if it watches one.
    metric_id: String,
    /// When its definition was given last.
    configured: Timestamp,
    status: Status,
}

impl CloudWatch {
    /// An alarm by its name or ARN, with its name.
    fn find(&self, alarm: &str) -> Option<(&String, &Alarm)> {
        let by_arn = || self.alarms.iter().find(|(_, known)| known.arn == alarm);
        self.alarms.get_key_value(alarm).or_else(by_arn)
    }

    /// Data points of standard resolution are of a minute, all others of a second.
    fn add(&mut self, metric: Metric, at: i64, unit: &str, sample: &Sample, now: Timestamp) {
        self.metrics.add(metric, at, unit, sample, now, self.looks_back);
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
    let metric = Metric { namespace: namespace.to_owned(), metric_name: name.to_owned(), dimensions };
    let now = world.now;
    world.cloudwatch.add(metric, minute(now), unit, &Sample::of(value, 1.0), now);
}

/// The second at which the minute of a time begins.
fn minute(at: Timestamp) -> i64 {
    at.as_second() - at.as_second().rem_euclid(60)
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

/// Sets up the alarms of the application and those of the stack. A definition that cannot be watched is not; [`crate::Setup::check`]
/// names it.
pub(crate) fn install(world: &mut World) {
    let setup = &world.setup;
    let alarms: Vec<_> = setup.infrastructure.alarms.iter().chain(&setup.stack.alarms).cloned().collect();
    for alarm in alarms {
        let arn = alarm.arn.unwrap_or_else(|| alarm_arn(world, &alarm.name));
        let prepared = alarm.definition.as_ref().map(check::prepare).and_then(Result::ok);
        let (queries, rule) = prepared.unwrap_or_default();
        let installed = new(world, arn, alarm.state, alarm.definition, queries, rule);
        world.cloudwatch.alarms.insert(alarm.name, installed);
    }
    changed(world);
}

/// Makes an alarm, or gives one that is there a new definition: its state stays as it is.
fn put(world: &mut World, name: &str, definition: AlarmDefinition) -> Result<(), AwsError> {
    let (queries, rule) = check::prepare(&definition).map_err(invalid)?;
    let now = world.now;
    if let Some(alarm) = world.cloudwatch.alarms.get_mut(name) {
        if alarm.is_composite() != rule.is_some() {
            return Err(invalid(format!("there is an alarm of the other kind with the name {name}")));
        }
        (alarm.definition, alarm.queries, alarm.rule, alarm.configured) = (Some(definition), queries, rule, now);
    } else {
        let arn = alarm_arn(world, name);
        let alarm = new(world, arn, AlarmState::InsufficientData, Some(definition), queries, rule);
        world.cloudwatch.alarms.insert(name.to_owned(), alarm);
    }
    changed(world);
    transition::begin(world, name);
    Ok(())
}

fn new(
    world: &mut World,
    arn: String,
    state: AlarmState,
    definition: Option<AlarmDefinition>,
    queries: Option<Queries>,
    rule: Option<Rule>,
) -> Alarm {
    let now = world.now;
    let reason = "Unchecked: Initial alarm creation".to_owned();
    let status = Status { state, reason, reason_data: None, updated: now, transitioned: now };
    // only who has a definition tells it: all others leave the world's randomness alone
    let metric_id = if definition.is_some() { random::uuid(&mut world.rng) } else { String::new() };
    Alarm { arn, definition, queries, rule, metric_id, configured: now, status }
}

/// The alarms are others than before.
fn changed(world: &mut World) {
    let range = |alarm: &MetricAlarm| i64::from(alarm.period()) * i64::from(alarm.evaluation_periods + MORE);
    let longest = world.cloudwatch.alarms.values().filter_map(Alarm::metric).map(range).max();
    world.cloudwatch.looks_back = longest.unwrap_or_default();
    watch::begin(world);
}

/// What is wrong with a definition, for who looks at a setup.
pub(crate) fn check(definition: &AlarmDefinition) -> Result<(), String> {
    check::prepare(definition).map(|_| ())
}

/// Gives an alarm a state, as `SetAlarmState` does.
pub(crate) fn set(world: &mut World, alarm: &str, state: AlarmState, reason: &str) {
    transition::set(world, alarm, state, reason.to_owned(), None);
}

/// The state of an alarm that exists, and since when it has it.
pub(crate) fn state(world: &World, alarm: &str) -> Option<(AlarmState, Timestamp)> {
    world.cloudwatch.alarms.get(alarm).map(|alarm| (alarm.status.state, alarm.status.transitioned))
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
