//! Deployments that need a script of their own: they run in an account where the shop has been deployed once, without a
//! migration, so that what is deployed here is the second deployment. Virtual clock only.

pub mod account;
mod aws;
mod grace;
mod migration;
mod nets;

use crate::played::Played;
use crate::shop;
use account::{Account, MIGRATE_FUNCTION};
use greenlight::rehearse::Options;
use greenlight_simulation::{Behaviour, Behaviours, Code};
use std::collections::BTreeMap;
use std::time::Duration;

const MINUTE: Duration = Duration::from_mins(1);

/// A migration that takes ten minutes.
fn slow() -> Behaviour {
    Behaviour::Exit { after: 10 * MINUTE, code: 0, lines: vec!["done".to_owned()] }
}

/// A plan that gives it the time.
const PATIENT: &str = r#"
[migrate]
command = ["shop", "migrate"]
timeout = "20m"
"#;

fn migrating(behaviour: Behaviour) -> Behaviours {
    Behaviours::new().command_times("shop migrate", 1, Behaviour::succeeds(&[])).command("shop migrate", behaviour)
}

#[test]
fn an_event_delivered_twice_starts_nothing_twice() {
    account::with(
        migrating(slow()),
        |_| {},
        async |account: Account| {
            let id = account.deploy_green(Some(PATIENT)).await;
            let event = account.hook_event(&id).await;
            account.pass(MINUTE).await;
            account.simulation.deliver(MIGRATE_FUNCTION, event.clone()).await;
            let played = account.end_of(&id).await;
            assert_eq!(played.ending(&id).0, "Succeeded");
            // and once more when everything is over
            account.simulation.deliver(MIGRATE_FUNCTION, event).await;
            account.pass(30 * MINUTE).await;
            assert_eq!(account.played().migrations().len(), 1);
        },
    );
}

#[test]
fn an_event_delivered_twice_at_once_starts_nothing_twice() {
    account::with(
        migrating(slow()),
        |_| {},
        async |account: Account| {
            let id = account.deploy_green(Some(PATIENT)).await;
            let event = account.hook_event(&id).await;
            tokio::join!(
                account.simulation.deliver(MIGRATE_FUNCTION, event.clone()),
                account.simulation.deliver(MIGRATE_FUNCTION, event),
            );
            let played = account.end_of(&id).await;
            assert_eq!(played.ending(&id).0, "Succeeded");
            assert_eq!(played.migrations().len(), 1);
        },
    );
}

#[test]
fn an_event_that_comes_again_at_a_later_hook_starts_nothing() {
    const WARM_UP_FUNCTION: &str = "CodeDeployHook_greenlight-warm-up";
    let tables = format!("{}[warm-up]\npaths = [\"/\"]\n", shop::MIGRATE);
    account::with(
        Behaviours::new().function(WARM_UP_FUNCTION, Code::Hangs),
        |_| {},
        async |account: Account| {
            let green = account.register_text(&shop::plan(&tables)).await;
            let hooks = [("BeforeInstall", MIGRATE_FUNCTION), ("AfterInstall", WARM_UP_FUNCTION)];
            let id = account.deploy_with(&green, &hooks).await;
            let event = account.hook_event(&id).await;
            while account.played().of(&id, "hook.invoked").len() < 2 {
                account.pass(Duration::from_secs(1)).await;
            }
            account.simulation.deliver(MIGRATE_FUNCTION, event).await;
            account.pass(5 * MINUTE).await;
            let played = account.played();
            assert!(played.of(&id, "deployment.ended").is_empty(), "AfterInstall goes on");
            assert_eq!(played.one_offs().len(), 1, "{:?}", played.one_offs());
            assert_eq!(played.verdicts(&id).len(), 1, "{:?}", played.verdicts(&id));
        },
    );
}

#[test]
fn a_hook_that_cannot_start_fails_the_deployment_within_minutes() {
    let behaviours = Behaviours::new().function(MIGRATE_FUNCTION, Code::CannotStart);
    account::with(
        behaviours,
        |_| {},
        async |account: Account| {
            let started = account.now();
            let id = account.deploy_green(Some(shop::MIGRATE)).await;
            let played = account.end_of(&id).await;
            assert_eq!(played.ending(&id), ("Failed".to_owned(), Some("HOOK_EXECUTION_FAILURE".to_owned())));
            assert!(account.now().duration_since(started) < jiff::SignedDuration::from_mins(15));
            assert!(played.migrations().is_empty());
            let verdicts = played.verdicts(&id);
            assert_eq!(verdicts.len(), 1, "{verdicts:?}");
            assert_eq!(verdicts[0].0, "failed");
        },
    );
}

#[test]
fn a_hook_that_hangs_fails_the_deployment_within_minutes() {
    let behaviours = Behaviours::new().function(MIGRATE_FUNCTION, Code::Hangs);
    account::with(
        behaviours,
        |_| {},
        async |account: Account| {
            let started = account.now();
            let id = account.deploy_green(Some(shop::MIGRATE)).await;
            let played = account.end_of(&id).await;
            assert_eq!(played.ending(&id).0, "Failed");
            assert!(account.now().duration_since(started) < jiff::SignedDuration::from_mins(15));
        },
    );
}

#[test]
fn a_verdict_that_comes_too_late_is_told() {
    account::with(
        migrating(slow()),
        |_| {},
        async |account: Account| {
            let id = account.deploy_green(Some(PATIENT)).await;
            account.pass(MINUTE).await;
            account.report(&account.hook_event(&id).await, "Failed").await;
            let played = account.end_of(&id).await;
            assert_eq!(played.ending(&id).0, "Failed");
            assert!(played.notices().is_empty(), "the migration still runs: {:?}", played.notices());
            account.pass(20 * MINUTE).await;
            let played = account.played();
            let notices = played.notices();
            assert_eq!(notices.len(), 1, "{notices:?}");
            assert!(notices[0].contains(&id) && notices[0].contains("exited with code 0"), "{}", notices[0]);
        },
    );
}

#[test]
fn no_migration_beside_one_that_still_runs() {
    account::with(
        migrating(slow()),
        |_| {},
        async |account: Account| {
            let first = account.deploy_green(Some(PATIENT)).await;
            account.pass(MINUTE).await;
            account.report(&account.hook_event(&first).await, "Failed").await;
            account.end_of_rollback(&first).await;
            let second = account.deploy_green(Some(PATIENT)).await;
            let played = account.end_of(&second).await;
            assert_eq!(played.ending(&second).0, "Failed");
            let verdicts = played.verdicts(&second);
            assert_eq!(verdicts.len(), 1, "{verdicts:?}");
            assert!(verdicts[0].1.contains(&first), "the reason names who still migrates: {}", verdicts[0].1);
            assert_eq!(played.migrations().len(), 1);
        },
    );
}

#[test]
fn a_container_that_never_started_is_tried_again() {
    let behaviours = Behaviours::new().command_times("shop migrate", 1, Behaviour::succeeds(&[])).command_times(
        "shop migrate",
        1,
        Behaviour::FailToStart("CannotPullContainerError: timed out".to_owned()),
    );
    account::with(
        behaviours,
        |_| {},
        async |account: Account| {
            let id = account.deploy_green(Some(shop::MIGRATE)).await;
            let played = account.end_of(&id).await;
            assert_eq!(played.ending(&id).0, "Succeeded", "{:?}", played.verdicts(&id));
            assert_eq!(played.migrations().len(), 2);
        },
    );
}

#[test]
fn a_rollback_deployment_is_answered_without_a_migration() {
    // the setup, a good migration and one that fails
    let behaviours = Behaviours::new()
        .command_times("shop migrate", 2, Behaviour::succeeds(&[]))
        .command("shop migrate", Behaviour::exits(1, &["no such column"]));
    account::with(
        behaviours,
        |setup| setup.hooks_in_rollback = true,
        async |account: Account| {
            let good = account.deploy_green(Some(shop::MIGRATE)).await;
            assert_eq!(account.end_of(&good).await.ending(&good).0, "Succeeded");
            let bad = account.deploy_green(Some(shop::MIGRATE)).await;
            let (rollback, played) = account.end_of_rollback(&bad).await;
            assert_eq!(played.ending(&rollback).0, "Succeeded");
            assert_eq!(played.of(&rollback, "hook.invoked").len(), 1, "the revision that comes back has a hook");
            let verdicts = played.verdicts(&rollback);
            assert_eq!(verdicts.len(), 1, "{verdicts:?}");
            assert_ne!(verdicts[0].0, "failed");
            assert_eq!(played.migrations().len(), 2, "only the forward deployments migrated");
        },
    );
}

#[test]
fn a_label_that_holds_no_plan_is_a_failed_verdict_with_that_reason() {
    account::with(
        Behaviours::new(),
        |_| {},
        async |account: Account| {
            let green = account.register(Some("v1.nonsense")).await;
            let id = account.deploy(&green).await;
            let played = account.end_of(&id).await;
            assert_eq!(played.ending(&id).0, "Failed");
            let verdicts = played.verdicts(&id);
            assert!(verdicts[0].1.contains("dev.greenlight.plan"), "{verdicts:?}");
            assert!(played.migrations().is_empty());
        },
    );
}

#[test]
fn without_a_label_or_a_default_plan_the_verdict_says_what_to_do() {
    account::with(
        Behaviours::new(),
        |_| {},
        async |account: Account| {
            let green = account.register(None).await;
            let id = account.deploy(&green).await;
            let played = account.end_of(&id).await;
            assert_eq!(played.ending(&id).0, "Failed");
            let verdicts = played.verdicts(&id);
            assert!(verdicts[0].1.contains("GREENLIGHT_PLAN"), "{verdicts:?}");
            assert!(played.migrations().is_empty());
        },
    );
}

#[test]
fn a_task_definition_without_a_label_gets_the_default_plan() {
    let default = |setup: &mut greenlight_world::Setup| {
        for function in &mut setup.stack.functions {
            function.environment.insert("GREENLIGHT_PLAN".to_owned(), shop::plan(shop::MIGRATE));
        }
    };
    account::with(Behaviours::new(), default, async |account: Account| {
        let green = account.register(None).await;
        let id = account.deploy(&green).await;
        let played = account.end_of(&id).await;
        assert_eq!(played.ending(&id).0, "Succeeded", "{:?}", played.verdicts(&id));
        assert_eq!(played.migrations().len(), 1);
    });
}

#[test]
fn an_app_spec_in_yaml() {
    account::with(
        Behaviours::new(),
        |_| {},
        async |account: Account| {
            let green = account.register_plan(shop::MIGRATE).await;
            let id = account.create_deployment(account::content(account::yaml(&green))).await;
            let played = account.end_of(&id).await;
            assert_eq!(played.ending(&id).0, "Succeeded", "{:?}", played.verdicts(&id));
            assert_eq!(played.migrations().len(), 1);
        },
    );
}

#[test]
fn an_app_spec_in_s3() {
    // the ARN is known beforehand: the third revision of the family
    let green = "arn:aws:ecs:us-east-1:123456789012:task-definition/shop:3";
    let bucket = |setup: &mut greenlight_world::Setup| {
        let at = ("releases".to_owned(), "shop/appspec.yaml".to_owned());
        setup.infrastructure.objects.insert(at, account::yaml(green));
    };
    let parameter = ("RevisionObjectArns".to_owned(), "arn:aws:s3:::releases/*".to_owned());
    let options = Options { parameters: BTreeMap::from([parameter]), ..Options::default() };
    account::with_options(&options, Behaviours::new(), bucket, async |account: Account| {
        assert_eq!(account.register_plan(shop::MIGRATE).await, green);
        let id = account.create_deployment(account::in_s3("releases", "shop/appspec.yaml", None)).await;
        let played = account.end_of(&id).await;
        assert_eq!(played.ending(&id).0, "Succeeded", "{:?}", played.verdicts(&id));
        assert_eq!(played.migrations().len(), 1);
    });
}

#[test]
fn a_migration_that_fails_after_its_deployment_was_lost_says_so() {
    let slow_failure = Behaviour::Exit { after: 10 * MINUTE, code: 9, lines: vec!["out of disk".to_owned()] };
    account::with(
        migrating(slow_failure),
        |_| {},
        async |account: Account| {
            let id = account.deploy_green(Some(PATIENT)).await;
            account.pass(MINUTE).await;
            account.report(&account.hook_event(&id).await, "Failed").await;
            account.end_of(&id).await;
            account.pass(20 * MINUTE).await;
            let played = account.played();
            assert_eq!(played.notices().len(), 1, "{:?}", played.notices());
            assert!(played.notices()[0].contains("exited with code 9"), "{}", played.notices()[0]);
        },
    );
}

/// Stops a deployment whose migration runs; what came of it a while later.
fn stopped_while_it_migrates(takes: Duration, again: bool) -> (Played, String) {
    let mut end = None;
    let behaviour = Behaviour::Exit { after: takes, code: 0, lines: Vec::new() };
    account::with(
        migrating(behaviour),
        |_| {},
        async |account: Account| {
            let id = account.deploy_green(Some(PATIENT)).await;
            account.pass(MINUTE).await;
            assert_eq!(account.stop(&id).await, "Pending");
            if again {
                assert_eq!(account.stop(&id).await, "Succeeded");
            }
            account.end_of(&id).await;
            account.pass(20 * MINUTE).await;
            end = Some((account.played(), id));
        },
    );
    end.unwrap()
}

#[test]
fn a_migration_that_ends_while_its_deployment_is_stopped_is_heard_or_told() {
    // it ends within the time that a pending stop gives it, after that, or after a second stop
    for (takes, again, heard) in [(52, false, true), (52, true, false), (300, false, false)] {
        let (played, id) = stopped_while_it_migrates(Duration::from_secs(takes), again);
        assert_eq!(played.ending(&id), ("Stopped".to_owned(), Some("MANUAL_STOP".to_owned())), "{takes}");
        assert_eq!(played.migrations().len(), 1);
        assert_eq!(played.of(&id, "lifecycle.started").len(), 1, "nothing begins after it");
        let (verdicts, notices) = (played.verdicts(&id), played.notices());
        assert_eq!(
            (verdicts.len(), notices.len()),
            if heard { (1, 0) } else { (0, 1) },
            "{takes}: {verdicts:?} {notices:?}"
        );
        assert!(notices.iter().all(|notice| notice.contains("exited with code 0") && notice.contains("Stopped")));
    }
}
