//! Once a minute services report what they count, and metric alarms are evaluated.

use super::evaluation::{self, MORE, Point};
use super::metric::Grid;
use super::{Alarm, AlarmKind, AlarmState, MetricAlarm, reason, transition};
use crate::{World, ecs, elb, sqs, timers};
use std::time::Duration;

/// The time between two evaluations of an alarm, in seconds; one with a shorter period is evaluated as often as it has periods.
const MINUTE: i64 = 60;

/// What CloudWatch has to do later.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Timer {
    /// Look at the metrics again.
    Watch,
}

/// Begins to look at metrics once a minute, if it has not begun and there is something to look at.
pub(super) fn begin(world: &mut World) {
    let has_alarm = world.cloudwatch.alarms.values().any(|alarm| alarm.queries.is_some() || alarm.rule.is_some());
    let has_balancer = !world.setup.infrastructure.load_balancers.is_empty();
    if (has_alarm || has_balancer) && !world.cloudwatch.watches {
        world.cloudwatch.watches = true;
        next(world);
    }
}

/// The next time at which something is due: whole minutes, and parts of them for alarms with short periods.
fn next(world: &mut World) {
    let metric_alarms = world.cloudwatch.alarms.values().filter_map(Alarm::metric);
    let step = metric_alarms.map(|alarm| i64::from(alarm.period())).chain([MINUTE]).min().unwrap_or(MINUTE).max(1);
    let now = world.now.as_millisecond();
    let wait = step * 1000 - now.rem_euclid(step * 1000);
    let wait = Duration::from_millis(wait.unsigned_abs());
    world.after(wait, timers::Timer::CloudWatch(Timer::Watch));
}

pub(crate) fn fire(world: &mut World, Timer::Watch: Timer) {
    let second = world.now.as_second();
    // first what is over, then what begins
    let alarms = world.cloudwatch.alarms.iter();
    let due: Vec<String> = alarms
        .filter(|(_, alarm)| {
            alarm.metric().is_some_and(|metric| second % i64::from(metric.period()).clamp(1, MINUTE) == 0)
        })
        .map(|(name, _)| name.clone())
        .collect();
    for name in due {
        evaluate(world, &name);
    }
    // a composite alarm without a state gets one; later it follows its children
    let is_new = |alarm: &Alarm| alarm.rule.is_some() && alarm.status.state == AlarmState::InsufficientData;
    let alarms = world.cloudwatch.alarms.iter();
    let new: Vec<String> = alarms.filter(|(_, alarm)| is_new(alarm)).map(|(name, _)| name.clone()).collect();
    for name in new {
        transition::begin(world, &name);
    }
    if second % MINUTE == 0 {
        elb::report_hosts(world);
        sqs::report_messages(world);
        ecs::ask_usage(world);
    }
    next(world);
}

/// Evaluates a metric alarm over the periods before now. They end with the minute, whatever their length: AWS does not align
/// them to multiples of their length either.
fn evaluate(world: &mut World, name: &str) {
    let Some(alarm) = world.cloudwatch.alarms.get(name) else { return };
    let (Some(metric), Some(queries)) = (alarm.metric(), &alarm.queries) else { return };
    let period = i64::from(metric.period());
    let now = world.now.as_second();
    let end = now - now.rem_euclid(period.clamp(1, MINUTE));
    let from = end - period * i64::from(metric.evaluation_periods + MORE);
    let grid = Grid { anchor: end, period, from, to: end };
    let Ok(answers) = queries.ask(&world.cloudwatch.metrics, |_| grid) else { return };
    let watched = queries.iter().zip(answers).find(|(query, _)| query.return_data != Some(false));
    let Some((_, answer)) = watched else { return };
    let Some(series) = answer.series.first() else { return };
    let point = |at: i64| Some(Point { at, value: *series.get(&at)?, count: answer.counts.get(&at).copied() });
    let range: Vec<Option<Point>> = grid.begins().map(point).collect();
    let evaluation = evaluation::evaluate(metric, &range);
    let from = alarm.status.state;
    if let Some(state) = evaluation.state.filter(|state| *state != from) {
        let reason = reason::text(metric, &evaluation, from);
        let data = reason::data(metric, &evaluation, world.now);
        transition::set(world, name, state, reason, Some(data));
    }
}

impl Alarm {
    /// What it compares, if it is of the kind that the stage evaluates by metrics.
    pub(super) fn metric(&self) -> Option<&MetricAlarm> {
        match self.definition.as_ref().map(|known| &known.kind) {
            Some(AlarmKind::Metric(metric)) if self.queries.is_some() => Some(metric),
            _ => None,
        }
    }
}
