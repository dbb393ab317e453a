//! `greenlight approve` and `greenlight reject` where `CodeDeploy` waits before traffic shifts. Virtual clock.

use super::account::{self, Release, Shop, Watched};
use greenlight::Error;
use greenlight::approve::{Answered, Decision, answer};
use greenlight::which::{Service, Which};
use std::time::Duration;

const MINUTE: Duration = Duration::from_mins(1);

/// Plays a story with a deployment that waits for somebody, half an hour long.
fn ready(story: impl AsyncFnOnce(Shop, Release)) {
    let watched =
        Watched { plan: "", deployment: "ready-wait = \"30m\"\ncontinue-after = \"1m\"", ..Watched::default() };
    account::with(
        watched,
        |_| {},
        async |shop| {
            let release = shop.release().await;
            shop.until(&release, "deployment.waiting", "ready").await;
            story(shop, release).await;
        },
    );
}

fn of_plan(shop: &Shop) -> Which {
    let plan = &shop.account.rehearsal.plan;
    let service = Service { cluster: plan.cluster.clone(), name: plan.service.clone() };
    let (application, deployment_group) = (plan.application.clone(), plan.deployment_group.clone());
    Which::Plan { service, application, deployment_group }
}

async fn tried(shop: &Shop, wanted: Which, decision: Decision) -> Result<Answered, Error> {
    answer(&shop.account.env(), wanted, None, decision).await
}

#[test]
fn a_deployment_that_waits_goes_on() {
    ready(async |shop, release| {
        shop.account.pass(10 * MINUTE).await;
        let answered = tried(&shop, of_plan(&shop), Decision::Approve).await.unwrap();
        assert_eq!((answered.deployment.as_str(), answered.hook), (release.id.as_str(), None));
        let left = answered.left.unwrap().as_mins();
        assert!((18..=20).contains(&left), "{left} minutes of half an hour");
        assert_eq!(answered.watch, format!("greenlight watch {}", release.id));
        let played = shop.account.end_of(&release.id).await;
        assert_eq!(played.ending(&release.id).0, "Succeeded");
        let error = tried(&shop, Which::CodeDeploy(release.id.clone()), Decision::Approve).await.unwrap_err();
        assert!(matches!(error, Error::CannotAnswer(_)) && error.to_string().contains("is Succeeded"), "{error}");
    });
}

#[test]
fn a_deployment_that_is_rejected_is_rolled_back() {
    ready(async |shop, release| {
        let answered = tried(&shop, of_plan(&shop), Decision::Reject).await.unwrap();
        assert_eq!((answered.decision, answered.deployment.as_str()), (Decision::Reject, release.id.as_str()));
        let (rollback, played) = shop.account.end_of_rollback(&release.id).await;
        assert_eq!(played.ending(&rollback).0, "Succeeded");
        assert_eq!(shop.serving().await, release.before);
    });
}

#[test]
fn an_answer_that_comes_too_late_or_goes_nowhere_says_so() {
    ready(async |shop, release| {
        shop.account.pass(31 * MINUTE).await;
        shop.account.end_of(&release.id).await;
        let error = tried(&shop, Which::CodeDeploy(release.id.clone()), Decision::Approve).await.unwrap_err();
        assert!(matches!(error, Error::CannotAnswer(_)) && error.to_string().contains("is Stopped"), "{error}");
        let error = tried(&shop, Which::CodeDeploy("d-000000000".to_owned()), Decision::Reject).await.unwrap_err();
        assert!(matches!(error, Error::Usage { .. }) && error.to_string().contains("d-000000000"), "{error}");
        let (application, deployment_group) = ("nobody".to_owned(), "production".to_owned());
        let error = tried(&shop, Which::Group { application, deployment_group }, Decision::Reject).await.unwrap_err();
        assert!(matches!(error, Error::Usage { .. }) && error.to_string().contains("nobody/production"), "{error}");
        let wanted = Which::CodeDeploy(release.id);
        let error = answer(&shop.account.env(), wanted, Some("a"), Decision::Approve).await.unwrap_err();
        assert!(error.to_string().contains("--hook"), "{error}");
    });
}
