//! Schedules that come again, and what can be done with them.

use super::super::list_schedules::ListSchedules;
use super::super::update_schedule::UpdateSchedule;
use super::*;
use crate::{RetryPolicy, Schedule};
use jiff::Timestamp;

/// When functions are invoked until `until`, and with what.
fn played(world: &mut World, until: &str) -> Vec<(String, serde_json::Value)> {
    let until: Timestamp = until.parse().unwrap();
    let mut found = Vec::new();
    while let Some(next) = world.next_deadline().filter(|next| *next <= until) {
        let effects = world.handle(next, crate::Input::Tick);
        found.extend(invoked(&effects).into_iter().map(|payload| (next.to_string(), payload)));
    }
    found
}

/// The scheduled times that functions are told until `until`.
fn told(world: &mut World, until: &str) -> Vec<String> {
    let played = played(world, until).into_iter();
    played.map(|(_, payload)| payload["at"].as_str().unwrap().to_owned()).collect()
}

fn update(world: &mut World, changes: &serde_json::Value) -> Result<(), AwsError> {
    let input = Value::serialized(&input(changes)).unwrap().deserialized().unwrap();
    UpdateSchedule::call(input, world).map(|_| ())
}

/// What `ListSchedules` answers.
fn list(world: &mut World, input: &serde_json::Value) -> Result<serde_json::Value, AwsError> {
    let input = Value::serialized(input).unwrap().deserialized().unwrap();
    ListSchedules::call(input, world).map(|output| serde_json::to_value(output).unwrap())
}

#[test]
fn a_rate_begins_at_once_and_goes_on() {
    let mut world = world();
    create(&mut world, &json!({"ScheduleExpression": "rate(12 hours)"})).unwrap();
    let expected = ["2026-01-01T00:00:00Z", "2026-01-01T12:00:00Z", "2026-01-02T00:00:00Z"];
    assert_eq!(told(&mut world, "2026-01-02T11:59:59Z"), expected);
}

#[test]
fn a_rate_keeps_to_its_start_and_its_end() {
    let mut world = world();
    // from 06:00 on, before 18:00
    let dates = json!({"ScheduleExpression": "rate(6 hours)", "StartDate": 1_767_247_200, "EndDate": 1_767_290_400});
    create(&mut world, &dates).unwrap();
    assert_eq!(told(&mut world, "2026-01-03T00:00:00Z"), ["2026-01-01T06:00:00Z", "2026-01-01T12:00:00Z"]);
    assert_eq!(world.scheduler.schedules.len(), 1);
}

#[test]
fn a_schedule_that_is_over_can_go_by_itself() {
    let mut world = world();
    let changes = json!({"ScheduleExpression": "cron(0 6 1,2 1 ? 2026)", "ActionAfterCompletion": "DELETE"});
    create(&mut world, &changes).unwrap();
    assert_eq!(told(&mut world, "2026-01-01T12:00:00Z").len(), 1);
    assert_eq!(world.scheduler.schedules.len(), 1);
    assert_eq!(told(&mut world, "2026-02-01T00:00:00Z").len(), 1);
    assert!(world.scheduler.schedules.is_empty() && world.next_deadline().is_none());
}

#[test]
fn a_week_of_cron_is_on_the_clock_of_its_zone() {
    let mut world = world();
    let changes = json!({
        "ScheduleExpression": "cron(30 2 ? * SUN,SAT *)",
        "ScheduleExpressionTimezone": "Europe/Berlin",
        "StartDate": 1_774_569_600,
    });
    create(&mut world, &changes).unwrap();
    // 2026-03-29 has no 02:30
    let expected = ["2026-03-28T01:30:00Z", "2026-04-04T00:30:00Z", "2026-04-05T00:30:00Z"];
    assert_eq!(told(&mut world, "2026-04-10T00:00:00Z"), expected);
}

#[test]
fn a_flexible_window_moves_the_firing_and_not_its_time() {
    let mut world = world();
    let flexible = json!({"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15});
    let changes = json!({"ScheduleExpression": "cron(0 * * * ? *)", "FlexibleTimeWindow": flexible});
    create(&mut world, &changes).unwrap();
    let played = played(&mut world, "2026-01-02T00:30:00Z");
    assert_eq!(played.len(), 24);
    let late: Vec<i64> = played
        .iter()
        .map(|(at, payload)| {
            let [at, scheduled]: [Timestamp; 2] =
                [at, payload["at"].as_str().unwrap()].map(|text| text.parse().unwrap());
            assert_eq!(scheduled.as_second() % 3600, 0);
            at.as_second() - scheduled.as_second()
        })
        .collect();
    assert!(late.iter().all(|late| (0..900).contains(late)), "{late:?}");
    assert!(late.iter().any(|late| *late > 60), "{late:?}");
}

#[test]
fn a_firing_can_come_twice_with_one_scheduled_time() {
    let mut world = world();
    world.setup.faults.push(Fault::Event {
        detail_type: Fault::SCHEDULE.to_owned(),
        times: Fault::ALWAYS,
        what: EventFault::Doubled(Duration::from_secs(3)),
    });
    let target =
        json!({"Input": "{\"at\":\"<aws.scheduler.scheduled-time>\",\"id\":\"<aws.scheduler.execution-id>\"}"});
    create(&mut world, &json!({"ScheduleExpression": "rate(1 hour)", "Target": target})).unwrap();
    let played = played(&mut world, "2026-01-01T01:30:00Z");
    let times: Vec<_> = played.iter().map(|(at, payload)| (at.as_str(), payload["at"].as_str().unwrap())).collect();
    let expected = [
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ("2026-01-01T00:00:03Z", "2026-01-01T00:00:00Z"),
        ("2026-01-01T01:00:00Z", "2026-01-01T01:00:00Z"),
        ("2026-01-01T01:00:03Z", "2026-01-01T01:00:00Z"),
    ];
    assert_eq!(times, expected);
    assert_ne!(played[0].1["id"], played[1].1["id"]);
}

#[test]
fn a_thousand_schedules_fire_in_one_minute() {
    let mut world = world();
    world.setup.faults.push(Fault::Event {
        detail_type: Fault::SCHEDULE.to_owned(),
        times: Fault::ALWAYS,
        what: EventFault::Doubled(Duration::from_secs(1)),
    });
    for number in 0..1000 {
        let target =
            json!({"Input": "{\"of\":\"<aws.scheduler.schedule-arn>\",\"at\":\"<aws.scheduler.scheduled-time>\"}"});
        let changes =
            json!({"Name": format!("job-{number}"), "ScheduleExpression": "cron(0 3 * * ? *)", "Target": target});
        create(&mut world, &changes).unwrap();
    }
    let played = played(&mut world, "2026-01-07T23:59:59Z");
    let mut counts = std::collections::BTreeMap::<String, u32>::new();
    for (_, payload) in &played {
        *counts.entry(payload.to_string()).or_default() += 1;
    }
    // seven days, each firing twice, none lost
    assert_eq!((counts.len(), played.len()), (7000, 14_000));
    assert!(counts.values().all(|count| *count == 2));
}

#[test]
fn an_update_replaces_everything() {
    let mut world = world();
    create(&mut world, &json!({"ScheduleExpression": "rate(1 hour)", "Description": "hourly"})).unwrap();
    assert_eq!(told(&mut world, "2026-01-01T00:30:00Z").len(), 1);
    update(&mut world, &json!({"ScheduleExpression": "rate(1 hour)", "State": "DISABLED"})).unwrap();
    assert_eq!(told(&mut world, "2026-01-01T05:00:00Z"), [""; 0]);
    world.handle("2026-01-01T05:00:00Z".parse().unwrap(), crate::Input::Tick);
    update(&mut world, &json!({"ScheduleExpression": "cron(15 * * * ? *)"})).unwrap();
    assert_eq!(told(&mut world, "2026-01-01T06:00:00Z"), ["2026-01-01T05:15:00Z"]);
    let name = Value::serialized(&json!({"Name": "one"})).unwrap();
    let shown = GetSchedule::call(name.deserialized().unwrap(), &mut world).unwrap();
    let shown = Value::serialized(&shown).unwrap();
    let members: Vec<&str> = shown.as_map().unwrap().iter().filter_map(|(name, _)| name.as_text()).collect();
    assert!(!members.contains(&"Description"), "{members:?}");
    assert_eq!(update(&mut world, &json!({"Name": "none"})).unwrap_err().code, "ResourceNotFoundException");
    assert_eq!(update(&mut world, &json!({"GroupName": "none"})).unwrap_err().status, 404);
}

#[test]
fn schedules_are_listed_in_pages() {
    let mut world = world();
    world.setup.stack.schedule_groups.push("jobs".to_owned());
    for name in ["job-a", "job-b", "job-c", "other"] {
        let state = if name == "job-b" { "DISABLED" } else { "ENABLED" };
        create(&mut world, &json!({"Name": name, "GroupName": "jobs", "State": state})).unwrap();
    }
    create(&mut world, &json!({})).unwrap();
    let names = |answer: &serde_json::Value| {
        let schedules = answer["Schedules"].as_array().unwrap().iter();
        schedules.map(|schedule| schedule["Name"].as_str().unwrap().to_owned()).collect::<Vec<_>>().join(" ")
    };
    for (input, expected) in [
        (json!({}), "one job-a job-b job-c other"),
        (json!({"GroupName": "jobs"}), "job-a job-b job-c other"),
        (json!({"NamePrefix": "job-", "State": "ENABLED"}), "job-a job-c"),
        (json!({"GroupName": "default", "NamePrefix": "job-"}), ""),
    ] {
        let answer = list(&mut world, &input).unwrap();
        assert_eq!(names(&answer), expected, "{input}");
        assert!(answer.get("NextToken").is_none(), "{answer}");
    }
    let first = list(&mut world, &json!({"GroupName": "jobs", "MaxResults": 2})).unwrap();
    let rest =
        list(&mut world, &json!({"GroupName": "jobs", "MaxResults": 2, "NextToken": first["NextToken"]})).unwrap();
    assert_eq!((names(&first).as_str(), names(&rest).as_str()), ("job-a job-b", "job-c other"));
    assert!(rest.get("NextToken").is_none());
    for (input, code) in [
        (json!({"GroupName": "none"}), "ResourceNotFoundException"),
        (json!({"MaxResults": 0}), "ValidationException"),
        (json!({"MaxResults": 101}), "ValidationException"),
        (json!({"State": "PAUSED"}), "ValidationException"),
        (json!({"NamePrefix": "a/b"}), "ValidationException"),
        (json!({"NextToken": "nothing"}), "ValidationException"),
    ] {
        assert_eq!(list(&mut world, &input).unwrap_err().code, code, "{input}");
    }
}

const DEAD: &str = "arn:aws:sqs:us-east-1:123456789012:dead";

fn of_stack() -> Schedule {
    Schedule {
        name: "nightly".to_owned(),
        group: None,
        expression: "cron(0 3 * * ? *)".to_owned(),
        time_zone: Some("Europe/Berlin".to_owned()),
        start: None,
        end: None,
        flexible_window: None,
        enabled: true,
        target: "arn:aws:lambda:us-east-1:123456789012:function:settle".to_owned(),
        role_arn: "arn:aws:iam::123456789012:role/schedules".to_owned(),
        input: Some("{\"at\":\"<aws.scheduler.scheduled-time>\"}".to_owned()),
        retry: RetryPolicy::default(),
        dead_letters: Some(DEAD.to_owned()),
    }
}

#[test]
fn schedules_of_the_stack_are_there_from_the_beginning() {
    let mut setup = world().setup;
    setup.stack.functions[0].role = "schedules".to_owned();
    setup.stack.schedules = vec![of_stack(), Schedule { name: "off".to_owned(), enabled: false, ..of_stack() }];
    assert_eq!(setup.check(), Ok(()));
    let mut world = World::new(setup, Setup::EPOCH);
    let expected = ["2026-01-01T02:00:00Z", "2026-01-02T02:00:00Z"];
    assert_eq!(told(&mut world, "2026-01-02T12:00:00Z"), expected);
}

#[test]
fn a_schedule_of_the_stack_that_would_not_fire_is_named() {
    type Edit = fn(&mut Schedule);
    let edits: [(Edit, &str); 7] = [
        (|schedule| schedule.expression = "cron(0 3 30 2 ? *)".to_owned(), "never fires"),
        (|schedule| schedule.time_zone = Some("Mars".to_owned()), "Mars"),
        (|schedule| schedule.flexible_window = Some(0), "1440"),
        (|schedule| schedule.group = Some("none".to_owned()), "none"),
        (|schedule| schedule.role_arn = "arn:aws:iam::123456789012:role/none".to_owned(), "role/none"),
        (|schedule| schedule.target.push('x'), "settlex"),
        (|schedule| schedule.dead_letters = Some("arn:aws:sqs:us-east-1:123456789012:other".to_owned()), "other"),
    ];
    for (edit, says) in edits {
        let mut setup = world().setup;
        setup.stack.functions[0].role = "schedules".to_owned();
        let mut schedule = of_stack();
        edit(&mut schedule);
        setup.stack.schedules.push(schedule);
        let message = setup.check().unwrap_err().to_string();
        assert!(message.contains("nightly") && message.contains(says), "{message}");
    }
}
