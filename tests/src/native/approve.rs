//! `greenlight approve` and `greenlight reject` in ECS's own deployments. Virtual clock.

use super::account::{self, Native, Wanted};
use greenlight::Error;
use greenlight::approve::{Answered, Decision, answer};
use greenlight::which::{Service, Which};
use greenlight_domain::service_deployment::ServiceDeploymentArn;
use greenlight_simulation::Behaviours;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
const TWICE: [&str; 2] = ["POST_SCALE_UP", "PRE_PRODUCTION_TRAFFIC_SHIFT"];

fn in_native(story: impl AsyncFnOnce(Native)) {
    account::with(Behaviours::new(), |_| {}, story);
}

fn in_service(native: &Native) -> Which {
    let plan = &native.account.rehearsal.plan;
    Which::InService { service: Service { cluster: plan.cluster.clone(), name: plan.service.clone() }, id: None }
}

async fn tried(native: &Native, which: Which, hook: Option<&str>, decision: Decision) -> Result<Answered, Error> {
    answer(&native.account.env(), which, hook, decision).await
}

/// The ids of the hooks that wait now.
pub async fn waiting(native: &Native, arn: &str) -> Vec<String> {
    let answer = native.account.ecs.describe_service_deployments().service_deployment_arns(arn).send().await.unwrap();
    let hooks = answer.service_deployments()[0].lifecycle_hook_details().iter();
    let waits = hooks.filter(|hook| hook.status().is_some_and(|status| status.as_str() == "AWAITING_ACTION"));
    waits.map(|hook| hook.hook_id().unwrap().to_owned()).collect()
}

async fn until_waiting(native: &Native, arn: &str, number: usize) -> Vec<String> {
    loop {
        let waiting = waiting(native, arn).await;
        if waiting.len() == number {
            return waiting;
        }
        native.account.pass(SECOND).await;
    }
}

#[test]
fn every_pause_that_is_approved_is_passed() {
    in_native(async |native| {
        let arn = native.deploy(&Wanted::pausing(&TWICE)).await;
        for (number, stage) in ["POST_SCALE_UP", "PRODUCTION_TRAFFIC_SHIFT"].into_iter().enumerate() {
            let hook = until_waiting(&native, &arn, 1).await.remove(0);
            native.account.pass(10 * MINUTE).await;
            // by what the plan names, and by its ARN
            let plan = &native.account.rehearsal.plan;
            let service = Service { cluster: plan.cluster.clone(), name: plan.service.clone() };
            let (application, deployment_group) = (plan.application.clone(), plan.deployment_group.clone());
            let which = match number {
                0 => Which::Plan { service, application, deployment_group },
                _ => Which::ServiceDeployment(ServiceDeploymentArn::parse(&arn).unwrap()),
            };
            let answered = tried(&native, which.clone(), None, Decision::Approve).await.unwrap();
            assert_eq!((answered.hook.as_deref(), answered.stage.as_deref()), (Some(hook.as_str()), Some(stage)));
            assert_eq!((answered.deployment.as_str(), answered.already), (arn.as_str(), false));
            let left = answered.left.unwrap().as_mins();
            assert!((48..=50).contains(&left), "{left} minutes of an hour");
            assert_eq!(answered.otherwise.as_deref(), Some("ROLLBACK"));
            let error = tried(&native, which, Some(&hook), Decision::Approve).await.unwrap_err();
            assert!(error.to_string().contains("was approved"), "{error}");
        }
        assert_eq!(native.end_of(&arn).await, "SUCCESSFUL");
        let error = tried(&native, in_service(&native), None, Decision::Approve).await.unwrap_err();
        assert!(matches!(error, Error::CannotAnswer(_)) && error.to_string().contains("is in progress"), "{error}");
    });
}

#[test]
fn a_pause_that_is_rejected_takes_the_deployment_back() {
    in_native(async |native| {
        let arn = native.deploy(&Wanted::pausing(&TWICE[1..])).await;
        until_waiting(&native, &arn, 1).await;
        let answered = tried(&native, in_service(&native), None, Decision::Reject).await.unwrap();
        assert_eq!((answered.decision, answered.already), (Decision::Reject, false));
        assert_eq!(native.end_of(&arn).await, "ROLLBACK_SUCCESSFUL");
        assert_eq!(native.account.played().production(), [native.account.rehearsal.target_groups()[0].clone()]);
    });
}

#[test]
fn of_several_that_wait_one_is_named() {
    in_native(async |native| {
        let arn = native.deploy(&Wanted::pausing(&["POST_SCALE_UP", "POST_SCALE_UP"])).await;
        let hooks = until_waiting(&native, &arn, 2).await;
        let error = tried(&native, in_service(&native), None, Decision::Approve).await.unwrap_err();
        assert!(matches!(error, Error::Usage { .. }), "{error}");
        assert!(hooks.iter().all(|hook| error.to_string().contains(&format!("--hook {hook}"))), "{error}");
        for hook in &hooks {
            let answered = tried(&native, in_service(&native), Some(hook), Decision::Approve).await.unwrap();
            assert_eq!(answered.hook.as_ref(), Some(hook));
        }
        assert_eq!(native.end_of(&arn).await, "SUCCESSFUL");
    });
}

#[test]
fn an_answer_that_comes_too_late_says_so() {
    in_native(async |native| {
        let arn = native.deploy(&Wanted::pausing(&TWICE[..1])).await;
        let hook = until_waiting(&native, &arn, 1).await.remove(0);
        native.account.pass(62 * MINUTE).await;
        assert_eq!(native.end_of(&arn).await, "ROLLBACK_SUCCESSFUL");
        let which = Which::ServiceDeployment(ServiceDeploymentArn::parse(&arn).unwrap());
        for hook in [None, Some(hook.as_str())] {
            let error = tried(&native, which.clone(), hook, Decision::Approve).await.unwrap_err();
            assert!(matches!(error, Error::CannotAnswer(_)), "{error}");
            let told = ["timed out, for which it says ROLLBACK", "ROLLBACK_SUCCESSFUL", "deploy again"];
            assert!(told.iter().all(|told| error.to_string().contains(told)), "{error}");
        }
    });
}

#[test]
fn a_deployment_in_which_nothing_waits_says_so() {
    in_native(async |native| {
        let arn = native.deploy(&Wanted::pausing(&[])).await;
        let error = tried(&native, in_service(&native), None, Decision::Reject).await.unwrap_err();
        assert!(error.to_string().contains("nothing waits for an answer"), "{error}");
        assert!(error.to_string().contains("greenlight rollback"), "{error}");
        assert_eq!(native.end_of(&arn).await, "SUCCESSFUL");
        for (wrong, told) in [("nothing", "no service deployment nothing"), ("", "no service deployment")] {
            let Which::InService { service, .. } = in_service(&native) else { unreachable!() };
            let which = Which::InService { service, id: Some(wrong.to_owned()) };
            let error = tried(&native, which, None, Decision::Approve).await.unwrap_err();
            assert!(matches!(error, Error::Usage { .. }) && error.to_string().contains(told), "{error}");
        }
    });
}
