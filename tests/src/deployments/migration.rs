//! What the migration's task is, and what its failure tells.

use super::account::{self, Account};
use super::{MINUTE, PATIENT, migrating, slow};
use crate::shop;
use aws_sdk_ecs::types::LaunchType;
use greenlight_simulation::{Behaviour, Behaviours};

#[test]
fn a_migration_runs_where_the_service_runs_in_the_named_container_of_the_new_revision() {
    account::with(
        migrating(slow()),
        |_| {},
        async |account: Account| {
            let green = account.register_plan(PATIENT).await;
            account.deploy(&green).await;
            account.pass(MINUTE).await;
            let tasks = account.one_offs().await;
            let [task] = &tasks[..] else { panic!("one migration: {tasks:?}") };
            assert_eq!(task.task_definition_arn(), Some(green.as_str()));
            assert_eq!(task.launch_type(), Some(&LaunchType::Fargate), "never on spare capacity");
            assert!(task.capacity_provider_name().is_none());
            let service = account.service().await;
            let set = &service.task_sets()[0];
            assert_eq!((set.platform_version(), task.platform_version()), (Some("LATEST"), Some("1.4.0")));
            let awsvpc = set.network_configuration().unwrap().awsvpc_configuration().unwrap();
            let attached = task.attachments().iter().flat_map(aws_sdk_ecs::types::Attachment::details);
            let subnet = attached.filter(|detail| detail.name() == Some("subnetId")).find_map(|detail| detail.value());
            assert_eq!(subnet, awsvpc.subnets().first().map(String::as_str));
            let overrides = task.overrides().unwrap().container_overrides();
            let told = overrides.iter().filter(|container| !container.command().is_empty());
            let told: Vec<_> = told.map(|container| (container.name(), container.command().join(" "))).collect();
            assert_eq!(told, [(Some("web"), "shop migrate".to_owned())]);
            assert!(
                overrides.iter().all(|container| container.environment().is_empty()),
                "whoever sees the task sees them"
            );
            assert!(task.tags().is_empty());
        },
    );
}

/// What the one verdict on a deployment says, whose migration may never have begun.
async fn refused(account: &Account, id: &str) -> String {
    let played = account.end_of(id).await;
    assert_eq!(played.ending(id), ("Failed".to_owned(), Some("HOOK_EXECUTION_FAILURE".to_owned())));
    let verdicts = played.verdicts(id);
    assert_eq!(verdicts.len(), 1, "{verdicts:?}");
    assert_eq!(verdicts[0].0, "failed");
    verdicts[0].1.clone()
}

#[test]
fn without_a_log_in_cloudwatch_the_reason_has_the_plans_link() {
    let fails = Behaviour::exits(5, &["only the log router sees this"]);
    account::with(
        migrating(fails),
        |_| {},
        async |account: Account| {
            let link = "[logs]\nlink = \"https://logs.example.com/?task={task}&container={container}\"\n";
            let green = account.register_firelens(&format!("{link}{}", shop::MIGRATE)).await;
            let id = account.deploy(&green).await;
            let reason = refused(&account, &id).await;
            let task = account.played().migrations()[0].rsplit('/').next().unwrap().to_owned();
            assert!(reason.contains("exited with code 5"), "{reason}");
            assert!(reason.contains(&format!("https://logs.example.com/?task={task}&container=web")), "{reason}");
            assert!(!reason.contains("only the log router"), "{reason}");
        },
    );
}

#[test]
fn a_plan_for_a_container_that_is_not_there_starts_nothing() {
    account::with(
        Behaviours::new(),
        |_| {},
        async |account: Account| {
            let plan = shop::plan(shop::MIGRATE).replace("container = \"web\"", "container = \"wep\"");
            let green = account.register_text(&plan).await;
            let id = account.deploy(&green).await;
            let reason = refused(&account, &id).await;
            assert!(reason.contains("\"wep\"") && reason.contains("metrics, web"), "{reason}");
            assert!(account.played().migrations().is_empty());
        },
    );
}

#[test]
fn a_default_plan_that_is_wrong_starts_nothing_and_is_shown_with_its_place() {
    let wrong = |setup: &mut greenlight_world::Setup| {
        for function in &mut setup.stack.functions {
            let plan = shop::plan("[migrate]\ncomand = [\"shop\", \"migrate\"]\n");
            function.environment.insert("GREENLIGHT_PLAN".to_owned(), plan);
        }
    };
    account::with(Behaviours::new(), wrong, async |account: Account| {
        let id = account.deploy_green(None).await;
        let reason = refused(&account, &id).await;
        for part in ["GREENLIGHT_PLAN:", "comand", "command"] {
            assert!(reason.contains(part), "{part}: {reason}");
        }
        assert!(account.played().migrations().is_empty());
    });
}
