//! An operation of an AWS API: one file each, under its service.

use crate::input::Call;
use crate::value::Value;
use crate::{AwsError, CallFault, Effect, FactKind, Permission, World, fault, iam, lambda, throttle, timers};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use std::time::Duration;

/// One operation of one service. Its shapes are written by hand after the service model; members that the stage does not
/// support are refused by name (`deny_unknown_fields`).
pub(crate) trait Operation {
    /// The service as IAM writes it.
    const SERVICE: &'static str;
    /// The operation's name.
    const NAME: &'static str;
    /// Who calls it: a function (`migrate`), a verb of the program (`greenlight rehearse`), a command of the guide
    /// (`guide: aws ecs run-task`), or `tests`. An operation without a caller does not belong here.
    const CALLERS: &'static [&'static str];
    /// The input shape.
    type Input: DeserializeOwned;
    /// The output shape.
    type Output: Serialize;

    /// What the caller must be allowed to do.
    fn authorize(input: &Self::Input, world: &World) -> Vec<Permission>;

    /// Does it.
    fn call(input: Self::Input, world: &mut World) -> Result<Self::Output, AwsError>;
}

/// An operation without its types.
pub(crate) struct Entry {
    service: &'static str,
    name: &'static str,
    callers: &'static [&'static str],
    run: fn(&mut World, &Call) -> Reply,
}

/// The table entry of an operation.
pub(crate) const fn entry<O: Operation>() -> Entry {
    Entry { service: O::SERVICE, name: O::NAME, callers: O::CALLERS, run: run::<O> }
}

/// What a call is answered, and when.
enum Reply {
    Now(Result<Value, AwsError>),
    Late(Duration, Result<Value, AwsError>),
    Never,
}

fn run<O: Operation>(world: &mut World, call: &Call) -> Reply {
    let input: O::Input = match call.input.deserialized() {
        Ok(input) => input,
        Err(error) => {
            let message = format!("the stage cannot take this input of {}:{}: {error}", O::SERVICE, O::NAME);
            return Reply::Now(Err(AwsError::client("ValidationException", message)));
        }
    };
    let caller = iam::caller(world, &call.access_key);
    let needed = O::authorize(&input, world);
    if let Some(missing) = iam::denied(world, &caller, &needed) {
        return Reply::Now(Err(deny(world, &caller, &missing.clone())));
    }
    if !throttle::lets(world, O::SERVICE, O::NAME) {
        return Reply::Now(Err(throttled()));
    }
    let fault = fault::of_call(world, &caller, O::SERVICE, O::NAME);
    match &fault {
        Some(CallFault::Throttled) => {
            return Reply::Now(Err(throttled()));
        }
        Some(CallFault::NothingStarted(reason)) => return Reply::Now(output(O::NAME, &nothing_started(reason))),
        Some(CallFault::NeverArrives) => return Reply::Never,
        _ => {}
    }
    let stale = fault::is_read(world, &caller, O::SERVICE, O::NAME);
    if stale {
        fault::swap(world);
    }
    let answer = O::call(input, world);
    if stale {
        fault::swap(world);
    }
    let answer = answer.and_then(|answer| output(O::NAME, &answer));
    match fault {
        Some(CallFault::AnswerLost) if answer.is_ok() => {
            Reply::Now(Err(AwsError::with_status("InternalFailure", "the answer was lost", 500)))
        }
        Some(CallFault::NeverAnswered) => Reply::Never,
        Some(CallFault::AnsweredLate(by)) => Reply::Late(by, answer),
        Some(CallFault::CallerKilled) => {
            lambda::kill(world, &caller);
            Reply::Never
        }
        _ => Reply::Now(answer),
    }
}

fn throttled() -> AwsError {
    AwsError::client("ThrottlingException", "Rate exceeded")
}

fn output(name: &str, output: &impl Serialize) -> Result<Value, AwsError> {
    Value::serialized(output)
        .map_err(|error| AwsError::with_status("InternalFailure", format!("output of {name}: {error}"), 500))
}

fn nothing_started(reason: &str) -> serde_json::Value {
    json!({ "tasks": [], "failures": [{ "reason": reason, "detail": "nothing was started" }] })
}

fn deny(world: &mut World, caller: &iam::Caller, missing: &Permission) -> AwsError {
    let role = match caller {
        iam::Caller::Role(name) => name.clone(),
        iam::Caller::Operator => "operator".to_owned(),
    };
    let message = format!(
        "User: arn:aws:sts::{}:assumed-role/{role}/session is not authorized to perform: {} on resource: {} because no identity-based policy allows the {} action",
        world.setup.account, missing.action, missing.resource, missing.action
    );
    world.tell(FactKind::CallDenied { role, action: missing.action.clone(), resource: missing.resource.clone() });
    AwsError::client("AccessDeniedException", message)
}

fn tables() -> impl Iterator<Item = &'static Entry> {
    [
        crate::cloudwatch::OPERATIONS,
        crate::codedeploy::OPERATIONS,
        crate::ecs::OPERATIONS,
        crate::elb::OPERATIONS,
        crate::lambda::OPERATIONS,
        crate::logs::OPERATIONS,
        crate::s3::OPERATIONS,
        crate::scheduler::OPERATIONS,
        crate::secretsmanager::OPERATIONS,
        crate::sns::OPERATIONS,
        crate::sqs::OPERATIONS,
        crate::ssm::OPERATIONS,
    ]
    .into_iter()
    .flatten()
}

/// Every operation the stage has: service, name and who calls it.
pub fn operations() -> impl Iterator<Item = (&'static str, &'static str, &'static [&'static str])> {
    tables().map(|entry| (entry.service, entry.name, entry.callers))
}

/// Runs one call and answers it.
pub(crate) fn dispatch(world: &mut World, call: &Call) {
    let found = tables().find(|entry| entry.service == call.service && entry.name == call.operation);
    let reply = match found {
        Some(entry) => (entry.run)(world, call),
        None => Reply::Now(Err(AwsError::client(
            "UnknownOperationException",
            format!(
                "the stage has no operation {}:{}; docs/operations.md lists those it has",
                call.service, call.operation
            ),
        ))),
    };
    match reply {
        Reply::Now(answer) => world.effects.push(Effect::Answer { call: call.id, answer }),
        Reply::Late(by, answer) => world.after(by, timers::Timer::Fault(fault::Timer::Answer(call.id, answer))),
        Reply::Never => {}
    }
}
