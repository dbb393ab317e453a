//! An alarm's state changes: observers, EventBridge, its actions and the composite alarms above it hear of it.

use super::rule::Rule;
use super::{Alarm, AlarmKind, AlarmState, actions, event, time};
use crate::{FactKind, World};
use jiff::Timestamp;
use serde_json::json;
use std::collections::{BTreeSet, VecDeque};

/// A state, and since when and why.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Status {
    pub(super) state: AlarmState,
    pub(super) reason: String,
    pub(super) reason_data: Option<String>,
    /// When it was set last.
    pub(super) updated: Timestamp,
    /// When it changed last.
    pub(super) transitioned: Timestamp,
}

/// A change of state.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Change {
    /// The alarm's name.
    pub(super) alarm: String,
    pub(super) before: Status,
    pub(super) state: Status,
    /// Of a composite alarm: the ARN and the state of the alarm because of which it changed.
    pub(super) child: Option<(String, Status)>,
}

/// Gives an alarm a state, whether or not it has it already. The composite alarms above it follow; each changes once at most,
/// so alarms that look at each other in a circle come to rest.
pub(super) fn set(world: &mut World, name: &str, state: AlarmState, reason: String, reason_data: Option<String>) {
    let Some(change) = apply(world, name, state, reason, reason_data, None) else { return };
    let mut changed = BTreeSet::from([name.to_owned()]);
    let mut left = VecDeque::from([change]);
    while let Some(change) = left.pop_front() {
        tell(world, &change);
        let Some(arn) = world.cloudwatch.alarms.get(&change.alarm).map(|alarm| alarm.arn.clone()) else { continue };
        let transitioned = time::long(change.state.updated);
        let reason = format!("{arn} transitioned to {} at {transitioned}", change.state.state.name());
        let child = (arn, change.state);
        for parent in parents(world, &change.alarm, &child.0) {
            if !changed.contains(&parent)
                && let Some(next) = follow(world, &parent, &reason, child.clone())
            {
                changed.insert(parent);
                left.push_back(next);
            }
        }
    }
}

/// Evaluates a composite alarm that was just made or whose rule was just changed.
pub(super) fn begin(world: &mut World, name: &str) {
    let Some(alarm) = world.cloudwatch.alarms.get(name) else { return };
    let Some(state) = composite_state(world, alarm) else { return };
    if state != alarm.status.state {
        let reason = format!("{} was created and its alarm rule evaluates to {}", alarm.arn, state.name());
        let children = alarm.rule.iter().flat_map(Rule::alarms).filter_map(|child| world.cloudwatch.find(child));
        let data = triggering(children.map(|(_, child)| (&child.arn, &child.status)));
        set(world, name, state, reason, Some(data));
    }
}

/// `StateReasonData` of a composite alarm.
fn triggering<'a>(children: impl Iterator<Item = (&'a String, &'a Status)>) -> String {
    let child = |(arn, status): (&String, &Status)| {
        let state = json!({ "value": status.state.name(), "timestamp": time::stamp(status.updated) });
        json!({ "arn": arn, "state": state })
    };
    json!({ "triggeringAlarms": children.map(child).collect::<Vec<_>>() }).to_string()
}

/// The state that a composite alarm has by its rule.
fn composite_state(world: &World, alarm: &Alarm) -> Option<AlarmState> {
    let rule = alarm.rule.as_ref()?;
    let holds = rule.holds(&|other| world.cloudwatch.find(other).map(|(_, alarm)| alarm.status.state));
    Some(if holds { AlarmState::Alarm } else { AlarmState::Ok })
}

/// Brings a composite alarm to the state that follows from its rule, now that the state of this child has changed.
fn follow(world: &mut World, name: &str, reason: &str, child: (String, Status)) -> Option<Change> {
    let alarm = world.cloudwatch.alarms.get(name)?;
    let state = composite_state(world, alarm).filter(|state| *state != alarm.status.state)?;
    let data = triggering(std::iter::once((&child.0, &child.1)));
    apply(world, name, state, reason.to_owned(), Some(data), Some(child))
}

/// The composite alarms that look at this one.
fn parents(world: &World, name: &str, arn: &str) -> Vec<String> {
    let looks = |rule: &Rule| rule.alarms().iter().any(|alarm| *alarm == name || *alarm == arn);
    let alarms = world.cloudwatch.alarms.iter();
    alarms.filter(|(_, alarm)| alarm.rule.as_ref().is_some_and(looks)).map(|(name, _)| name.clone()).collect()
}

/// Sets it; the answer is the change, if it is one.
fn apply(
    world: &mut World,
    name: &str,
    state: AlarmState,
    reason: String,
    reason_data: Option<String>,
    child: Option<(String, Status)>,
) -> Option<Change> {
    let now = world.now;
    let alarm = world.cloudwatch.alarms.get_mut(name)?;
    let transitioned = if alarm.status.state == state { alarm.status.transitioned } else { now };
    let status = Status { state, reason, reason_data, updated: now, transitioned };
    let before = std::mem::replace(&mut alarm.status, status.clone());
    (before.state != state).then(|| Change { alarm: name.to_owned(), before, state: status, child })
}

fn tell(world: &mut World, change: &Change) {
    world.tell(FactKind::AlarmChanged {
        alarm: change.alarm.clone(),
        from: change.before.state.name().to_owned(),
        to: change.state.state.name().to_owned(),
        reason: change.state.reason.clone(),
    });
    event::publish(world, change);
    actions::run(world, change);
}

impl Alarm {
    /// Whether it is one of the kind that looks at other alarms.
    pub(super) fn is_composite(&self) -> bool {
        matches!(self.definition.as_ref().map(|known| &known.kind), Some(AlarmKind::Composite(_)))
    }
}
