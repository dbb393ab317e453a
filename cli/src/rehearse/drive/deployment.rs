//! The `CodeDeploy` side: application, deployment group, the deployment, and how it ends.

use super::seen::{Ended, Seen};
use super::{Driver, refused};
use crate::Error;
use crate::rehearse::hooks::Hook;
use crate::rehearse::names::role_arn;
use crate::rehearse::outcome::{Colour, Denied, Ending, HookOutcome, Measured, Outcome, TrafficOutcome};
use crate::rehearse::service_role;
use aws_sdk_codedeploy::types::{
    Alarm, AlarmConfiguration, AppSpecContent, AutoRollbackConfiguration, AutoRollbackEvent,
    BlueGreenDeploymentConfiguration, BlueInstanceTerminationOption, ComputePlatform, DeploymentOption,
    DeploymentReadyAction, DeploymentReadyOption, DeploymentStyle, DeploymentType, DeploymentWaitType, EcsService,
    InstanceAction, LoadBalancerInfo, RevisionLocation, RevisionLocationType, TargetGroupInfo, TargetGroupPairInfo,
    TimeBasedCanary, TimeBasedLinear, TrafficRoute, TrafficRoutingConfig, TrafficRoutingType,
};
use greenlight_domain::directive;
use greenlight_domain::plan::Shift;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

/// `CodeDeploy`'s code for a deployment that a hook failed.
const HOOK_FAILED: &str = "HOOK_EXECUTION_FAILURE";
/// `CodeDeploy`'s code for a deployment that somebody stopped.
const STOPPED: &str = "MANUAL_STOP";
/// A function may still wait for the answer to its report, in real time.
pub(super) const LAST_WORDS: Duration = Duration::from_secs(20);
/// A hook may take an hour, a task set an hour to become steady: a deployment that has not ended after this never will.
const LIMIT: Duration = Duration::from_hours(6);

/// By what a release was taken back, and how long that took.
#[derive(Debug, Default)]
pub(super) struct RolledBack {
    pub(super) by: Option<String>,
    pub(super) measured: Option<Measured>,
}

impl Driver<'_> {
    pub(super) async fn create_deployment_group(&self) -> Result<(), Error> {
        let rehearsal = self.rehearsal;
        let plan = &rehearsal.plan;
        self.create_deployment_config().await?;
        self.codedeploy
            .create_application()
            .application_name(&plan.application)
            .compute_platform(ComputePlatform::Ecs)
            .send()
            .await
            .map_err(refused("CreateApplication"))?;
        self.codedeploy
            .create_deployment_group()
            .application_name(&plan.application)
            .deployment_group_name(&plan.deployment_group)
            .deployment_config_name(&rehearsal.deployment_config)
            .service_role_arn(role_arn(service_role::NAME))
            .ecs_services(EcsService::builder().cluster_name(&plan.cluster).service_name(&plan.service).build())
            .deployment_style(
                DeploymentStyle::builder()
                    .deployment_type(DeploymentType::BlueGreen)
                    .deployment_option(DeploymentOption::WithTrafficControl)
                    .build(),
            )
            .load_balancer_info(self.load_balancer_info())
            .blue_green_deployment_configuration(self.blue_green())
            .set_alarm_configuration(self.alarms())
            .auto_rollback_configuration(
                AutoRollbackConfiguration::builder()
                    .enabled(self.rehearsal.script.deployment.auto_rollback)
                    .events(AutoRollbackEvent::DeploymentFailure)
                    .events(AutoRollbackEvent::DeploymentStopOnAlarm)
                    .build(),
            )
            .send()
            .await
            .map_err(refused("CreateDeploymentGroup"))
            .map(|_| ())
    }

    fn load_balancer_info(&self) -> LoadBalancerInfo {
        let route = |listener| TrafficRoute::builder().listener_arns(listener).build();
        let mut pair = TargetGroupPairInfo::builder().prod_traffic_route(route(self.rehearsal.production_listener()));
        if self.rehearsal.script.test_listener {
            pair = pair.test_traffic_route(route(self.rehearsal.test_listener()));
        }
        for name in self.rehearsal.target_groups() {
            pair = pair.target_groups(TargetGroupInfo::builder().name(name).build());
        }
        LoadBalancerInfo::builder().target_group_pair_info_list(pair.build()).build()
    }

    fn alarms(&self) -> Option<AlarmConfiguration> {
        let names = &self.rehearsal.script.alarms;
        let alarms = names.iter().map(|name| Alarm::builder().name(name).build()).collect();
        (!names.is_empty()).then(|| AlarmConfiguration::builder().enabled(true).set_alarms(Some(alarms)).build())
    }

    fn blue_green(&self) -> BlueGreenDeploymentConfiguration {
        let script = &self.rehearsal.script;
        let ready = DeploymentReadyOption::builder();
        let ready = match script.deployment.ready {
            Some(ready_wait) => ready
                .action_on_timeout(DeploymentReadyAction::StopDeployment)
                .wait_time_in_minutes(minutes(ready_wait.wait)),
            None => ready.action_on_timeout(DeploymentReadyAction::ContinueDeployment).wait_time_in_minutes(0),
        };
        let blue = BlueInstanceTerminationOption::builder();
        let blue = if script.deployment.keep_blue {
            blue.action(InstanceAction::KeepAlive)
        } else {
            blue.action(InstanceAction::Terminate).termination_wait_time_in_minutes(minutes(script.termination_wait))
        };
        BlueGreenDeploymentConfiguration::builder()
            .deployment_ready_option(ready.build())
            .terminate_blue_instances_on_deployment_success(blue.build())
            .build()
    }

    /// Makes the account's own deployment configuration, if the plan describes it.
    async fn create_deployment_config(&self) -> Result<(), Error> {
        let Some(traffic) = self.rehearsal.script.deployment.traffic.filter(|_| self.rehearsal.has_own_config()) else {
            return Ok(());
        };
        let percentage = i32::try_from(traffic.percentage).unwrap_or(i32::MAX);
        let interval = i32::try_from(traffic.minutes).unwrap_or(i32::MAX);
        let routing = TrafficRoutingConfig::builder();
        let routing = match traffic.shift {
            Shift::Canary => routing.r#type(TrafficRoutingType::TimeBasedCanary).time_based_canary(
                TimeBasedCanary::builder().canary_percentage(percentage).canary_interval(interval).build(),
            ),
            Shift::Linear => routing.r#type(TrafficRoutingType::TimeBasedLinear).time_based_linear(
                TimeBasedLinear::builder().linear_percentage(percentage).linear_interval(interval).build(),
            ),
        };
        let request = self.codedeploy.create_deployment_config().compute_platform(ComputePlatform::Ecs);
        let request = request.deployment_config_name(&self.rehearsal.deployment_config);
        let answer = request.traffic_routing_config(routing.build()).send().await;
        answer.map_err(refused("CreateDeploymentConfig")).map(|_| ())
    }

    /// Continues a deployment that waits until somebody does, if somebody is to.
    pub(super) async fn continue_when_ready(&mut self, deployment_id: &str) -> Result<(), Error> {
        let ready = self.rehearsal.script.deployment.ready;
        let Some(continue_after) = ready.and_then(|ready| ready.continue_after) else { return Ok(()) };
        let waits = |seen: &Seen| {
            let over = seen.ended.contains_key(deployment_id);
            (over || seen.ready.contains(deployment_id)).then_some(!over)
        };
        if !self.watch.until(&format!("deployment {deployment_id}"), LIMIT, waits).await? {
            return Ok(());
        }
        self.watch.pause(continue_after).await?;
        if self.watch.seen.ended.contains_key(deployment_id) {
            return Ok(());
        }
        self.continue_now(deployment_id, DeploymentWaitType::ReadyWait).await
    }

    /// Ends a wait of a deployment.
    pub(super) async fn continue_now(&self, deployment_id: &str, wait: DeploymentWaitType) -> Result<(), Error> {
        let request = self.codedeploy.continue_deployment().deployment_id(deployment_id);
        let answer = request.deployment_wait_type(wait).send().await;
        answer.map_err(refused("ContinueDeployment")).map(|_| ())
    }

    pub(super) async fn create_deployment(&self, green: &str) -> Result<String, Error> {
        let hook = |hook: Hook| json!({ hook.lifecycle_event.name(): self.rehearsal.hook_function(&hook) });
        let hooks: Vec<Value> = self.rehearsal.hooks().map(hook).collect();
        self.deploy(green, &hooks, self.description(), None).await
    }

    /// Creates a deployment, with the group's configuration or another.
    pub(super) async fn deploy(
        &self,
        task_definition: &str,
        hooks: &[Value],
        description: Option<String>,
        configuration: Option<&str>,
    ) -> Result<String, Error> {
        let plan = &self.rehearsal.plan;
        let content = AppSpecContent::builder().content(self.app_spec(task_definition, hooks)).build();
        let revision = RevisionLocation::builder()
            .revision_type(RevisionLocationType::AppSpecContent)
            .app_spec_content(content)
            .build();
        let answer = self
            .codedeploy
            .create_deployment()
            .application_name(&plan.application)
            .deployment_group_name(&plan.deployment_group)
            .revision(revision)
            .set_description(description)
            .set_deployment_config_name(configuration.map(str::to_owned))
            .send()
            .await
            .map_err(refused("CreateDeployment"))?;
        answer
            .deployment_id()
            .map(str::to_owned)
            .ok_or(Error::Answer { call: "CreateDeployment", missing: "deploymentId" })
    }

    /// What is not checked in this deployment, for the hooks and for whoever looks at it later.
    fn description(&self) -> Option<String> {
        let directives = &self.rehearsal.directives;
        (!directives.is_empty()).then(|| directive::write("", directives))
    }

    fn app_spec(&self, task_definition: &str, hooks: &[Value]) -> String {
        let plan = &self.rehearsal.plan;
        json!({
            "version": 0.0,
            "Resources": [{ "TargetService": { "Type": "AWS::ECS::Service", "Properties": {
                "TaskDefinition": task_definition,
                "LoadBalancerInfo": { "ContainerName": plan.container, "ContainerPort": plan.port },
            }}}],
            "Hooks": hooks,
        })
        .to_string()
    }

    /// Follows the deployment, and the deployment that rolls it back, to their ends.
    pub(super) async fn follow(
        &mut self,
        deployment_id: String,
        started: Timestamp,
        blue: &str,
        green: &str,
    ) -> Result<Outcome, Error> {
        self.continue_when_ready(&deployment_id).await?;
        let ended = self.ended(&deployment_id).await?;
        let mut last = ended.at;
        let mut ending = if ended.status == "Succeeded" { Ending::Succeeded } else { Ending::Failed };
        let mut rollback_deployment_id = None;
        if ending == Ending::Failed {
            rollback_deployment_id = self.rollback_of(&deployment_id).await?;
            if let Some(rollback) = &rollback_deployment_id {
                let rollback = self.ended(rollback).await?;
                last = rollback.at;
                if rollback.status == "Succeeded" {
                    ending = Ending::RolledBack;
                }
            }
        } else if self.rehearsal.is_taken_back() {
            let by = self.taken_back_by(&deployment_id).await?;
            self.continue_when_ready(&by).await?;
            let rollback = self.ended(&by).await?;
            last = rollback.at;
            ending = if rollback.status == "Succeeded" { Ending::RolledBack } else { Ending::Failed };
            rollback_deployment_id = Some(by);
        }
        let in_doubt = ended.error_code.as_deref().is_none_or(|code| code == STOPPED);
        let by = rollback_deployment_id.as_deref().filter(|_| in_doubt && self.rehearsal.is_taken_back());
        let rollback = match by {
            Some(by) => self.measured(&deployment_id, by).await?,
            None => None,
        };
        if ended.error_code.as_deref() == Some(HOOK_FAILED) {
            self.hear_the_reason(&deployment_id).await?;
        }
        for id in std::iter::once(&deployment_id).chain(&rollback_deployment_id) {
            self.hear_the_news(id).await?;
        }
        let serving = self.serving(blue, green).await?;
        let rolled_back = RolledBack { by: rollback_deployment_id, measured: rollback };
        Ok(self.outcome(ending, deployment_id, rolled_back, ended, serving, (started, last)))
    }

    /// What came of a deployment. `span` is from its start to its end, or that of its rollback.
    pub(super) fn outcome(
        &self,
        outcome: Ending,
        deployment_id: String,
        rolled_back: RolledBack,
        ended: Ended,
        serving: Option<Colour>,
        (started, at): (Timestamp, Timestamp),
    ) -> Outcome {
        Outcome {
            event: "outcome",
            outcome,
            deployment_id,
            rollback_deployment_id: rolled_back.by,
            error_code: ended.error_code,
            message: ended.message,
            serving,
            rollback: rolled_back.measured,
            hooks: self.watch.seen.hooks.clone(),
            denied: self.denied(),
            traffic: TrafficOutcome::default(),
            jobs: Vec::new(),
            notifications: self.watch.seen.notices,
            duration_ms: i64::try_from(at.duration_since(started).as_millis()).unwrap_or(i64::MAX),
            at,
        }
    }

    /// The calls that were denied, each once, with the function that made them.
    fn denied(&self) -> Vec<Denied> {
        let functions = &self.rehearsal.deployed.stack.functions;
        let of_role = |role: &str| functions.iter().find(|function| function.role == role);
        let denied = self.watch.seen.denied.iter().map(|(role, action, resource)| Denied {
            function: of_role(role).map(|function| function.name.clone()),
            role: role.clone(),
            action: action.clone(),
            resource: resource.clone(),
        });
        denied.collect()
    }

    /// A hook reports first, writes its reason down then, and tells the team last: the deployment, and its rollback, may be over
    /// in between.
    pub(super) async fn hear_the_reason(&mut self, deployment_id: &str) -> Result<(), Error> {
        let told = |seen: &Seen| {
            let of = |hook: &HookOutcome| hook.deployment_id == deployment_id && hook.verdict == "failed";
            let is_it = |id: &String| id.strip_prefix("hook.failed/").is_some_and(|key| key.starts_with(deployment_id));
            seen.hooks.iter().any(of) && seen.told.iter().any(is_it)
        };
        self.hear(told).await
    }

    /// The team hears of a start and of an end when the deployment may be over, and in no order.
    pub(super) async fn hear_the_news(&mut self, deployment_id: &str) -> Result<(), Error> {
        let id = |kind: &str| format!("deployment.{kind}/{deployment_id}");
        let (start, ends) = (id("started"), ["succeeded", "failed", "stopped", "rolled-back"].map(id));
        self.hear(|seen| seen.told.contains(&start) && ends.iter().any(|end| seen.told.contains(end))).await
    }

    /// Where ECS deploys, a deployment that goes back is told twice: that it failed, or was stopped, and that it was taken back.
    pub(super) async fn hear_of_the_way_back(&mut self, deployment_id: &str) -> Result<(), Error> {
        let id = |kind: &str| format!("deployment.{kind}/{deployment_id}");
        let (back, ends) = (id("rolled-back"), ["failed", "stopped"].map(id));
        self.hear(|seen| seen.told.contains(&back) && ends.iter().any(|end| seen.told.contains(end))).await
    }

    async fn hear(&mut self, told: impl Fn(&Seen) -> bool) -> Result<(), Error> {
        let begun = Instant::now();
        while !told(&self.watch.seen) && begun.elapsed() < LAST_WORDS {
            let moment = Duration::from_millis(100).mul_f64(self.watch.clock.speed());
            self.watch.pause(moment).await?;
        }
        Ok(())
    }

    pub(super) async fn ended(&mut self, deployment_id: &str) -> Result<Ended, Error> {
        self.watch
            .until(&format!("deployment {deployment_id}"), LIMIT, |seen| seen.ended.get(deployment_id).cloned())
            .await
    }

    async fn rollback_of(&self, deployment_id: &str) -> Result<Option<String>, Error> {
        if let Some(known) = self.watch.seen.rollbacks.get(deployment_id) {
            return Ok(Some(known.clone()));
        }
        let answer = self
            .codedeploy
            .get_deployment()
            .deployment_id(deployment_id)
            .send()
            .await
            .map_err(refused("GetDeployment"))?;
        let rollback = answer.deployment_info().and_then(|info| info.rollback_info());
        Ok(rollback.and_then(|info| info.rollback_deployment_id()).map(str::to_owned))
    }

    /// Which revision the service's primary task set runs.
    async fn serving(&self, blue: &str, green: &str) -> Result<Option<Colour>, Error> {
        let plan = &self.rehearsal.plan;
        let answer = self
            .ecs
            .describe_services()
            .cluster(&plan.cluster)
            .services(&plan.service)
            .send()
            .await
            .map_err(refused("DescribeServices"))?;
        let task_sets = answer.services().first().map(aws_sdk_ecs::types::Service::task_sets).unwrap_or_default();
        let primary = task_sets.iter().find(|set| set.status() == Some("PRIMARY"));
        Ok(primary.and_then(|set| set.task_definition()).and_then(|revision| Colour::of(revision, blue, green)))
    }
}

/// A wait as `CodeDeploy` counts it.
pub(super) fn minutes(wait: Duration) -> i32 {
    i32::try_from(wait.as_secs().div_ceil(60)).unwrap_or(i32::MAX)
}
