//! Where the world asks whether something goes wrong now.

use super::{CallFault, EventFault, Fault, FunctionFault, GreenFault, ListenerFault, Moment};
use crate::input::CallId;
use crate::value::Value;
use crate::{AlarmState, AwsError, Caller, Effect, World, cloudwatch, ecs, timers};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How long an alarm that goes off again is in `ALARM` before.
const LOUD: Duration = Duration::from_secs(2);
/// How long it is in `OK` in between: nobody who looks at it finds it so.
const QUIET: Duration = Duration::from_millis(1);

/// What is remembered about faults.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// Calls that went wrong so far, by the number of their [`Fault::EveryCall`], by role, service and operation.
    calls: BTreeMap<(usize, String, String, String), u32>,
    /// The numbers of faults that happen once, and have.
    over: BTreeSet<usize>,
    /// Task sets of which something happens to every task from now on.
    struck: Vec<(String, GreenFault)>,
    /// What reads that are stale are answered from.
    pub(super) past: super::stale::Past,
}

/// What comes late.
#[derive(Debug, Clone)]
pub(crate) enum Timer {
    /// The answer to a call.
    Answer(CallId, Result<Value, AwsError>),
    /// Alarms go off, and so often again.
    Alarms(Vec<String>, u32),
    /// They are quiet, and go off so often again.
    Quiet(Vec<String>, u32),
}

pub(crate) fn fire(world: &mut World, timer: Timer) {
    match timer {
        Timer::Answer(call, answer) => world.effects.push(Effect::Answer { call, answer }),
        Timer::Alarms(names, again) => {
            set(world, &names, AlarmState::Alarm);
            if again > 0 {
                world.after(LOUD, timers::Timer::Fault(Timer::Quiet(names, again)));
            }
        }
        Timer::Quiet(names, again) => {
            set(world, &names, AlarmState::Ok);
            world.after(QUIET, timers::Timer::Fault(Timer::Alarms(names, again - 1)));
        }
    }
}

fn set(world: &mut World, alarms: &[String], state: AlarmState) {
    for alarm in alarms {
        cloudwatch::set(world, alarm, state, "a rehearsed fault");
    }
}

/// What becomes of the next call of this caller to an operation, if it goes wrong; uses up one time of its fault.
pub(crate) fn of_call(world: &mut World, caller: &Caller, service: &str, name: &str) -> Option<CallFault> {
    let Caller::Role(caller) = caller else { return None };
    let State { calls, .. } = &mut world.faults;
    world.setup.faults.iter_mut().enumerate().find_map(|(number, fault)| match fault {
        Fault::Call { role, operation, times, answer }
            if role == caller && *times > 0 && operation.split_once(':') == Some((service, name)) =>
        {
            *times -= 1;
            Some(answer.clone())
        }
        Fault::EveryCall { times, answer } => {
            let key = (number, caller.clone(), service.to_owned(), name.to_owned());
            let gone = calls.entry(key).or_default();
            *gone = gone.saturating_add(1);
            (*gone <= *times).then(|| answer.clone())
        }
        _ => None,
    })
}

/// What becomes of the next invocation of a function, if it goes wrong; uses up one time of its fault.
pub(crate) fn of_invocation(world: &mut World, name: &str) -> Option<FunctionFault> {
    next(world, name, |what| what != FunctionFault::Doubled)
}

/// Whether the next event for a function is delivered twice; uses up one time of its fault.
pub(crate) fn is_doubled(world: &mut World, name: &str) -> bool {
    next(world, name, |what| what == FunctionFault::Doubled).is_some()
}

fn next(world: &mut World, name: &str, wanted: impl Fn(FunctionFault) -> bool) -> Option<FunctionFault> {
    world.setup.faults.iter_mut().find_map(|fault| match fault {
        Fault::Function { function, times, what } if function == name && *times > 0 && wanted(*what) => {
            *times -= 1;
            Some(*what)
        }
        _ => None,
    })
}

/// What becomes of the next event of this kind, if it does not come as it should; uses up one time of its fault.
pub(crate) fn of_event(world: &mut World, kind: &str) -> Option<EventFault> {
    world.setup.faults.iter_mut().find_map(|fault| match fault {
        Fault::Event { detail_type, times, what } if detail_type == kind && *times > 0 => {
            *times -= 1;
            Some(*what)
        }
        _ => None,
    })
}

/// What a listener answers by itself.
pub(crate) fn of_listener(faults: &[Fault], arn: &str) -> Option<ListenerFault> {
    faults.iter().find_map(|fault| match fault {
        Fault::Listener { listener, answer } if listener == arn => Some(*answer),
        _ => None,
    })
}

/// A lifecycle event of a deployment begins, whose task set this is.
pub(crate) fn strike(world: &mut World, name: &str, task_set: &str) {
    let of_event = |fault: &Fault| match fault {
        Fault::Green { lifecycle_event, what } if lifecycle_event == name => Some(*what),
        _ => None,
    };
    for what in once(world, of_event) {
        world.faults.struck.push((task_set.to_owned(), what));
        ecs::strike(world, task_set, what);
    }
}

/// A deployment has come to a point.
pub(crate) fn reached(world: &mut World, moment: &Moment) {
    let at_moment = |fault: &Fault| match fault {
        Fault::Alarms { names, when, after, times } if when == moment && *times > 0 => {
            Some((*after, Timer::Alarms(names.clone(), times - 1)))
        }
        _ => None,
    };
    for (after, timer) in once(world, at_moment) {
        world.after(after, timers::Timer::Fault(timer));
    }
}

/// What follows from faults that happen now, and no second time.
fn once<T>(world: &mut World, happens: impl Fn(&Fault) -> Option<T>) -> Vec<T> {
    let over = &mut world.faults.over;
    let faults = world.setup.faults.iter().enumerate();
    faults.filter_map(|(number, fault)| happens(fault).filter(|_| over.insert(number))).collect()
}

/// What happens to every task of this task set.
pub(crate) fn of_task_set<'a>(world: &'a World, task_set: &'a str) -> impl Iterator<Item = GreenFault> + 'a {
    world.faults.struck.iter().filter(move |(struck, _)| struck == task_set).map(|(_, what)| *what)
}
