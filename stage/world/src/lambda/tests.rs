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
        serde_json::from_value(json!({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})).unwrap();
    setup.stack.roles =
        vec![Role { name: "role".to_owned(), access_key: "KEY".to_owned(), policies: vec![policy], ..Role::default() }];
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

const DEAD: &str = "arn:aws:sqs:us-east-1:123456789012:dead";

/// The function's reserved concurrency, events at once, and how long an event may wait.
fn reserved(concurrency: u32, events: usize, maximum_event_age: Duration) -> (World, Vec<Effect>) {
    let mut function = function("first", Some(DEAD));
    function.reserved_concurrency = Some(concurrency);
    function.maximum_event_age = maximum_event_age;
    let mut world = world(vec![function]);
    for number in 0..events {
        invoke_async(&mut world, "first", json!({ "number": number })).unwrap();
    }
    let effects = std::mem::take(&mut world.effects);
    (world, effects)
}

#[test]
fn an_event_waits_for_room_and_that_is_no_attempt() {
    let (mut world, effects) = reserved(1, 2, Duration::from_hours(1));
    let running = invocations(&effects);
    assert_eq!(running.len(), 1);
    let begun = world.now;
    let mut tried = Vec::new();
    for _ in 0..4 {
        let next = world.next_deadline().unwrap();
        tried.push(next.duration_since(begun).as_secs());
        assert!(invocations(&world.handle(next, Input::Tick)).is_empty());
    }
    assert_eq!(tried, [1, 3, 7, 15]);
    let outcome = InvocationOutcome::Returned(json!(null));
    world.handle(world.now, Input::Invocation { id: running[0].id, outcome });
    let effects = world.handle(world.next_deadline().unwrap(), Input::Tick);
    let second = invocations(&effects).remove(0);
    assert_eq!(second.payload, json!({"number": 1}));
    let told: Vec<_> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Fact(fact) => serde_json::to_value(fact).ok(),
            _ => None,
        })
        .collect();
    assert_eq!(told[0]["attempt"], 1, "{told:?}");
    // what it is retried with after an error, it has not used up
    fail(&mut world, &second);
    let effects = world.handle(world.next_deadline().unwrap(), Input::Tick);
    assert_eq!(invocations(&effects).len(), 1);
}

#[test]
fn an_event_that_never_finds_room_is_given_up_when_it_is_too_old() {
    let (mut world, _) = reserved(1, 2, Duration::from_mins(2));
    while world.messages(DEAD).is_empty() {
        let next = world.next_deadline().unwrap();
        world.handle(next, Input::Tick);
    }
    let record: Value = serde_json::from_str(world.messages(DEAD)[0]).unwrap();
    assert_eq!(record["requestContext"]["condition"], "EventAgeExceeded");
    assert_eq!(record["requestContext"]["approximateInvokeCount"], 0);
    assert_eq!(record["requestPayload"], json!({"number": 1}));
    assert!(record.get("responsePayload").is_none(), "{record}");
}

#[test]
fn a_function_that_may_not_run_at_all_gives_its_events_up() {
    let (mut world, effects) = reserved(0, 1, Duration::from_hours(1));
    assert!(invocations(&effects).is_empty());
    world.handle(world.next_deadline().unwrap(), Input::Tick);
    assert!(world.messages(DEAD)[0].contains("ZeroReservedConcurrency"));
}

#[test]
fn a_destination_needs_the_functions_own_role() {
    let mut world = world(vec![function("first", Some(DEAD))]);
    world.setup.stack.roles[0].policies.clear();
    world.setup.stack.functions[0].maximum_retry_attempts = 0;
    invoke_async(&mut world, "first", json!({})).unwrap();
    let effects = std::mem::take(&mut world.effects);
    let effects = fail(&mut world, &invocations(&effects)[0]);
    assert!(world.messages(DEAD).is_empty());
    let denied = effects.iter().any(|effect| {
        matches!(effect, Effect::Fact(fact) if matches!(&fact.kind,
            FactKind::CallDenied { role, action, resource } if role == "role" && action == "sqs:SendMessage" && resource == DEAD))
    });
    assert!(denied, "{effects:?}");
}
