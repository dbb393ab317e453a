//! The switch in the stack for when a check itself is wrong.

use super::{Expect, GOOD, MIGRATED, SUCCEEDS, Scenario};
use greenlight_simulation::{Answer, Behaviours};

#[test]
fn a_hook_that_only_reports_lets_the_deployment_go_on_and_tells() {
    let scenario = Scenario {
        tables: r#"
[migrate]
command = ["shop", "migrate"]
[[smoke-test]]
name = "news"
get = "/news"
"#,
        behaviours: || Behaviours::new().answer("shop:v2", "/news", Answer::text(404, "")),
        expect: Expect {
            hooks: &[
                MIGRATED,
                ("AfterAllowTestTraffic", "succeeded", &["would have failed", "GREENLIGHT_REPORT_ONLY", "news"]),
            ],
            one_offs: 1,
            notices: &["would have failed"],
            ..SUCCEEDS
        },
        ..GOOD
    };
    scenario.simulated_in(|setup| {
        for function in &mut setup.stack.functions {
            function.environment.insert("GREENLIGHT_REPORT_ONLY".to_owned(), "smoke-test".to_owned());
        }
    });
}
