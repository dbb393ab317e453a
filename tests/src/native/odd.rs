//! Events that no hook can work on.

use super::MIGRATE;
use super::account::{self, Wanted};
use greenlight_simulation::{Behaviours, InvocationOutcome};
use serde_json::{Value, json};

const ARN: &str = "arn:aws:ecs:us-east-1:123456789012:service-deployment/production-cluster/shop-web/Hq3Z";

fn event() -> Value {
    json!({
        "executionId": "e-1",
        "lifecycleStage": "PRE_SCALE_UP",
        "resourceArn": ARN,
        "executionDetails": {
            "targetServiceRevisionArn": "arn:aws:ecs:us-east-1:123456789012:service-revision/production-cluster/shop-web/1",
        },
    })
}

fn with(name: &str, value: Value) -> Value {
    let mut event = event();
    event[name] = value;
    event
}

#[test]
fn they_fail_with_a_reason_that_names_what_was_found() {
    let table = [
        (json!({ "hello": "world" }), "an object with the members hello"),
        (json!([]), "an array"),
        (with("lifecycleStage", json!("SCALE_DOWN")), "\"SCALE_DOWN\" is no lifecycle stage"),
        (with("lifecycleStage", json!("CLEAN_UP")), "CLEAN_UP has no hooks"),
        (with("resourceArn", json!("d-1")), "its resourceArn is \"d-1\""),
        (with("executionDetails", json!(7)), "executionDetails are no object"),
        (with("hookDetails", json!({ "greenlight": { "version": 9 } })), "has version 9, and this function knows 1"),
        (with("hookDetails", json!({ "greenlight": "mine" })), "hookDetails.greenlight is no place of work"),
        // it can be read, and there is no such deployment
        (event(), "no service deployment arn:aws:ecs"),
    ];
    account::with(
        Behaviours::new(),
        |_| {},
        async |native| {
            for (payload, reason) in table {
                let before = native.account.played().notices().len();
                let outcome = native.account.simulation.deliver(&native.function("migrate"), payload.clone()).await;
                let InvocationOutcome::Returned(answer) = outcome else { panic!("{payload}: {outcome:?}") };
                assert_eq!(answer, json!({ "hookStatus": "FAILED" }), "{payload}");
                native.account.pass(super::MINUTE).await;
                let played = native.account.played();
                let told = played.facts("log.line").iter().any(|line| {
                    let line: Value = serde_json::from_str(line["message"].as_str().unwrap()).unwrap_or_default();
                    line["event"] == "hook.verdict" && line["reason"].as_str().is_some_and(|told| told.contains(reason))
                });
                assert!(told, "{payload}: {}", account::lines(&played));
                let notices = played.notices();
                assert_eq!(notices.len(), before + 1, "{payload}");
                assert!(notices[before].contains(reason), "{payload}: {}", notices[before]);
            }
        },
    );
}

#[test]
fn both_shapes_and_static_details_lead_to_the_same_work() {
    account::with(
        Behaviours::new(),
        |_| {},
        async |native| {
            // another function holds the deployment at its first stage
            let wanted = Wanted::only("warm-up", "POST_SCALE_UP", MIGRATE);
            let arn = native.deploy(&wanted).await;
            let target = native.describe(&arn).await;
            let revision = target.target_service_revision().unwrap().arn().unwrap();
            let mut flat = with("resourceArn", json!(arn));
            flat.as_object_mut().unwrap().remove("executionDetails");
            flat["targetServiceRevisionArn"] = json!(revision);
            flat["hookDetails"] = json!({ "team": "shop" });
            let deliver = async |event: &Value| {
                let outcome = native.account.simulation.deliver(&native.function("migrate"), event.clone()).await;
                let InvocationOutcome::Returned(answer) = outcome else { panic!("{outcome:?}") };
                answer
            };
            let answer = deliver(&flat).await;
            assert_eq!(
                (&answer["hookStatus"], &answer["hookDetails"]["team"]),
                (&json!("IN_PROGRESS"), &json!("shop"))
            );
            assert_eq!(answer["callBackDelay"], 5);
            // the same event again, because its answer was lost
            let again = deliver(&flat).await;
            assert_eq!(again["hookDetails"]["greenlight"]["task"], answer["hookDetails"]["greenlight"]["task"]);
            native.account.pass(super::MINUTE).await;
            let mut nested = with("resourceArn", json!(arn));
            nested["executionDetails"]["targetServiceRevisionArn"] = json!(revision);
            nested["hookDetails"] = answer["hookDetails"].clone();
            assert_eq!(deliver(&nested).await, json!({ "hookStatus": "SUCCEEDED" }));
            assert_eq!(native.account.played().migrations().len(), 1);
            // the same details at a function that never writes any
            nested["lifecycleStage"] = json!("PRE_PRODUCTION_TRAFFIC_SHIFT");
            nested["hookDetails"]["greenlight"]["stage"] = json!("PRE_PRODUCTION_TRAFFIC_SHIFT");
            let validate = native.function("validate");
            let InvocationOutcome::Returned(answer) = native.account.simulation.deliver(&validate, nested).await else {
                panic!("an answer")
            };
            assert_eq!(answer, json!({ "hookStatus": "FAILED" }));
            let said = native.account.played().notices().join("\n");
            assert!(said.contains("hookDetails.greenlight says that work goes on, and function"), "{said}");
        },
    );
}
