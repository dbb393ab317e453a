//! What an alarm does to a release, from its change of state to the revision that serves; and what a person does. Virtual clock.

pub mod account;
pub mod actions;
mod approve;
mod between;
mod by_hand;
mod storm;

use crate::played::Played;
use account::{ALARM, Release, Shop, Watched};
use greenlight_world::{CallFault, EventFault, Fault};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
const CANARY: &str = "CodeDeployDefault.ECSCanary10Percent5Minutes";

fn in_shop(watched: Watched, story: impl AsyncFnOnce(Shop)) {
    account::with(watched, |_| {}, story);
}

/// The same where this becomes of every event about an alarm.
fn with_events(watched: Watched, what: EventFault, story: impl AsyncFnOnce(Shop)) {
    let fault = Fault::Event { detail_type: "CloudWatch Alarm State Change".to_owned(), times: Fault::ALWAYS, what };
    account::with(watched, |setup| setup.faults.push(fault), story);
}

/// The release was stopped and rolled back once, blue serves, and the team was told once.
async fn was_stopped(shop: &Shop, release: &Release) -> Played {
    let (rollback, played) = shop.account.end_of_rollback(&release.id).await;
    assert_eq!(played.ending(&release.id), ("Stopped".to_owned(), Some("MANUAL_STOP".to_owned())));
    assert_eq!(played.ending(&rollback).0, "Succeeded");
    shop.account.pass(5 * MINUTE).await;
    assert_eq!(shop.creators_since(release).await, ["user", "codeDeployRollback"]);
    assert_eq!(shop.serving().await, release.before);
    let played = shop.account.played();
    let notices = played.notices();
    assert!(matches!(&notices[..], [one] if one.contains(&release.id) && one.contains("was stopped")), "{notices:?}");
    assert!(shop.longest_answer() < 1000, "{}", shop.longest_answer());
    played
}

/// The release had succeeded; one deployment brought the revision before it back.
async fn was_taken_back(shop: &Shop, release: &Release) -> Played {
    shop.until_quiet().await;
    assert_eq!(shop.serving().await, release.before);
    let made = shop.deployments_since(release).await;
    assert_eq!(made.len(), 2, "{made:?}");
    let back = &made[1];
    assert_eq!((back.status.as_str(), back.creator.as_str()), ("Succeeded", "user"));
    assert!(back.description.contains(&release.id) && back.description.contains(ALARM), "{}", back.description);
    assert!(!back.has_alarms && !back.rolls_back && back.configuration == "CodeDeployDefault.ECSAllAtOnce");
    let played = shop.account.played();
    assert!(played.of(&back.id, "hook.invoked").is_empty());
    let notices = played.notices();
    assert!(matches!(&notices[..], [one] if one.contains(&release.id) && one.contains(&back.id)), "{notices:?}");
    played
}

/// Nothing was done, and the team was told this much.
async fn was_left(shop: &Shop, release: &Release, told: &[&str]) {
    shop.until_quiet().await;
    assert_eq!(shop.creators_since(release).await, ["user"]);
    assert_eq!(shop.serving().await, release.task_definition);
    let played = shop.account.played();
    let notices = played.notices();
    assert_eq!(notices.len(), told.len(), "{notices:?}");
    for (notice, told) in notices.iter().zip(told) {
        assert!(notice.contains(told), "{notice}");
    }
}

#[test]
fn an_alarm_while_traffic_shifts() {
    in_shop(Watched { deployment_config: CANARY, ..Watched::default() }, async |shop| {
        let release = shop.release().await;
        shop.until(&release, "lifecycle.started", "AllowTraffic").await;
        shop.account.pass(30 * SECOND).await;
        shop.alarm(ALARM, "ALARM").await;
        was_stopped(&shop, &release).await;
    });
}

#[test]
fn an_alarm_while_a_deployment_waits_for_readiness() {
    in_shop(
        Watched { deployment: "ready-wait = \"30m\"\ncontinue-after = \"1m\"", ..Watched::default() },
        async |shop| {
            let release = shop.release().await;
            shop.until(&release, "deployment.waiting", "ready").await;
            shop.alarm(ALARM, "ALARM").await;
            was_stopped(&shop, &release).await;
        },
    );
}

#[test]
fn an_alarm_while_blue_waits_for_its_termination() {
    in_shop(Watched::default(), async |shop| {
        let release = shop.release().await;
        shop.until(&release, "deployment.waiting", "termination").await;
        shop.alarm(ALARM, "ALARM").await;
        was_stopped(&shop, &release).await;
    });
}

#[test]
fn an_alarm_after_success() {
    in_shop(Watched::default(), async |shop| {
        let release = shop.released().await;
        shop.account.pass(29 * MINUTE).await;
        shop.alarm(ALARM, "ALARM").await;
        was_taken_back(&shop, &release).await;
    });
}

/// Its service is named too, and it is not ECS that deploys it.
#[test]
fn an_alarm_of_a_service_that_codedeploy_deploys() {
    let service = "arn:aws:ecs:us-east-1:123456789012:service/production-cluster/shop-web";
    let parameters: &'static [(&str, &str)] = vec![("ServiceArns", service)].leak();
    in_shop(Watched { parameters, ..Watched::default() }, async |shop| {
        let release = shop.released().await;
        shop.alarm(ALARM, "ALARM").await;
        was_taken_back(&shop, &release).await;
    });
}

#[test]
fn an_alarm_when_the_window_is_over() {
    in_shop(Watched::default(), async |shop| {
        let release = shop.released().await;
        shop.account.pass(31 * MINUTE).await;
        shop.alarm(ALARM, "ALARM").await;
        was_left(&shop, &release, &["rollback.window = \"30m\""]).await;
    });
}

#[test]
fn an_alarm_from_before_the_deployment() {
    // CodeDeploy itself would stop a deployment of a group whose alarm is active: the plan names this one
    let watched = Watched { group: &[], plan: "[rollback]\nalarms = [\"shop-errors\"]", ..Watched::default() };
    with_events(watched, EventFault::Lost, async |shop| {
        let event = shop.heard_of(ALARM).await;
        let release = shop.released().await;
        shop.deliver(event).await;
        was_left(&shop, &release, &[]).await;
    });
}

#[test]
fn an_alarm_from_before_the_deployment_of_a_group_that_lists_it() {
    in_shop(Watched::default(), async |shop| {
        let event = shop.heard_of(ALARM).await;
        shop.alarm(ALARM, "OK").await;
        let release = shop.released().await;
        let before = shop.account.played().notices().len();
        shop.deliver(event).await;
        shop.until_quiet().await;
        assert_eq!(shop.creators_since(&release).await, ["user"]);
        let played = shop.account.played();
        assert!(
            played.notices()[before..].iter().all(|notice| notice.contains("before deployment")),
            "{:?}",
            played.notices()
        );
    });
}

#[test]
fn an_alarm_that_is_over_or_has_no_data() {
    in_shop(Watched::default(), async |shop| {
        let release = shop.released().await;
        shop.alarm(ALARM, "INSUFFICIENT_DATA").await;
        shop.alarm(ALARM, "OK").await;
        was_left(&shop, &release, &[]).await;
    });
}

#[test]
fn an_alarm_of_somebody_else() {
    in_shop(Watched::default(), async |shop| {
        let release = shop.released().await;
        shop.alarm("other-errors", "ALARM").await;
        was_left(&shop, &release, &[]).await;
    });
}

#[test]
fn a_composite_alarm_that_the_plan_names() {
    let plan = "[rollback]\nalarms = [\"shop-is-bad\"]";
    in_shop(Watched { group: &[], plan, ..Watched::default() }, async |shop| {
        shop.put_composite("shop-is-bad", "ALARM(\"shop-errors\") OR ALARM(\"other-errors\")").await;
        let release = shop.released().await;
        shop.alarm("other-errors", "ALARM").await;
        shop.until_quiet().await;
        assert_eq!(shop.serving().await, release.before);
        assert_eq!(shop.creators_since(&release).await, ["user", "user"]);
    });
}

#[test]
fn two_alarms_at_once_and_each_event_twice() {
    let watched = || Watched { group: &[ALARM, "other-errors"], ..Watched::default() };
    with_events(watched(), EventFault::Doubled(Duration::ZERO), async |shop| {
        let release = shop.released().await;
        tokio::join!(shop.alarm(ALARM, "ALARM"), shop.alarm("other-errors", "ALARM"));
        shop.until_quiet().await;
        assert_eq!(shop.serving().await, release.before);
        assert_eq!(shop.creators_since(&release).await, ["user", "user"]);
    });
    with_events(watched(), EventFault::Doubled(Duration::ZERO), async |shop| {
        let release = shop.release().await;
        shop.until(&release, "deployment.waiting", "termination").await;
        tokio::join!(shop.alarm(ALARM, "ALARM"), shop.alarm("other-errors", "ALARM"));
        shop.until_quiet().await;
        assert_eq!(shop.serving().await, release.before);
        assert_eq!(shop.creators_since(&release).await, ["user", "codeDeployRollback"]);
    });
}

#[test]
fn an_event_that_comes_again_after_the_rollback() {
    in_shop(Watched::default(), async |shop| {
        let release = shop.released().await;
        let event = shop.heard_of(ALARM).await;
        shop.until_quiet().await;
        for _ in 0..3 {
            shop.deliver(event.clone()).await;
        }
        was_taken_back(&shop, &release).await;
    });
}

#[test]
fn codedeploy_stops_the_deployment_by_itself_at_the_same_time() {
    // its own poll heeds an alarm after twenty seconds or a little more; the event comes a little before, with it, and after
    for late in 15..30 {
        let watched = Watched { termination_wait: "10m", ..Watched::default() };
        with_events(watched, EventFault::Lost, async |shop| {
            let release = shop.release().await;
            shop.until(&release, "deployment.waiting", "termination").await;
            let event = shop.heard_of(ALARM).await;
            shop.account.pass(late * SECOND).await;
            shop.deliver(event).await;
            shop.until_quiet().await;
            assert_eq!(shop.serving().await, release.before, "{late}");
            assert_eq!(shop.creators_since(&release).await, ["user", "codeDeployRollback"], "{late}");
            let notices = shop.account.played().notices().len();
            assert!(notices <= 1, "{late}: {notices}");
        });
    }
}

#[test]
fn another_deployment_has_begun_meanwhile() {
    with_events(Watched::default(), EventFault::Lost, async |shop| {
        let bad = shop.released().await;
        let event = shop.heard_of(ALARM).await;
        // or CodeDeploy would stop the next one
        shop.alarm(ALARM, "OK").await;
        let next = shop.release().await;
        shop.deliver(event).await;
        shop.account.end_of(&next.id).await;
        shop.until_quiet().await;
        assert_eq!(shop.serving().await, next.task_definition);
        assert_eq!(shop.creators_since(&bad).await, ["user", "user"], "the two releases");
    });
}

#[test]
fn a_rollback_is_never_rolled_back_and_the_next_release_waits_for_the_cooldown() {
    in_shop(Watched::default(), async |shop| {
        let bad = shop.released().await;
        shop.alarm(ALARM, "ALARM").await;
        was_taken_back(&shop, &bad).await;
        shop.alarm(ALARM, "OK").await;
        shop.alarm(ALARM, "ALARM").await;
        shop.until_quiet().await;
        assert_eq!(shop.creators_since(&bad).await.len(), 2);
        shop.alarm(ALARM, "OK").await;
        let again = shop.released().await;
        shop.alarm(ALARM, "ALARM").await;
        shop.until_quiet().await;
        let played = shop.account.played();
        let told = played.notices();
        assert!(told[1].contains("never rolled back") && told[2].contains("rollback.cooldown"), "{told:?}");
        assert_eq!(shop.serving().await, again.task_definition);
    });
}

#[test]
fn the_plan_wants_to_be_asked() {
    let plan = "[rollback]\nmode = \"notify\"";
    in_shop(Watched { plan, ..Watched::default() }, async |shop| {
        let release = shop.released().await;
        shop.alarm(ALARM, "ALARM").await;
        was_left(&shop, &release, &["aws deploy create-deployment --cli-input-json '"]).await;
    });
    // nor may CodeDeploy do it
    let plan = "[rollback]\nmode = \"notify\"\nalarms = [\"shop-errors\"]";
    in_shop(Watched { plan, group: &[], ..Watched::default() }, async |shop| {
        let release = shop.release().await;
        shop.until(&release, "deployment.waiting", "termination").await;
        shop.alarm(ALARM, "ALARM").await;
        let command = format!("aws deploy stop-deployment --deployment-id {} --auto-rollback-enabled", release.id);
        was_left(&shop, &release, &[&command]).await;
    });
}

#[test]
fn rollbacks_are_switched_off() {
    in_shop(Watched { parameters: &[("Rollback", "off")], ..Watched::default() }, async |shop| {
        let release = shop.released().await;
        shop.alarm(ALARM, "ALARM").await;
        was_left(&shop, &release, &["switched off in the stack"]).await;
    });
}

#[test]
fn a_plan_without_rollback() {
    in_shop(Watched { plan: "", ..Watched::default() }, async |shop| {
        let release = shop.released().await;
        shop.alarm(ALARM, "ALARM").await;
        was_left(&shop, &release, &[]).await;
    });
}

#[test]
fn the_old_task_definition_was_deregistered() {
    in_shop(Watched::default(), async |shop| {
        let release = shop.released().await;
        shop.deregister(&release.before).await;
        shop.alarm(ALARM, "ALARM").await;
        was_left(&shop, &release, &["register it again"]).await;
    });
}

#[test]
fn every_call_may_be_throttled_or_lose_its_answer() {
    const CALLS: [&str; 8] = [
        "codedeploy:BatchGetDeploymentGroups",
        "codedeploy:ListDeployments",
        "codedeploy:BatchGetDeployments",
        "codedeploy:GetApplicationRevision",
        "ecs:DescribeTaskDefinition",
        "codedeploy:CreateDeployment",
        "codedeploy:StopDeployment",
        "sns:Publish",
    ];
    for operation in CALLS {
        for (times, answer) in [(5, CallFault::Throttled), (1, CallFault::AnswerLost)] {
            let fault = Fault::Call {
                role: crate::shop::role("rollback"),
                operation: operation.to_owned(),
                times,
                answer: answer.clone(),
            };
            let told = format!("{fault:?}");
            let is_stop = operation == "codedeploy:StopDeployment";
            account::with(
                Watched::default(),
                |setup| setup.faults.push(fault),
                async |shop| {
                    let release = if is_stop {
                        let release = shop.release().await;
                        shop.until(&release, "deployment.waiting", "termination").await;
                        release
                    } else {
                        shop.released().await
                    };
                    shop.alarm(ALARM, "ALARM").await;
                    shop.until_quiet().await;
                    assert_eq!(shop.serving().await, release.before, "{told}");
                    let expected = if is_stop { "codeDeployRollback" } else { "user" };
                    assert_eq!(shop.creators_since(&release).await, ["user", expected], "{told}");
                },
            );
        }
    }
}
