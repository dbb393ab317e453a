//! `AfterAllowTraffic`.

use super::{Expect, GOOD, MIGRATED, ROLLED_BACK, SUCCEEDS, Scenario, played_by_both_shells};
use greenlight_simulation::{Behaviour, Behaviours};

const COMMAND: Scenario = Scenario {
    tables: r#"
[migrate]
command = ["shop", "migrate"]
[finish]
command = ["sh", "-c", "echo finished"]
"#,
    expect: Expect {
        hooks: &[MIGRATED, ("AfterAllowTraffic", "succeeded", &["exited with code 0"])],
        one_offs: 2,
        ..SUCCEEDS
    },
    ..GOOD
};

/// A good deployment stays, and the team hears of it once.
const FAILS: Scenario = Scenario {
    tables: r#"
[migrate]
command = ["shop", "migrate"]
[finish]
command = ["sh", "-c", "echo no space left; exit 3"]
"#,
    behaviours: || Behaviours::new().command("exit 3", Behaviour::exits(3, &["no space left"])),
    expect: Expect {
        hooks: &[MIGRATED, ("AfterAllowTraffic", "succeeded", &["exited with code 3", "no space left"])],
        one_offs: 2,
        notices: &["exited with code 3"],
        ..SUCCEEDS
    },
    ..GOOD
};

const FAILS_AND_DECIDES: Scenario = Scenario {
    tables: r#"
[migrate]
command = ["shop", "migrate"]
[finish]
command = ["sh", "-c", "echo no space left; exit 3"]
on-failure = "fail"
"#,
    expect: Expect {
        hooks: &[MIGRATED, ("AfterAllowTraffic", "failed", &["exited with code 3", "no space left"])],
        one_offs: 2,
        notices: &["exited with code 3"],
        ..ROLLED_BACK
    },
    ..FAILS
};

played_by_both_shells! {
    a_command: COMMAND,
    a_command_that_fails: FAILS,
    a_command_that_fails_and_decides: FAILS_AND_DECIDES,
}
