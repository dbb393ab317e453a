//! `AfterAllowTestTraffic`.

use super::{Expect, GOOD, MIGRATED, ROLLED_BACK, SUCCEEDS, Scenario, played_by_both_shells};
use crate::deployments::account::{self, Account};
use crate::shop;
use greenlight_simulation::{Answer, Behaviours};
use serde_json::json;

const THROUGH_THE_TEST_LISTENER: Scenario = Scenario {
    tables: r#"
[migrate]
command = ["shop", "migrate"]
[[smoke-test]]
name = "health"
get = "/health"
expect = { status = 200, json = { "$.database" = true } }
"#,
    expect: Expect {
        hooks: &[MIGRATED, ("AfterAllowTestTraffic", "succeeded", &["1 smoke tests passed"])],
        one_offs: 1,
        ..SUCCEEDS
    },
    ..GOOD
};

const WRONG_TEXT: Scenario = Scenario {
    tables: r#"
[migrate]
command = ["shop", "migrate"]
[[smoke-test]]
name = "health"
get = "/health"
[[smoke-test]]
name = "news"
get = "/products"
expect = { contains = "last week's news" }
"#,
    behaviours: || Behaviours::new().answer("shop:v2", "/products", Answer::text(200, "<h1>Shop</h1>")),
    expect: Expect {
        hooks: &[
            MIGRATED,
            (
                "AfterAllowTestTraffic",
                "failed",
                &["1 of 2 smoke tests failed", "news: ", "expected", "last week's news", "got", "<h1>Shop</h1>"],
            ),
        ],
        one_offs: 1,
        notices: &["last week's news"],
        ..ROLLED_BACK
    },
    ..GOOD
};

const ONE_ON_REQUEST: Scenario = Scenario {
    skip: Some(("smoke-test:news", "the check expects last week's text")),
    expect: Expect {
        hooks: &[
            MIGRATED,
            (
                "AfterAllowTestTraffic",
                "succeeded",
                &["1 smoke tests passed", "news: skipped", "the check expects last week's text"],
            ),
        ],
        one_offs: 1,
        ..SUCCEEDS
    },
    ..WRONG_TEXT
};

const ALL_ON_REQUEST: Scenario = Scenario {
    skip: Some(("smoke-test", "the checks are of last week")),
    expect: Expect {
        hooks: &[MIGRATED, ("AfterAllowTestTraffic", "skipped", &["skipped on request: the checks are of last week"])],
        one_offs: 1,
        ..SUCCEEDS
    },
    ..WRONG_TEXT
};

played_by_both_shells! {
    through_the_test_listener: THROUGH_THE_TEST_LISTENER,
    a_text_that_is_not_there: WRONG_TEXT,
    one_skipped_on_request: ONE_ON_REQUEST,
    all_skipped_on_request: ALL_ON_REQUEST,
}

#[test]
fn a_check_is_tried_again_as_often_as_its_plan_says() {
    let scenario = Scenario {
        tables: r#"
[migrate]
command = ["shop", "migrate"]
[[smoke-test]]
name = "health"
get = "/health"
expect = { json = { "$.database" = true } }
retry = { times = 2, every = "3s" }
"#,
        behaviours: || Behaviours::new().answer_times("shop:v2", "/health", 2, Answer::json(503, &json!({}))),
        ..THROUGH_THE_TEST_LISTENER
    };
    scenario.simulated();
}

/// An `AppSpec` without the hook at `AfterAllowTestTraffic`, as where there is no test listener.
#[test]
fn without_a_test_listener_every_task_is_checked_before_traffic() {
    account::with(
        Behaviours::new(),
        |_| {},
        async |account: Account| {
            let green = account.register_text(&shop::plan(THROUGH_THE_TEST_LISTENER.tables)).await;
            let id = account.deploy_with(&green, &[("BeforeAllowTraffic", "CodeDeployHook_greenlight-validate")]).await;
            let played = account.end_of(&id).await;
            let verdicts = played.verdicts(&id);
            assert_eq!(played.ending(&id).0, "Succeeded", "{verdicts:?}");
            assert_eq!(verdicts.len(), 1, "{verdicts:?}");
            assert_eq!(verdicts[0].1.matches("1 smoke tests passed").count(), 2, "{verdicts:?}");
            assert!(played.denied().is_empty(), "{:?}", played.denied());
        },
    );
}
