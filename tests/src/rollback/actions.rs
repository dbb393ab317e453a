//! Alarms that tell the function by an action of their own: a topic that it subscribes to, or the function itself. Virtual clock.

use super::account::{self, ALARM, Release, Shop, Watched};
use super::{MINUTE, was_stopped, was_taken_back};
use greenlight_world::{EventFault, Fault, Policy, Setup};

pub const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:alarms";
const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:greenlight-rollback";
const EVERY_ALARM: &str = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:*";

/// Alarms may publish to the topic, as its owner lets them.
pub fn lets_alarms_publish(setup: &mut Setup) {
    let policy = Policy::of_resource("cloudwatch.amazonaws.com", "sns:Publish", TOPIC, EVERY_ALARM);
    setup.infrastructure.topics.iter_mut().for_each(|topic| topic.policies.push(policy.clone()));
}

fn watched() -> Watched {
    Watched { parameters: &[("AlarmTopicArn", TOPIC)], ..Watched::default() }
}

/// An alarm with this action; no rule hears of it.
fn unheard(action: &str, story: impl AsyncFnOnce(Shop)) {
    let edit = |setup: &mut Setup| {
        lets_alarms_publish(setup);
        let detail_type = "CloudWatch Alarm State Change".to_owned();
        setup.faults.push(Fault::Event { detail_type, times: Fault::ALWAYS, what: EventFault::Lost });
    };
    account::with(watched(), edit, async |shop| {
        shop.put_action(ALARM, action).await;
        story(shop).await;
    });
}

async fn during(shop: &Shop) -> Release {
    let release = shop.release().await;
    shop.until(&release, "deployment.waiting", "termination").await;
    shop.alarm(ALARM, "ALARM").await;
    release
}

async fn after(shop: &Shop) -> Release {
    let release = shop.released().await;
    shop.account.pass(MINUTE).await;
    shop.alarm(ALARM, "ALARM").await;
    release
}

#[test]
fn an_alarm_that_is_heard_by_its_topic_alone() {
    unheard(TOPIC, async |shop| {
        let release = during(&shop).await;
        was_stopped(&shop, &release).await;
    });
    unheard(TOPIC, async |shop| {
        let release = after(&shop).await;
        was_taken_back(&shop, &release).await;
    });
}

#[test]
fn an_alarm_that_invokes_the_function() {
    unheard(FUNCTION, async |shop| {
        let release = during(&shop).await;
        was_stopped(&shop, &release).await;
    });
    unheard(FUNCTION, async |shop| {
        let release = after(&shop).await;
        was_taken_back(&shop, &release).await;
    });
}

/// By the topic or as the action, and by the rule too: the function hears of it twice, and takes the release back once.
#[test]
fn an_alarm_that_is_heard_in_two_ways() {
    for action in [TOPIC, FUNCTION] {
        for (is_after, creator) in [(false, "codeDeployRollback"), (true, "user")] {
            account::with(watched(), lets_alarms_publish, async |shop| {
                shop.put_action(ALARM, action).await;
                let release = if is_after { after(&shop).await } else { during(&shop).await };
                shop.until_quiet().await;
                assert_eq!(shop.serving().await, release.before, "{action}");
                assert_eq!(shop.creators_since(&release).await, ["user", creator], "{action}");
                let played = shop.account.played();
                let of_rollback = |fact: &&&serde_json::Value| fact["function"] == "greenlight-rollback";
                assert_eq!(played.facts("function.invoked").iter().filter(of_rollback).count(), 2, "{action}");
                assert!(played.denied().is_empty(), "{:?}", played.denied());
            });
        }
    }
}

#[test]
fn a_topic_that_the_template_does_not_name_is_not_heard() {
    account::with(
        Watched::default(),
        |_| {},
        async |shop| {
            let invocations = || {
                let all = shop.account.simulation.invocations();
                all.iter().filter(|one| one.function == "greenlight-rollback").count()
            };
            let invoked = invocations();
            shop.put_action(ALARM, TOPIC).await;
            let release = after(&shop).await;
            was_taken_back(&shop, &release).await;
            let heard = invocations() - invoked;
            assert_eq!(heard, 1, "the rule's event alone");
        },
    );
}
