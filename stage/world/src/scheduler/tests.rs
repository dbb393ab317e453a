mod recurring;

use super::create_schedule::CreateSchedule;
use super::definition::Definition;
use super::delete_schedule::DeleteSchedule;
use super::get_schedule::GetSchedule;
use crate::operation::Operation;
use crate::value::Value;
use crate::{AwsError, Effect, EventFault, FactKind, Fault, Function, Policy, Queue, Role, Setup, World};
use serde_json::json;
use std::time::Duration;

fn world() -> World {
    let mut setup = Setup::empty();
    setup.stack.functions = vec![Function::new("settle", "settle")];
    let policy: Policy = serde_json::from_value(json!({"Statement": [
        {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:settle"}
    ]}))
    .unwrap();
    setup.stack.roles = vec![Role {
        name: "schedules".to_owned(),
        access_key: "S".to_owned(),
        policies: vec![policy],
        ..Role::default()
    }];
    setup.stack.queues = vec![Queue::new("arn:aws:sqs:us-east-1:123456789012:dead")];
    World::new(setup, Setup::EPOCH)
}

fn input(changes: &serde_json::Value) -> serde_json::Value {
    let mut input = json!({
        "Name": "one",
        "ScheduleExpression": "at(2026-01-01T00:10:05)",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {
            "Arn": "arn:aws:lambda:us-east-1:123456789012:function:settle",
            "RoleArn": "arn:aws:iam::123456789012:role/schedules",
            "Input": "{\"at\":\"<aws.scheduler.scheduled-time>\",\"arn\":\"<aws.scheduler.schedule-arn>\"}",
        },
    });
    for (key, value) in changes.as_object().unwrap() {
        if key == "Target" {
            for (key, value) in value.as_object().unwrap() {
                input["Target"][key] = value.clone();
            }
        } else {
            input[key] = value.clone();
        }
    }
    input
}

fn create(world: &mut World, changes: &serde_json::Value) -> Result<(), AwsError> {
    let input: Definition = Value::serialized(&input(changes)).unwrap().deserialized().unwrap();
    CreateSchedule::call(input, world).map(|_| ())
}

fn invoked(effects: &[Effect]) -> Vec<serde_json::Value> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Invoke(invoke) => Some(invoke.payload.clone()),
            _ => None,
        })
        .collect()
}

#[test]
fn a_schedule_fires_at_its_second_and_stays() {
    let mut world = world();
    create(&mut world, &json!({})).unwrap();
    let due = world.next_deadline().unwrap();
    assert_eq!(due.to_string(), "2026-01-01T00:10:05Z");
    assert_eq!(
        invoked(&world.handle(due, crate::Input::Tick)),
        [json!({"at": "2026-01-01T00:10:05Z", "arn": "arn:aws:scheduler:us-east-1:123456789012:schedule/default/one"})]
    );
    assert_eq!(create(&mut world, &json!({})).unwrap_err().code, "ConflictException");
}

#[test]
fn a_completed_schedule_can_go_by_itself() {
    let mut world = world();
    create(&mut world, &json!({"ActionAfterCompletion": "DELETE"})).unwrap();
    world.handle(world.next_deadline().unwrap(), crate::Input::Tick);
    assert!(world.scheduler.schedules.is_empty());
}

#[test]
fn a_deleted_schedule_does_not_fire_even_if_its_name_is_used_again() {
    let mut world = world();
    create(&mut world, &json!({})).unwrap();
    let name = Value::serialized(&json!({"Name": "one"})).unwrap();
    GetSchedule::call(name.deserialized().unwrap(), &mut world).unwrap();
    DeleteSchedule::call(name.deserialized().unwrap(), &mut world).unwrap();
    assert_eq!(DeleteSchedule::call(name.deserialized().unwrap(), &mut world).unwrap_err().status, 404);
    assert_eq!(
        GetSchedule::call(name.deserialized().unwrap(), &mut world).unwrap_err().code,
        "ResourceNotFoundException"
    );
    create(&mut world, &json!({"ScheduleExpression": "at(2026-01-01T01:00:00)"})).unwrap();
    assert!(invoked(&world.handle(world.next_deadline().unwrap(), crate::Input::Tick)).is_empty());
    assert_eq!(invoked(&world.handle(world.next_deadline().unwrap(), crate::Input::Tick)).len(), 1);
}

#[test]
fn the_same_token_creates_once() {
    let mut world = world();
    create(&mut world, &json!({"ClientToken": "t"})).unwrap();
    create(&mut world, &json!({"ClientToken": "t"})).unwrap();
    assert_eq!(create(&mut world, &json!({"ClientToken": "t", "Description": "other"})).unwrap_err().status, 409);
}

#[test]
fn a_target_without_permission_becomes_a_dead_letter() {
    let mut world = world();
    world.setup.stack.roles[0].policies = vec![
        serde_json::from_value(json!({"Statement": [
            {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:us-east-1:123456789012:dead"}
        ]}))
        .unwrap(),
    ];
    create(&mut world, &json!({"Target": {"DeadLetterConfig": {"Arn": "arn:aws:sqs:us-east-1:123456789012:dead"}}}))
        .unwrap();
    assert!(invoked(&world.handle(world.next_deadline().unwrap(), crate::Input::Tick)).is_empty());
    assert_eq!(world.messages("arn:aws:sqs:us-east-1:123456789012:dead").len(), 1);
}

#[test]
fn what_the_model_or_the_stage_refuses_is_refused() {
    for (changes, code, says) in [
        (json!({"Name": "x".repeat(65)}), "ValidationException", "64"),
        (json!({"Name": "a/b"}), "ValidationException", "pattern"),
        (json!({"GroupName": "other"}), "ResourceNotFoundException", "other"),
        (json!({"ScheduleExpression": "rate(1 minutes)"}), "ValidationException", "Invalid Schedule Expression"),
        (json!({"ScheduleExpression": "cron(0 1 * * * *)"}), "ValidationException", "Invalid Schedule Expression"),
        (json!({"ScheduleExpression": "at(2026-13-01T00:00:00)"}), "ValidationException", "Invalid Schedule"),
        (json!({"ScheduleExpression": "at(2026-01-01T00:00:00Z)"}), "ValidationException", "Invalid Schedule"),
        (json!({"ScheduleExpression": "at()"}), "ValidationException", "Invalid Schedule"),
        (json!({"ScheduleExpressionTimezone": "Europe/Berln"}), "ValidationException", "Europe/Berln"),
        (json!({"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}}), "ValidationException", "must be set"),
        (
            json!({"FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 1441}}),
            "ValidationException",
            "between 1 and 1440",
        ),
        (
            json!({"FlexibleTimeWindow": {"Mode": "OFF", "MaximumWindowInMinutes": 5}}),
            "ValidationException",
            "cannot be set",
        ),
        (
            json!({"ScheduleExpression": "rate(1 day)", "StartDate": 1_767_225_600, "EndDate": 1_767_225_600}),
            "ValidationException",
            "must come after",
        ),
        (
            json!({"ScheduleExpression": "at(2026-03-29T02:30:00)", "ScheduleExpressionTimezone": "Europe/Berlin"}),
            "ValidationException",
            "would never fire",
        ),
        (json!({"State": "PAUSED"}), "ValidationException", "enum"),
        (json!({"ClientToken": "a b"}), "ValidationException", "clientToken"),
        (
            json!({"Target": {"Arn": "arn:aws:ecs:us-east-1:123456789012:cluster/c"}}),
            "ValidationException",
            "functions only",
        ),
        (json!({"Target": {"Input": "no json"}}), "ValidationException", "JSON"),
        (
            json!({"Target": {"RoleArn": "arn:aws:iam::123456789012:role/none"}}),
            "ValidationException",
            "assume the role",
        ),
    ] {
        let error = create(&mut world(), &changes).unwrap_err();
        assert_eq!(error.code, code, "{changes}: {error}");
        assert!(error.message.contains(says), "{changes}: {error}");
    }
}

#[test]
fn unknown_members_are_named() {
    let input = Value::serialized(&input(&json!({"KmsKeyArn": "arn:aws:kms:…"}))).unwrap();
    assert!(input.deserialized::<Definition>().unwrap_err().to_string().contains("KmsKeyArn"));
}

/// A schedule with a dead-letter queue, while functions cannot be reached for this long.
fn unreachable(span: Duration, actions: &[&str]) -> World {
    let mut world = world();
    let policy = json!({"Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]});
    world.setup.stack.roles[0].policies = vec![serde_json::from_value(policy).unwrap()];
    world.setup.faults.push(Fault::Event {
        detail_type: Fault::SCHEDULE.to_owned(),
        times: 1,
        what: EventFault::Undeliverable(span),
    });
    let target = json!({
        "DeadLetterConfig": {"Arn": "arn:aws:sqs:us-east-1:123456789012:dead"},
        "Input": "{\"attempt\":\"<aws.scheduler.attempt-number>\"}",
        "RetryPolicy": {"MaximumRetryAttempts": 5, "MaximumEventAgeInSeconds": 600},
    });
    create(&mut world, &json!({ "Target": target })).unwrap();
    world
}

/// What functions are given until nothing is left to do, and the actions that are denied.
fn rest(world: &mut World) -> (Vec<serde_json::Value>, Vec<String>) {
    let (mut given, mut denied) = (Vec::new(), Vec::new());
    while let Some(next) = world.next_deadline() {
        let effects = world.handle(next, crate::Input::Tick);
        given.extend(invoked(&effects));
        denied.extend(effects.into_iter().filter_map(|effect| match effect {
            Effect::Fact(fact) => match fact.kind {
                FactKind::CallDenied { action, .. } => Some(action),
                _ => None,
            },
            _ => None,
        }));
    }
    (given, denied)
}

#[test]
fn a_schedule_whose_function_cannot_be_reached_is_tried_again_and_given_up() {
    let both = ["lambda:InvokeFunction", "sqs:SendMessage"];
    let dead = "arn:aws:sqs:us-east-1:123456789012:dead";
    let mut world = unreachable(Duration::from_secs(5), &both);
    assert_eq!(rest(&mut world), (vec![json!({"attempt": "4"})], Vec::new()));
    let mut world = unreachable(Duration::from_hours(1), &both);
    assert_eq!(rest(&mut world), (Vec::new(), Vec::new()));
    assert_eq!(world.messages(dead), ["{\"attempt\":\"6\"}"]);
    let mut world = unreachable(Duration::from_hours(1), &["lambda:InvokeFunction"]);
    assert_eq!(rest(&mut world), (Vec::new(), vec!["sqs:SendMessage".to_owned()]));
    assert!(world.messages(dead).is_empty());
}
