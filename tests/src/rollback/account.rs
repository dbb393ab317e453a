//! An account in which the shop was deployed once, with alarms.

use crate::deployments::account::{self, Account};
use crate::shop;
use aws_sdk_cloudwatch::types::{ComparisonOperator, StateValue, Statistic};
use aws_sdk_codedeploy::types::{AlarmConfiguration, AutoRollbackConfiguration, RevisionLocation};
use greenlight::rehearse::{Options, Rehearsal};
use greenlight_simulation::Behaviours;
use greenlight_world::{Alarm, AlarmState, Setup};
use jiff::Timestamp;
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

pub const ALARM: &str = "shop-errors";
const OTHER: &str = "other-errors";

/// How a release is watched.
#[derive(Debug, Clone, Copy)]
pub struct Watched {
    /// Tables of the release's plan.
    pub plan: &'static str,
    /// The deployment group's alarms.
    pub group: &'static [&'static str],
    pub deployment_config: &'static str,
    /// `[rehearsal.deployment]`.
    pub deployment: &'static str,
    pub termination_wait: &'static str,
    /// Of the template.
    pub parameters: &'static [(&'static str, &'static str)],
}

impl Default for Watched {
    fn default() -> Self {
        Self {
            plan: "[rollback]\nwindow = \"30m\"",
            group: &[ALARM],
            deployment_config: "CodeDeployDefault.ECSAllAtOnce",
            deployment: "",
            termination_wait: "1m",
            parameters: &[],
        }
    }
}

impl Watched {
    fn rehearsal(&self) -> Rehearsal {
        let wait = format!("termination-wait = \"{}\"", self.termination_wait);
        let plan = shop::plan("").replace("termination-wait = \"1m\"", &wait);
        let plan = format!("{plan}\n[rehearsal.deployment]\n{}\n", self.deployment);
        let text = |_: &Path| Ok(shop::TASK_DEFINITION.to_owned());
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let options = Options {
            deployment_config: Some(self.deployment_config.to_owned()),
            parameters: self.parameters.iter().map(owned).collect(),
            ..Options::default()
        };
        let mut rehearsal = Rehearsal::parse(&plan, Path::new("greenlight.toml"), &text, &options).unwrap();
        rehearsal.script.alarms = self.group.iter().map(|name| (*name).to_owned()).collect();
        rehearsal
    }
}

/// A release, and what served before it.
#[derive(Debug)]
pub struct Release {
    pub id: String,
    pub task_definition: String,
    pub before: String,
    created: Timestamp,
}

/// A deployment as `GetDeployment` shows it.
#[derive(Debug)]
pub struct Deployment {
    pub id: String,
    pub creator: String,
    pub status: String,
    pub description: String,
    pub configuration: String,
    pub has_alarms: bool,
    pub rolls_back: bool,
}

pub struct Shop {
    pub account: Account,
    plan: &'static str,
    cloudwatch: aws_sdk_cloudwatch::Client,
}

/// Plays a story where the shop has been deployed once, and both alarms are quiet.
pub fn with(watched: Watched, edit: impl FnOnce(&mut Setup), story: impl AsyncFnOnce(Shop)) {
    with_behaviours(watched, Behaviours::new(), edit, story);
}

/// The same with processes and functions that behave in another way.
pub fn with_behaviours(
    watched: Watched,
    behaviours: Behaviours,
    edit: impl FnOnce(&mut Setup),
    story: impl AsyncFnOnce(Shop),
) {
    let rehearsal = watched.rehearsal();
    let alarms = |setup: &mut Setup| {
        for name in [ALARM, OTHER] {
            if !watched.group.contains(&name) {
                setup.infrastructure.alarms.push(Alarm::new(name, AlarmState::Ok));
            }
        }
        edit(setup);
    };
    account::with_rehearsal(rehearsal, behaviours, alarms, async |account: Account| {
        let cloudwatch = aws_sdk_cloudwatch::Client::new(&account.simulation.sdk_config());
        story(Shop { account, plan: watched.plan, cloudwatch }).await;
    });
}

/// The revision that a deployment of this task definition with these hooks names.
pub fn revision(task_definition: &str, hooks: &[(&str, &str)]) -> RevisionLocation {
    account::content(account::app_spec(task_definition, hooks))
}

impl Shop {
    /// Begins a release.
    pub async fn release(&self) -> Release {
        let before = self.serving().await;
        let task_definition = self.account.register_text(&shop::plan(self.plan)).await;
        let created = self.account.now();
        let id = self.account.deploy_with(&task_definition, &[]).await;
        Release { id, task_definition, before, created }
    }

    /// A release that has succeeded. Whoever has to continue it does.
    pub async fn released(&self) -> Release {
        let release = self.release().await;
        let played = self.account.end_of(&release.id).await;
        assert_eq!(played.ending(&release.id).0, "Succeeded");
        release
    }

    /// Waits for a fact of a release that names this.
    pub async fn until(&self, release: &Release, event: &str, what: &str) {
        let named = |fact: &&Value| fact["lifecycle_event"] == what || fact["what"] == what;
        while !self.account.played().of(&release.id, event).iter().any(named) {
            self.account.pass(Duration::from_secs(1)).await;
        }
    }

    /// Waits until no deployment is in progress, and a while longer.
    pub async fn until_quiet(&self) {
        self.account.pass(Duration::from_secs(30)).await;
        while self
            .deployments()
            .await
            .iter()
            .any(|one| !["Succeeded", "Failed", "Stopped"].contains(&one.status.as_str()))
        {
            self.account.pass(Duration::from_secs(10)).await;
        }
        self.account.pass(Duration::from_mins(2)).await;
    }

    /// Sets an alarm's state.
    pub async fn alarm(&self, name: &str, state: &str) {
        let request = self.cloudwatch.set_alarm_state().alarm_name(name).state_reason("the test says so");
        request.state_value(StateValue::from(state)).send().await.unwrap();
    }

    /// Gives an alarm an action, and a metric that nobody writes.
    pub async fn put_action(&self, name: &str, action: &str) {
        let request = self.cloudwatch.put_metric_alarm().alarm_name(name).alarm_actions(action);
        let request = request.namespace("Shop").metric_name("Errors").statistic(Statistic::Sum).period(60);
        let request = request.evaluation_periods(1).threshold(0.0).treat_missing_data("ignore");
        request.comparison_operator(ComparisonOperator::GreaterThanThreshold).send().await.unwrap();
    }

    pub async fn put_composite(&self, name: &str, rule: &str) {
        self.cloudwatch.put_composite_alarm().alarm_name(name).alarm_rule(rule).send().await.unwrap();
    }

    /// An alarm goes off; the event that tells of it.
    pub async fn heard_of(&self, name: &str) -> Value {
        self.alarm(name, "ALARM").await;
        self.event_of(name)
    }

    /// The event of an alarm that goes off now.
    pub fn event_of(&self, name: &str) -> Value {
        let now = self.account.now();
        let arn = format!("arn:aws:cloudwatch:us-east-1:123456789012:alarm:{name}");
        let stamp = now.strftime("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string();
        serde_json::json!({
            "version": "0", "detail-type": "CloudWatch Alarm State Change", "source": "aws.cloudwatch",
            "account": "123456789012", "region": "us-east-1", "time": now.to_string(), "resources": [arn],
            "detail": {
                "alarmName": name,
                "state": { "value": "ALARM", "reason": "the test says so", "timestamp": stamp },
                "previousState": { "value": "OK" },
                "configuration": { "metrics": [] },
            },
        })
    }

    /// Hands an event to the function; it must not fail.
    pub async fn deliver(&self, event: Value) {
        let outcome = self.account.simulation.deliver("greenlight-rollback", event).await;
        assert!(matches!(outcome, greenlight_simulation::InvocationOutcome::Returned(_)), "{outcome:?}");
    }

    /// The task definition of the primary task set.
    pub async fn serving(&self) -> String {
        let service = self.account.service().await;
        let primary = service.task_sets().iter().find(|set| set.status() == Some("PRIMARY")).unwrap();
        primary.task_definition().unwrap().to_owned()
    }

    pub async fn deregister(&self, task_definition: &str) {
        self.account.ecs.deregister_task_definition().task_definition(task_definition).send().await.unwrap();
    }

    /// All deployments of the group, the oldest first.
    async fn deployments(&self) -> Vec<Deployment> {
        self.since(Timestamp::MIN).await
    }

    /// The release and all that came after it.
    pub async fn deployments_since(&self, release: &Release) -> Vec<Deployment> {
        self.since(release.created).await
    }

    pub async fn creators_since(&self, release: &Release) -> Vec<String> {
        self.since(release.created).await.into_iter().map(|one| one.creator).collect()
    }

    async fn since(&self, since: Timestamp) -> Vec<Deployment> {
        let plan = &self.account.rehearsal.plan;
        let request = self.account.codedeploy.list_deployments().application_name(&plan.application);
        let answer = request.deployment_group_name(&plan.deployment_group).send().await.unwrap();
        let mut found = Vec::new();
        for id in answer.deployments().iter().rev() {
            let answer = self.account.codedeploy.get_deployment().deployment_id(id).send().await.unwrap();
            let info = answer.deployment_info().unwrap();
            let created = info.create_time().unwrap().to_millis().unwrap();
            if created.saturating_add(1000) < since.as_millisecond() {
                continue;
            }
            found.push(Deployment {
                id: id.clone(),
                creator: info.creator().unwrap().as_str().to_owned(),
                status: info.status().unwrap().as_str().to_owned(),
                description: info.description().unwrap_or_default().to_owned(),
                configuration: info.deployment_config_name().unwrap().to_owned(),
                has_alarms: info.override_alarm_configuration().is_none_or(AlarmConfiguration::enabled),
                rolls_back: info.auto_rollback_configuration().is_none_or(AutoRollbackConfiguration::enabled),
            });
        }
        found
    }

    /// The most milliseconds from an alarm's change of state to the function's call that took the release back.
    pub fn longest_answer(&self) -> i64 {
        let played = self.account.played();
        let lines = played.facts("log.line");
        let lines = lines.iter().filter_map(|fact| serde_json::from_str::<Value>(fact["message"].as_str()?).ok());
        let started = lines.filter(|line| line["event"] == "rollback.started");
        started.map(|line| line["after_ms"].as_i64().unwrap()).max().expect("something was taken back")
    }
}
