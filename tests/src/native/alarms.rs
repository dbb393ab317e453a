//! What an alarm does to a release that ECS deploys. Virtual clock.

use super::MINUTE;
use super::account::{self, Native, Strategy, Wanted, id};
use aws_sdk_cloudwatch::types::StateValue;
use aws_sdk_ecs::types::ServiceDeploymentBrief;
use greenlight::rehearse::Options;
use greenlight_simulation::{Behaviours, InvocationOutcome};
use greenlight_world::{Alarm, AlarmState, CallFault, EventFault, Fault, Setup};
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

#[test]
fn an_alarm_that_the_plan_names_for_a_service_without_any() {
    let plan = "[rollback]\nalarms = [\"shop-errors\"]\n";
    in_shop(async |shop| {
        let release = shop.released(&unwatched(plan)).await;
        shop.alarm(OTHER, "ALARM").await;
        shop.was_left(&release, &[]).await;
        shop.alarm(ALARM, "ALARM").await;
        shop.was_taken_back(&release).await;
    });
    in_shop(async |shop| {
        let release = shop.release(&unwatched(plan)).await;
        shop.until_stage(&release, "BAKE_TIME").await;
        shop.alarm(ALARM, "ALARM").await;
        shop.was_stopped(&release).await;
    });
    // the service's own count, if it has some
    in_shop(async |shop| {
        let release = shop.released(&Wanted { alarms: vec![OTHER.to_owned()], ..watched(plan) }).await;
        shop.alarm(ALARM, "ALARM").await;
        shop.was_left(&release, &[]).await;
    });
}

#[test]
fn an_alarm_that_nobody_asked_for() {
    for (wanted, told) in [(watched(""), None), (unwatched(PLAN), None)] {
        in_shop(async |shop| {
            let release = shop.released(&wanted).await;
            shop.alarm(ALARM, "ALARM").await;
            shop.was_left(&release, told.as_slice()).await;
        });
    }
}

#[test]
fn an_alarm_when_the_window_is_over() {
    in_shop(async |shop| {
        let release = shop.released(&watched(PLAN)).await;
        shop.native.account.pass(31 * MINUTE).await;
        shop.alarm(ALARM, "ALARM").await;
        shop.was_left(&release, &["rollback.window = \"30m\""]).await;
    });
}

#[test]
fn an_alarm_from_before_the_deployment() {
    with_events(EventFault::Lost, async |shop| {
        let first = shop.released(&unwatched("")).await;
        let event = shop.event_of(ALARM);
        shop.native.account.pass(SECOND).await;
        let next = shop.next(&watched(PLAN)).await;
        let release = shop.succeeds(next).await;
        shop.deliver(event).await;
        shop.was_left(&release, &[&format!("before deployment {} began", id(&release.arn))]).await;
        assert_ne!(shop.serving().await, first.before);
    });
}

#[test]
fn an_alarm_that_is_over_or_has_no_data() {
    in_shop(async |shop| {
        let release = shop.released(&watched(PLAN)).await;
        shop.alarm(ALARM, "INSUFFICIENT_DATA").await;
        shop.alarm(ALARM, "OK").await;
        shop.was_left(&release, &[]).await;
    });
}

#[test]
fn two_alarms_at_once_and_each_event_twice() {
    let both = || Wanted { alarms: vec![ALARM.to_owned(), OTHER.to_owned()], ..watched(PLAN) };
    with_events(EventFault::Doubled(Duration::ZERO), async |shop| {
        let release = shop.released(&both()).await;
        tokio::join!(shop.alarm(ALARM, "ALARM"), shop.alarm(OTHER, "ALARM"));
        shop.was_taken_back(&release).await;
    });
    with_events(EventFault::Doubled(Duration::ZERO), async |shop| {
        let release = shop.release(&both()).await;
        shop.until_stage(&release, "BAKE_TIME").await;
        tokio::join!(shop.alarm(ALARM, "ALARM"), shop.alarm(OTHER, "ALARM"));
        shop.was_stopped(&release).await;
    });
}

#[test]
fn an_event_that_comes_again_during_and_after_the_rollback() {
    in_shop(async |shop| {
        let release = shop.released(&watched(PLAN)).await;
        let event = shop.event_of(ALARM);
        shop.alarm(ALARM, "ALARM").await;
        for _ in 0..3 {
            shop.native.account.pass(5 * SECOND).await;
            shop.deliver(event.clone()).await;
        }
        shop.until_quiet().await;
        shop.deliver(event).await;
        shop.was_taken_back(&release).await;
        assert_eq!(shop.notices().len(), 1, "{:?}", shop.notices());
    });
}

#[test]
fn ecs_takes_the_deployment_back_by_itself_at_the_same_time() {
    for late in 0..12 {
        with_events(EventFault::Lost, async |shop| {
            let release = shop.release(&watched(PLAN)).await;
            shop.until_stage(&release, "BAKE_TIME").await;
            shop.alarm(ALARM, "ALARM").await;
            let event = shop.event_of(ALARM);
            shop.native.account.pass(late * SECOND).await;
            shop.deliver(event).await;
            shop.until_quiet().await;
            assert_eq!(shop.native.describe(&release.arn).await.status().unwrap().as_str(), "ROLLBACK_SUCCESSFUL");
            assert_eq!((shop.serving().await, shop.deployments().await.len()), (release.before, 2), "{late}");
            assert!(shop.notices().len() <= 1, "{late}: {:?}", shop.notices());
        });
    }
}

#[test]
fn another_deployment_has_begun_meanwhile() {
    with_events(EventFault::Lost, async |shop| {
        let _ = shop.released(&watched(PLAN)).await;
        let event = shop.event_of(ALARM);
        shop.native.account.pass(SECOND).await;
        let next = shop.next(&watched(PLAN)).await;
        shop.deliver(event).await;
        let next = shop.succeeds(next).await;
        shop.until_quiet().await;
        let newest = shop.deployments().await.pop().unwrap();
        assert_eq!(newest.service_deployment_arn(), Some(next.arn.as_str()));
    });
}

#[test]
fn what_comes_back_is_never_taken_back_and_the_next_release_waits_for_the_cooldown() {
    in_shop(async |shop| {
        let bad = shop.released(&watched(PLAN)).await;
        shop.alarm(ALARM, "ALARM").await;
        shop.was_taken_back(&bad).await;
        shop.alarm(ALARM, "OK").await;
        shop.alarm(ALARM, "ALARM").await;
        shop.was_taken_back(&bad).await;
        shop.alarm(ALARM, "OK").await;
        let next = shop.next(&watched(PLAN)).await;
        let again = shop.succeeds(next).await;
        shop.alarm(ALARM, "ALARM").await;
        shop.until_quiet().await;
        let told = shop.notices();
        assert!(told[1].contains("never rolled back") && told[2].contains("rollback.cooldown"), "{told:?}");
        assert_ne!(shop.serving().await, again.before);
    });
}

#[test]
fn the_plan_wants_to_be_asked() {
    let plan = "[rollback]\nmode = \"notify\"\nalarms = [\"shop-errors\"]\n";
    in_shop(async |shop| {
        let release = shop.released(&unwatched(plan)).await;
        shop.alarm(ALARM, "ALARM").await;
        let command = "aws ecs update-service --cluster production-cluster --service shop-web --task-definition shop:1";
        shop.was_left(&release, &[command]).await;
    });
    in_shop(async |shop| {
        let release = shop.release(&unwatched(plan)).await;
        shop.until_stage(&release, "BAKE_TIME").await;
        shop.alarm(ALARM, "ALARM").await;
        let arn = &release.arn;
        let command = format!("aws ecs stop-service-deployment --service-deployment-arn {arn} --stop-type ROLLBACK");
        shop.was_left(&release, &[&command]).await;
    });
}

#[test]
fn rollbacks_are_switched_off() {
    with_parameter("Rollback", "off", async |shop| {
        let release = shop.released(&watched(PLAN)).await;
        shop.alarm(ALARM, "ALARM").await;
        shop.was_left(&release, &["switched off in the stack"]).await;
    });
}

#[test]
fn there_is_nothing_to_go_back_to() {
    in_shop(async |shop| {
        let arn = shop.native.create(&watched(PLAN)).await;
        let release = shop.succeeds(Release { arn, before: String::new() }).await;
        shop.alarm(ALARM, "ALARM").await;
        shop.was_left(&release, &["there is nothing to go back to"]).await;
    });
}

#[test]
fn the_old_task_definition_was_deregistered() {
    in_shop(async |shop| {
        let release = shop.released(&watched(PLAN)).await;
        let ecs = &shop.native.account.ecs;
        ecs.deregister_task_definition().task_definition(&release.before).send().await.unwrap();
        shop.alarm(ALARM, "ALARM").await;
        shop.was_left(&release, &["register it again"]).await;
    });
}

#[test]
fn services_that_are_gone_or_none_of_the_functions_hold_nothing_up() {
    let gone = account::SERVICE.replace("shop-web", "gone");
    let no_cluster = account::SERVICE.replace("production-cluster", "gone-cluster");
    let elsewhere = account::SERVICE.replace("us-east-1", "eu-west-1").replace("shop-web", "elsewhere");
    let arns = [&gone, &no_cluster, &elsewhere, account::SERVICE].join(",");
    with_parameter("ServiceArns", &arns, async |shop| {
        let release = shop.released(&watched(PLAN)).await;
        shop.alarm(ALARM, "ALARM").await;
        shop.was_taken_back(&release).await;
        assert_eq!(shop.notices().len(), 1, "{:?}", shop.notices());
    });
    with_parameter("ServiceArns", &gone, async |shop| {
        let release = shop.released(&watched(PLAN)).await;
        shop.alarm(ALARM, "ALARM").await;
        shop.was_left(&release, &[]).await;
    });
}

#[test]
fn every_call_may_be_throttled_lose_its_answer_or_be_the_last_of_its_process() {
    const CALLS: [&str; 7] = [
        "ecs:DescribeServices",
        "ecs:ListServiceDeployments",
        "ecs:DescribeServiceRevisions",
        "ecs:DescribeTaskDefinition",
        "ecs:UpdateService",
        "ecs:StopServiceDeployment",
        "sns:Publish",
    ];
    for operation in CALLS {
        for (times, answer) in [
            (5, CallFault::Throttled),
            (1, CallFault::AnswerLost),
            (1, CallFault::NeverAnswered),
            (1, CallFault::CallerKilled),
        ] {
            let role = crate::shop::role("rollback");
            let fault = Fault::Call { role, operation: operation.to_owned(), times, answer };
            let told = format!("{fault:?}");
            let edit = |setup: &mut Setup| setup.faults.push(fault);
            with(&Options::default(), edit, async |shop| {
                let is_stop = operation == "ecs:StopServiceDeployment";
                let wanted =
                    if is_stop { unwatched("[rollback]\nalarms = [\"shop-errors\"]\n") } else { watched(PLAN) };
                let release = shop.release(&Wanted { strategy: Strategy::Canary, ..wanted }).await;
                if is_stop {
                    shop.until_stage(&release, "PRODUCTION_TRAFFIC_SHIFT").await;
                } else {
                    shop.native.end_of(&release.arn).await;
                }
                shop.alarm(ALARM, "ALARM").await;
                // Lambda invokes a function that was killed again after minutes
                shop.native.account.pass(5 * MINUTE).await;
                shop.until_quiet().await;
                assert_eq!(shop.serving().await, release.before, "{told}");
                assert_eq!(shop.deployments().await.len(), if is_stop { 2 } else { 3 }, "{told}");
            });
        }
    }
}

#[test]
fn a_call_that_is_denied_is_a_failure_of_the_product() {
    let deny = |setup: &mut Setup| {
        let role = crate::shop::role("rollback");
        let role = setup.stack.roles.iter_mut().find(|one| one.name == role).unwrap();
        for statement in role.policies.iter_mut().flat_map(|policy| &mut policy.statement) {
            if statement.actions().any(|action| action == "ecs:UpdateService") {
                statement.action = json!("ecs:ListClusters");
            }
        }
    };
    with(&Options::default(), deny, async |shop| {
        let release = shop.released(&watched(PLAN)).await;
        shop.alarm(ALARM, "ALARM").await;
        shop.native.account.pass(10 * MINUTE).await;
        assert_ne!(shop.serving().await, release.before);
        let played = shop.native.account.played();
        let notices = played.news();
        let has = |kind: &str| notices.iter().any(|notice| notice.contains(&format!("\nnotice: {kind}/")));
        assert!(has("rollback.failed") && has("product.failed"), "{notices:?}");
        let failed = notices.iter().find(|notice| notice.contains("the rollback failed")).unwrap();
        assert!(failed.contains("greenlight rollback greenlight.toml"), "{failed}");
        assert!(failed.contains("aws ecs list-service-deployments --cluster production-cluster --service shop-web"));
    });
}

/// What comes back has the service's hooks: its migration ran before, no freeze window holds it, and the alarm that brings it back
/// does not refuse it.
#[test]
fn hooks_let_come_back_what_was_good() {
    let good = "[freeze]\nwindows = [{ days = \"mon-sun\", from = \"00:00\", to = \"24:00\", time-zone = \"UTC\" }]\n\
                [migrate]\ncommand = [\"shop\", \"migrate\"]\n[validate]\n";
    in_shop(async |shop| {
        let _ = shop.released(&watched(good)).await;
        let hooks = Wanted { alarms: vec![ALARM.to_owned()], ..Wanted::new(PLAN) };
        let next = shop.next(&hooks).await;
        let release = shop.succeeds(next).await;
        shop.alarm(ALARM, "ALARM").await;
        let by = shop.was_taken_back(&release).await;
        let played = shop.native.account.played();
        let verdicts = played.verdicts(&by);
        let words: Vec<&str> = verdicts.iter().map(|(word, _)| word.as_str()).collect();
        assert_eq!(words, ["skipped", "skipped", "skipped", "succeeded", "skipped"], "{verdicts:?}");
        assert!(verdicts[0].1.contains("its migrations ran then"), "{verdicts:?}");
        assert!(verdicts[3].1.contains("alarms: a revision comes back"), "{verdicts:?}");
        assert!(played.migrations().is_empty(), "{:?}", played.migrations());
        assert!(played.denied().is_empty(), "{:?}", played.denied());
    });
}

#[test]
fn a_release_that_nobody_can_tell_from_a_comeback_is_a_release() {
    let deny = |setup: &mut Setup| {
        let role = crate::shop::role("migrate");
        let role = setup.stack.roles.iter_mut().find(|one| one.name == role).unwrap();
        for statement in role.policies.iter_mut().flat_map(|policy| &mut policy.statement) {
            if statement.actions().any(|action| action == "ecs:ListServiceDeployments") {
                statement.action = json!("ecs:ListClusters");
            }
        }
    };
    with(&Options::default(), deny, async |shop| {
        let release = shop.release(&Wanted::only("migrate", "PRE_SCALE_UP", super::MIGRATE)).await;
        shop.succeeds(release).await;
        assert_eq!(shop.native.account.played().migrations().len(), 1);
    });
}
