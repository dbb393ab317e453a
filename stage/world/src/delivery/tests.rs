//! Rules and their targets; what schedules do is beside the Scheduler.

use super::*;
use crate::{Effect, Fault, Function, Input, Policy, Queue, Role, Rule, Setup, Topic, events};
use serde_json::json;

const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:settle";
const RULE: &str = "arn:aws:events:us-east-1:123456789012:rule/stopped";
const DEAD: &str = "arn:aws:sqs:us-east-1:123456789012:dead";
const EVENTS: &str = "events.amazonaws.com";

fn setup() -> Setup {
    let mut setup = Setup::empty();
    setup.stack.roles.push(Role {
        name: "settle".to_owned(),
        access_key: "S".to_owned(),
        policies: Vec::new(),
        ..Role::default()
    });
    setup.stack.functions.push(Function {
        policies: vec![Policy::of_resource(EVENTS, "lambda:InvokeFunction", FUNCTION, RULE)],
        ..Function::new("settle", "settle")
    });
    setup
        .stack
        .queues
        .push(Queue { policies: vec![Policy::of_resource(EVENTS, "sqs:SendMessage", DEAD, RULE)], ..Queue::new(DEAD) });
    setup.stack.rules.push(Rule {
        name: "stopped".to_owned(),
        pattern: json!({"source": ["aws.ecs"]}),
        targets: vec![RuleTarget { dead_letters: Some(DEAD.to_owned()), ..RuleTarget::new(FUNCTION) }],
        enabled: true,
    });
    setup
}

fn unreachable(span: Duration) -> Setup {
    let what = EventFault::Undeliverable(span);
    let mut setup = setup();
    setup.faults.push(Fault::Event { detail_type: "news".to_owned(), times: Fault::ALWAYS, what });
    setup
}

/// What came of an event: the seconds after which the function was invoked, and the facts.
struct Played {
    world: World,
    invoked: Vec<i64>,
    facts: Vec<Value>,
}

fn play(setup: Setup) -> Played {
    assert_eq!(setup.check(), Ok(()));
    let mut world = World::new(setup, Setup::EPOCH);
    events::publish(&mut world, "aws.ecs", "news", Vec::new(), json!({"a": 1}));
    let mut effects = world.handle(Setup::EPOCH, Input::Tick);
    let (mut invoked, mut facts) = (Vec::new(), Vec::new());
    loop {
        for effect in effects {
            match effect {
                Effect::Invoke(_) => invoked.push(world.now.duration_since(Setup::EPOCH).as_secs()),
                Effect::Fact(fact) => facts.push(serde_json::to_value(fact).unwrap()),
                _ => {}
            }
        }
        let Some(next) = world.next_deadline() else { return Played { world, invoked, facts } };
        effects = world.handle(next, Input::Tick);
    }
}

impl Played {
    fn told(&self, event: &str) -> Vec<&Value> {
        self.facts.iter().filter(|fact| fact["event"] == event).collect()
    }

    /// After how many seconds the event was given up, and why.
    #[track_caller]
    fn given_up(&self) -> (i64, &str) {
        assert!(self.invoked.is_empty());
        assert_eq!(self.world.messages(DEAD).len(), 1, "{:?}", self.facts);
        let event: Value = serde_json::from_str(self.world.messages(DEAD)[0]).unwrap();
        assert_eq!(event["detail"], json!({"a": 1}));
        let [told] = self.told("dead-letter.sent")[..] else { panic!("{:?}", self.facts) };
        assert_eq!((&told["queue"], &told["from"]), (&json!(DEAD), &json!(RULE)));
        let at: Timestamp = told["at"].as_str().unwrap().parse().unwrap();
        (at.duration_since(Setup::EPOCH).as_secs(), told["reason"].as_str().unwrap())
    }
}

#[test]
fn a_rule_may_invoke_what_lets_it() {
    let played = play(setup());
    assert_eq!(played.invoked, [0]);
    assert!(played.told("call.denied").is_empty());
    let [used] = played.told("permission.used")[..] else { panic!("{:?}", played.facts) };
    assert_eq!((&used["role"], &used["action"]), (&json!(FUNCTION), &json!("lambda:InvokeFunction")));
}

#[test]
fn a_rule_that_may_not_invoke_gives_the_event_up_at_once() {
    let mut without = setup();
    without.stack.functions[0].policies.clear();
    let mut of_another_rule = setup();
    let other = "arn:aws:events:us-east-1:123456789012:rule/other";
    of_another_rule.stack.functions[0].policies =
        vec![Policy::of_resource(EVENTS, "lambda:InvokeFunction", FUNCTION, other)];
    let mut of_another_service = setup();
    of_another_service.stack.functions[0].policies =
        vec![Policy::of_resource("sns.amazonaws.com", "lambda:InvokeFunction", FUNCTION, RULE)];
    for setup in [without, of_another_rule, of_another_service] {
        let played = play(setup);
        assert_eq!(played.given_up(), (0, "NO_PERMISSIONS"));
        let [denied] = played.told("call.denied")[..] else { panic!("{:?}", played.facts) };
        assert_eq!(denied["role"], EVENTS);
        assert_eq!((&denied["action"], &denied["resource"]), (&json!("lambda:InvokeFunction"), &json!(FUNCTION)));
    }
}

#[test]
fn a_queue_that_does_not_let_a_rule_takes_nothing() {
    let mut setup = setup();
    setup.stack.functions[0].policies.clear();
    setup.stack.queues[0].policies.clear();
    let played = play(setup);
    assert!(played.world.messages(DEAD).is_empty() && played.told("dead-letter.sent").is_empty());
    let denied: Vec<_> = played.told("call.denied").into_iter().map(|fact| fact["action"].as_str().unwrap()).collect();
    assert_eq!(denied, ["lambda:InvokeFunction", "sqs:SendMessage"]);
}

#[test]
fn an_account_id_is_a_source_too() {
    let mut setup = setup();
    setup.stack.functions[0].policies = vec![
        serde_json::from_value(json!({"Statement": [{
            "Effect": "Allow", "Principal": {"Service": [EVENTS]}, "Action": "lambda:InvokeFunction", "Resource": FUNCTION,
            "Condition": {"StringEquals": {"AWS:SourceAccount": "123456789012"}, "ArnLike": {"AWS:SourceArn": RULE}},
        }]}))
        .unwrap(),
    ];
    assert_eq!(play(setup).invoked, [0]);
}

#[test]
fn a_function_that_cannot_be_reached_for_a_while_gets_its_event_then() {
    let played = play(unreachable(Duration::from_secs(10)));
    assert_eq!(played.invoked, [15], "after pauses of 1, 2, 4 and 8 seconds");
    assert!(played.world.messages(DEAD).is_empty());
}

#[test]
fn a_function_that_cannot_be_reached_leaves_a_dead_letter() {
    let with = |maximum_attempts, maximum_age| {
        let mut setup = unreachable(Duration::MAX);
        setup.stack.rules[0].targets[0].retry = RetryPolicy { maximum_attempts, maximum_age };
        play(setup)
    };
    let hour = Duration::from_hours(1);
    assert_eq!(with(0, hour).given_up(), (0, "MaximumRetryAttempts"));
    assert_eq!(with(3, hour).given_up(), (7, "MaximumRetryAttempts"));
    assert_eq!(with(185, Duration::from_mins(1)).given_up(), (60, "MaximumEventAgeInSeconds"));
    let played = play(unreachable(Duration::MAX));
    let (after, reason) = played.given_up();
    assert_eq!(reason, "MaximumRetryAttempts");
    assert!((23 * 3600..24 * 3600).contains(&after), "{after}");
}

#[test]
fn without_a_queue_a_given_up_event_is_gone() {
    let mut setup = unreachable(Duration::MAX);
    setup.stack.rules[0].targets[0].dead_letters = None;
    let played = play(setup);
    assert!(played.invoked.is_empty() && played.told("dead-letter.sent").is_empty(), "{:?}", played.facts);
}

#[test]
fn a_disabled_rule_matches_nothing() {
    let mut setup = setup();
    setup.stack.rules[0].enabled = false;
    assert!(play(setup).invoked.is_empty());
}

#[test]
fn targets_that_the_stage_or_aws_refuses_are_named() {
    type Edit = fn(&mut RuleTarget);
    const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:news";
    let edits: [(Edit, &str); 5] = [
        (|target| TOPIC.clone_into(&mut target.arn), "functions only"),
        (|target| target.dead_letters = Some(TOPIC.to_owned()), TOPIC),
        (|target| target.retry.maximum_attempts = 186, "0 to 185"),
        (|target| target.retry.maximum_age = Duration::from_secs(59), "60 to 86400"),
        (|target| target.retry.maximum_age = Duration::from_secs(86_401), "60 to 86400"),
    ];
    for (edit, says) in edits {
        let mut setup = setup();
        setup.stack.topics.push(Topic::new(TOPIC));
        edit(&mut setup.stack.rules[0].targets[0]);
        let message = setup.check().unwrap_err().to_string();
        assert!(message.contains("stopped") && message.contains(says), "{message}");
    }
}
