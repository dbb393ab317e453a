//! What an alarm does to a release that ECS deploys. Virtual clock.

use super::MINUTE;
use super::account::{self, Native, Strategy, Wanted, id};
use aws_sdk_cloudwatch::types::StateValue;
use aws_sdk_ecs::types::ServiceDeploymentBrief;
use greenlight::rehearse::Options;
use greenlight_simulation::{Behaviours, InvocationOutcome};
use greenlight_world::{Alarm, AlarmState, EventFault, Fault, Setup};
use serde_json::{Value, json};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const ALARM: &str = "shop-errors";
const OTHER: &str = "other-errors";
const FUNCTION: &str = "greenlight-rollback";
/// The release's plan.
const PLAN: &str = "[rollback]\nwindow = \"30m\"\n";

/// A release without hooks whose service lists the alarm.
fn watched(tables: &str) -> Wanted {
    Wanted { hooks: Vec::new(), alarms: vec![ALARM.to_owned()], ..Wanted::new(tables) }
}

/// The same with a service that lists none.
fn unwatched(tables: &str) -> Wanted {
    Wanted { alarms: Vec::new(), ..watched(tables) }
}

struct Shop {
    native: Native,
    cloudwatch: aws_sdk_cloudwatch::Client,
}

/// A release, and what served before it.
struct Release {
    arn: String,
    before: String,
}

fn in_shop(story: impl AsyncFnOnce(Shop)) {
    with(&Options::default(), |_| {}, story);
}

fn with_parameter(name: &str, value: &str, story: impl AsyncFnOnce(Shop)) {
    let parameters = [(name.to_owned(), value.to_owned())].into();
    with(&Options { parameters, ..Options::default() }, |_| {}, story);
}

/// This becomes of every event about an alarm.
fn with_events(what: EventFault, story: impl AsyncFnOnce(Shop)) {
    let fault = Fault::Event { detail_type: "CloudWatch Alarm State Change".to_owned(), times: Fault::ALWAYS, what };
    with(&Options::default(), |setup| setup.faults.push(fault), story);
}

fn with(options: &Options, edit: impl FnOnce(&mut Setup), story: impl AsyncFnOnce(Shop)) {
    let alarms = |setup: &mut Setup| {
        setup.infrastructure.alarms.extend([ALARM, OTHER].map(|name| Alarm::new(name, AlarmState::Ok)));
        edit(setup);
    };
    account::with_options(options, Behaviours::new(), alarms, async |native: Native| {
        let cloudwatch = aws_sdk_cloudwatch::Client::new(&native.account.simulation.sdk_config());
        story(Shop { native, cloudwatch }).await;
    });
}

impl Shop {
    /// Creates the service, and begins a release.
    async fn release(&self, wanted: &Wanted) -> Release {
        let created = self.native.create(&Wanted { hooks: Vec::new(), tables: String::new(), ..wanted.clone() }).await;
        assert_eq!(self.native.end_of(&created).await, "SUCCESSFUL");
        self.next(wanted).await
    }

    /// Begins another release.
    async fn next(&self, wanted: &Wanted) -> Release {
        let before = self.serving().await;
        Release { arn: self.native.update(wanted).await, before }
    }

    async fn succeeds(&self, release: Release) -> Release {
        assert_eq!(self.native.end_of(&release.arn).await, "SUCCESSFUL");
        release
    }

    /// A release that has succeeded.
    async fn released(&self, wanted: &Wanted) -> Release {
        let release = self.release(wanted).await;
        self.succeeds(release).await
    }

    async fn alarm(&self, name: &str, state: &str) {
        let request = self.cloudwatch.set_alarm_state().alarm_name(name).state_reason("the test says so");
        request.state_value(StateValue::from(state)).send().await.unwrap();
    }

    /// The event of an alarm that goes off now.
    fn event_of(&self, name: &str) -> Value {
        let now = self.native.account.now();
        let stamp = now.strftime("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string();
        json!({
            "version": "0", "detail-type": "CloudWatch Alarm State Change", "source": "aws.cloudwatch",
            "account": "123456789012", "region": "us-east-1", "time": now.to_string(),
            "resources": [format!("arn:aws:cloudwatch:us-east-1:123456789012:alarm:{name}")],
            "detail": {
                "alarmName": name,
                "state": { "value": "ALARM", "reason": "the test says so", "timestamp": stamp },
                "previousState": { "value": "OK" },
                "configuration": { "metrics": [] },
            },
        })
    }

    /// Hands an event to the function; it must not fail.
    async fn deliver(&self, event: Value) {
        let outcome = self.native.account.simulation.deliver(FUNCTION, event).await;
        assert!(matches!(outcome, InvocationOutcome::Returned(_)), "{outcome:?}");
    }

    /// Its service deployments, the oldest first.
    async fn deployments(&self) -> Vec<ServiceDeploymentBrief> {
        let plan = &self.native.account.rehearsal.plan;
        let request = self.native.account.ecs.list_service_deployments().cluster(&plan.cluster).service(&plan.service);
        let mut found = request.send().await.unwrap().service_deployments().to_vec();
        found.reverse();
        found
    }

    /// Waits until no deployment is in progress, and a while longer.
    async fn until_quiet(&self) {
        self.native.account.pass(30 * SECOND).await;
        let newest = self.deployments().await.pop().unwrap();
        self.native.end_of(newest.service_deployment_arn().unwrap()).await;
        self.native.account.pass(2 * MINUTE).await;
    }

    /// The task definition that serves: its tasks are the service's.
    async fn serving(&self) -> String {
        let plan = &self.native.account.rehearsal.plan;
        let request = self.native.account.ecs.describe_services().cluster(&plan.cluster).services(&plan.service);
        let answer = request.send().await.unwrap();
        let [only] = answer.services()[0].deployments() else { panic!("one revision serves") };
        only.task_definition().unwrap().to_owned()
    }

    async fn until_stage(&self, release: &Release, wanted: &str) {
        while self.native.describe(&release.arn).await.lifecycle_stage().is_none_or(|stage| stage.as_str() != wanted) {
            self.native.account.pass(SECOND).await;
        }
    }

    /// The release was stopped, once, and went back; nothing else was deployed.
    async fn was_stopped(&self, release: &Release) {
        self.until_quiet().await;
        let seen = self.native.describe(&release.arn).await;
        assert_eq!(seen.status().unwrap().as_str(), "ROLLBACK_SUCCESSFUL");
        assert!(seen.status_reason().unwrap().contains("StopServiceDeployment"), "{seen:?}");
        assert_eq!(self.serving().await, release.before);
        let newest = self.deployments().await.pop().unwrap();
        assert_eq!(newest.service_deployment_arn(), Some(release.arn.as_str()));
    }

    /// One deployment has brought back what served before the release; its id.
    async fn was_taken_back(&self, release: &Release) -> String {
        self.until_quiet().await;
        assert_eq!(self.serving().await, release.before);
        let made = self.deployments().await;
        let own = made.iter().position(|one| one.service_deployment_arn() == Some(release.arn.as_str())).unwrap();
        let [back] = &made[own + 1..] else { panic!("{made:#?}") };
        assert_eq!(back.status().unwrap().as_str(), "SUCCESSFUL");
        id(back.service_deployment_arn().unwrap()).to_owned()
    }

    /// Nothing was done, and the team was told this much.
    async fn was_left(&self, release: &Release, told: &[&str]) {
        self.until_quiet().await;
        let newest = self.deployments().await.pop().unwrap();
        assert_eq!(newest.service_deployment_arn(), Some(release.arn.as_str()));
        assert_eq!(newest.status().unwrap().as_str(), "SUCCESSFUL");
        let notices = self.notices();
        assert_eq!(notices.len(), told.len(), "{notices:?}");
        for (notice, told) in notices.iter().zip(told) {
            assert!(notice.contains(told), "{notice}");
        }
    }

    /// What the team was told beside the course of deployments.
    fn notices(&self) -> Vec<String> {
        self.native.account.played().notices().into_iter().map(str::to_owned).collect()
    }

    /// The function's lines with this event.
    fn lines(&self, event: &str) -> Vec<Value> {
        let played = self.native.account.played();
        let lines = played.facts("log.line").into_iter().filter(|fact| fact["function"] == FUNCTION);
        let lines = lines.filter_map(|fact| serde_json::from_str::<Value>(fact["message"].as_str()?).ok());
        lines.filter(|line| line["event"] == event).collect()
    }
}

#[test]
fn a_deployment_in_progress_is_stopped_wherever_it_is() {
    for (strategy, at) in [
        (Strategy::AllAtOnce, "SCALE_UP"),
        (Strategy::Canary, "PRODUCTION_TRAFFIC_SHIFT"),
        (Strategy::Linear, "PRODUCTION_TRAFFIC_SHIFT"),
        (Strategy::AllAtOnce, "BAKE_TIME"),
    ] {
        in_shop(async |shop| {
            let release = shop.release(&Wanted { strategy, ..watched(PLAN) }).await;
            shop.until_stage(&release, at).await;
            shop.alarm(ALARM, "ALARM").await;
            shop.was_stopped(&release).await;
            let started = shop.lines("rollback.started");
            assert!(
                matches!(&started[..], [one] if one["how"] == "stopped" && one["deployment_id"] == id(&release.arn))
            );
            assert_eq!(started[0]["service"], "production-cluster/shop-web");
            let notices = shop.notices();
            let [told] = &notices[..] else { panic!("{notices:?}") };
            assert!(told.contains("production-cluster/shop-web: deployment") && told.contains("was stopped"), "{told}");
            assert!(told.contains("ECS rolls it back to shop:1 now."), "{told}");
            assert!(told.contains(&format!("greenlight why {}", release.arn)), "{told}");
        });
    }
}

#[test]
fn an_alarm_after_success() {
    in_shop(async |shop| {
        let release = shop.released(&watched(PLAN)).await;
        shop.native.account.pass(29 * MINUTE).await;
        shop.alarm(ALARM, "ALARM").await;
        let by = shop.was_taken_back(&release).await;
        let started = shop.lines("rollback.started");
        let [line] = &started[..] else { panic!("{started:?}") };
        assert_eq!((line["how"].as_str(), line["rollback_deployment_id"].as_str()), (Some("redeployed"), Some(&*by)));
        assert_eq!(line["Service"], "production-cluster/shop-web");
        assert!(line["RollbackLatency"].is_number(), "{line}");
        let notices = shop.notices();
        let [told] = &notices[..] else { panic!("{notices:?}") };
        assert!(
            told.contains(&format!("Deployment {by} brings back")) && told.contains("strategy and hooks"),
            "{told}"
        );
    });
}
