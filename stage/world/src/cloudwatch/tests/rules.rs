//! The rules of composite alarms.

use crate::cloudwatch::AlarmState;
use crate::cloudwatch::rule::Rule;
use proptest::prelude::*;

/// `a` and the ARN are in `ALARM`, `b` is `OK`, `c c` has no data, and nothing else is there.
fn state(alarm: &str) -> Option<AlarmState> {
    match alarm {
        "a" | "arn:aws:cloudwatch:us-east-1:123456789012:alarm:a" => Some(AlarmState::Alarm),
        "b" => Some(AlarmState::Ok),
        "c c" => Some(AlarmState::InsufficientData),
        _ => None,
    }
}

#[test]
fn rules_are_read_as_aws_writes_them() {
    for (rule, holds) in [
        ("ALARM(a)", true),
        ("ALARM(\"a\")", true),
        ("ALARM( 'arn:aws:cloudwatch:us-east-1:123456789012:alarm:a' )", true),
        ("ALARM(arn:aws:cloudwatch:us-east-1:123456789012:alarm:a)", true),
        ("OK(b) AND INSUFFICIENT_DATA(c c)", true),
        ("ALARM(b) OR ALARM(a)", true),
        ("NOT ALARM(a)", false),
        ("NOT NOT ALARM(a)", true),
        ("ALARM(a) OR ALARM(a) AND ALARM(b)", true),
        ("(ALARM(a) OR ALARM(a)) AND ALARM(b)", false),
        ("NOT (ALARM(b) OR ALARM(nothing)) AND TRUE", true),
        ("OK(nothing)", false),
        ("FALSE", false),
    ] {
        assert_eq!(Rule::parse(rule).map(|rule| rule.holds(&state)), Ok(holds), "{rule}");
    }
    let rule = Rule::parse("ALARM(a) AND (OK(b) OR NOT ALARM(a))").unwrap();
    assert_eq!(rule.alarms().into_iter().collect::<Vec<_>>(), ["a", "b"]);
}

#[test]
fn what_is_no_rule_says_where() {
    for (rule, what) in [
        ("", "the end"),
        ("ALARM(a) AND", "AND"),
        ("ALARM(a) ALARM(b)", "`ALARM(b)`"),
        ("ALARM(a", "cannot be read"),
        ("AT_LEAST(1, ALARM, (a, b))", "AT_LEAST"),
        ("ALARM()", "cannot be read"),
    ] {
        let error = Rule::parse(rule).unwrap_err();
        assert!(error.contains(what), "{rule}: {error}");
    }
    assert!(Rule::parse(&"NOT ".repeat(50)).unwrap_err().contains("nests"));
    assert!(Rule::parse(&"(".repeat(50)).unwrap_err().contains("nests"));
    // long is not deep
    let long = vec!["ALARM(a)"; 600].join(" OR ");
    assert!(Rule::parse(&long).is_ok());
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "((ALARM|OK|NOT|AND|OR|TRUE|\\(|\\)|\"|a| ){0,12})|.{0,40}") {
        if let Ok(rule) = Rule::parse(&text) {
            rule.holds(&state);
        }
    }
}
