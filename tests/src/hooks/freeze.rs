//! Freeze windows, which the first hook asks about.

use super::{Expect, GOOD, ROLLED_BACK, SUCCEEDS, Scenario, played_by_both_shells};

/// It holds whenever the test runs: the second shell has the real date.
const ACTIVE: Scenario = Scenario {
    tables: r#"
[migrate]
command = ["shop", "migrate"]
[freeze]
windows = [{ days = "mon-sun", time-zone = "UTC" }]
"#,
    expect: Expect {
        hooks: &[("BeforeInstall", "failed", &["frozen until", "mon-sun", "--skip freeze"])],
        notices: &["frozen until"],
        ..ROLLED_BACK
    },
    ..GOOD
};

const OVERRIDDEN: Scenario = Scenario {
    skip: Some(("freeze", "the checkout is down")),
    expect: Expect { hooks: &[super::MIGRATED], one_offs: 1, ..SUCCEEDS },
    ..ACTIVE
};

played_by_both_shells! {
    an_active_window: ACTIVE,
    overridden_with_a_reason: OVERRIDDEN,
}

#[test]
fn an_override_is_written_down_with_its_reason() {
    let played = OVERRIDDEN.simulated();
    let told = |fact: &&serde_json::Value| {
        let message = fact["message"].as_str().unwrap_or_default();
        message.contains("freeze.overridden") && message.contains("the checkout is down")
    };
    assert_eq!(played.facts("log.line").iter().filter(|fact| told(fact)).count(), 1);
}
