//! What observers hear of permissions.

use super::*;
use crate::testing::Shell;
use crate::{AwsError, Role, Setup, Topic};
use serde_json::Value;

const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:news";

fn shell(statements: &Value, of_topic: &Value) -> Shell {
    let mut setup = Setup::empty();
    let policies = vec![serde_json::from_value(json!({ "Statement": statements })).unwrap()];
    setup.stack.roles.push(Role { name: "r".to_owned(), access_key: "R".to_owned(), policies, ..Role::default() });
    let policies = vec![serde_json::from_value(json!({ "Statement": of_topic })).unwrap()];
    setup.stack.topics.push(Topic { policies, ..Topic::new(TOPIC) });
    assert_eq!(setup.check(), Ok(()));
    Shell::new(setup)
}

fn publish(shell: &mut Shell) -> Result<Value, AwsError> {
    shell.call_as("R", "sns", "Publish", json!({"TopicArn": TOPIC, "Message": "m"}))
}

/// Whose, statement, action.
fn used(shell: &Shell) -> Vec<(String, u64, String)> {
    let text = |fact: &Value, name: &str| fact[name].as_str().unwrap().to_owned();
    shell
        .told("permission.used")
        .map(|fact| (text(&fact, "role"), fact["statement"].as_u64().unwrap(), text(&fact, "action")))
        .collect()
}

#[test]
fn every_statement_that_lets_a_call_through_is_told_once() {
    let mut shell = shell(
        &json!([
            {"Sid": "None", "Effect": "Allow", "Action": "ecs:*", "Resource": "*"},
            {"Sid": "News", "Effect": "Allow", "Action": ["sns:Publish", "sns:Subscribe"], "Resource": TOPIC},
            {"Effect": "Allow", "Action": "SNS:Pub*", "Resource": "*"},
            {"Effect": "Allow", "Action": "sns:Publish", "Resource": "arn:aws:sns:us-east-1:123456789012:other"},
        ]),
        &json!([]),
    );
    publish(&mut shell).unwrap();
    publish(&mut shell).unwrap();
    let told = [("r".to_owned(), 1, "sns:Publish".to_owned()), ("r".to_owned(), 2, "SNS:Pub*".to_owned())];
    assert_eq!(used(&shell), told);
    let first = shell.told("permission.used").next().unwrap();
    assert_eq!((&first["sid"], &first["policy"], &first["resource"]), (&json!("News"), &json!(0), &json!(TOPIC)));
}

#[test]
fn a_call_that_is_denied_uses_nothing() {
    let allow = json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}]);
    let mut denied = shell(&allow, &json!([{"Effect": "Deny", "Principal": "*", "Action": "sns:*", "Resource": "*"}]));
    assert_eq!(publish(&mut denied).unwrap_err().code, "AccessDeniedException");
    assert!(used(&denied).is_empty());
    assert_eq!(denied.told("call.denied").count(), 1);
}

#[test]
fn a_topic_can_let_a_role_by_itself() {
    let role = "arn:aws:iam::123456789012:role/r";
    let of_topic = json!([{"Effect": "Allow", "Principal": {"AWS": role}, "Action": "sns:Publish", "Resource": TOPIC}]);
    let mut shell = shell(&json!([]), &of_topic);
    publish(&mut shell).unwrap();
    assert_eq!(used(&shell), [(TOPIC.to_owned(), 0, "sns:Publish".to_owned())]);
}
