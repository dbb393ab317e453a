use super::*;
use serde_json::json;

#[track_caller]
fn check(pattern: &Value, table: &[(Value, bool)]) {
    let parsed = Pattern::parse(pattern).unwrap();
    for (event, expected) in table {
        assert_eq!(parsed.matches(event), *expected, "{pattern} on {event}");
    }
}

#[test]
fn exact_values() {
    check(
        &json!({"source": ["aws.ecs"], "detail": {"lastStatus": ["STOPPED", "RUNNING"]}}),
        &[
            (json!({"source": "aws.ecs", "detail": {"lastStatus": "STOPPED"}}), true),
            (json!({"source": "aws.ecs", "detail": {"lastStatus": "RUNNING", "other": 1}}), true),
            (json!({"source": "aws.ecs", "detail": {"lastStatus": "PENDING"}}), false),
            (json!({"source": "aws.ec2", "detail": {"lastStatus": "STOPPED"}}), false),
            (json!({"source": "aws.ecs"}), false),
            (json!("text"), false),
        ],
    );
    check(
        &json!({"a": [null, true, 300, ""]}),
        &[
            (json!({"a": null}), true),
            (json!({"a": true}), true),
            (json!({"a": 300}), true),
            (json!({"a": 300.0}), false),
            (json!({"a": ""}), true),
            (json!({"a": "300"}), false),
            (json!({"a": false}), false),
            (json!({}), false),
        ],
    );
}

#[test]
fn arrays_in_events() {
    check(
        &json!({"resources": ["b"]}),
        &[
            (json!({"resources": ["a", "b"]}), true),
            (json!({"resources": ["a"]}), false),
            (json!({"resources": []}), false),
        ],
    );
    check(
        &json!({"containers": {"name": ["web"], "exitCode": [{"anything-but": 0}]}}),
        &[
            (json!({"containers": [{"name": "log", "exitCode": 0}, {"name": "web", "exitCode": 1}]}), true),
            // no single container is both
            (json!({"containers": [{"name": "log", "exitCode": 1}, {"name": "web", "exitCode": 0}]}), false),
        ],
    );
}

#[test]
fn prefix_suffix_and_case() {
    check(
        &json!({"a": [{"prefix": "greenlight/"}]}),
        &[
            (json!({"a": "greenlight/d-1"}), true),
            (json!({"a": "Greenlight/d-1"}), false),
            (json!({"a": 5}), false),
            (json!({"a": {"b": "greenlight/"}}), false),
        ],
    );
    check(&json!({"a": [{"prefix": {"equals-ignore-case": "GREEN"}}]}), &[(json!({"a": "greenlight"}), true)]);
    check(&json!({"a": [{"suffix": ".png"}]}), &[(json!({"a": "x.png"}), true), (json!({"a": "x.jpg"}), false)]);
    check(&json!({"a": [{"suffix": {"equals-ignore-case": ".PNG"}}]}), &[(json!({"a": "x.pNg"}), true)]);
    check(
        &json!({"a": [{"equals-ignore-case": "alice"}]}),
        &[(json!({"a": "AlIcE"}), true), (json!({"a": "bob"}), false)],
    );
}

#[test]
fn anything_but() {
    check(
        &json!({"a": [{"anything-but": ["x", 5]}]}),
        &[
            (json!({"a": "y"}), true),
            (json!({"a": "x"}), false),
            (json!({"a": 5}), false),
            (json!({"a": 6}), true),
            (json!({}), false),
        ],
    );
    check(&json!({"a": [{"anything-but": "x"}]}), &[(json!({"a": "x"}), false), (json!({"a": "xy"}), true)]);
    for (operator, refused, taken) in [
        ("prefix", "init-1", "other"),
        ("suffix", "one-init-", "init-one"),
        ("equals-ignore-case", "INIT-", "init"),
        ("wildcard", "init-", "init"),
    ] {
        check(
            &json!({"a": [{"anything-but": {operator: "init-"}}]}),
            &[(json!({"a": refused}), false), (json!({"a": taken}), true)],
        );
    }
    check(
        &json!({"a": [{"anything-but": {"prefix": ["b", "c"]}}]}),
        &[(json!({"a": "cat"}), false), (json!({"a": "bat"}), false), (json!({"a": "ant"}), true)],
    );
}

#[test]
fn exists() {
    check(
        &json!({"detail": {"exitCode": [{"exists": true}]}}),
        &[
            (json!({"detail": {"exitCode": 0}}), true),
            (json!({"detail": {"exitCode": null}}), true),
            (json!({"detail": {"exitCode": {"a": 1}}}), false),
            (json!({"detail": {}}), false),
        ],
    );
    check(
        &json!({"detail": {"a": {"b": [{"exists": false}]}}}),
        &[(json!({"detail": {"a": {}}}), true), (json!({}), true), (json!({"detail": {"a": {"b": 1}}}), false)],
    );
}

#[test]
fn numeric_and_wildcard() {
    check(
        &json!({"a": [{"numeric": [">", 0, "<=", 5]}]}),
        &[
            (json!({"a": 0}), false),
            (json!({"a": 0.5}), true),
            (json!({"a": 5}), true),
            (json!({"a": 5.1}), false),
            (json!({"a": "3"}), false),
        ],
    );
    check(&json!({"a": [{"numeric": ["=", 3e2]}]}), &[(json!({"a": 300}), true)]);
    check(
        &json!({"a": [{"wildcard": "*:task-definition/web:*"}]}),
        &[
            (json!({"a": "arn:aws:ecs:r:1:task-definition/web:3"}), true),
            (json!({"a": "arn:aws:ecs:r:1:task-definition/api:3"}), false),
        ],
    );
}

#[test]
fn or() {
    check(
        &json!({"source": ["s"], "$or": [{"a": [1]}, {"b": {"c": [2]}}]}),
        &[
            (json!({"source": "s", "a": 1}), true),
            (json!({"source": "s", "b": {"c": 2}}), true),
            (json!({"source": "s", "a": 2}), false),
            (json!({"source": "t", "a": 1}), false),
        ],
    );
}

#[test]
fn what_is_not_valid_is_named() {
    for (pattern, expected) in [
        (json!([]), "expected an object"),
        (json!({}), "empty objects"),
        (json!({"a": []}), "empty arrays"),
        (json!({"a": "b"}), "written as [value]"),
        (json!({"a": [["b"]]}), "arrays in arrays"),
        (json!({"a": [{"cidr": "10.0.0.0/24"}]}), "`cidr`"),
        (json!({"a": {"b": [{"anything-but": {"regex": "x"}}]}}), "at `a.b`"),
        (json!({"a": [{"prefix": {"wildcard": "x"}}]}), "`wildcard`"),
        (json!({"a": [{"prefix": 5}]}), "prefix: expected a text"),
        (json!({"a": [{"exists": "yes"}]}), "true or false"),
        (json!({"a": [{"numeric": [">"]}]}), "numeric: expected"),
        (json!({"a": [{"numeric": ["~", 1]}]}), "numeric: expected"),
        (json!({"a": [{"wildcard": "a**b"}]}), "consecutive"),
        (json!({"a": [{"prefix": "a", "suffix": "b"}]}), "exactly one operator"),
        (json!({"$or": [{"a": [1]}]}), "two alternatives"),
    ] {
        let error = Pattern::parse(&pattern).unwrap_err().to_string();
        assert!(error.contains(expected), "{pattern}: {error}");
    }
}

#[test]
fn a_very_deep_pattern_is_refused() {
    let mut pattern = json!([1]);
    for _ in 0..1000 {
        pattern = json!({"a": pattern});
    }
    assert!(Pattern::parse(&pattern).unwrap_err().to_string().contains("deep"));
}
