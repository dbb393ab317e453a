//! `AfterInstall`.

use super::{Expect, GOOD, MIGRATED, ROLLED_BACK, SUCCEEDS, Scenario, played_by_both_shells};
use greenlight_simulation::{Answer, Behaviours};
use std::time::Duration;

const EVERY_TASK: Scenario = Scenario {
    tables: r#"
[migrate]
command = ["shop", "migrate"]
[warm-up]
paths = ["/", "/products"]
"#,
    expect: Expect {
        hooks: &[MIGRATED, ("AfterInstall", "succeeded", &["first round", "0 of "])],
        one_offs: 1,
        ..SUCCEEDS
    },
    ..GOOD
};

const NO_SUCH_PATH: Scenario = Scenario {
    tables: r#"
[migrate]
command = ["shop", "migrate"]
[warm-up]
paths = ["/", "/nowhere"]
"#,
    behaviours: || Behaviours::new().answer("shop:v2", "/nowhere", Answer::text(404, "")),
    expect: Expect {
        hooks: &[MIGRATED, ("AfterInstall", "failed", &["/nowhere: expected status", "got 404"])],
        one_offs: 1,
        notices: &["/nowhere: expected status"],
        ..ROLLED_BACK
    },
    ..GOOD
};

const ON_REQUEST: Scenario = Scenario {
    skip: Some(("warm-up", "the path is gone")),
    expect: Expect {
        hooks: &[MIGRATED, ("AfterInstall", "skipped", &["skipped on request: the path is gone"])],
        one_offs: 1,
        ..SUCCEEDS
    },
    ..NO_SUCH_PATH
};

const COMMAND: Scenario = Scenario {
    tables: r#"
[migrate]
command = ["shop", "migrate"]
[warm-up]
command = ["sh", "-c", "echo warm"]
"#,
    expect: Expect {
        hooks: &[MIGRATED, ("AfterInstall", "succeeded", &["exited with code 0"])],
        one_offs: 2,
        ..SUCCEEDS
    },
    ..GOOD
};

played_by_both_shells! {
    every_task_is_asked: EVERY_TASK,
    a_path_that_is_not_there: NO_SUCH_PATH,
    skipped_on_request: ON_REQUEST,
    a_command_as_a_one_off_task: COMMAND,
}

#[test]
fn each_task_says_how_long_its_rounds_took() {
    let slow_at_first =
        || Behaviours::new().answer_times("shop:v2", "/", 2, Answer::text(200, "").taking(Duration::from_secs(3)));
    let played = Scenario { behaviours: slow_at_first, ..EVERY_TASK }.simulated();
    let lines = played.facts("log.line").into_iter().filter_map(|fact| fact["message"].as_str());
    let lines = lines.filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let told: Vec<_> = lines.filter(|line| line["event"] == "warm-up.task").collect();
    assert_eq!(told.len(), 2, "{told:?}");
    for task in told {
        let (first, last) = (task["first_round_ms"].as_u64().unwrap(), task["last_round_ms"].as_u64().unwrap());
        assert!(first >= 3000 && last < 1000, "{task}");
    }
}

#[test]
fn a_server_that_never_answers_is_given_up() {
    let scenario = Scenario {
        behaviours: || Behaviours::new().answer("shop:v2", "/", Answer::Never),
        expect: Expect {
            hooks: &[MIGRATED, ("AfterInstall", "failed", &["/: no whole answer within"])],
            one_offs: 1,
            notices: &["no whole answer within"],
            ..ROLLED_BACK
        },
        ..EVERY_TASK
    };
    scenario.simulated();
}
