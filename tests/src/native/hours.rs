//! Work that outlasts a function by far.

use super::account::{self, Native, Wanted, billed, id, lines};
use super::{MIGRATE, MINUTE, nothing_denied, verdicts};
use greenlight_domain::lifecycle::LifecycleEvent;
use greenlight_domain::one_off::OneOff;
use greenlight_simulation::{Behaviour, Behaviours};
use greenlight_world::{CallFault, EventFault, Fault, Setup};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

fn timeout(text: &str) -> String {
    MIGRATE.replace("5m", text)
}

fn takes(after: Duration, code: i32) -> Behaviours {
    Behaviours::new().command("shop migrate", Behaviour::Exit { after, code, lines: vec!["at work".to_owned()] })
}

fn only(tables: &str) -> Wanted {
    Wanted::only("migrate", "PRE_SCALE_UP", tables)
}

fn migration(arn: &str) -> OneOff {
    OneOff::first("greenlight", id(arn), LifecycleEvent::BeforeInstall)
}

/// Waits until its hook is in progress.
async fn migrating(native: &Native, arn: &str) {
    while native.events("PRE_SCALE_UP").is_empty() || native.account.played().migrations().is_empty() {
        native.account.pass(SECOND).await;
    }
    assert!(native.account.has_schedule(&migration(arn)).await);
}

#[test]
fn a_migration_of_two_hours_costs_a_few_seconds() {
    account::with(
        takes(120 * MINUTE, 0),
        |_| {},
        async |native| {
            let arn = native.deploy(&only(&timeout("3h"))).await;
            migrating(&native, &arn).await;
            let began = native.account.now();
            assert_eq!(native.end_of(&arn).await, "SUCCESSFUL");
            let played = native.account.played();
            let billed = billed(&played, &native.function("migrate"));
            assert!(billed < 10 * SECOND, "{billed:?}");
            let calls = native.events("PRE_SCALE_UP").len();
            assert!((40..80).contains(&calls), "{calls}");
            assert_eq!(played.migrations().len(), 1);
            let [(word, reason)] = &verdicts(&native, &arn)[..] else { panic!("{}", lines(&played)) };
            assert!(word == "succeeded" && reason == "container web exited with code 0", "{word}: {reason}");
            let took = Duration::try_from(native.account.now().duration_since(began)).unwrap();
            assert!(took < 130 * MINUTE, "{took:?}");
            assert!(!native.account.has_schedule(&migration(&arn)).await, "nothing is left behind");
            nothing_denied(&native);
        },
    );
}

#[test]
fn what_the_hook_says_is_not_told_again_as_too_late() {
    // settle has read what is remembered of the attempt, and goes on when the hook has said how it ended
    let slow = |setup: &mut Setup| {
        let settle = setup.stack.roles.iter().find(|role| role.name.contains("Settle")).unwrap().name.clone();
        let (operation, answer) = ("scheduler:GetSchedule".to_owned(), CallFault::AnsweredLate(3 * SECOND));
        setup.faults.push(Fault::Call { role: settle, operation, times: 5, answer });
    };
    account::with(takes(MINUTE, 0), slow, async |native| {
        let arn = native.deploy(&only(MIGRATE)).await;
        assert_eq!(native.end_of(&arn).await, "SUCCESSFUL");
        native.account.pass(10 * MINUTE).await;
        let played = native.account.played();
        assert_eq!(verdicts(&native, &arn).len(), 1);
        assert!(played.facts("hook.late").is_empty() && played.notices().is_empty(), "{:?}", played.notices());
        assert!(!native.account.has_schedule(&migration(&arn)).await, "nothing is left behind");
        nothing_denied(&native);
    });
}

#[test]
fn a_migration_that_hangs_is_stopped_at_its_deadline_whoever_is_asleep() {
    let events_lost = |setup: &mut Setup| {
        let detail_type = "ECS Task State Change".to_owned();
        setup.faults.push(Fault::Event { detail_type, times: Fault::ALWAYS, what: EventFault::Lost });
    };
    for edit in [|_: &mut Setup| {}, events_lost] {
        let behaviours = Behaviours::new().command("shop migrate", Behaviour::Hang);
        account::with(behaviours, edit, async |native| {
            let arn = native.deploy(&only(&timeout("2h"))).await;
            assert_eq!(native.end_of(&arn).await, "ROLLBACK_SUCCESSFUL");
            let [(word, reason)] = &verdicts(&native, &arn)[..] else { panic!() };
            assert!(word == "failed" && reason.starts_with("did not finish within 2h; stopped"), "{word}: {reason}");
            native.account.pass(10 * MINUTE).await;
            assert_eq!(native.account.played().notices().len(), 1);
            assert!(!native.account.has_schedule(&migration(&arn)).await);
            nothing_denied(&native);
        });
    }
}

#[test]
fn a_migration_that_does_not_stop_is_given_up() {
    let behaviours = Behaviours::new().command("shop migrate", Behaviour::HangOn(60 * MINUTE));
    account::with(
        behaviours,
        |_| {},
        async |native| {
            let arn = native.deploy(&only(MIGRATE)).await;
            assert_eq!(native.end_of(&arn).await, "ROLLBACK_SUCCESSFUL");
            let [(_, reason)] = &verdicts(&native, &arn)[..] else { panic!() };
            assert!(reason.contains("did not finish within 5m; it was told to stop and is still"), "{reason}");
        },
    );
}

#[test]
fn another_attempt_waits_for_its_time() {
    let tables = format!("{MIGRATE}retry = {{ times = 2, exit-codes = [75], wait = \"20m\" }}\n");
    let behaviours =
        Behaviours::new().command_times("shop migrate", 2, Behaviour::exits(75, &["the database is locked"]));
    account::with(
        behaviours,
        |_| {},
        async |native| {
            let arn = native.deploy(&only(&tables)).await;
            migrating(&native, &arn).await;
            let began = native.account.now();
            assert_eq!(native.end_of(&arn).await, "SUCCESSFUL");
            let took = Duration::try_from(native.account.now().duration_since(began)).unwrap();
            assert!((40 * MINUTE..50 * MINUTE).contains(&took), "{took:?}");
            assert_eq!(native.account.played().migrations().len(), 3);
            assert!(native.events("PRE_SCALE_UP").len() < 30, "while it waits it is called every three minutes");
            for attempt in
                [migration(&arn), migration(&arn).next_attempt(), migration(&arn).next_attempt().next_attempt()]
            {
                assert!(!native.account.has_schedule(&attempt).await);
            }
            nothing_denied(&native);
        },
    );
}

#[test]
fn what_a_migration_did_after_its_deployment_was_stopped_is_told() {
    for (code, said) in [(0, "PRE_SCALE_UP succeeded too late"), (1, "PRE_SCALE_UP failed too late")] {
        account::with(
            takes(60 * MINUTE, code),
            |_| {},
            async |native| {
                let arn = native.deploy(&only(&timeout("3h"))).await;
                migrating(&native, &arn).await;
                native.stop(&arn).await;
                assert_eq!(native.end_of(&arn).await, "ROLLBACK_SUCCESSFUL");
                assert!(native.account.played().notices().is_empty(), "it still runs");
                native.account.pass(70 * MINUTE).await;
                let played = native.account.played();
                let [notice] = &played.notices()[..] else { panic!("{:?}", played.notices()) };
                assert!(notice.contains(said) && notice.contains(&format!("exited with code {code}")), "{notice}");
                assert!(notice.contains("ROLLBACK_SUCCESSFUL"), "{notice}");
                assert!(!native.account.has_schedule(&migration(&arn)).await);
                nothing_denied(&native);
            },
        );
    }
}

#[test]
fn a_migration_whose_deployment_was_stopped_does_not_run_for_ever() {
    let behaviours = Behaviours::new().command("shop migrate", Behaviour::Hang);
    account::with(
        behaviours,
        |_| {},
        async |native| {
            let arn = native.deploy(&only(&timeout("1h"))).await;
            migrating(&native, &arn).await;
            native.stop(&arn).await;
            native.end_of(&arn).await;
            native.account.pass(70 * MINUTE).await;
            let played = native.account.played();
            let [notice] = &played.notices()[..] else { panic!("{:?}", played.notices()) };
            assert!(notice.contains("did not finish within 1h; stopped"), "{notice}");
            let tasks = native.account.one_offs().await;
            assert!(tasks.iter().all(|task| task.last_status() == Some("STOPPED")), "{tasks:?}");
        },
    );
}

#[test]
fn a_task_that_ended_just_before_its_deployment_was_stopped_is_told_too() {
    account::with(
        takes(30 * MINUTE, 0),
        |_| {},
        async |native| {
            let arn = native.deploy(&only(&timeout("3h"))).await;
            migrating(&native, &arn).await;
            while native.account.played().facts("task.stopped").is_empty() {
                native.account.pass(SECOND).await;
            }
            // settle leaves it to the hook, which will never be called again
            native.account.pass(2 * SECOND).await;
            native.stop(&arn).await;
            native.account.pass(15 * MINUTE).await;
            let played = native.account.played();
            let [notice] = &played.notices()[..] else { panic!("{:?}", played.notices()) };
            assert!(notice.contains("PRE_SCALE_UP succeeded too late"), "{notice}");
        },
    );
}

#[test]
fn reads_that_fail_for_a_while_change_nothing() {
    for operation in
        ["ecs:DescribeTasks", "ecs:DescribeServiceDeployments", "ecs:DescribeServiceRevisions", "ecs:RunTask"]
    {
        let throttled = |setup: &mut Setup| {
            let (role, operation) = (crate::shop::role("migrate"), operation.to_owned());
            setup.faults.push(Fault::Call { role, operation, times: 12, answer: CallFault::Throttled });
        };
        account::with(takes(10 * MINUTE, 0), throttled, async |native| {
            let arn = native.deploy(&only(&timeout("1h"))).await;
            let status = native.end_of(&arn).await;
            assert_eq!(status, "SUCCESSFUL", "{operation}: {}", lines(&native.account.played()));
            assert_eq!(native.account.played().migrations().len(), 1, "{operation}");
        });
    }
}
