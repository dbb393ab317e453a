//! `greenlight rollback`, from what is wished to the revision that serves. Virtual clock.

mod on_ecs;
mod races;

use super::account::{self, ALARM, Release, Shop, Watched};
use aws_sdk_codedeploy::types::DeploymentWaitType;
use greenlight::Error;
use greenlight::rollback::{Ending, Outcome, Wish, show_revisions, take_back};
use greenlight_aws::Env;
use serde_json::{Value, json};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
const CANARY: &str = "CodeDeployDefault.ECSCanary10Percent5Minutes";

fn in_shop(watched: Watched, story: impl AsyncFnOnce(Shop)) {
    account::with(watched, |_| {}, story);
}

fn wish(shop: &Shop) -> Wish {
    let plan = &shop.account.rehearsal.plan;
    let service = greenlight::which::Service { cluster: plan.cluster.clone(), name: plan.service.clone() };
    Wish {
        application: plan.application.clone(),
        deployment_group: plan.deployment_group.clone(),
        service: Some(service),
        to: None,
        emergency: false,
        dry_run: false,
    }
}

fn to(shop: &Shop, revision: &str) -> Wish {
    Wish { to: Some(revision.to_owned()), ..wish(shop) }
}

async fn tried(env: &Env, wish: &Wish) -> (Result<Outcome, Error>, Vec<Value>) {
    let mut told = Vec::new();
    let mut tell = |event: &'static str, _: &str, mut fields: Value| {
        fields["event"] = json!(event);
        told.push(fields);
    };
    let outcome = Box::pin(take_back(env, wish, &mut tell)).await;
    (outcome, told)
}

async fn rolled_back(shop: &Shop, wish: &Wish) -> (Outcome, Vec<Value>) {
    let (outcome, told) = tried(&shop.account.env(), wish).await;
    (outcome.unwrap(), told)
}

fn events<'a>(told: &'a [Value], event: &str) -> Vec<&'a Value> {
    told.iter().filter(|one| one["event"] == event).collect()
}

fn name(task_definition: &str) -> &str {
    task_definition.rsplit('/').next().unwrap()
}

async fn serves_again(shop: &Shop, release: &Release, outcome: &Outcome) {
    assert_eq!(outcome.outcome, Ending::RolledBack, "{outcome:?}");
    assert_eq!(outcome.task_definition.as_deref(), Some(release.before.as_str()));
    assert_eq!(shop.serving().await, release.before);
}

#[test]
fn a_deployment_in_progress_is_stopped_wherever_it_is() {
    for (event, what) in
        [("lifecycle.started", "Install"), ("lifecycle.started", "AllowTraffic"), ("deployment.waiting", "termination")]
    {
        let watched = Watched { deployment_config: CANARY, ..Watched::default() };
        in_shop(watched, async |shop| {
            let release = shop.release().await;
            shop.until(&release, event, what).await;
            let (outcome, told) = rolled_back(&shop, &wish(&shop)).await;
            serves_again(&shop, &release, &outcome).await;
            assert_eq!(shop.creators_since(&release).await, ["user", "codeDeployRollback"], "{what}");
            assert_eq!(outcome.deployment_id.as_deref(), Some(release.id.as_str()));
            let order: Vec<&str> = told.iter().filter_map(|one| one["event"].as_str()).collect();
            assert_eq!(order[..2], ["rollback.planned", "rollback.started"], "{what}");
            assert_eq!(order.last(), Some(&"rollback.ended"), "{what}");
            assert!(events(&told, "deployment.status").iter().any(|one| one["status"] == "Stopped"), "{told:?}");
        });
    }
}

#[test]
fn a_deployment_that_has_changed_nothing_yet_needs_no_rollback() {
    let nothing_to_undo = |setup: &mut greenlight_world::Setup| setup.rollback_before_install = false;
    account::with(Watched::default(), nothing_to_undo, async |shop| {
        let before = shop.serving().await;
        let green = shop.account.register_plan("[migrate]\ncommand = [\"shop\", \"migrate\"]").await;
        let id = shop.account.deploy(&green).await;
        shop.account.hook_event(&id).await;
        let (outcome, _) = rolled_back(&shop, &wish(&shop)).await;
        assert_eq!(outcome.outcome, Ending::RolledBack, "{outcome:?}");
        assert_eq!(shop.serving().await, before);
    });
}

#[test]
fn a_release_that_succeeded_is_taken_back_with_its_checks_and_an_active_alarm() {
    in_shop(Watched { plan: "", ..Watched::default() }, async |shop| {
        let good = shop.released().await;
        let release = shop.released().await;
        shop.alarm(ALARM, "ALARM").await;
        let (outcome, told) = rolled_back(&shop, &wish(&shop)).await;
        serves_again(&shop, &release, &outcome).await;
        assert_eq!(release.before, good.task_definition);
        let made = shop.deployments_since(&release).await;
        let back = &made[1];
        assert_eq!((made.len(), back.status.as_str()), (2, "Succeeded"), "{made:?}");
        assert_eq!(outcome.rollback_deployment_id.as_deref(), Some(back.id.as_str()));
        assert!(!back.has_alarms && !back.rolls_back && back.configuration == "CodeDeployDefault.ECSAllAtOnce");
        assert!(back.description.ends_with(&format!("[greenlight rolls-back={}]", release.id)), "{}", back.description);
        assert_eq!(events(&told, "traffic.shifted").len(), 1, "{told:?}");

        // whoever says it twice gets it once
        let (again, told) = rolled_back(&shop, &wish(&shop)).await;
        assert_eq!(again.outcome, Ending::NothingToDo, "{again:?}");
        assert!(told.is_empty(), "{told:?}");
        assert_eq!(shop.deployments_since(&release).await.len(), 2);
    });
}

/// Hooks that the good revision was deployed with.
const HOOKS: [(&str, &str); 2] = [
    ("BeforeInstall", "CodeDeployHook_greenlight-migrate"),
    ("AfterAllowTestTraffic", "CodeDeployHook_greenlight-smoke-test"),
];

const SMOKE_TEST: &str = "[[smoke-test]]\nname = \"health\"\nget = \"/health\"\n";

/// A release with hooks, whose description may say what they do not look at.
async fn with_hooks(shop: &Shop, plan: &str, description: &str) -> String {
    let task_definition = shop.account.register_plan(&format!("{plan}\n{SMOKE_TEST}")).await;
    let plan = &shop.account.rehearsal.plan;
    let request = shop.account.codedeploy.create_deployment().application_name(&plan.application);
    let request = request.deployment_group_name(&plan.deployment_group).description(description);
    let request = request.revision(account::revision(&task_definition, &HOOKS));
    let id = request.send().await.unwrap().deployment_id().unwrap().to_owned();
    let played = shop.account.end_of(&id).await;
    assert_eq!(played.ending(&id).0, "Succeeded");
    task_definition
}

#[test]
fn checks_are_made_again_migrations_are_not_and_an_emergency_makes_neither() {
    for emergency in [false, true] {
        in_shop(Watched { plan: "", ..Watched::default() }, async |shop| {
            let good = with_hooks(&shop, "[migrate]\ncommand = [\"shop\", \"migrate\"]", "").await;
            let release = shop.released().await;
            let (outcome, told) = rolled_back(&shop, &Wish { emergency, ..wish(&shop) }).await;
            serves_again(&shop, &release, &outcome).await;
            assert_eq!(release.before, good);
            let played = shop.account.played();
            let id = outcome.rollback_deployment_id.unwrap();
            let asked: Vec<&str> =
                played.of(&id, "hook.invoked").iter().filter_map(|one| one["lifecycle_event"].as_str()).collect();
            let expected: &[&str] = if emergency { &[] } else { &["AfterAllowTestTraffic"] };
            assert_eq!(asked, expected);
            let plan = events(&told, "rollback.planned")[0].to_string();
            assert!(plan.contains("the hook BeforeInstall (CodeDeployHook_greenlight-migrate)"), "{plan}");
            assert_eq!(plan.contains("the hook AfterAllowTestTraffic"), emergency, "{plan}");
        });
    }
}

#[test]
fn no_freeze_window_holds_a_rollback() {
    in_shop(Watched { plan: "", ..Watched::default() }, async |shop| {
        let frozen =
            "[freeze]\nwindows = [{ days = \"mon-sun\", from = \"00:00\", to = \"24:00\", time-zone = \"UTC\" }]";
        let good = with_hooks(&shop, frozen, "[greenlight skip=\"freeze\" reason=\"it is always frozen\"]").await;
        let release = shop.released().await;
        assert_eq!(release.before, good);
        let (outcome, _) = rolled_back(&shop, &wish(&shop)).await;
        serves_again(&shop, &release, &outcome).await;
    });
}

#[test]
fn a_check_that_fails_holds_a_rollback_and_an_emergency_leaves_it_out() {
    let broken = |setup: &mut greenlight_world::Setup| {
        let listener = setup.infrastructure.load_balancers[0].listeners[1].arn.clone();
        let answer = greenlight_world::ListenerFault::Status(500);
        setup.faults.push(greenlight_world::Fault::Listener { listener, answer });
    };
    account::with(Watched { plan: "", ..Watched::default() }, broken, async |shop| {
        with_hooks(&shop, "", "[greenlight skip=\"smoke-test\" reason=\"the listener is broken\"]").await;
        let release = shop.released().await;
        let (outcome, _) = rolled_back(&shop, &wish(&shop)).await;
        assert_eq!(outcome.outcome, Ending::Failed, "{outcome:?}");
        assert!(
            outcome.reason.contains("HOOK_EXECUTION_FAILURE") && outcome.reason.contains("--emergency"),
            "{outcome:?}"
        );
        assert_eq!(shop.serving().await, release.task_definition);
        let (outcome, _) = rolled_back(&shop, &Wish { emergency: true, ..wish(&shop) }).await;
        serves_again(&shop, &release, &outcome).await;
    });
}

#[test]
fn a_dry_run_says_everything_and_does_nothing() {
    in_shop(Watched { plan: "", ..Watched::default() }, async |shop| {
        let (outcome, told) = rolled_back(&shop, &wish(&shop)).await;
        assert_eq!(outcome.outcome, Ending::Failed, "the service's first revision was never deployed: {outcome:?}");
        assert!(told.is_empty() && outcome.reason.contains("--to FAMILY:REVISION"), "{outcome:?}");

        let release = shop.released().await;
        let next = shop.released().await;
        let (outcome, told) = rolled_back(&shop, &Wish { dry_run: true, ..wish(&shop) }).await;
        assert_eq!(outcome.outcome, Ending::Planned, "{outcome:?}");
        let [plan] = &told[..] else { panic!("{told:?}") };
        assert_eq!(plan["task_definition"], release.task_definition);
        assert!(plan["commands"][0].as_str().unwrap().starts_with("aws deploy create-deployment"), "{plan}");
        assert!(plan["skips"].to_string().contains("alarms"), "{plan}");
        assert_eq!(shop.creators_since(&next).await, ["user"]);

        let after = shop.release().await;
        let (outcome, told) = rolled_back(&shop, &Wish { dry_run: true, ..wish(&shop) }).await;
        assert_eq!(outcome.outcome, Ending::Planned, "{outcome:?}");
        let command = format!("aws deploy stop-deployment --deployment-id {} --auto-rollback-enabled", after.id);
        assert_eq!(told[0]["commands"], json!([command]));
        assert_eq!(shop.account.end_of(&after.id).await.ending(&after.id).0, "Succeeded");
    });
}

#[test]
fn a_revision_by_its_name_its_arn_and_its_deployment() {
    in_shop(Watched { plan: "", ..Watched::default() }, async |shop| {
        let first = shop.released().await;
        let second = shop.released().await;
        shop.released().await;
        let revisions = [
            (name(&first.task_definition).to_owned(), &first),
            (second.id.clone(), &second),
            (first.task_definition.clone(), &first),
        ];
        for (revision, release) in revisions {
            let (outcome, _) = rolled_back(&shop, &to(&shop, &revision)).await;
            assert_eq!(outcome.outcome, Ending::RolledBack, "{outcome:?}");
            assert_eq!(shop.serving().await, release.task_definition, "{revision}");
            let (outcome, _) = rolled_back(&shop, &to(&shop, &revision)).await;
            assert_eq!(outcome.outcome, Ending::NothingToDo, "{outcome:?}");
        }
        // the one that CreateService started was never deployed
        let (outcome, _) = rolled_back(&shop, &to(&shop, &first.before)).await;
        assert_eq!(outcome.outcome, Ending::RolledBack, "{outcome:?}");
        assert_eq!(shop.serving().await, first.before);
        for unknown in ["shop:99", "nothing", "d-NOWHERE00", "arn:aws:ecs:us-east-1:123456789012:task-definition/x:1"] {
            let (error, told) = tried(&shop.account.env(), &to(&shop, unknown)).await;
            let error = error.unwrap_err();
            assert!(matches!(error, Error::Usage { .. }) && error.to_string().contains(unknown), "{error}");
            assert!(told.is_empty());
        }
    });
}

#[test]
fn a_revision_is_wanted_while_another_is_deployed() {
    in_shop(Watched { plan: "", ..Watched::default() }, async |shop| {
        let first = shop.released().await;
        let second = shop.released().await;
        let third = shop.release().await;
        shop.until(&third, "deployment.waiting", "termination").await;
        let (outcome, _) = rolled_back(&shop, &to(&shop, &first.task_definition)).await;
        assert_eq!(outcome.outcome, Ending::RolledBack, "{outcome:?}");
        assert_eq!(shop.serving().await, first.task_definition);
        assert_eq!(shop.creators_since(&third).await, ["user", "codeDeployRollback", "user"]);
        // the one that stopping brings back by itself
        let fourth = shop.release().await;
        shop.until(&fourth, "deployment.waiting", "termination").await;
        let (outcome, _) = rolled_back(&shop, &to(&shop, &first.task_definition)).await;
        assert_eq!(outcome.outcome, Ending::RolledBack, "{outcome:?}");
        assert_eq!(shop.creators_since(&fourth).await, ["user", "codeDeployRollback"]);
        assert_ne!(first.task_definition, second.task_definition);
    });
}

#[test]
fn a_group_that_waits_for_somebody_waits_in_a_rollback_and_not_in_an_emergency() {
    let watched =
        || Watched { plan: "", deployment: "ready-wait = \"30m\"\ncontinue-after = \"1m\"", ..Watched::default() };
    let released = async |shop: &Shop| {
        let release = shop.release().await;
        shop.until(&release, "deployment.waiting", "ready").await;
        continue_(shop, &release.id, DeploymentWaitType::ReadyWait).await;
        shop.account.end_of(&release.id).await;
        release
    };
    in_shop(watched(), async |shop| {
        released(&shop).await;
        let release = released(&shop).await;
        let (outcome, told) = rolled_back(&shop, &Wish { emergency: true, ..wish(&shop) }).await;
        serves_again(&shop, &release, &outcome).await;
        assert_eq!(events(&told, "deployment.continued").len(), 1);
    });
    in_shop(watched(), async |shop| {
        released(&shop).await;
        let release = released(&shop).await;
        let (outcome, told) = rolled_back(&shop, &wish(&shop)).await;
        assert_eq!(outcome.outcome, Ending::Failed, "nobody continued it: {outcome:?}");
        let command = events(&told, "deployment.waiting")[0]["command"].as_str().unwrap().to_owned();
        assert!(command.starts_with("greenlight approve d-"), "{command}");
        assert_eq!(shop.serving().await, release.task_definition);
    });
}

async fn continue_(shop: &Shop, id: &str, what: DeploymentWaitType) {
    let request = shop.account.codedeploy.continue_deployment().deployment_id(id);
    request.deployment_wait_type(what).send().await.unwrap();
}

#[test]
fn a_revision_that_was_deregistered_is_named_with_the_next_good_one() {
    in_shop(Watched { plan: "", ..Watched::default() }, async |shop| {
        let first = shop.released().await;
        let second = shop.released().await;
        let third = shop.released().await;
        shop.deregister(&second.task_definition).await;
        let next = format!("greenlight rollback --to {}", name(&first.task_definition));
        let (outcome, told) = rolled_back(&shop, &wish(&shop)).await;
        assert_eq!(outcome.outcome, Ending::Failed);
        assert!(
            outcome.reason.contains(name(&second.task_definition)) && outcome.reason.contains(&next),
            "{outcome:?}"
        );
        assert!(told.is_empty());
        let (outcome, _) = rolled_back(&shop, &to(&shop, &second.id)).await;
        assert!(outcome.reason.contains("was deregistered; the newest good one is"), "{outcome:?}");
        assert_eq!(shop.creators_since(&third).await, ["user"]);
    });
}

#[test]
fn the_list_says_what_was_live_and_when() {
    in_shop(Watched { plan: "", ..Watched::default() }, async |shop| {
        let first = shop.released().await;
        let second = shop.released().await;
        rolled_back(&shop, &wish(&shop)).await;
        let mut rows = Vec::new();
        let mut tell = |event: &'static str, text: &str, fields: Value| rows.push((event, text.to_owned(), fields));
        show_revisions(&shop.account.env(), &wish(&shop), &mut tell).await.unwrap();
        // the first deployment is the one of the account's rehearsal
        let told: Vec<&Value> = rows.iter().map(|(_, _, fields)| fields).collect();
        assert_eq!(rows.len(), 4, "{rows:?}");
        assert!(rows.iter().all(|(event, text, _)| *event == "revision.listed" && text.starts_with("d-")));
        let expected = [&first.task_definition, &second.task_definition, &first.task_definition];
        assert_eq!(
            told.iter().map(|one| one["task_definition"].as_str().unwrap()).take(3).collect::<Vec<_>>(),
            expected
        );
        assert_eq!(told[0]["until"], Value::Null);
        assert!(rows[0].1.contains("to now") && rows[0].1.contains("Takes d-"), "{}", rows[0].1);
        for (newer, older) in told.iter().zip(&told[1..]) {
            assert_eq!(older["until"], newer["from"]);
        }
    });
}
