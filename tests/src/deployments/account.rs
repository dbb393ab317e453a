//! An account in which the shop was deployed once, and what a pipeline does in it.

use crate::played::Played;
use crate::{shop, simulated};
use aws_sdk_codedeploy::types::{
    AppSpecContent, BundleType, LifecycleEventStatus, RevisionLocation, RevisionLocationType, S3Location,
};
use aws_sdk_ecs::types::{DesiredStatus, Service, Task};
use greenlight::rehearse::{Options, Rehearsal, setup};
use greenlight_aws::one_off::schedule;
use greenlight_aws::{Env, Settings};
use greenlight_domain::one_off::{OneOff, Purpose};
use greenlight_domain::plan::{self, Plan};
use greenlight_domain::task_definition::TaskDefinition;
use greenlight_simulation::{Behaviours, Simulation};
use greenlight_world::Setup;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

pub const MIGRATE_FUNCTION: &str = "CodeDeployHook_greenlight-migrate";

pub struct Account {
    pub simulation: Simulation,
    pub rehearsal: Rehearsal,
    pub ecs: aws_sdk_ecs::Client,
    pub codedeploy: aws_sdk_codedeploy::Client,
}

/// Plays a story in a fresh account whose first deployment has succeeded; it had no migration.
pub fn with(behaviours: Behaviours, edit: impl FnOnce(&mut Setup), story: impl AsyncFnOnce(Account)) {
    with_options(&Options::default(), behaviours, edit, story);
}

/// The same with a template that was given other parameters.
pub fn with_options(
    options: &Options,
    behaviours: Behaviours,
    edit: impl FnOnce(&mut Setup),
    story: impl AsyncFnOnce(Account),
) {
    with_rehearsal(shop::rehearsal("", options), behaviours, edit, story);
}

/// The same where the shop is rehearsed in another way.
pub fn with_rehearsal(
    rehearsal: Rehearsal,
    behaviours: Behaviours,
    edit: impl FnOnce(&mut Setup),
    story: impl AsyncFnOnce(Account),
) {
    let mut world = setup(&rehearsal, Setup::EPOCH, 1.0);
    edit(&mut world);
    greenlight_simulation::run(async move {
        let simulation = Simulation::start(world, behaviours);
        let outcome = simulated::first_deployment(&simulation, &rehearsal).await;
        assert_eq!(outcome["outcome"], "succeeded", "{outcome}");
        let sdk = simulation.sdk_config();
        let (ecs, codedeploy) = (aws_sdk_ecs::Client::new(&sdk), aws_sdk_codedeploy::Client::new(&sdk));
        let account = Account { simulation, rehearsal, ecs, codedeploy };
        tokio::time::timeout(simulated::DAY, story(account)).await.expect("the story ends within a virtual day");
    })
    .unwrap();
}

impl Account {
    pub fn played(&self) -> Played {
        Played { facts: simulated::values(&self.simulation.record()), outcome: Value::Null }
    }

    pub fn now(&self) -> Timestamp {
        self.simulation.clock().now()
    }

    /// Lets virtual time pass.
    pub async fn pass(&self, span: Duration) {
        tokio::time::sleep(span).await;
    }

    /// Waits for the end of a deployment.
    pub async fn end_of(&self, deployment_id: &str) -> Played {
        loop {
            let played = self.played();
            if !played.of(deployment_id, "deployment.ended").is_empty() {
                return played;
            }
            self.pass(Duration::from_secs(1)).await;
        }
    }

    /// Waits for the end of the deployment that rolls this one back: its id, and everything until then.
    pub async fn end_of_rollback(&self, deployment_id: &str) -> (String, Played) {
        let played = self.end_of(deployment_id).await;
        let rollback = played.of(deployment_id, "rollback.started")[0]["rollback_deployment_id"].as_str().unwrap();
        let played = self.end_of(rollback).await;
        (rollback.to_owned(), played)
    }

    /// The event that `CodeDeploy` invoked the hook with for this deployment; waits until it has.
    pub async fn hook_event(&self, deployment_id: &str) -> Value {
        loop {
            let invocations = self.simulation.invocations();
            let of_deployment = |event: &&Value| event["DeploymentId"] == deployment_id;
            if let Some(event) = invocations.iter().map(|invoke| &invoke.payload).find(of_deployment) {
                return event.clone();
            }
            self.pass(Duration::from_secs(1)).await;
        }
    }

    /// Reports on a hook, as the hook itself would.
    pub async fn report(&self, event: &Value, status: &str) {
        let report = self
            .codedeploy
            .put_lifecycle_event_hook_execution_status()
            .deployment_id(event["DeploymentId"].as_str().unwrap())
            .lifecycle_event_hook_execution_id(event["LifecycleEventHookExecutionId"].as_str().unwrap())
            .status(LifecycleEventStatus::from(status));
        report.send().await.unwrap();
    }

    /// Stops a deployment; `Pending` or `Succeeded`.
    pub async fn stop(&self, deployment_id: &str) -> String {
        let answer = self.codedeploy.stop_deployment().deployment_id(deployment_id).send().await.unwrap();
        answer.status().unwrap().as_str().to_owned()
    }

    /// Every one-off task of the functions, as `DescribeTasks` shows it.
    pub async fn one_offs(&self) -> Vec<Task> {
        let cluster = &self.rehearsal.plan.cluster;
        let mut arns = Vec::new();
        for status in [DesiredStatus::Running, DesiredStatus::Stopped] {
            let answer = self.ecs.list_tasks().cluster(cluster).family(self.rehearsal.family()).desired_status(status);
            arns.extend_from_slice(answer.send().await.unwrap().task_arns());
        }
        let answer = self.ecs.describe_tasks().cluster(cluster).set_tasks(Some(arns)).send().await.unwrap();
        let ours = |task: &&Task| task.started_by().is_some_and(|by| by.starts_with("greenlight/"));
        answer.tasks().iter().filter(ours).cloned().collect()
    }

    pub async fn service(&self) -> Service {
        let plan = &self.rehearsal.plan;
        let answer = self.ecs.describe_services().cluster(&plan.cluster).services(&plan.service).send().await.unwrap();
        answer.services()[0].clone()
    }

    /// What whoever may look at the account sees of tasks, task definitions and the service.
    pub async fn described(&self) -> Vec<String> {
        let plan = &self.rehearsal.plan;
        let mut seen: Vec<String> = self.one_offs().await.iter().map(|task| format!("{task:?}")).collect();
        let services =
            self.ecs.describe_services().cluster(&plan.cluster).services(&plan.service).send().await.unwrap();
        seen.push(format!("{services:?}"));
        let definition = self.ecs.describe_task_definition().task_definition(self.rehearsal.family());
        seen.push(format!("{:?}", definition.send().await.unwrap()));
        seen
    }

    /// What the functions' own code gets, in the operator's name.
    pub fn env(&self) -> Env {
        let group = BTreeMap::from([("GREENLIGHT_SCHEDULE_GROUP".to_owned(), "greenlight".to_owned())]);
        let settings = Settings::from_map(&group).unwrap();
        Env::new(self.simulation.sdk_config(), self.simulation.clock(), settings).with_log(Arc::new(|_| {}))
    }

    /// Whether any schedule is left of an attempt.
    pub async fn has_schedule(&self, attempt: &OneOff) -> bool {
        for purpose in [Purpose::Deadline, Purpose::Grace, Purpose::Retry] {
            if schedule::exists(&self.env(), attempt, purpose).await.unwrap() {
                return true;
            }
        }
        false
    }

    /// Registers a revision with this label and deploys it.
    pub async fn deploy_green(&self, migrate: Option<&str>) -> String {
        let green = match migrate {
            Some(migrate) => self.register_plan(migrate).await,
            None => self.register(None).await,
        };
        self.deploy(&green).await
    }

    pub async fn register_plan(&self, migrate: &str) -> String {
        self.register_text(&shop::plan(migrate)).await
    }

    /// Registers a revision that carries this plan.
    pub async fn register_text(&self, plan: &str) -> String {
        self.register(Some(&embedded(plan))).await
    }

    /// Registers a revision that carries this plan and has this image.
    pub async fn register_image(&self, plan: &str, image: &str) -> String {
        self.register_edited(Some(&embedded(plan)), |web: &mut Value| web["image"] = json!(image)).await
    }

    /// Registers a revision with this plan, whose container logs through a log router.
    pub async fn register_firelens(&self, migrate: &str) -> String {
        let firelens = |web: &mut Value| web["logConfiguration"] = json!({ "logDriver": "awsfirelens" });
        self.register_edited(Some(&embedded(&shop::plan(migrate))), firelens).await
    }

    /// Registers the shop's second release with this label and no other; its ARN.
    pub async fn register(&self, label: Option<&str>) -> String {
        self.register_edited(label, |_| {}).await
    }

    async fn register_edited(&self, label: Option<&str>, edit: impl FnOnce(&mut Value)) -> String {
        let mut definition = TaskDefinition::parse(shop::TASK_DEFINITION, "taskdef.json").unwrap().to_json().clone();
        let web = &mut definition["containerDefinitions"][1];
        assert_eq!(web["name"], "web");
        web["image"] = json!("shop:v2");
        if let Some(label) = label {
            web["dockerLabels"] = json!({ plan::LABEL: label });
        }
        edit(web);
        self.register_definition(&definition).await
    }

    /// Registers a task definition as it is.
    pub async fn register_definition(&self, definition: &Value) -> String {
        let body = definition.to_string();
        let request = self.ecs.register_task_definition().family(self.rehearsal.family()).customize();
        let answer = request
            .mutate_request(move |request| {
                request.headers_mut().insert("content-length", body.len().to_string());
                *request.body_mut() = body.clone().into();
            })
            .send()
            .await
            .unwrap();
        answer.task_definition().unwrap().task_definition_arn().unwrap().to_owned()
    }

    pub async fn deploy(&self, task_definition: &str) -> String {
        self.deploy_with(task_definition, &[("BeforeInstall", MIGRATE_FUNCTION)]).await
    }

    /// Deploys a revision with these hooks: lifecycle events and functions.
    pub async fn deploy_with(&self, task_definition: &str, hooks: &[(&str, &str)]) -> String {
        self.create_deployment(content(app_spec(task_definition, hooks))).await
    }

    pub async fn create_deployment(&self, revision: RevisionLocation) -> String {
        let plan = &self.rehearsal.plan;
        let request = self
            .codedeploy
            .create_deployment()
            .application_name(&plan.application)
            .deployment_group_name(&plan.deployment_group)
            .revision(revision);
        request.send().await.unwrap().deployment_id().unwrap().to_owned()
    }
}

fn embedded(plan: &str) -> String {
    Plan::parse(plan, "greenlight.toml").unwrap().embed().unwrap()
}

/// The `AppSpec` of a revision with these hooks.
pub fn app_spec(task_definition: &str, hooks: &[(&str, &str)]) -> String {
    let hooks: Vec<Value> = hooks.iter().map(|(event, function)| json!({ *event: function })).collect();
    let app_spec = json!({
        "version": 0.0,
        "Resources": [{ "TargetService": { "Type": "AWS::ECS::Service", "Properties": {
            "TaskDefinition": task_definition,
            "LoadBalancerInfo": { "ContainerName": "web", "ContainerPort": 8000 },
        }}}],
        "Hooks": hooks,
    });
    app_spec.to_string()
}

/// An `AppSpec` as its text.
pub fn content(text: String) -> RevisionLocation {
    RevisionLocation::builder()
        .revision_type(RevisionLocationType::AppSpecContent)
        .app_spec_content(AppSpecContent::builder().content(text).build())
        .build()
}

/// An `AppSpec` in a bucket.
pub fn in_s3(bucket: &str, key: &str, version: Option<&str>) -> RevisionLocation {
    let location = S3Location::builder().bucket(bucket).key(key).set_version(version.map(str::to_owned));
    RevisionLocation::builder()
        .revision_type(RevisionLocationType::S3)
        .s3_location(location.bundle_type(BundleType::Yaml).build())
        .build()
}

pub fn yaml(task_definition: &str) -> String {
    format!(
        r#"version: 0.0
Resources:
  - TargetService:
      Type: AWS::ECS::Service
      Properties:
        TaskDefinition: "{task_definition}"
        LoadBalancerInfo:
          ContainerName: "web"
          ContainerPort: 8000
Hooks:
  - BeforeInstall: "{MIGRATE_FUNCTION}"
"#
    )
}
