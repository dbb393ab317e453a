use super::*;
use serde_json::json;

fn allows(policies: &[Policy], permission: &Permission) -> bool {
    grants(policies, None, permission).is_some_and(|grants| !grants.is_empty())
}

fn policy(statements: &Value) -> Policy {
    serde_json::from_value(json!({"Version": "2012-10-17", "Statement": statements})).unwrap()
}

#[track_caller]
fn check_table(statements: &Value, table: &[(Permission, bool)]) {
    let policy = policy(statements);
    assert_eq!(policy.check(), Ok(()));
    for (permission, expected) in table {
        assert_eq!(allows(std::slice::from_ref(&policy), permission), *expected, "{permission:?}");
    }
}

const TASK: &str = "arn:aws:ecs:us-east-1:123456789012:task-definition/web:3";

#[test]
fn actions_and_resources_have_wildcards() {
    check_table(
        &json!([
            {"Effect": "Allow", "Action": ["ecs:RunTask", "ECS:describe*"], "Resource": "arn:aws:ecs:*:123456789012:task-definition/web:*"},
            {"Effect": "Allow", "Action": "logs:Get?ogEvents", "Resource": ["*"]},
        ]),
        &[
            (Permission::new("ecs:RunTask", TASK), true),
            (Permission::new("ecs:DescribeTasks", TASK), true),
            (Permission::new("ecs:StopTask", TASK), false),
            (Permission::new("ecs:RunTask", "arn:aws:ecs:us-east-1:123456789012:task-definition/api:1"), false),
            (Permission::new("logs:GetLogEvents", "anything"), true),
            (Permission::new("sns:Publish", "*"), false),
        ],
    );
}

#[test]
fn a_denial_beats_every_permission() {
    check_table(
        &json!([
            {"Effect": "Deny", "Action": "ecs:StopTask", "Resource": "*"},
            {"Effect": "Allow", "Action": "*", "Resource": "*"},
        ]),
        &[(Permission::new("ecs:RunTask", TASK), true), (Permission::new("ecs:StopTask", TASK), false)],
    );
    assert!(!allows(&[], &Permission::new("ecs:RunTask", TASK)));
}

#[test]
fn conditions_need_their_keys() {
    let cluster = "arn:aws:ecs:us-east-1:123456789012:cluster/production";
    let run = || Permission::new("ecs:RunTask", TASK);
    for (operator, expected, actual, holds) in [
        ("ArnEquals", json!(cluster), cluster, true),
        ("ArnLike", json!("arn:aws:ecs:*:*:cluster/prod*"), cluster, true),
        ("ArnLike", json!("arn:aws:*:cluster/production"), cluster, false),
        ("ArnEquals", json!("arn:aws:ecs:*:*:cluster/staging"), cluster, false),
        ("StringEquals", json!(["a", cluster]), cluster, true),
        ("StringEquals", json!("arn:*"), cluster, false),
        ("StringLike", json!("arn:*"), cluster, true),
        ("Bool", json!("true"), "true", true),
        ("Bool", json!(false), "false", true),
        ("Bool", json!("true"), "false", false),
    ] {
        let statement = json!([{"Effect": "Allow", "Action": "ecs:RunTask", "Resource": "*", "Condition": {operator: {"ecs:Cluster": expected}}}]);
        check_table(&statement, &[(run().with("ecs:cluster", actual), holds), (run(), false)]);
    }
}

#[test]
fn every_condition_has_to_hold() {
    check_table(
        &json!([{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*", "Condition": {
            "StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"},
            "StringLike": {"a": "x*"},
        }}]),
        &[
            (
                Permission::new("iam:PassRole", "r")
                    .with("iam:PassedToService", "ecs-tasks.amazonaws.com")
                    .with("a", "xy"),
                true,
            ),
            (
                Permission::new("iam:PassRole", "r")
                    .with("iam:PassedToService", "scheduler.amazonaws.com")
                    .with("a", "xy"),
                false,
            ),
            (Permission::new("iam:PassRole", "r").with("iam:PassedToService", "ecs-tasks.amazonaws.com"), false),
        ],
    );
}

#[test]
fn what_is_not_understood_is_named_and_allows_nothing() {
    let unknown = policy(
        &json!([{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"IpAddress": {"aws:SourceIp": "::1"}}}]),
    );
    assert_eq!(unknown.check(), Err(PolicyError::UnknownOperator("IpAddress".to_owned())));
    assert!(!allows(&[unknown], &Permission::new("ecs:RunTask", TASK).with("aws:SourceIp", "::1")));
    assert!(policy(&json!([{"Effect": "allow", "Action": "*", "Resource": "*"}])).check().is_err());
    assert!(policy(&json!([{"Effect": "Allow", "Action": 5, "Resource": "*"}])).check().is_err());
}

#[test]
fn a_key_that_is_missing_may_be_left_out_of_some_conditions() {
    let run = || Permission::new("ecs:RunTask", TASK);
    for (operator, without) in [
        ("StringEquals", false),
        ("StringEqualsIfExists", true),
        ("ForAnyValue:StringEquals", false),
        ("ForAnyValue:StringEqualsIfExists", true),
        ("ForAllValues:StringEquals", true),
        ("ForAllValues:StringLike", true),
        ("ArnLikeIfExists", true),
    ] {
        let condition = json!({operator: {"ecs:cluster": ["arn:aws:ecs:r:1:cluster/a", "arn:aws:ecs:r:1:cluster/b"]}});
        let statement = json!([{"Effect": "Allow", "Action": "ecs:*", "Resource": "*", "Condition": condition}]);
        let with = |cluster: &str| run().with("ecs:cluster", format!("arn:aws:ecs:r:1:cluster/{cluster}"));
        check_table(&statement, &[(run(), without), (with("a"), true), (with("b"), true), (with("c"), false)]);
    }
}

#[test]
fn what_is_not_evaluated_is_refused_by_name() {
    let with = |key: &str, value: Value| {
        let mut statement = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
        statement[key] = value;
        policy(&json!([statement])).check().unwrap_err().to_string()
    };
    for (key, value, says) in [
        ("Condition", json!({"Null": {"a": "true"}}), "`Null`"),
        ("Condition", json!({"StringNotEquals": {"a": "b"}}), "`StringNotEquals`"),
        ("Condition", json!({"NumericLessThan": {"a": "1"}}), "`NumericLessThan`"),
        ("Condition", json!({"ForEachValue:StringEquals": {"a": "b"}}), "`ForEachValue:StringEquals`"),
        ("Condition", json!({"StringEquals": {"a": 5}}), "`a` has to be a text"),
        ("Condition", json!({"StringEquals": {"a": ["b", true]}}), "`a` has to be a text"),
        ("Resource", json!("arn:aws:s3:::${aws:PrincipalAccount}"), "policy variable"),
        ("Principal", json!("*"), "remove `Principal`"),
    ] {
        let message = with(key, value);
        assert!(message.contains(says), "{message}");
    }
    for key in ["NotAction", "NotResource", "NotPrincipal"] {
        let mut statement = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
        statement[key] = json!("*");
        let message = serde_json::from_value::<Policy>(json!({"Statement": [statement]})).unwrap_err().to_string();
        assert!(message.contains(key), "{message}");
    }
}

#[test]
fn the_policy_of_a_resource_says_of_whom_it_speaks() {
    const ROLE: &str = "arn:aws:iam::123456789012:role/settle";
    let service = Principal::Service("events.amazonaws.com");
    let both = |statement: &Value, principal| {
        let policy = policy(&json!([statement]));
        assert_eq!(policy.check_of_resource(), Ok(()));
        let grants = grants(&[policy], Some(principal), &Permission::new("sqs:SendMessage", "q"));
        grants.map(|grants| grants.len())
    };
    for (principal, of_service, of_role) in [
        (json!("*"), 1, 1),
        (json!({"AWS": "*"}), 1, 1),
        (json!({"Service": "events.amazonaws.com"}), 1, 0),
        (json!({"Service": ["sns.amazonaws.com", "events.amazonaws.com"]}), 1, 0),
        (json!({"Service": "sns.amazonaws.com"}), 0, 0),
        (json!({"AWS": ROLE}), 0, 1),
        (json!({"AWS": "arn:aws:iam::123456789012:root"}), 0, 0),
    ] {
        let allow = json!({"Effect": "Allow", "Principal": principal, "Action": "sqs:*", "Resource": "q"});
        assert_eq!(both(&allow, service), Some(of_service), "{principal}");
        assert_eq!(both(&allow, Principal::Role(ROLE)), Some(of_role), "{principal}");
    }
    let account = json!({"Effect": "Deny", "Principal": {"AWS": "123456789012"}, "Action": "sqs:*", "Resource": "q"});
    assert_eq!(both(&account, Principal::Role(ROLE)), None);
    assert_eq!(both(&account, service), Some(0));
    let nobody = policy(&json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}]));
    assert_eq!(nobody.check_of_resource(), Err(PolicyError::NoPrincipal));
    for principal in [json!({"Federated": "a"}), json!("role"), json!({}), json!(5)] {
        let strange = policy(&json!([{"Effect": "Allow", "Principal": principal, "Action": "*", "Resource": "*"}]));
        assert!(matches!(strange.check_of_resource(), Err(PolicyError::UnknownPrincipal(_))), "{principal}");
    }
}
