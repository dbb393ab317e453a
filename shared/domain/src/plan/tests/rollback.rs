use super::{assert_refused, read};
use crate::plan::{Plan, Rollback, RollbackMode};
use std::time::Duration;

#[test]
fn everything_has_a_default() {
    let expected = Rollback {
        mode: RollbackMode::Auto,
        window: Duration::from_mins(30),
        cooldown: Duration::from_mins(10),
        alarms: Vec::new(),
    };
    assert_eq!(read("[rollback]").rollback, Some(expected));
    assert_eq!(read("").rollback, None);
}

#[test]
fn what_is_written_comes_back_from_the_label() {
    let plan =
        read("[rollback]\nmode = \"notify\"\nwindow = \"2h\"\ncooldown = \"0s\"\nalarms = [\"shop errors\", \"b\"]");
    let expected = Rollback {
        mode: RollbackMode::Notify,
        window: Duration::from_hours(2),
        cooldown: Duration::ZERO,
        alarms: vec!["shop errors".to_owned(), "b".to_owned()],
    };
    assert_eq!(plan.rollback, Some(expected.clone()));
    assert_eq!(Plan::from_label(&plan.embed().unwrap()).unwrap().rollback, Some(expected));
}

#[test]
fn what_is_wrong_is_said_with_a_remedy() {
    assert_refused(&[
        ("[rollback]\nmode = \"on\"", "`rollback.mode`: \"on\" is not known"),
        ("[rollback]\nwindow = 30", "write \"30s\" for seconds"),
        ("[rollback]\nwindow = \"25h\"", "`rollback.window`: is longer than a day"),
        ("[rollback]\ncooldown = \"2d\"", "`rollback.cooldown`: expected a time span"),
        ("[rollback]\nalarms = \"a\"", "expected a list of names of alarms, not a text"),
        ("[rollback]\nalarms = [\"a\", \"a\"]", "`rollback.alarms[1]`: stands here twice"),
        (
            "[rollback]\nalarms = [\"arn:aws:cloudwatch:us-east-1:123456789012:alarm:a\"]",
            "write the alarm's name alone",
        ),
        ("[rollback]\nwindwo = \"1m\"", "did you mean `window`?"),
    ]);
}
