//! ECS's own deployments: service deployments, and the service revisions that they are about.

use crate::deployment::timestamp;
use crate::release::network;
use crate::{Env, Error, classify, fresh};
use aws_sdk_ecs::types::{CapacityProviderStrategyItem, DeploymentLifecycleHook, LaunchType};
use greenlight_domain::release::{Placement, on_demand};
use greenlight_domain::service_deployment::{ServiceDeploymentArn, Stage};
use jiff::Timestamp;

/// What `DescribeServiceDeployments` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceDeployment {
    /// Its name.
    pub arn: ServiceDeploymentArn,
    /// `IN_PROGRESS`, `SUCCESSFUL`, `ROLLBACK_IN_PROGRESS` and the like.
    pub status: String,
    /// The stage that it is in. What comes before production traffic shifts counts as the shift.
    pub stage: Option<Stage>,
    /// When it was created.
    pub created_at: Option<Timestamp>,
    /// ARN of the revision that is deployed.
    pub target: String,
    /// ARNs of the revisions that served before; none when the service is created.
    pub sources: Vec<String>,
    /// Names of the alarms that roll it back. Empty if they are switched off.
    pub alarms: Vec<String>,
    /// The stages at which functions are asked.
    pub hooks: Vec<Stage>,
}

impl ServiceDeployment {
    /// Whether it still goes forward: it has not ended, and does not go back.
    pub fn is_under_way(&self) -> bool {
        matches!(self.status.as_str(), "PENDING" | "IN_PROGRESS")
    }

    /// Why nobody waits any more for a hook that was called at `stage`; `None` if somebody does.
    pub fn is_past(&self, stage: Stage) -> Option<String> {
        if !self.is_under_way() {
            return Some(self.status.clone());
        }
        let described = if stage == Stage::PreProductionTrafficShift { Stage::ProductionTrafficShift } else { stage };
        let now = self.stage.filter(|now| *now > described)?;
        Some(format!("it went on to {now}"))
    }
}

/// What `DescribeServiceRevisions` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceRevision {
    /// Its ARN.
    pub arn: String,
    /// ARN of its task definition.
    pub task_definition: String,
    /// Where its tasks run. A one-off task beside them runs on demand.
    pub placement: Placement,
    /// ARN of the target group that its tasks are registered with.
    pub target_group: Option<String>,
    /// The container that takes the traffic, if a load balancer has one.
    pub container: Option<String>,
    /// ARN of the rule, or of the listener, of the test traffic.
    pub test_listener_rule: Option<String>,
}

/// Reads a service deployment.
///
/// # Errors
/// If it cannot be read, or is not there.
pub async fn read(env: &Env, arn: &ServiceDeploymentArn, until: Timestamp) -> Result<ServiceDeployment, Error> {
    let found = fresh::look(env, until, async || find(env, arn).await, Option::is_some).await?;
    found.ok_or_else(|| Error::Unfit(format!("there is no service deployment {}", arn.arn)))
}

/// Reads a service deployment; `None` if there is none.
///
/// # Errors
/// If it cannot be read.
pub async fn find(env: &Env, arn: &ServiceDeploymentArn) -> Result<Option<ServiceDeployment>, Error> {
    let answer = env.ecs().describe_service_deployments().service_deployment_arns(&arn.arn).send().await;
    let answer = answer.map_err(|error| classify("ecs:DescribeServiceDeployments", &arn.arn, &error))?;
    Ok(answer.service_deployments().first().map(|found| of(arn, found)))
}

fn of(arn: &ServiceDeploymentArn, found: &aws_sdk_ecs::types::ServiceDeployment) -> ServiceDeployment {
    let configuration = found.deployment_configuration();
    // where one of them is active from the beginning ECS does not look at them; they are those of the deployment all the same
    let alarms = configuration.and_then(|configuration| configuration.alarms()).filter(|alarms| alarms.enable());
    let hooks = configuration.map(aws_sdk_ecs::types::DeploymentConfiguration::lifecycle_hooks);
    // a pause has no function
    let hooks = hooks.unwrap_or_default().iter().filter(|hook| hook.hook_target_arn().is_some());
    let stages = hooks.flat_map(DeploymentLifecycleHook::lifecycle_stages);
    let revision = |summary: &aws_sdk_ecs::types::ServiceRevisionSummary| summary.arn().map(str::to_owned);
    ServiceDeployment {
        arn: arn.clone(),
        status: found.status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
        stage: found.lifecycle_stage().and_then(|stage| stage.as_str().parse().ok()),
        created_at: found.created_at().and_then(timestamp),
        target: found.target_service_revision().and_then(revision).unwrap_or_default(),
        sources: found.source_service_revisions().iter().filter_map(revision).collect(),
        alarms: alarms.map(|alarms| alarms.alarm_names().to_vec()).unwrap_or_default(),
        hooks: stages.filter_map(|stage| stage.as_str().parse().ok()).collect(),
    }
}

/// Reads service revisions; those that are gone are not among them.
///
/// # Errors
/// If they cannot be read.
pub async fn revisions(env: &Env, arns: &[String]) -> Result<Vec<ServiceRevision>, Error> {
    let request = env.ecs().describe_service_revisions().set_service_revision_arns(Some(arns.to_vec()));
    let answer = request.send().await;
    let answer = answer.map_err(|error| classify("ecs:DescribeServiceRevisions", &arns.join(", "), &error))?;
    Ok(answer.service_revisions().iter().filter_map(revision).collect())
}

fn revision(found: &aws_sdk_ecs::types::ServiceRevision) -> Option<ServiceRevision> {
    let strategy = found.capacity_provider_strategy().iter();
    let providers: Vec<&str> = strategy.map(CapacityProviderStrategyItem::capacity_provider).collect();
    let mut advanced = found.load_balancers().iter().filter_map(|balancer| balancer.advanced_configuration());
    let resolved = found.resolved_configuration();
    let mut resolved =
        resolved.map(aws_sdk_ecs::types::ResolvedConfiguration::load_balancers).unwrap_or_default().iter();
    // of two target groups only the resolved one is sure to be this revision's
    let resolved = resolved.find_map(|balancer| balancer.target_group_arn());
    let only = || {
        let balancer = found.load_balancers().first().filter(|balancer| balancer.advanced_configuration().is_none());
        balancer.and_then(|balancer| balancer.target_group_arn())
    };
    Some(ServiceRevision {
        arn: found.service_revision_arn()?.to_owned(),
        task_definition: found.task_definition()?.to_owned(),
        placement: Placement {
            network: found.network_configuration().and_then(network),
            platform_version: found.platform_version().map(str::to_owned),
            launch: on_demand(found.launch_type().map(LaunchType::as_str), &providers),
        },
        target_group: resolved.or_else(only).map(str::to_owned),
        container: found.load_balancers().iter().find_map(|balancer| balancer.container_name()).map(str::to_owned),
        test_listener_rule: advanced.find_map(|advanced| advanced.test_listener_rule()).map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::{ServiceDeployment, ServiceDeploymentArn, Stage};

    fn at(status: &str, stage: Option<Stage>) -> ServiceDeployment {
        let arn = "arn:aws:ecs:us-east-1:123456789012:service-deployment/c/s/i";
        ServiceDeployment {
            arn: ServiceDeploymentArn::parse(arn).unwrap(),
            status: status.to_owned(),
            stage,
            created_at: None,
            target: String::new(),
            sources: Vec::new(),
            alarms: Vec::new(),
            hooks: Vec::new(),
        }
    }

    #[test]
    fn a_hook_is_waited_for_until_its_stage_is_over() {
        use Stage::{PostScaleUp, PreProductionTrafficShift, PreScaleUp, ProductionTrafficShift, ScaleUp};
        let table = [
            ("PENDING", None, PreScaleUp, None),
            ("IN_PROGRESS", Some(PreScaleUp), PreScaleUp, None),
            ("IN_PROGRESS", Some(PreScaleUp), PostScaleUp, None),
            ("IN_PROGRESS", Some(ScaleUp), PreScaleUp, Some("it went on to SCALE_UP")),
            ("IN_PROGRESS", Some(ProductionTrafficShift), PreProductionTrafficShift, None),
            ("ROLLBACK_IN_PROGRESS", Some(PreScaleUp), PreScaleUp, Some("ROLLBACK_IN_PROGRESS")),
            ("STOP_REQUESTED", Some(PreScaleUp), PreScaleUp, Some("STOP_REQUESTED")),
            ("SUCCESSFUL", None, PreScaleUp, Some("SUCCESSFUL")),
        ];
        for (status, now, stage, expected) in table {
            assert_eq!(at(status, now).is_past(stage).as_deref(), expected, "{status} {now:?} {stage}");
        }
    }
}
