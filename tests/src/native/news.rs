//! What the team hears of ECS's own deployments. Virtual clock.

use super::account::{self, Native, Wanted, id};
use super::{MIGRATE, MINUTE, TABLES};
use crate::played::Played;
use crate::snapshots::{held, without_ids};
use aws_sdk_ecs::types::DeploymentStrategy;
use greenlight::approve::{Decision, answer};
use greenlight::which::Which;
use greenlight_domain::service_deployment::ServiceDeploymentArn;
use greenlight_simulation::{Behaviour, Behaviours};
use greenlight_world::{EventFault, Fault};

/// The ids of the news about a deployment, in their order.
fn ids(played: &Played, arn: &str) -> Vec<String> {
    let told = |notice: &&str| notice.lines().last().and_then(|line| line.strip_prefix("notice: ")).map(str::to_owned);
    let ids = played.news().iter().filter_map(told).filter(|told| told.contains(id(arn))).collect::<Vec<_>>();
    ids.into_iter().map(|told| told.replace(id(arn), "ID")).collect()
}

fn one<'a>(played: &'a Played, arn: &str, kind: &str) -> &'a str {
    let ends = format!("notice: {kind}/{}", id(arn));
    let mut found = played.news().into_iter().filter(|notice| notice.lines().last().unwrap().starts_with(&ends));
    found.next().unwrap_or_else(|| panic!("{kind}: {:?}", played.news()))
}

async fn approve(native: &Native, arn: &str, decision: Decision) {
    let which = Which::ServiceDeployment(ServiceDeploymentArn::parse(arn).unwrap());
    answer(&native.account.env(), which, None, decision).await.unwrap();
}

fn in_native(behaviours: Behaviours, story: impl AsyncFnOnce(Native)) {
    account::with(
        behaviours,
        |_| {},
        async |native| {
            story(native).await;
        },
    );
}

#[test]
fn a_deployment_is_told_from_its_start_to_its_end() {
    in_native(Behaviours::new(), async |native| {
        let arn = native.deploy(&Wanted::new(TABLES)).await;
        native.end_of(&arn).await;
        native.account.pass(MINUTE).await;
        let played = native.account.played();
        let expected =
            ["deployment.started/ID", "traffic.shifting/ID/PRE_PRODUCTION_TRAFFIC_SHIFT", "deployment.succeeded/ID"];
        assert_eq!(ids(&played, &arn), expected);
        let told = one(&played, &arn, "deployment.succeeded");
        let title = format!("production-cluster/shop-web: deployment {} succeeded\n", id(&arn));
        assert!(told.starts_with(&title), "{told}");
        for part in ["image shop:v2", "took: 3m", "greenlight why arn:aws:ecs:", "console: https://"] {
            assert!(told.contains(part), "`{part}` in {told}");
        }
        assert!(one(&played, &arn, "deployment.started").contains("greenlight watch arn:aws:ecs:"));
        assert!(played.denied().is_empty(), "{:?}", played.denied());
    });
}

#[test]
fn a_deployment_that_fails_is_told_with_its_reason_and_so_is_its_way_back() {
    let behaviours = Behaviours::new().command("shop migrate", Behaviour::exits(1, &["no such table: products"]));
    in_native(behaviours, async |native| {
        let arn = native.deploy(&Wanted::new(MIGRATE)).await;
        native.end_of(&arn).await;
        native.account.pass(MINUTE).await;
        let played = native.account.played();
        let mut told = ids(&played, &arn);
        told.sort();
        let expected = [
            "deployment.failed/ID",
            "deployment.rolled-back/ID",
            "deployment.started/ID",
            "hook.failed/ID/PRE_SCALE_UP",
        ];
        assert_eq!(told, expected);
        let failed = one(&played, &arn, "deployment.failed");
        assert!(failed.contains("PRE_SCALE_UP failed") && failed.contains("ECS rolls it back."), "{failed}");
        let back = one(&played, &arn, "deployment.rolled-back");
        assert!(back.contains("was taken back, shop:1 serves again"), "{back}");
        assert!(played.denied().is_empty(), "{:?}", played.denied());
    });
}

#[test]
fn a_deployment_that_waits_is_told_with_both_answers_and_the_time_left() {
    for (decision, last) in
        [(Decision::Approve, "deployment.succeeded/ID"), (Decision::Reject, "deployment.rolled-back/ID")]
    {
        in_native(Behaviours::new(), async |native| {
            let arn = native.deploy(&Wanted::pausing(&["POST_SCALE_UP"])).await;
            native.until_paused(&arn).await;
            native.account.pass(MINUTE).await;
            approve(&native, &arn, decision).await;
            native.end_of(&arn).await;
            native.account.pass(MINUTE).await;
            let played = native.account.played();
            let told = ids(&played, &arn);
            assert_eq!(told.iter().filter(|told| told.starts_with("deployment.waiting/ID/ecs-pause-")).count(), 1);
            assert_eq!(told.last().map(String::as_str), Some(last), "{told:?}");
            let waits = one(&played, &arn, "deployment.waiting");
            let hook = waits.lines().last().unwrap().rsplit('/').next().unwrap();
            for part in [
                format!("greenlight approve {arn} --hook {hook}"),
                format!("greenlight reject {arn} --hook {hook}"),
                "waits for somebody at POST_SCALE_UP".to_owned(),
                "ECS takes the deployment back".to_owned(),
            ] {
                assert!(waits.contains(&part), "{part}: {waits}");
            }
            let text = waits.replace(hook, "ecs-pause-ID").replace(id(&arn), "DEPLOYMENT");
            held("notices/ecs-waiting", &without_ids(&text)).unwrap_or_else(|wrong| panic!("{wrong}"));
            assert!(played.denied().is_empty(), "{:?}", played.denied());
        });
    }
}

#[test]
fn somebody_who_stops_a_deployment_is_told_of() {
    in_native(Behaviours::new(), async |native| {
        let arn = native.deploy(&Wanted::pausing(&["POST_SCALE_UP"])).await;
        native.until_paused(&arn).await;
        native.stop(&arn).await;
        native.end_of(&arn).await;
        native.account.pass(MINUTE).await;
        let told = ids(&native.account.played(), &arn);
        assert!(told.contains(&"deployment.stopped/ID".to_owned()), "{told:?}");
        assert_eq!(told.last().map(String::as_str), Some("deployment.rolled-back/ID"), "{told:?}");
    });
}

#[test]
fn an_event_that_comes_twice_has_one_id() {
    let doubled = |setup: &mut greenlight_world::Setup| {
        for detail_type in ["ECS Deployment State Change", "ECS Hook State Change"] {
            let detail_type = detail_type.to_owned();
            setup.faults.push(Fault::Event { detail_type, times: Fault::ALWAYS, what: EventFault::Doubled(MINUTE) });
        }
    };
    account::with(Behaviours::new(), doubled, async |native| {
        let arn = native.deploy(&Wanted::pausing(&[])).await;
        native.end_of(&arn).await;
        native.account.pass(3 * MINUTE).await;
        let mut told = ids(&native.account.played(), &arn);
        told.sort();
        told.dedup();
        assert_eq!(told, ["deployment.started/ID", "deployment.succeeded/ID"]);
    });
}

#[test]
fn nobody_hears_of_a_rolling_update() {
    in_native(Behaviours::new(), async |native| {
        let created = native.create(&Wanted::pausing(&[])).await;
        native.end_of(&created).await;
        let plan = &native.account.rehearsal.plan;
        let rolling = aws_sdk_ecs::types::DeploymentConfiguration::builder().strategy(DeploymentStrategy::Rolling);
        let request = native.account.ecs.update_service().cluster(&plan.cluster).service(&plan.service);
        let request = request.deployment_configuration(rolling.build()).force_new_deployment(true);
        let answer = request.send().await.unwrap();
        let arn = answer.service().unwrap().current_service_deployment().unwrap().to_owned();
        native.end_of(&arn).await;
        native.account.pass(MINUTE).await;
        assert_eq!(ids(&native.account.played(), &arn), Vec::<String>::new());
    });
}
