//! AWS Lambda: asynchronous invocation with retries, event age and destinations.

use crate::input::{InvocationId, InvocationOutcome};
use crate::setup::Function;
use crate::{
    AwsError, Caller, Effect, FactKind, FunctionFault, Invoke, Permission, World, fault, iam, logs, random, sns, sqs,
    timers,
};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// How the process of a function ended that somebody killed.
const KILLED: &str = "Runtime exited with error: signal: killed";
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
    /// Attempts made so far.
    attempts: u32,
    /// What the last attempt ended with: `errorType` and `errorMessage`.
    error: Option<(String, String)>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Timer {
    /// Try the event again.
    Retry(u64),
    /// An invocation that the shell never heard of ends.
    End(InvocationId, FunctionFault),
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

fn find<'a>(world: &'a World, name_or_arn: &str) -> Option<&'a Function> {
    let name = function_name(name_or_arn)?;
    world.setup.stack.functions.iter().find(|function| function.name == name)
}

/// The ARN of a function that exists.
pub(crate) fn function_arn(world: &World, name_or_arn: &str) -> Option<String> {
    find(world, name_or_arn).map(|function| world.arn("lambda", &format!("function:{}", function.name)))
}

/// Queues an event for a function; it is invoked at once, and again if that fails.
pub(crate) fn invoke_async(world: &mut World, name_or_arn: &str, payload: Value) -> Result<(), AwsError> {
    let Some(function) = find(world, name_or_arn).map(|function| function.name.clone()) else {
        let arn = if name_or_arn.starts_with("arn:") {
            name_or_arn.to_owned()
        } else {
            world.arn("lambda", &format!("function:{name_or_arn}"))
        };
        return Err(AwsError::with_status("ResourceNotFoundException", format!("Function not found: {arn}"), 404));
    };
    world.lambda.last += 1;
    let id = world.lambda.last;
    let request_id = random::uuid(&mut world.rng);
    let event = Event { function, request_id, payload, received: world.now, attempts: 0, error: None };
    let twice = fault::is_doubled(world, &event.function).then(|| event.clone());
    world.lambda.events.insert(id, event);
    attempt(world, id);
    if let Some(event) = twice {
        world.lambda.last += 1;
        let id = world.lambda.last;
        world.lambda.events.insert(id, event);
        attempt(world, id);
    }
    Ok(())
}

fn attempt(world: &mut World, id: u64) {
    let Some(event) = world.lambda.events.get_mut(&id) else { return };
    event.attempts += 1;
    let event = event.clone();
    let Some(function) = world.setup.stack.functions.iter().find(|function| function.name == event.function) else {
        return;
    };
    let timeout = function.timeout;
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
    event.error = match outcome {
        InvocationOutcome::Returned(_) => None,
        InvocationOutcome::Failed { error_type, error_message } => Some((error_type, error_message)),
        InvocationOutcome::Crashed(why) => {
            Some(("Runtime.ExitError".to_owned(), format!("RequestId: {} Error: {why}", event.request_id)))
        }
        InvocationOutcome::TimedOut => {
            Some(("Sandbox.Timedout".to_owned(), format!("RequestId: {} Error: Task timed out", event.request_id)))
        }
    };
    let event = event.clone();
    world.tell(FactKind::FunctionEnded {
        function: event.function.clone(),
        request_id: event.request_id.clone(),
        attempt: event.attempts,
        outcome: told.to_owned(),
        error: event.error.as_ref().map(|(error_type, message)| format!("{error_type}: {message}")),
    });
    if event.error.is_none() {
        world.lambda.events.remove(&event_id);
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

/// Lambda takes the event from its queue again: too old an event is not tried any more.
fn retry(world: &mut World, id: u64) {
    let Some(event) = world.lambda.events.get(&id) else { return };
    let age = world.now.duration_since(event.received);
    let oldest = find(world, &event.function).map_or(Duration::ZERO, |function| function.maximum_event_age);
    if jiff::SignedDuration::try_from(oldest).is_ok_and(|oldest| age > oldest) {
        give_up(world, id, "EventAgeExceeded");
    } else {
        attempt(world, id);
    }
}

/// Hands the event to the function's on-failure destination, if it has one and the function's role may write to it.
fn give_up(world: &mut World, id: u64, condition: &str) {
    let Some(event) = world.lambda.events.remove(&id) else { return };
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
        "sqs" => sqs::send(world, &destination, record.to_string()),
        _ => sns::deliver(world, &destination, None, record.to_string()),
    }
}

/// Lambda's invocation record for destinations.
fn record(world: &World, event: &Event, condition: &str) -> Value {
    let arn = world.arn("lambda", &format!("function:{}:$LATEST", event.function));
    let (error_type, error_message) = event.error.clone().unwrap_or_default();
    json!({
        "version": "1.0",
        "timestamp": format!("{:.3}", world.now),
        "requestContext": {
            "requestId": event.request_id,
            "functionArn": arn,
            "condition": condition,
            "approximateInvokeCount": event.attempts,
        },
        "requestPayload": event.payload,
        "responseContext": { "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled" },
        "responsePayload": { "errorType": error_type, "errorMessage": error_message },
    })
}

/// A function wrote a line: it goes to the function's log group.
pub(crate) fn line(world: &mut World, function: &str, stream: &str, line: &str) {
    let Some(group) = find(world, function).map(|function| function.log_group.clone()) else { return };
    logs::append(world, &group, stream, line);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Input, Policy, Queue, Role, Setup};

    fn function(name: &str, on_failure: Option<&str>) -> Function {
        Function {
            timeout: Duration::from_secs(30),
            maximum_event_age: Duration::from_hours(1),
            on_failure: on_failure.map(str::to_owned),
            ..Function::new(name, "role")
        }
    }

    fn world(functions: Vec<Function>) -> World {
        let mut setup = Setup::empty();
        setup.stack.functions = functions;
        setup.stack.queues = vec![Queue::new("arn:aws:sqs:us-east-1:123456789012:dead")];
        let policy: Policy =
            serde_json::from_value(json!({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}))
                .unwrap();
        setup.stack.roles =
            vec![Role { name: "role".to_owned(), access_key: "KEY".to_owned(), policies: vec![policy] }];
        World::new(setup, Setup::EPOCH)
    }

    fn invocations(effects: &[Effect]) -> Vec<Invoke> {
        effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::Invoke(invoke) => Some(invoke.clone()),
                _ => None,
            })
            .collect()
    }

    fn fail(world: &mut World, invoke: &Invoke) -> Vec<Effect> {
        let outcome = InvocationOutcome::Failed { error_type: "Boom".to_owned(), error_message: "it broke".to_owned() };
        world.handle(world.now, Input::Invocation { id: invoke.id, outcome })
    }

    #[test]
    fn a_failing_event_is_tried_three_times_and_then_goes_to_its_destination() {
        let target = "arn:aws:lambda:us-east-1:123456789012:function:second";
        let mut world = world(vec![function("first", Some(target)), function("second", None)]);
        invoke_async(&mut world, "first", json!({"a": 1})).unwrap();
        let start = world.now;
        let mut effects = std::mem::take(&mut world.effects);
        let mut ids = Vec::new();
        for expected in [60, 180] {
            let invoke = invocations(&effects).remove(0);
            ids.push(invoke.request_id.clone());
            assert!(invocations(&fail(&mut world, &invoke)).is_empty());
            let next = world.next_deadline().unwrap();
            assert_eq!(next.duration_since(start).as_secs(), expected);
            effects = world.handle(next, Input::Tick);
        }
        let invoke = invocations(&effects).remove(0);
        ids.push(invoke.request_id.clone());
        assert!(ids.iter().all(|id| *id == ids[0]), "one event keeps its request id");
        let effects = fail(&mut world, &invoke);
        let invoke = invocations(&effects).remove(0);
        assert_eq!(invoke.function, "second");
        assert_eq!(invoke.payload["requestContext"]["condition"], "RetriesExhausted");
        assert_eq!(invoke.payload["requestContext"]["approximateInvokeCount"], 3);
        assert_eq!(invoke.payload["requestPayload"], json!({"a": 1}));
        assert_eq!(invoke.payload["responsePayload"], json!({"errorType": "Boom", "errorMessage": "it broke"}));
        assert_eq!(world.next_deadline(), None);
    }

    #[test]
    fn an_event_that_got_too_old_is_not_tried_again() {
        let mut function = function("first", Some("arn:aws:sqs:us-east-1:123456789012:dead"));
        function.maximum_event_age = Duration::from_secs(100);
        let mut world = world(vec![function]);
        invoke_async(&mut world, "first", json!({})).unwrap();
        let effects = std::mem::take(&mut world.effects);
        let invoke = invocations(&effects).remove(0);
        fail(&mut world, &invoke);
        let effects = world.handle(world.next_deadline().unwrap(), Input::Tick);
        fail(&mut world, &invocations(&effects).remove(0));
        let effects = world.handle(world.next_deadline().unwrap(), Input::Tick);
        assert!(invocations(&effects).is_empty());
        let messages = world.messages("arn:aws:sqs:us-east-1:123456789012:dead");
        assert_eq!(messages.len(), 1);
        assert!(messages[0].contains("EventAgeExceeded"), "{}", messages[0]);
    }

    #[test]
    fn success_ends_the_event_and_a_late_word_is_ignored() {
        let mut world = world(vec![function("first", None)]);
        invoke_async(&mut world, "arn:aws:lambda:us-east-1:123456789012:function:first:$LATEST", json!({})).unwrap();
        let effects = std::mem::take(&mut world.effects);
        let invoke = invocations(&effects).remove(0);
        let outcome = InvocationOutcome::Returned(json!(null));
        world.handle(world.now, Input::Invocation { id: invoke.id, outcome: outcome.clone() });
        assert_eq!(world.next_deadline(), None);
        assert!(world.handle(world.now, Input::Invocation { id: invoke.id, outcome }).is_empty());
    }

    #[test]
    fn unknown_functions_and_qualifiers_are_refused() {
        let mut world = world(vec![function("first", None)]);
        for name in ["second", "first:live", "arn:aws:lambda:us-east-1:123456789012:function:first:3"] {
            assert_eq!(invoke_async(&mut world, name, json!({})).unwrap_err().code, "ResourceNotFoundException");
        }
    }
}
