//! `BeforeAllowTraffic`.

use super::{Expect, GOOD, MIGRATED, ROLLED_BACK, SUCCEEDS, Scenario, played_by_both_shells};
use crate::{shop, simulated};
use aws_sdk_cloudwatch::types::StateValue;
use greenlight::rehearse::{Options, Rehearsal, setup};
use greenlight_simulation::{Answer, Behaviours};
use greenlight_world::{AlarmState, Setup};
use std::path::Path;
use std::time::Duration;

const EVERYTHING_WELL: Scenario = Scenario {
    tables: r#"
[migrate]
command = ["shop", "migrate"]
[validate]
"#,
    expect: Expect { hooks: &[MIGRATED, ("BeforeAllowTraffic", "succeeded", &["targets"])], one_offs: 1, ..SUCCEEDS },
    ..GOOD
};

const A_METRIC_WITHOUT_DATA: Scenario = Scenario {
    tables: r#"
[migrate]
command = ["shop", "migrate"]
[validate]
[[validate.metric]]
name = "answers"
namespace = "AWS/ApplicationELB"
metric = "HTTPCode_Target_2XX_Count"
dimensions = { TargetGroup = "{green-target-group}", LoadBalancer = "{load-balancer}" }
statistic = "Sum"
above = 1
missing = "fail"
"#,
    expect: Expect {
        hooks: &[MIGRATED, ("BeforeAllowTraffic", "failed", &["answers"])],
        one_offs: 1,
        notices: &["answers"],
        ..ROLLED_BACK
    },
    ..GOOD
};

/// What the smoke tests did to green is in its metrics.
const A_METRIC_OVER_ITS_BOUND: Scenario = Scenario {
    tables: r#"
[migrate]
command = ["shop", "migrate"]
[[smoke-test]]
name = "nothing"
get = "/nothing"
expect = { status = 404 }
[validate]
[[validate.metric]]
name = "not found"
namespace = "AWS/ApplicationELB"
metric = "HTTPCode_Target_4XX_Count"
dimensions = { TargetGroup = "{green-target-group}", LoadBalancer = "{load-balancer}" }
statistic = "Sum"
below = 1
missing = "pass"
"#,
    behaviours: || Behaviours::new().answer("shop:v2", "/nothing", Answer::text(404, "not found")),
    expect: Expect {
        hooks: &[
            MIGRATED,
            ("AfterAllowTestTraffic", "succeeded", &[]),
            ("BeforeAllowTraffic", "failed", &["not found", "expected below 1, got 1"]),
        ],
        one_offs: 1,
        notices: &["got 1"],
        ..ROLLED_BACK
    },
    ..GOOD
};

played_by_both_shells! {
    everything_is_well: EVERYTHING_WELL,
    a_metric_without_data: A_METRIC_WITHOUT_DATA,
    a_metric_over_its_bound: A_METRIC_OVER_ITS_BOUND,
}

/// A rehearsal whose deployment group has an alarm.
fn alarmed() -> Rehearsal {
    let plan = shop::plan(EVERYTHING_WELL.tables).replace("[rehearsal]\n", "[rehearsal]\nalarms = [\"shop-5xx\"]\n");
    let text = |_: &Path| Ok(shop::TASK_DEFINITION.to_owned());
    Rehearsal::parse(&plan, Path::new("greenlight.toml"), &text, &Options::default()).unwrap()
}

#[test]
fn an_alarm_that_is_in_alarm_stops_the_deployment() {
    let rehearsal = alarmed();
    let played = |state| {
        let mut world = setup(&rehearsal, Setup::EPOCH, 1.0);
        world.infrastructure.alarms[0].state = state;
        simulated::play_in(world, &rehearsal, Behaviours::new())
    };
    for state in [AlarmState::Ok, AlarmState::InsufficientData] {
        let played = played(state);
        assert_eq!(played.outcome["outcome"], "succeeded", "{}", played.outcome);
    }
    // CodeDeploy asks first
    let played = played(AlarmState::Alarm);
    assert_eq!(played.outcome["outcome"], "rolled-back", "{}", played.outcome);
    assert_eq!(played.outcome["error_code"], "ALARM_ACTIVE");
    assert_eq!(played.outcome["serving"], "blue");
    assert!(played.outcome["hooks"].as_array().unwrap().is_empty(), "{}", played.outcome);
}

/// `CodeDeploy` looks at alarms every so often; the hook looks right before the traffic.
#[test]
fn an_alarm_that_codedeploy_has_not_seen_yet_fails_the_hook() {
    let rehearsal = alarmed();
    let world = setup(&rehearsal, Setup::EPOCH, 1.0);
    let played = simulated::play_beside(world, &rehearsal, Behaviours::new(), async |simulation| {
        while !simulation.invocations().iter().any(|invoke| invoke.function.ends_with("validate")) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let cloudwatch = aws_sdk_cloudwatch::Client::new(&simulation.sdk_config());
        let alarm = cloudwatch.set_alarm_state().alarm_name("shop-5xx").state_value(StateValue::Alarm);
        alarm.state_reason("too many errors").send().await.unwrap();
    });
    assert_eq!(played.outcome["outcome"], "rolled-back", "{}", played.outcome);
    assert_eq!(played.outcome["error_code"], "HOOK_EXECUTION_FAILURE");
    assert_eq!(played.outcome["serving"], "blue");
    let reason = played.outcome["hooks"][1]["reason"].as_str().unwrap_or_default();
    assert!(reason.contains("alarm shop-5xx is in ALARM: too many errors"), "{}", played.outcome);
}
