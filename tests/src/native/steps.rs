//! Creation, the steps of a traffic shift, and calls in a rollback.

use super::account::{self, Strategy, Wanted, id, lines};
use super::{MIGRATE, MINUTE, TABLES, nothing_denied, verdicts, words};
use aws_sdk_cloudwatch::types::StateValue;
use greenlight_simulation::{Behaviour, Behaviours};
use greenlight_world::{Alarm, AlarmState, Setup};
use std::time::Duration;

const METRIC: &str = r#"
[[validate.metric]]
name = "errors"
namespace = "AWS/ApplicationELB"
metric = "HTTPCode_Target_5XX_Count"
dimensions = { TargetGroup = "{green-target-group}" }
statistic = "Sum"
compare = "blue"
factor = 1.5
missing = "pass"
"#;

#[test]
fn a_service_is_created_with_its_migration_and_without_a_comparison() {
    account::with(
        Behaviours::new(),
        |_| {},
        async |native| {
            let tables = TABLES.replace("[validate]\n", &format!("[validate]\n{METRIC}"));
            let arn = native.create(&Wanted::new(&tables)).await;
            let status = native.end_of(&arn).await;
            let played = native.account.played();
            assert_eq!(status, "SUCCESSFUL", "{}", lines(&played));
            let verdicts = verdicts(&native, &arn);
            assert_eq!(words(&verdicts), ["succeeded", "succeeded", "skipped", "succeeded", "succeeded"]);
            assert!(verdicts[3].1.contains("metric errors: not compared with blue"), "{verdicts:?}");
            assert!(verdicts[3].1.contains("no data, which the plan lets pass"), "{verdicts:?}");
            assert_eq!(played.migrations().len(), 2);
            nothing_denied(&native);
        },
    );
}

#[test]
fn metrics_are_compared_where_there_is_a_blue() {
    account::with(
        Behaviours::new(),
        |_| {},
        async |native| {
            let tables = format!("[validate]\n{METRIC}");
            let arn = native.deploy(&Wanted::only("validate", "PRE_PRODUCTION_TRAFFIC_SHIFT", &tables)).await;
            assert_eq!(native.end_of(&arn).await, "SUCCESSFUL");
            let [(_, reason)] = &verdicts(&native, &arn)[..] else { panic!() };
            assert!(!reason.contains("not compared"), "{reason}");
        },
    );
}

#[test]
fn validate_looks_at_every_step_and_everything_else_happens_once() {
    for (strategy, steps) in [(Strategy::AllAtOnce, 1), (Strategy::Canary, 2), (Strategy::Linear, 4)] {
        account::with(
            Behaviours::new(),
            |_| {},
            async |native| {
                let mut wanted = Wanted { strategy, ..Wanted::new(TABLES) };
                // somebody named them there as well
                for part in ["migrate", "smoke-test"] {
                    wanted.hooks.push((part.to_owned(), "PRE_PRODUCTION_TRAFFIC_SHIFT".to_owned()));
                }
                let arn = native.deploy(&wanted).await;
                let status = native.end_of(&arn).await;
                let played = native.account.played();
                assert_eq!(status, "SUCCESSFUL", "{strategy:?} {}", lines(&played));
                let told = verdicts(&native, &arn);
                let looks = told.iter().filter(|(_, reason)| reason.contains("alarms: 0")).count();
                assert_eq!(looks, steps, "{strategy:?}: {told:?}");
                let smoke = told.iter().filter(|(_, reason)| reason.contains("smoke tests passed")).count();
                assert_eq!(smoke, 1, "{strategy:?}: {told:?}");
                let again =
                    told.iter().filter(|(word, reason)| word == "skipped" && reason.contains("a further step")).count();
                assert_eq!(again, (steps - 1) * 2, "{strategy:?}: {told:?}");
                // at PRE_SCALE_UP, and where it was named as well
                assert_eq!(played.migrations().len(), 2, "{strategy:?}");
                assert_eq!(played.one_offs().len(), 5, "{strategy:?}");
                nothing_denied(&native);
            },
        );
    }
}

/// ECS does not look at alarms of a deployment that began while one of them was active.
#[test]
fn validate_takes_a_shift_back_before_its_second_step() {
    let active = |setup: &mut Setup| setup.infrastructure.alarms.push(Alarm::new("errors", AlarmState::Alarm));
    account::with(Behaviours::new(), active, async |native| {
        let mut wanted = Wanted::only("validate", "PRE_PRODUCTION_TRAFFIC_SHIFT", "[validate]\n");
        wanted.strategy = Strategy::Linear;
        wanted.alarms = vec!["errors".to_owned()];
        let arn = native.deploy(&wanted).await;
        let cloudwatch = aws_sdk_cloudwatch::Client::new(&native.account.simulation.sdk_config());
        let set = async |state: &str| {
            let request = cloudwatch.set_alarm_state().alarm_name("errors").state_reason("the test says so");
            request.state_value(StateValue::from(state)).send().await.unwrap();
        };
        native.account.pass(Duration::from_secs(10)).await;
        set("OK").await;
        while native.account.played().of(id(&arn), "traffic.shifted").iter().all(|fact| fact["green_percent"] == 0) {
            native.account.pass(Duration::from_secs(1)).await;
        }
        set("ALARM").await;
        assert_eq!(native.end_of(&arn).await, "ROLLBACK_SUCCESSFUL");
        let told = verdicts(&native, &arn);
        assert_eq!(words(&told), ["succeeded", "failed"], "{told:?}");
        assert!(told[0].1.contains("alarms: 1, none in ALARM"), "{told:?}");
        assert!(told[1].1.contains("alarm errors is in ALARM"), "{told:?}");
    });
}

#[test]
fn calls_in_a_rollback_and_at_other_stages_succeed_without_work() {
    let behaviours = Behaviours::new().command("shop count", Behaviour::exits(1, &[]));
    account::with(
        behaviours,
        |_| {},
        async |native| {
            let mut wanted = Wanted::only("finish", "POST_PRODUCTION_TRAFFIC_SHIFT", TABLES);
            for stage in ["PRODUCTION_TRAFFIC_SHIFT", "TEST_TRAFFIC_SHIFT", "RECONCILE_SERVICE"] {
                wanted.hooks.push(("migrate".to_owned(), stage.to_owned()));
            }
            let arn = native.deploy(&wanted).await;
            assert_eq!(native.end_of(&arn).await, "ROLLBACK_SUCCESSFUL");
            native.account.pass(MINUTE).await;
            assert!(native.account.played().migrations().is_empty());
            let told = verdicts(&native, &arn);
            let rolled =
                told.iter().filter(|(word, reason)| word == "skipped" && reason.contains("rolled back")).count();
            assert_eq!(rolled, 1, "{told:?}");
            assert!(native.events("PRODUCTION_TRAFFIC_SHIFT").len() == 2, "{told:?}");
            assert_eq!(told.iter().filter(|(word, _)| word == "failed").count(), 1, "{told:?}");
        },
    );
}

#[test]
fn a_hook_without_what_it_works_on_says_where_it_belongs() {
    for (part, stage, belongs) in [
        ("warm-up", "PRE_SCALE_UP", "POST_SCALE_UP"),
        ("smoke-test", "POST_SCALE_UP", "POST_TEST_TRAFFIC_SHIFT"),
        ("validate", "PRE_SCALE_UP", "PRE_PRODUCTION_TRAFFIC_SHIFT"),
    ] {
        account::with(
            Behaviours::new(),
            |_| {},
            async |native| {
                let arn = native.deploy(&Wanted::only(part, stage, TABLES)).await;
                assert_eq!(native.end_of(&arn).await, "ROLLBACK_SUCCESSFUL");
                let [(word, reason)] = &verdicts(&native, &arn)[..] else { panic!() };
                assert!(word == "failed" && reason.contains(&format!("name the function at {belongs}")), "{reason}");
            },
        );
    }
}

#[test]
fn a_migration_may_run_at_another_stage() {
    account::with(
        Behaviours::new(),
        |_| {},
        async |native| {
            let arn = native.deploy(&Wanted::only("migrate", "POST_PRODUCTION_TRAFFIC_SHIFT", MIGRATE)).await;
            assert_eq!(native.end_of(&arn).await, "SUCCESSFUL");
            assert_eq!(words(&verdicts(&native, &arn)), ["succeeded"]);
            assert_eq!(native.account.played().one_offs().len(), 1);
        },
    );
}
