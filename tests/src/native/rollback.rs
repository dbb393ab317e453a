//! `greenlight rollback` in ECS's own deployments. Virtual clock.

use super::account::{self, Native, Strategy, Wanted};
use super::approve::waiting;
use greenlight::approve::{self, Decision};
use greenlight::rollback::{Ending, Outcome, Wish, show_revisions, take_back};
use greenlight::which::{Service, Which};
use greenlight_simulation::Behaviours;
use serde_json::{Value, json};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

fn in_native(story: impl AsyncFnOnce(Native)) {
    account::with(Behaviours::new(), |_| {}, story);
}

fn wish(native: &Native) -> Wish {
    let plan = &native.account.rehearsal.plan;
    Wish {
        application: String::new(),
        deployment_group: String::new(),
        service: Some(Service { cluster: plan.cluster.clone(), name: plan.service.clone() }),
        to: None,
        emergency: false,
        dry_run: false,
    }
}

async fn rolled_back(native: &Native, wish: &Wish) -> (Outcome, Vec<Value>) {
    let mut told = Vec::new();
    let mut tell = |event: &'static str, _: &str, mut fields: Value| {
        fields["event"] = json!(event);
        told.push(fields);
    };
    let outcome = Box::pin(take_back(&native.account.env(), wish, &mut tell)).await.unwrap();
    (outcome, told)
}

fn names(told: &[Value]) -> Vec<&str> {
    told.iter().filter_map(|one| one["event"].as_str()).collect()
}

/// What serves: the task definition, and the target group.
async fn serving(native: &Native) -> (String, Vec<String>) {
    let plan = &native.account.rehearsal.plan;
    let answer = native.account.ecs.describe_services().cluster(&plan.cluster).services(&plan.service).send().await;
    let answer = answer.unwrap();
    let [only] = answer.services()[0].deployments() else { panic!("one revision serves") };
    (only.task_definition().unwrap().to_owned(), native.account.played().production())
}

async fn hooks(native: &Native) -> (String, usize) {
    let plan = &native.account.rehearsal.plan;
    let answer = native.account.ecs.describe_services().cluster(&plan.cluster).services(&plan.service).send().await;
    let answer = answer.unwrap();
    let configuration = answer.services()[0].deployment_configuration().unwrap();
    (configuration.strategy().unwrap().as_str().to_owned(), configuration.lifecycle_hooks().len())
}

/// Until the service's deployment waits for somebody.
async fn asked(native: &Native) {
    let service = wish(native).service.unwrap();
    loop {
        native.account.pass(SECOND).await;
        let request = native.account.ecs.describe_services().cluster(&service.cluster).services(&service.name);
        let answer = request.send().await.unwrap();
        let Some(arn) = answer.services()[0].current_service_deployment() else { continue };
        if !waiting(native, arn).await.is_empty() {
            return;
        }
    }
}

/// Approves what waits, when it has waited for a while.
async fn approve(native: &Native) {
    asked(native).await;
    native.account.pass(10 * SECOND).await;
    let which = Which::InService { service: wish(native).service.unwrap(), id: None };
    approve::answer(&native.account.env(), which, None, Decision::Approve).await.unwrap();
}

async fn stage(native: &Native, arn: &str, wanted: &str) {
    loop {
        let answer = native.account.ecs.describe_service_deployments().service_deployment_arns(arn).send().await;
        let answer = answer.unwrap();
        if answer.service_deployments()[0].lifecycle_stage().is_some_and(|stage| stage.as_str() == wanted) {
            return;
        }
        native.account.pass(SECOND).await;
    }
}

#[test]
fn a_deployment_in_progress_is_stopped_wherever_it_is() {
    for (strategy, at) in [
        (Strategy::AllAtOnce, "SCALE_UP"),
        (Strategy::Canary, "PRODUCTION_TRAFFIC_SHIFT"),
        (Strategy::AllAtOnce, "BAKE_TIME"),
    ] {
        in_native(async |native| {
            let arn = native.deploy(&Wanted { strategy, ..Wanted::pausing(&[]) }).await;
            stage(&native, &arn, at).await;
            let (outcome, told) = rolled_back(&native, &wish(&native)).await;
            assert_eq!(outcome.outcome, Ending::RolledBack, "{at}: {outcome:?}");
            assert_eq!(
                (outcome.deployment_id.as_ref(), outcome.rollback_deployment_id.as_ref()),
                (Some(&arn), Some(&arn))
            );
            let (task_definition, production) = serving(&native).await;
            assert_eq!(outcome.task_definition, Some(task_definition));
            assert_eq!(production, [native.account.rehearsal.target_groups()[0].clone()], "{at}");
            let events = names(&told);
            assert_eq!(events[..2], ["rollback.planned", "rollback.started"], "{at}");
            assert_eq!((told[1]["how"].as_str(), events.last()), (Some("stopped"), Some(&"rollback.ended")), "{at}");
            let (again, told) = rolled_back(&native, &wish(&native)).await;
            assert_eq!((again.outcome, told.len()), (Ending::NothingToDo, 0), "{at}: {again:?}");
        });
    }
}

#[test]
fn a_release_that_succeeded_is_taken_back_with_the_services_hooks() {
    in_native(async |native| {
        let arn = native.deploy(&Wanted::pausing(&["POST_SCALE_UP"])).await;
        let ((), status) = tokio::join!(approve(&native), native.end_of(&arn));
        assert_eq!(status, "SUCCESSFUL");
        let before = serving(&native).await.0;
        let of = wish(&native);
        let ((outcome, told), ()) = tokio::join!(rolled_back(&native, &of), approve(&native));
        assert_eq!(outcome.outcome, Ending::RolledBack, "{outcome:?}");
        assert_eq!(outcome.deployment_id.as_ref(), Some(&arn));
        let now = serving(&native).await.0;
        assert!(now != before && outcome.task_definition.as_ref() == Some(&now), "{outcome:?}");
        let waits = told.iter().find(|one| one["event"] == "deployment.waiting").unwrap();
        assert!(waits["command"].as_str().unwrap().starts_with("greenlight approve arn:"), "{waits}");
        assert!(names(&told).contains(&"traffic.shifted"), "{told:?}");

        // whoever says it twice gets it once, and is not sent forward again
        let (again, told) = rolled_back(&native, &wish(&native)).await;
        assert_eq!((again.outcome, told.len()), (Ending::NothingToDo, 0), "{again:?}");

        let mut listed = Vec::new();
        let mut tell = |_: &'static str, _: &str, fields: Value| listed.push(fields);
        show_revisions(&native.account.env(), &wish(&native), &mut tell).await.unwrap();
        let revisions: Vec<&str> = listed.iter().filter_map(|one| one["task_definition"].as_str()).collect();
        assert_eq!(revisions, [now.as_str(), &before, &now]);
        assert_eq!((&listed[0]["until"], &listed[1]["until"]), (&Value::Null, &listed[0]["from"]));
    });
}

#[test]
fn an_emergency_asks_nobody_and_the_service_has_its_hooks_again() {
    in_native(async |native| {
        let wanted = Wanted { strategy: Strategy::Linear, ..Wanted::pausing(&["POST_SCALE_UP"]) };
        let arn = native.deploy(&wanted).await;
        let ((), status) = tokio::join!(approve(&native), native.end_of(&arn));
        assert_eq!(status, "SUCCESSFUL");
        let before = serving(&native).await.0;
        let own = hooks(&native).await;
        assert_eq!(own, ("LINEAR".to_owned(), 1));
        let emergency = Wish { emergency: true, ..wish(&native) };
        let (planned, told) = rolled_back(&native, &Wish { dry_run: true, ..emergency.clone() }).await;
        assert_eq!((planned.outcome, told.len()), (Ending::Planned, 1));
        assert!(told[0]["skips"][0].as_str().unwrap().contains("all 1 hooks"), "{told:?}");
        assert_eq!(hooks(&native).await, own);

        let (outcome, told) = rolled_back(&native, &emergency).await;
        assert_eq!(outcome.outcome, Ending::RolledBack, "{outcome:?}");
        assert!(!names(&told).contains(&"deployment.waiting"), "{told:?}");
        assert!(names(&told).contains(&"service.restored"), "{told:?}");
        assert_eq!(hooks(&native).await, own);

        // forward again, by name
        let to = before.rsplit('/').next().unwrap().to_owned();
        let (outcome, _) = rolled_back(&native, &Wish { to: Some(to), ..emergency }).await;
        assert_eq!(outcome.outcome, Ending::RolledBack, "{outcome:?}");
        assert_eq!(serving(&native).await.0, before);
        assert_eq!(hooks(&native).await, own);
    });
}

#[test]
fn of_two_who_are_in_a_hurry_one_answers_for_both() {
    in_native(async |native| {
        let arn = native.deploy(&Wanted::pausing(&["POST_SCALE_UP"])).await;
        let ((), status) = tokio::join!(approve(&native), native.end_of(&arn));
        assert_eq!(status, "SUCCESSFUL");
        let of = wish(&native);
        let emergency = Wish { emergency: true, ..of.clone() };
        let hurried = async || {
            asked(&native).await;
            rolled_back(&native, &emergency).await
        };
        let (calm, one, other) = tokio::join!(rolled_back(&native, &of), hurried(), hurried());
        let continued: usize = [&one.1, &other.1]
            .map(|told| names(told).iter().filter(|name| **name == "deployment.continued").count())
            .iter()
            .sum();
        assert_eq!(continued, 1, "{:?} {:?}", one.1, other.1);
        let outcomes = [calm, one, other].map(|(outcome, _)| (outcome.outcome, outcome.task_definition));
        let serving = Some(serving(&native).await.0);
        assert!(outcomes.iter().all(|one| *one == (Ending::RolledBack, serving.clone())), "{outcomes:?}");
    });
}

#[test]
fn without_a_good_revision_nothing_is_done() {
    in_native(async |native| {
        let created = native.create(&Wanted::pausing(&[])).await;
        for over in [false, true] {
            if over {
                native.end_of(&created).await;
            }
            let (outcome, told) = rolled_back(&native, &wish(&native)).await;
            assert_eq!((outcome.outcome, told.len()), (Ending::Failed, 0), "{outcome:?}");
            assert!(outcome.reason.contains("--to FAMILY:REVISION"), "{outcome:?}");
        }
        let first = serving(&native).await.0;
        let second = native.update(&Wanted::pausing(&[])).await;
        assert_eq!(native.end_of(&second).await, "SUCCESSFUL");
        native.account.ecs.deregister_task_definition().task_definition(first).send().await.unwrap();
        let (outcome, told) = rolled_back(&native, &wish(&native)).await;
        assert_eq!((outcome.outcome, told.len()), (Ending::Failed, 0), "{outcome:?}");
        assert!(outcome.reason.contains("it was deregistered"), "{outcome:?}");
    });
}

#[test]
fn a_revision_that_is_wanted_comes_behind_the_one_that_is_stopped() {
    in_native(async |native| {
        let created = native.create(&Wanted::pausing(&[])).await;
        native.end_of(&created).await;
        let creation = serving(&native).await.0;
        let first = native.update(&Wanted::pausing(&[])).await;
        assert_eq!(native.end_of(&first).await, "SUCCESSFUL");
        let second = native.update(&Wanted::pausing(&["PRE_PRODUCTION_TRAFFIC_SHIFT"])).await;
        stage(&native, &second, "PRODUCTION_TRAFFIC_SHIFT").await;
        let to = Wish { to: Some(creation.clone()), emergency: true, ..wish(&native) };
        let (outcome, told) = rolled_back(&native, &to).await;
        assert_eq!(outcome.outcome, Ending::RolledBack, "{outcome:?}");
        assert_eq!(serving(&native).await.0, creation);
        let how: Vec<&str> = told.iter().filter_map(|one| one["how"].as_str()).collect();
        assert_eq!(how, ["stopped", "updated"]);
        assert_eq!(hooks(&native).await.1, 1);
    });
}
