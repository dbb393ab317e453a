//! The way for services that ECS itself deploys: the service is updated, and ECS goes through its lifecycle stages.

use super::deployment::{RolledBack, minutes};
use super::seen::Ended;
use super::{Driver, refused};
use crate::Error;
use crate::rehearse::deployment_configs::{Shifting, shifting};
use crate::rehearse::names::role_arn;
use crate::rehearse::outcome::{Colour, Ending, Outcome};
use crate::rehearse::{Controller, Rehearsal, ecs_roles};
use aws_sdk_ecs::types::{
    AdvancedConfiguration, CanaryConfiguration, DeploymentAlarms, DeploymentConfiguration, DeploymentLifecycleHook,
    DeploymentStrategy, LinearConfiguration, LoadBalancer,
};
use greenlight_domain::plan::Shift;
use jiff::Timestamp;
use std::time::Duration;

/// ECS waits a day for tasks, and for each hook.
const LIMIT: Duration = Duration::from_hours(24 * 8);
/// What ECS says of a deployment that somebody stopped.
const STOPPED: &str = "StopServiceDeployment";

impl Driver<'_> {
    /// The target groups, and the listeners' rules between which ECS turns traffic.
    pub(super) fn load_balancer_on_ecs(&self) -> LoadBalancer {
        let [blue, green] = self.rehearsal.target_groups();
        let rehearsal = self.rehearsal;
        let mut advanced = AdvancedConfiguration::builder()
            .alternate_target_group_arn(Rehearsal::target_group_arn(&green))
            .production_listener_rule(Rehearsal::default_rule(&rehearsal.production_listener()))
            .role_arn(role_arn(ecs_roles::LOAD_BALANCERS));
        if rehearsal.script.test_listener {
            advanced = advanced.test_listener_rule(rehearsal.test_traffic_rule());
        }
        LoadBalancer::builder()
            .target_group_arn(Rehearsal::target_group_arn(&blue))
            .advanced_configuration(advanced.build())
            .container_name(&rehearsal.plan.container)
            .container_port(i32::from(rehearsal.plan.port))
            .build()
    }

    /// Updates the service to the new revision, with hooks, and traffic that shifts as the deployment configuration says; the id
    /// of the service deployment.
    pub(super) async fn update_service(&self, task_definition: &str) -> Result<String, Error> {
        let plan = &self.rehearsal.plan;
        let request = self.ecs.update_service().cluster(&plan.cluster).service(&plan.service);
        let request = request.task_definition(task_definition).load_balancers(self.load_balancer_on_ecs());
        let answer = request.deployment_configuration(self.deployment_configuration()?).send().await;
        let answer = answer.map_err(refused("UpdateService"))?;
        let arn = answer.service().and_then(|service| service.current_service_deployment());
        let missing = Error::Answer { call: "UpdateService", missing: "service.currentServiceDeployment" };
        arn.and_then(|arn| arn.rsplit('/').next()).map(str::to_owned).ok_or(missing)
    }

    fn deployment_configuration(&self) -> Result<DeploymentConfiguration, Error> {
        let rehearsal = self.rehearsal;
        let strategy = match shifting(rehearsal) {
            None => DeploymentStrategy::BlueGreen,
            Some(Shifting { shift: Shift::Canary, .. }) => DeploymentStrategy::Canary,
            Some(Shifting { shift: Shift::Linear, .. }) => DeploymentStrategy::Linear,
        };
        let mut configuration = DeploymentConfiguration::builder()
            .strategy(strategy)
            .bake_time_in_minutes(minutes(rehearsal.script.termination_wait))
            .set_alarms(self.deployment_alarms()?);
        match shifting(rehearsal) {
            Some(Shifting { shift: Shift::Canary, percentage, minutes }) => {
                let canary = CanaryConfiguration::builder().canary_percent(f64::from(percentage));
                configuration =
                    configuration.canary_configuration(canary.canary_bake_time_in_minutes(whole(minutes)).build());
            }
            Some(Shifting { shift: Shift::Linear, percentage, minutes }) => {
                let linear = LinearConfiguration::builder().step_percent(f64::from(percentage));
                configuration =
                    configuration.linear_configuration(linear.step_bake_time_in_minutes(whole(minutes)).build());
            }
            None => {}
        }
        let role = rehearsal.invoke_hooks_role()?;
        for hook in rehearsal.hooks() {
            let arn = Rehearsal::function_arn(rehearsal.hook_function(&hook));
            let one = DeploymentLifecycleHook::builder().hook_target_arn(arn).role_arn(role);
            configuration = configuration
                .lifecycle_hooks(one.lifecycle_stages(Controller::Ecs.point(hook.lifecycle_event).into()).build());
        }
        Ok(configuration.build())
    }

    fn deployment_alarms(&self) -> Result<Option<DeploymentAlarms>, Error> {
        let names = &self.rehearsal.script.alarms;
        if names.is_empty() {
            return Ok(None);
        }
        let alarms = DeploymentAlarms::builder().set_alarm_names(Some(names.clone())).enable(true).rollback(true);
        alarms.build().map(Some).map_err(Error::built)
    }

    /// Follows the service deployment to its end, which that of its rollback is too, and the one that takes it back after its
    /// success.
    pub(super) async fn follow_on_ecs(
        &mut self,
        deployment_id: String,
        started: Timestamp,
        blue: &str,
        green: &str,
    ) -> Result<Outcome, Error> {
        let ended = self.ended_on_ecs(&deployment_id).await?;
        let mut at = ended.at;
        let mut outcome = match ended.error_code.as_deref() {
            None => Ending::Succeeded,
            Some("ROLLBACK_SUCCESSFUL") => Ending::RolledBack,
            Some(_) => Ending::Failed,
        };
        let mut rolled_back = RolledBack::default();
        if outcome == Ending::Succeeded && self.rehearsal.is_taken_back() {
            let by = self.taken_back_by(&deployment_id).await?;
            let back = self.ended_on_ecs(&by).await?;
            at = back.at;
            outcome = if back.error_code.is_none() { Ending::RolledBack } else { Ending::Failed };
            rolled_back.by = Some(by);
        }
        let is_stopped = ended.message.as_deref().is_some_and(|message| message.contains(STOPPED));
        if self.rehearsal.is_taken_back() && (is_stopped || rolled_back.by.is_some()) {
            let by = rolled_back.by.clone().unwrap_or_else(|| deployment_id.clone());
            rolled_back.measured = self.measured(&deployment_id, &by).await?;
        }
        if self.watch.seen.hooks.iter().any(|hook| hook.verdict == "failed") {
            self.hear_the_reason(&deployment_id).await?;
        }
        for id in std::iter::once(&deployment_id).chain(&rolled_back.by) {
            self.hear_the_news(id).await?;
        }
        if ended.error_code.as_deref() == Some("ROLLBACK_SUCCESSFUL") {
            self.hear_of_the_way_back(&deployment_id).await?;
        }
        let serving = self.serving_on_ecs(blue, green).await?;
        Ok(self.outcome(outcome, deployment_id, rolled_back, ended, serving, (started, at)))
    }

    async fn ended_on_ecs(&mut self, deployment_id: &str) -> Result<Ended, Error> {
        let what = format!("service deployment {deployment_id}");
        self.watch.until(&what, LIMIT, |seen| seen.ended.get(deployment_id).cloned()).await
    }

    /// The revision that serves: the only one that ECS still keeps tasks of.
    async fn serving_on_ecs(&self, blue: &str, green: &str) -> Result<Option<Colour>, Error> {
        let plan = &self.rehearsal.plan;
        let answer = self.ecs.describe_services().cluster(&plan.cluster).services(&plan.service).send().await;
        let answer = answer.map_err(refused("DescribeServices"))?;
        let deployments = answer.services().first().map(aws_sdk_ecs::types::Service::deployments).unwrap_or_default();
        let primary = deployments.iter().find(|deployment| deployment.status() == Some("PRIMARY"));
        Ok(primary.and_then(|primary| primary.task_definition()).and_then(|name| Colour::of(name, blue, green)))
    }
}

fn whole(minutes: u32) -> i32 {
    i32::try_from(minutes).unwrap_or(i32::MAX)
}
