//! `greenlight deploy`, from the new image to the deployment, whoever deploys the service. Virtual clock.

use crate::deployments::account::{self as codedeploy, Account};
use crate::native::account::{self as native, Native, Wanted};
use crate::native::{MIGRATE, MINUTE, TABLES};
use crate::shop;
use aws_sdk_codedeploy::types::DeploymentStatus;
use greenlight::Error;
use greenlight::deploy::{Begun, Wish, deploy};
use greenlight_domain::directive::Directive;
use greenlight_domain::plan::Plan;
use greenlight_domain::task_definition::TaskDefinition;
use greenlight_simulation::{Behaviour, Behaviours, Simulation};
use serde_json::{Value, json};
use std::time::Duration;

/// From the wish to the created deployment.
const MOST_CALLS: usize = 8;

fn wish(plan: &str, image: &str) -> Wish {
    Wish {
        plan: Plan::parse(plan, "greenlight.toml").unwrap(),
        task_definition: None,
        images: vec![("web".to_owned(), image.to_owned())],
        install: "greenlight".to_owned(),
        directives: Vec::new(),
        no_auto_rollback: false,
        dry_run: false,
    }
}

async fn tried(account: &Account, wish: &Wish) -> (Result<Begun, Error>, Vec<Value>) {
    let mut told = Vec::new();
    let mut tell = |event: &'static str, text: &str, mut fields: Value| {
        (fields["event"], fields["text"]) = (json!(event), json!(text));
        told.push(fields);
    };
    let before = calls(account).len();
    let begun = Box::pin(deploy(&account.env(), wish, &mut tell)).await;
    let made = calls(account).split_off(before);
    assert!(made.len() <= MOST_CALLS, "{made:?}");
    (begun, told)
}

/// What the operator called.
fn calls(account: &Account) -> Vec<String> {
    let calls = account.simulation.calls().into_iter();
    calls.filter(|(key, _)| key == Simulation::OPERATOR).map(|(_, call)| call).collect()
}

async fn refused(account: &Account, wish: &Wish) -> String {
    let before = calls(account).len();
    let (begun, _) = tried(account, wish).await;
    let made = calls(account).split_off(before);
    let changes = |call: &&String| !["Describe", "Get", "List"].iter().any(|read| call.contains(read));
    assert_eq!(made.iter().find(changes), None, "nothing is done");
    begun.unwrap_err().to_string()
}

async fn deployed(account: &Account, wish: &Wish) -> String {
    match tried(account, wish).await {
        (Ok(Begun::Deployment(id)), _) => id,
        other => panic!("{other:?}"),
    }
}

fn on_codedeploy(story: impl AsyncFnOnce(Account)) {
    codedeploy::with(Behaviours::new(), |_| {}, story);
}

/// A service that ECS deploys, with a hook for the migration.
fn on_ecs(behaviours: Behaviours, story: impl AsyncFnOnce(Native)) {
    native::with(
        behaviours,
        |_| {},
        async |native| {
            let arn = native.deploy(&Wanted::only("migrate", "PRE_SCALE_UP", MIGRATE)).await;
            assert_eq!(native.end_of(&arn).await, "SUCCESSFUL");
            story(native).await;
        },
    );
}

/// The containers of a revision: name, image and whether it has a plan.
async fn containers(account: &Account, task_definition: &str) -> Vec<(String, String, bool)> {
    let answer = account.ecs.describe_task_definition().task_definition(task_definition).send().await.unwrap();
    let definitions = answer.task_definition().unwrap().container_definitions().iter();
    definitions
        .map(|one| {
            let plan = one.docker_labels().is_some_and(|labels| labels.contains_key("dev.greenlight.plan"));
            (one.name().unwrap().to_owned(), one.image().unwrap().to_owned(), plan)
        })
        .collect()
}

#[test]
fn codedeploy_gets_the_new_image_with_the_plan_and_every_hook() {
    on_codedeploy(async |account| {
        let (begun, told) = tried(&account, &wish(&shop::plan(TABLES), "shop:v1")).await;
        let Ok(Begun::Deployment(id)) = begun else { panic!("{begun:?}") };
        let events: Vec<&Value> = told.iter().map(|one| &one["event"]).collect();
        assert_eq!(events, ["deploy.planned", "revision.registered", "deployment.created"]);
        let text = told[0]["text"].as_str().unwrap();
        for part in [
            "deploy to production-cluster/shop-web, by CodeDeploy shop/production, CodeDeployDefault.",
            "  change  web.image: shop:v2 → shop:v1",
            "  change  plan.migrate: nothing → {",
            "  hook    BeforeInstall CodeDeployHook_greenlight-migrate",
            "  hook    AfterAllowTraffic CodeDeployHook_greenlight-finish",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let played = account.end_of(&id).await;
        assert_eq!(played.ending(&id).0, "Succeeded");
        let verdicts = played.verdicts(&id);
        assert_eq!(verdicts.len(), 5, "every hook is asked: {verdicts:?}");
        let registered = told[1]["task_definition"].as_str().unwrap();
        let containers = containers(&account, registered).await;
        let web = containers.iter().find(|(name, ..)| name == "web").unwrap();
        assert_eq!((web.1.as_str(), web.2), ("shop:v1", true));
        assert!(containers.iter().any(|(name, _, plan)| name != "web" && !plan), "{containers:?}");

        // the same again is nothing to do
        let (again, told) = tried(&account, &wish(&shop::plan(TABLES), "shop:v1")).await;
        assert_eq!((again.unwrap(), told.len()), (Begun::NothingToDo(registered.to_owned()), 1));
    });
}

#[test]
fn ecs_gets_an_update_of_the_service() {
    on_ecs(Behaviours::new(), async |native| {
        let account = &native.account;
        let plan = native::plan(&MIGRATE.replace("5m", "2h"));
        let (begun, told) = tried(account, &wish(&plan, "shop:v1")).await;
        let Ok(Begun::Deployment(arn)) = begun else { panic!("{begun:?}") };
        let text = told[0]["text"].as_str().unwrap();
        for part in [
            "deploy to production-cluster/shop-web, by ECS itself",
            "  change  web.image: shop:v2 → shop:v1",
            "  change  plan.migrate.timeout: 5m → 2h",
            ":function:CodeDeployHook_greenlight-migrate",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert_eq!(native.end_of(&arn).await, "SUCCESSFUL");
        assert_eq!(account.played().migrations().len(), 2);
        let (again, _) = tried(account, &wish(&plan, "shop:v1")).await;
        assert!(matches!(again.unwrap(), Begun::NothingToDo(_)));
    });
}

#[test]
fn a_new_plan_alone_is_a_new_revision() {
    on_codedeploy(async |account| {
        let wish = Wish { images: Vec::new(), ..wish(&shop::plan(MIGRATE), "") };
        let id = deployed(&account, &wish).await;
        assert_eq!(account.end_of(&id).await.ending(&id).0, "Succeeded");
    });
}

#[test]
fn a_task_definition_file_takes_the_place_of_what_serves() {
    on_codedeploy(async |account| {
        let first = wish(&shop::plan(MIGRATE), "shop:v2");
        let id = deployed(&account, &first).await;
        account.end_of(&id).await;
        // as the file has it nothing differs, although ECS has written more
        let file = |edit: fn(&mut Value)| {
            let mut value = TaskDefinition::parse(shop::TASK_DEFINITION, "taskdef.json").unwrap().to_json();
            edit(&mut value);
            Some(TaskDefinition::from_value(value, "taskdef.json").unwrap())
        };
        let (same, _) = tried(&account, &Wish { task_definition: file(|_| {}), ..first.clone() }).await;
        assert!(matches!(same, Ok(Begun::NothingToDo(_))), "{same:?}");
        let larger = file(|value| value["memory"] = json!("2048"));
        let (begun, told) = tried(&account, &Wish { task_definition: larger, ..first }).await;
        let Ok(Begun::Deployment(id)) = begun else { panic!("{begun:?}") };
        let text = told[0]["text"].as_str().unwrap();
        assert!(text.contains("  change  memory: ") && text.contains(" → 2048\n"), "{text}");
        assert!(!text.contains("image:") && !text.contains("change  plan"), "{text}");
        assert_eq!(account.end_of(&id).await.ending(&id).0, "Succeeded");
    });
}

#[test]
fn a_dry_run_changes_nothing() {
    on_codedeploy(async |account| {
        let before = calls(&account).len();
        let wish = Wish { dry_run: true, ..wish(&shop::plan(MIGRATE), "shop:v1") };
        let (begun, told) = tried(&account, &wish).await;
        assert_eq!((begun.unwrap(), told.len()), (Begun::Planned, 1));
        let made = calls(&account).split_off(before);
        assert!(made.iter().all(|call| call.contains("Describe") || call.contains("Get")), "{made:?}");
    });
}

#[test]
fn another_deployment_in_progress_is_named_and_nothing_is_done() {
    on_codedeploy(async |account| {
        let id = deployed(&account, &wish(&shop::plan(MIGRATE), "shop:v1")).await;
        let error = refused(&account, &wish(&shop::plan(MIGRATE), "shop:v3")).await;
        assert!(error.contains(&format!("{id} is in progress")) && error.contains("greenlight watch"), "{error}");
    });
    on_ecs(Behaviours::new(), async |native| {
        let arn = deployed(&native.account, &wish(&native::plan(MIGRATE), "shop:v1")).await;
        let error = refused(&native.account, &wish(&native::plan(MIGRATE), "shop:v3")).await;
        assert!(error.contains(&format!("{arn} is in progress")), "{error}");
        native.end_of(&arn).await;
    });
}

#[test]
fn a_freeze_is_heeded_and_can_be_overridden() {
    let frozen = shop::plan(&format!(
        "{MIGRATE}[freeze]\nwindows = [{{ dates = \"2000-01-01..2100-01-01\", time-zone = \"Europe/Berlin\" }}]\n"
    ));
    on_codedeploy(async |account| {
        let wish = wish(&frozen, "shop:v1");
        let error = refused(&account, &wish).await;
        assert!(error.contains("frozen until 2100-01-02") && error.contains("--override-freeze"), "{error}");
        let directives = vec![Directive::new("freeze", "fixes the checkout", &wish.plan).unwrap()];
        let id = deployed(&account, &Wish { directives, ..wish }).await;
        assert_eq!(account.end_of(&id).await.ending(&id).0, "Succeeded");
    });
}

#[test]
fn what_cannot_be_recorded_is_refused_where_ecs_deploys() {
    on_ecs(Behaviours::new(), async |native| {
        let wish = wish(&native::plan(MIGRATE), "shop:v1");
        let directives = vec![Directive::new("validate", "was looked at", &wish.plan).unwrap()];
        for wish in [Wish { directives, ..wish.clone() }, Wish { no_auto_rollback: true, ..wish }] {
            let error = refused(&native.account, &wish).await;
            assert!(error.contains("leave out --skip, --override-freeze and --no-auto-rollback"), "{error}");
        }
    });
}

#[test]
fn without_automatic_rollback_a_failed_deployment_stays() {
    // the first one is that of the rehearsal's setup
    let failing = Behaviours::new().command_times("shop migrate", 1, Behaviour::succeeds(&[]));
    let failing = failing.command("shop migrate", Behaviour::exits(1, &["no such table"]));
    codedeploy::with(
        failing,
        |_| {},
        async |account| {
            let wish = Wish { no_auto_rollback: true, ..wish(&shop::plan(MIGRATE), "shop:v1") };
            let id = deployed(&account, &wish).await;
            account.end_of(&id).await;
            account.pass(MINUTE).await;
            let answer = account.codedeploy.get_deployment().deployment_id(&id).send().await.unwrap();
            let info = answer.deployment_info().unwrap();
            assert_eq!(info.status().map(DeploymentStatus::as_str), Some("Failed"));
            assert!(info.rollback_info().and_then(|rollback| rollback.rollback_deployment_id()).is_none());
        },
    );
}

#[test]
fn what_does_not_fit_is_said_before_anything_is_done() {
    on_codedeploy(async |account| {
        let good = wish(&shop::plan(MIGRATE), "shop:v1");
        let with = |edit: fn(&mut Wish)| {
            let mut wish = good.clone();
            edit(&mut wish);
            wish
        };
        for (wish, expected) in [
            (with(|wish| wish.images[0].0 = "wbe".to_owned()), "there is no container `wbe`; did you mean `web`?"),
            (with(|wish| wish.plan.container = "wbe".to_owned()), "there is no container `wbe`"),
            (with(|wish| wish.plan.service = "other".to_owned()), "there is no service production-cluster/other"),
            (with(|wish| wish.plan.application = "other".to_owned()), "there is no deployment group other/production"),
            (
                with(|wish| wish.plan.application = String::new()),
                "the plan has no `application` and `deployment-group`",
            ),
            (with(|wish| wish.install = "other".to_owned()), "no function CodeDeployHook_other-migrate"),
        ] {
            let error = refused(&account, &wish).await;
            assert!(error.contains(expected), "{expected}: {error}");
        }
    });
}

#[test]
fn what_was_registered_is_named_if_the_deployment_cannot_begin() {
    on_codedeploy(async |account| {
        let wish = wish(&shop::plan(MIGRATE), "shop:v1");
        let other = account.register(None).await;
        // somebody else is faster, after the look at the deployment group
        let somebody = async {
            while !calls(&account).iter().any(|call| call == "codedeploy:GetDeploymentGroup") {
                account.pass(Duration::from_millis(1)).await;
            }
            account.deploy_with(&other, &[]).await
        };
        let ((begun, told), id) = tokio::join!(tried(&account, &wish), somebody);
        let error = begun.unwrap_err().to_string();
        let registered = told[1]["task_definition"].as_str().unwrap().rsplit('/').next().unwrap();
        let remedy = format!("aws ecs deregister-task-definition --task-definition {registered}");
        assert!(error.contains("CreateDeployment") && error.contains(&remedy), "{error}");
        assert_eq!(account.end_of(&id).await.ending(&id).0, "Succeeded");
    });
}
