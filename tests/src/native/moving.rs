//! A service moves from `CodeDeploy` to ECS's own deployments, by the steps of `docs/moving.md`.

use super::account::{HOOKS, id, plan};
use crate::deployments::account::{self, Account};
use crate::shop;
use aws_sdk_ecs::types::Service;
use aws_sdk_elasticloadbalancingv2::types::{Action, ActionTypeEnum};
use greenlight::rehearse::{Options, Rehearsal};
use greenlight_aws::http::Request;
use greenlight_simulation::Behaviours;
use greenlight_world::{Alarm, AlarmState, Policy, Role, Setup};
use serde_json::{Value, json};
use std::cell::Cell;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// The block of `move.json` in the page.
fn documented() -> Value {
    let page = include_str!("../../../docs/moving.md");
    let (_, block) = page.split_once("```json\n").unwrap();
    serde_json::from_str(block.split_once("```").unwrap().0).unwrap()
}

/// The page's role for the load balancer.
fn balancer() -> Role {
    let statement = json!({ "Effect": "Allow", "Action": "elasticloadbalancing:*", "Resource": "*" });
    Role {
        name: "ecs-load-balancers".to_owned(),
        access_key: "BALANCER".to_owned(),
        policies: vec![serde_json::from_value::<Policy>(json!({ "Statement": [statement] })).unwrap()],
        trusted: vec!["ecs.amazonaws.com".to_owned()],
    }
}

/// The page's request with what is there in place of its examples.
fn request(rehearsal: &Rehearsal, hooks: &[Value], serving: &str, other: &str, rules: &[String]) -> Value {
    let mut request = documented();
    request["cluster"] = json!(rehearsal.plan.cluster);
    request["service"] = json!(rehearsal.plan.service);
    request["deploymentConfiguration"]["lifecycleHooks"] = json!(hooks);
    let balancer = &mut request["loadBalancers"][0];
    balancer["targetGroupArn"] = json!(serving);
    balancer["advancedConfiguration"]["alternateTargetGroupArn"] = json!(other);
    balancer["advancedConfiguration"]["productionListenerRule"] = json!(rules[0]);
    balancer["advancedConfiguration"]["testListenerRule"] = json!(rules[1]);
    request
}

/// Follows a service deployment to its end, and says how it went.
async fn hooks_of(account: &Account, service: &Service) -> Vec<String> {
    let arn = service.current_service_deployment().unwrap();
    loop {
        let answer = account.ecs.describe_service_deployments().service_deployment_arns(arn).send().await.unwrap();
        let deployment = &answer.service_deployments()[0];
        match deployment.status().unwrap().as_str() {
            "PENDING" | "IN_PROGRESS" => account.pass(SECOND).await,
            status => {
                let reason = deployment.status_reason().unwrap_or_default();
                assert_eq!(status, "SUCCESSFUL", "{reason}: {:?}", account.played().verdicts(id(arn)));
                break;
            }
        }
    }
    let lines = account.played().facts;
    let lines = lines.iter().filter(|fact| fact["event"] == "log.line" && fact["function"].is_string());
    let lines = lines.filter_map(|fact| serde_json::from_str::<Value>(fact["message"].as_str()?).ok());
    let own = lines.filter(|line| line["event"] == "hook.verdict" && line["deployment_id"] == id(arn));
    let text = |line: &Value, name: &str| line[name].as_str().unwrap().to_owned();
    own.map(|line| format!("{} {}", text(&line, "lifecycle_event"), text(&line, "verdict"))).collect()
}

/// The steps of the page.
async fn moves(account: &Account, listeners: &[String], invoke_role: &str) {
    let rehearsal = &account.rehearsal;
    let elb = aws_sdk_elasticloadbalancingv2::Client::new(&account.simulation.sdk_config());

    // 1: one task set is left; which target group serves, and the rules
    let of = &rehearsal.plan;
    loop {
        let answer = account.ecs.describe_services().cluster(&of.cluster).services(&of.service).send().await;
        if answer.unwrap().services()[0].task_sets().len() == 1 {
            break;
        }
        account.pass(SECOND).await;
    }
    let mut rules = Vec::new();
    for listener in listeners {
        let answer = elb.describe_rules().listener_arn(listener).send().await.unwrap();
        rules.push(answer.rules()[0].rule_arn().unwrap().to_owned());
    }
    let answer = elb.describe_listeners().listener_arns(&listeners[0]).send().await.unwrap();
    let groups = answer.listeners()[0].default_actions()[0].forward_config().unwrap().target_groups();
    let serving = groups.iter().find(|group| group.weight() != Some(0)).unwrap().target_group_arn().unwrap().to_owned();
    let both = rehearsal.target_groups().map(|name| Rehearsal::target_group_arn(&name));
    let other = both.iter().find(|arn| **arn != serving).unwrap();

    // 3: the test listener gets the other one
    let action = Action::builder().r#type(ActionTypeEnum::Forward).target_group_arn(other).build();
    elb.modify_listener().listener_arn(&listeners[1]).default_actions(action).send().await.unwrap();

    // 4: the page's own request
    let hook = |(part, stage): (&str, &str)| {
        let function = Rehearsal::function_arn(&rehearsal.function_name(part));
        json!({ "hookTargetArn": function, "roleArn": invoke_role, "lifecycleStages": [stage] })
    };
    let body = request(rehearsal, &HOOKS.map(hook), &serving, other, &rules).to_string();
    let update = account.ecs.update_service().service(&rehearsal.plan.service).customize();
    let update = update.mutate_request(move |request| {
        request.headers_mut().insert("content-length", body.len().to_string());
        *request.body_mut() = body.clone().into();
    });
    let answer = update.send().await.unwrap();
    let service = answer.service().unwrap();
    assert_eq!(service.deployment_controller().unwrap().r#type().as_str(), "ECS");
    // the revision that serves has a plan without work
    let first = hooks_of(account, service).await;
    assert!(!first.is_empty() && first.iter().all(|verdict| !verdict.ends_with("failed")), "{first:?}");

    // 5 and 6: a revision whose plan names nothing of CodeDeploy
    let revision = account.register_text(&plan(super::TABLES)).await;
    let request = account.ecs.update_service().cluster(&rehearsal.plan.cluster).service(&rehearsal.plan.service);
    let answer = request.task_definition(&revision).send().await.unwrap();
    let service = answer.service().unwrap();
    let expected = [
        "PRE_SCALE_UP succeeded",
        "POST_SCALE_UP succeeded",
        "POST_TEST_TRAFFIC_SHIFT succeeded",
        "PRE_PRODUCTION_TRAFFIC_SHIFT succeeded",
        "PRE_PRODUCTION_TRAFFIC_SHIFT succeeded",
        "POST_PRODUCTION_TRAFFIC_SHIFT succeeded",
    ];
    assert_eq!(hooks_of(account, service).await, expected);
    let answer = account.ecs.describe_services().cluster(&of.cluster).services(&of.service).send().await.unwrap();
    assert_eq!(answer.services()[0].task_definition(), Some(revision.as_str()));
}

#[test]
fn a_service_moves_by_the_documented_steps_and_no_request_fails() {
    let mut rehearsal = shop::rehearsal("", &Options::default());
    rehearsal.script.test_listener = true;
    let (listeners, role, home) = (Cell::default(), Cell::default(), Cell::default());
    let edit = |world: &mut Setup| {
        world.stack.roles.push(balancer());
        world.infrastructure.alarms.push(Alarm::new("shop-5xx", AlarmState::Ok));
        let balancer = &world.infrastructure.load_balancers[0];
        listeners.set(balancer.listeners.iter().map(|listener| listener.arn.clone()).collect::<Vec<_>>());
        home.set(format!("https://{}/", world.dns_name(balancer)));
        let invoke = world.stack.roles.iter().find(|role| role.name.contains("InvokeHooks")).unwrap();
        role.set(format!("arn:aws:iam::123456789012:role/{}", invoke.name));
    };
    account::with_rehearsal(rehearsal, Behaviours::new(), edit, async |account| {
        let (listeners, role, home) = (listeners.take(), role.take(), home.take());
        let asked = Cell::new(0);
        let users = async {
            loop {
                account.pass(SECOND).await;
                let answer = account.simulation.http().send(Request::get(home.clone())).await.unwrap();
                assert!(answer.status < 400, "{answer:?}");
                asked.set(asked.get() + 1);
            }
        };
        tokio::select! {
            biased;
            () = moves(&account, &listeners, &role) => {}
            () = users => unreachable!("users never go away"),
        }
        assert!(asked.get() > 600, "{}", asked.get());
        let played = account.played();
        assert!(played.denied().is_empty(), "{:?}", played.denied());
    });
}
