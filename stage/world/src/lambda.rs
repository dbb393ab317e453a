//! AWS Lambda: asynchronous invocation with retries, event age and destinations; synchronous invocation by ECS.

mod get_function_configuration;
mod invoke;
mod metrics;
mod synchronous;

use crate::input::{InvocationId, InvocationOutcome};
use crate::operation::{Entry, entry};
use crate::setup::Function;
use crate::{
    AwsError, Caller, Effect, FactKind, FunctionFault, Invoke, Permission, World, ecs, fault, iam, logs, random, sns,
    sqs, timers,
};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

pub(crate) use synchronous::{Refusal, invoke_sync};

pub(crate) const OPERATIONS: &[Entry] =
    &[entry::<get_function_configuration::GetFunctionConfiguration>(), entry::<invoke::Invoke>()];

/// How the process of a function ended that somebody killed.
const KILLED: &str = "Runtime exited with error: signal: killed";
/// The longest pause before Lambda tries an event again that was throttled.
const LONGEST_PAUSE: Duration = Duration::from_mins(5);
/// From its invocation to its end, in a function that crashes.
const CRASH: Duration = Duration::from_millis(100);

/// Events that wait for a function, or that a function is working on.
#[derive(Debug, Default)]
pub(crate) struct Lambda {
    events: BTreeMap<u64, Event>,
    running: BTreeMap<InvocationId, u64>,
    last: u64,
}

#[derive(Debug, Clone)]
struct Event {
    function: String,
    request_id: String,
    payload: Value,
    received: Timestamp,
    /// When the last attempt began.
    begun: Timestamp,
    /// Attempts made so far.
    attempts: u32,
    /// How often in a row it found no room among the function's reserved invocations, which is no attempt.
    throttled: u32,
    /// What the last attempt ended with: `errorType` and `errorMessage`.
    error: Option<(String, String)>,
    /// Who waits for what the function returns. There is one attempt then.
    waiter: Option<ecs::HookCall>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Timer {
    /// Try the event again.
    Retry(u64),
    /// An invocation that the shell never heard of ends.
    End(InvocationId, FunctionFault),
}

impl Lambda {
    /// How many invocations of a function are running.
    fn running(&self, function: &str) -> u32 {
        let of_it = |id: &&u64| self.events.get(id).is_some_and(|event| event.function == function);
        u32::try_from(self.running.values().filter(of_it).count()).unwrap_or(u32::MAX)
    }
}

pub(crate) fn fire(world: &mut World, timer: Timer) {
    match timer {
        Timer::Retry(event) => retry(world, event),
        Timer::End(id, FunctionFault::TimesOut) => invocation_ended(world, id, InvocationOutcome::TimedOut),
        Timer::End(id, _) => invocation_ended(world, id, InvocationOutcome::Crashed(KILLED.to_owned())),
    }
}

/// The name in a function's name, partial ARN or ARN. `None` for a version or an alias other than `$LATEST`: the stage has none.
fn function_name(name_or_arn: &str) -> Option<&str> {
    let rest = match name_or_arn.split_once("function:") {
        Some((_, rest)) => rest,
        None => name_or_arn,
    };
    match rest.split_once(':') {
        None | Some((_, "$LATEST")) => rest.split(':').next(),
        Some(_) => None,
    }
}

pub(crate) fn find<'a>(world: &'a World, name_or_arn: &str) -> Option<&'a Function> {
    let name = function_name(name_or_arn)?;
    world.setup.stack.functions.iter().find(|function| function.name == name)
}

/// The ARN of a function that exists.
pub(crate) fn function_arn(world: &World, name_or_arn: &str) -> Option<String> {
    find(world, name_or_arn).map(|function| world.arn("lambda", &format!("function:{}", function.name)))
}

/// The ARN of a function, there or not.
fn resource(world: &World, name_or_arn: &str) -> String {
    if name_or_arn.starts_with("arn:") {
        return name_or_arn.to_owned();
    }
    world.arn("lambda", &format!("function:{name_or_arn}"))
}

fn no_function(world: &World, name_or_arn: &str) -> AwsError {
    let message = format!("Function not found: {}", resource(world, name_or_arn));
    AwsError::with_status("ResourceNotFoundException", message, 404)
}

/// Queues an event for a function; it is invoked at once, and again if that fails.
pub(crate) fn invoke_async(world: &mut World, name_or_arn: &str, payload: Value) -> Result<(), AwsError> {
    let Some(function) = find(world, name_or_arn).map(|function| function.name.clone()) else {
        return Err(no_function(world, name_or_arn));
    };
    let event = Event::new(world, function, payload);
    let twice = fault::is_doubled(world, &event.function).then(|| event.clone());
    let id = take_in(world, event);
    attempt(world, id);
    if let Some(event) = twice {
        let id = take_in(world, event);
        attempt(world, id);
    }
    Ok(())
}

impl Event {
    fn new(world: &mut World, function: String, payload: Value) -> Self {
        let request_id = random::uuid(&mut world.rng);
        let now = world.now;
        Self {
            function,
            request_id,
            payload,
            received: now,
            begun: now,
            attempts: 0,
            throttled: 0,
            error: None,
            waiter: None,
        }
    }
}

fn take_in(world: &mut World, event: Event) -> u64 {
    world.lambda.last += 1;
    let id = world.lambda.last;
    world.lambda.events.insert(id, event);
    id
}

fn attempt(world: &mut World, id: u64) {
    let Some(event) = world.lambda.events.get(&id) else { return };
    let Some(function) = find(world, &event.function) else { return };
    let timeout = function.timeout;
    match function.reserved_concurrency {
        Some(most) if world.lambda.running(&function.name) >= most => return throttle(world, id),
        _ => {}
    }
    let now = world.now;
    let Some(event) = world.lambda.events.get_mut(&id) else { return };
    event.begun = now;
    event.attempts += 1;
    event.throttled = 0;
    let event = event.clone();
    world.lambda.last += 1;
    let invocation = InvocationId(world.lambda.last);
    world.lambda.running.insert(invocation, id);
    world.tell(FactKind::FunctionInvoked {
        function: event.function.clone(),
        request_id: event.request_id.clone(),
        attempt: event.attempts,
    });
    if let Some(fault) = fault::of_invocation(world, &event.function) {
        // nothing runs, so nothing takes its time: the timeout is one of the world's
        let after = if fault == FunctionFault::TimesOut { timeout } else { CRASH };
        world.after(after, timers::Timer::Lambda(Timer::End(invocation, fault)));
        return;
    }
    world.effects.push(Effect::Invoke(Invoke {
        id: invocation,
        request_id: event.request_id,
        function: event.function,
        payload: event.payload,
        timeout,
    }));
}

/// The event goes back into Lambda's queue. The pause before it is tried again doubles, from a second on.
fn throttle(world: &mut World, id: u64) {
    let Some(event) = world.lambda.events.get_mut(&id) else { return };
    let seconds = 1_u64.checked_shl(event.throttled).unwrap_or(u64::MAX);
    event.throttled = event.throttled.saturating_add(1);
    let pause = Duration::from_secs(seconds).min(LONGEST_PAUSE);
    let function = event.function.clone();
    metrics::throttled(world, &function);
    world.after(pause, timers::Timer::Lambda(Timer::Retry(id)));
}

/// Kills the process of the function that calls in the name of this role.
pub(crate) fn kill(world: &mut World, caller: &Caller) {
    let Caller::Role(role) = caller else { return };
    let has_role = |event: &u64| {
        let function = world.lambda.events.get(event).and_then(|event| find(world, &event.function));
        function.is_some_and(|function| function.role == *role)
    };
    let Some(id) = world.lambda.running.iter().find(|(_, event)| has_role(event)).map(|(id, _)| *id) else { return };
    world.effects.push(Effect::Kill(id));
    invocation_ended(world, id, InvocationOutcome::Crashed(KILLED.to_owned()));
}

/// An invocation that the shell made came to its end.
pub(crate) fn invocation_ended(world: &mut World, id: InvocationId, outcome: InvocationOutcome) {
    let Some(event_id) = world.lambda.running.remove(&id) else { return };
    let Some(event) = world.lambda.events.get_mut(&event_id) else { return };
    let told = match &outcome {
        InvocationOutcome::Returned(_) => "returned",
        InvocationOutcome::Failed { .. } => "failed",
        InvocationOutcome::Crashed(_) => "crashed",
        InvocationOutcome::TimedOut => "timed-out",
    };
    let mut returned = None;
    event.error = match outcome {
        InvocationOutcome::Returned(value) => {
            returned = Some(value);
            None
        }
        InvocationOutcome::Failed { error_type, error_message } => Some((error_type, error_message)),
        InvocationOutcome::Crashed(why) => {
            Some(("Runtime.ExitError".to_owned(), format!("RequestId: {} Error: {why}", event.request_id)))
        }
        InvocationOutcome::TimedOut => {
            Some(("Sandbox.Timedout".to_owned(), format!("RequestId: {} Error: Task timed out", event.request_id)))
        }
    };
    let event = event.clone();
    metrics::invoked(world, &event);
    world.tell(FactKind::FunctionEnded {
        function: event.function.clone(),
        request_id: event.request_id.clone(),
        attempt: event.attempts,
        outcome: told.to_owned(),
        error: event.error.as_ref().map(|(error_type, message)| format!("{error_type}: {message}")),
    });
    if event.waiter.is_some() || event.error.is_none() {
        world.lambda.events.remove(&event_id);
        synchronous::answer(world, event, returned);
        return;
    }
    let retries = find(world, &event.function).map_or(0, |function| function.maximum_retry_attempts);
    if event.attempts > retries {
        give_up(world, event_id, "RetriesExhausted");
    } else {
        // one minute before the second attempt, two before the third
        let wait = Duration::from_mins(1) * event.attempts;
        world.after(wait, timers::Timer::Lambda(Timer::Retry(event_id)));
    }
}

/// Lambda takes the event from its queue again: too old an event is not tried any more, and none of a function that may not run
/// at all.
fn retry(world: &mut World, id: u64) {
    let Some(event) = world.lambda.events.get(&id) else { return };
    let Some(function) = find(world, &event.function) else { return };
    let age = world.now.duration_since(event.received);
    if function.reserved_concurrency == Some(0) {
        give_up(world, id, "ZeroReservedConcurrency");
    } else if jiff::SignedDuration::try_from(function.maximum_event_age).is_ok_and(|oldest| age > oldest) {
        give_up(world, id, "EventAgeExceeded");
    } else {
        attempt(world, id);
    }
}

/// Hands the event to the function's on-failure destination, if it has one and the function's role may write to it.
fn give_up(world: &mut World, id: u64, condition: &str) {
    let Some(event) = world.lambda.events.remove(&id) else { return };
    metrics::dropped(world, &event.function);
    let Some(function) = find(world, &event.function) else { return };
    let Some(destination) = function.on_failure.clone() else { return };
    let role = function.role.clone();
    let record = record(world, &event, condition);
    let service = destination.split(':').nth(2).unwrap_or_default();
    let action = match service {
        "lambda" => "lambda:InvokeFunction",
        "sqs" => "sqs:SendMessage",
        "sns" => "sns:Publish",
        _ => return,
    };
    if !iam::role_may(world, &role, &Permission::new(action, destination.clone())) {
        return;
    }
    match service {
        // a destination that does not exist takes the record with it: `Setup::check` names it beforehand
        "lambda" => drop(invoke_async(world, &destination, record)),
        "sqs" => {
            let from = world.arn("lambda", &format!("function:{}", event.function));
            sqs::dead_letter(world, &destination, &from, condition, record.to_string());
        }
        _ => sns::deliver(world, sns::Publication::new(&destination, None, record.to_string())),
    }
}

/// Lambda's invocation record for destinations.
fn record(world: &World, event: &Event, condition: &str) -> Value {
    let arn = world.arn("lambda", &format!("function:{}:$LATEST", event.function));
    let mut record = json!({
        "version": "1.0",
        "timestamp": format!("{:.3}", world.now),
        "requestContext": {
            "requestId": event.request_id,
            "functionArn": arn,
            "condition": condition,
            "approximateInvokeCount": event.attempts,
        },
        "requestPayload": event.payload,
    });
    // an event that never found room has had no answer
    if let Some((error_type, error_message)) = &event.error {
        record["responseContext"] =
            json!({ "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled" });
        record["responsePayload"] = json!({ "errorType": error_type, "errorMessage": error_message });
    }
    record
}

/// A function wrote a line: it goes to the function's log group.
pub(crate) fn line(world: &mut World, function: &str, stream: &str, line: &str) {
    let Some(function) = find(world, function).cloned() else { return };
    logs::append_of_function(world, &function, stream, line);
}

#[cfg(test)]
mod tests;
