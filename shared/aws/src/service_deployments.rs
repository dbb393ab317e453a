//! The service deployments of a service, as somebody at a keyboard needs them: what there is, what waits, and what can be done.

use crate::deployment::timestamp;
use crate::revision::short;
use crate::{Env, Error, classify};
use aws_sdk_ecs::config::retry::RetryConfig;
use aws_sdk_ecs::types::{
    DeploymentAlarms, DeploymentConfiguration, DeploymentLifecycleHook, DeploymentLifecycleHookAction,
    DeploymentLifecycleHookDetail, DeploymentLifecycleHookTargetType, DeploymentStrategy, ServiceDeployment,
    ServiceDeploymentBrief, ServiceRevisionSummary, StopServiceDeploymentStopType,
};
use greenlight_domain::rollback;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// How many service revisions one call describes at most.
const MOST_REVISIONS: usize = 20;
/// How many deployments are read at most: the newest.
const MOST_DEPLOYMENTS: usize = 100;

/// What `ListServiceDeployments` says of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its ARN.
    pub arn: String,
    /// `IN_PROGRESS`, `SUCCESSFUL` and the like.
    pub status: String,
    /// Why it has this status.
    pub reason: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// ARN of the service revision that it deploys.
    pub target: String,
}

/// What `DescribeServiceDeployments` says of one now.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// Its ARN.
    pub arn: String,
    /// `IN_PROGRESS`, `SUCCESSFUL` and the like.
    pub status: String,
    /// Why it has this status.
    pub reason: String,
    /// The lifecycle stage that it is in.
    pub stage: Option<String>,
    /// Tasks of the new revision that run, and that there should be.
    pub running: (i32, i32),
    /// The new revision's share of production traffic in percent, if traffic is shifted.
    pub percent: Option<f64>,
    /// Its pause hooks so far.
    pub pauses: Vec<Pause>,
    /// Whether it replaces tasks a few at a time: it has no lifecycle stages.
    pub is_rolling: bool,
}

/// A pause hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// What `ContinueServiceDeployment` wants to know.
    pub id: String,
    /// `AWAITING_ACTION`, `SUCCEEDED`, `FAILED` or `TIMED_OUT`.
    pub status: String,
    /// When nobody can answer any more.
    pub expires_at: Option<Timestamp>,
    /// What happens then: `ROLLBACK` or `CONTINUE`.
    pub timeout_action: String,
}

impl Pause {
    /// Whether somebody can answer.
    pub fn waits(&self) -> bool {
        self.status == "AWAITING_ACTION"
    }
}

impl Seen {
    /// Whether nothing comes any more.
    pub fn is_over(&self) -> bool {
        is_over(&self.status)
    }

    /// Whether it goes back.
    pub fn goes_back(&self) -> bool {
        self.status.starts_with("ROLLBACK_") || self.status == "STOP_REQUESTED"
    }
}

/// Whether a deployment with this status has ended.
pub fn is_over(status: &str) -> bool {
    matches!(status, "SUCCESSFUL" | "STOPPED" | "ROLLBACK_SUCCESSFUL" | "ROLLBACK_FAILED")
}

/// The newest deployments of a service, the newest first.
///
/// # Errors
/// If they cannot be read.
pub async fn list(env: &Env, cluster: &str, service: &str) -> Result<Vec<Listed>, Error> {
    let name = format!("{cluster}/{service}");
    let (mut found, mut token) = (Vec::new(), None);
    loop {
        let request = env.ecs().list_service_deployments().cluster(cluster).service(service);
        let answer = request.set_next_token(token).send().await;
        let answer = answer.map_err(|error| classify("ecs:ListServiceDeployments", &name, &error))?;
        found.extend(answer.service_deployments().iter().filter_map(listed));
        token = answer.next_token().map(str::to_owned);
        if token.is_none() || found.len() >= MOST_DEPLOYMENTS {
            break;
        }
    }
    // AWS promises no order
    found.sort_by_key(|one: &Listed| std::cmp::Reverse(one.created_at));
    Ok(found)
}

fn listed(brief: &ServiceDeploymentBrief) -> Option<Listed> {
    Some(Listed {
        arn: brief.service_deployment_arn()?.to_owned(),
        status: brief.status()?.as_str().to_owned(),
        reason: brief.status_reason().unwrap_or_default().to_owned(),
        created_at: brief.created_at().and_then(timestamp).unwrap_or(Timestamp::MIN),
        finished_at: brief.finished_at().and_then(timestamp),
        target: brief.target_service_revision_arn().unwrap_or_default().to_owned(),
    })
}

/// The task definitions of service revisions, by the revisions' ARNs. Those of revisions that are gone are not among them.
///
/// # Errors
/// If they cannot be read.
pub async fn task_definitions(env: &Env, deployments: &[Listed]) -> Result<BTreeMap<String, String>, Error> {
    let mut arns: Vec<String> =
        deployments.iter().map(|one| one.target.clone()).filter(|arn| !arn.is_empty()).collect();
    arns.sort();
    arns.dedup();
    let mut found = BTreeMap::new();
    for arns in arns.chunks(MOST_REVISIONS) {
        let revisions = crate::service_deployment::revisions(env, arns).await?;
        found.extend(revisions.into_iter().map(|revision| (revision.arn, revision.task_definition)));
    }
    Ok(found)
}

/// Deployments as decisions see them, with their task definitions as far as those are known.
pub fn known(deployments: &[Listed], task_definitions: &BTreeMap<String, String>) -> Vec<rollback::ServiceDeployment> {
    let known = |one: &Listed| rollback::ServiceDeployment {
        arn: one.arn.clone(),
        status: one.status.clone(),
        reason: one.reason.clone(),
        created: one.created_at,
        finished: one.finished_at,
        task_definition: task_definitions.get(&one.target).cloned().unwrap_or_default(),
    };
    deployments.iter().map(known).collect()
}

/// Looks at a deployment; `None` if there is none of this ARN.
///
/// # Errors
/// If it cannot be read.
pub async fn look(env: &Env, arn: &str) -> Result<Option<Seen>, Error> {
    let answer = env.ecs().describe_service_deployments().service_deployment_arns(arn).send().await;
    let answer = answer.map_err(|error| classify("ecs:DescribeServiceDeployments", arn, &error))?;
    Ok(answer.service_deployments().first().map(|found| seen(arn, found)))
}

pub(crate) fn seen(arn: &str, found: &ServiceDeployment) -> Seen {
    let target = found.target_service_revision();
    let count = |count: fn(&ServiceRevisionSummary) -> i32| target.map(count).unwrap_or_default();
    let strategy = found.deployment_configuration().and_then(DeploymentConfiguration::strategy);
    Seen {
        arn: arn.to_owned(),
        status: found.status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
        reason: found.status_reason().unwrap_or_default().to_owned(),
        stage: found.lifecycle_stage().map(|stage| stage.as_str().to_owned()),
        running: (
            count(ServiceRevisionSummary::running_task_count),
            count(ServiceRevisionSummary::requested_task_count),
        ),
        percent: target.and_then(ServiceRevisionSummary::requested_production_traffic_weight),
        pauses: found.lifecycle_hook_details().iter().filter_map(pause).collect(),
        is_rolling: strategy.is_none_or(|strategy| *strategy == DeploymentStrategy::Rolling),
    }
}

fn pause(hook: &DeploymentLifecycleHookDetail) -> Option<Pause> {
    let is_pause = hook.target_type() == Some(&DeploymentLifecycleHookTargetType::Pause);
    is_pause.then_some(())?;
    Some(Pause {
        id: hook.hook_id()?.to_owned(),
        status: hook.status()?.as_str().to_owned(),
        expires_at: hook.expires_at().and_then(timestamp),
        timeout_action: hook.timeout_action().map_or("ROLLBACK", DeploymentLifecycleHookAction::as_str).to_owned(),
    })
}

/// Answers a pause hook: the deployment goes on, or is rolled back.
///
/// # Errors
/// `InvalidParameterException` if it does not wait any more.
pub async fn answer(env: &Env, arn: &str, hook: &str, go_on: bool) -> Result<(), Error> {
    let action = if go_on { DeploymentLifecycleHookAction::Continue } else { DeploymentLifecycleHookAction::Rollback };
    let request = env.ecs().continue_service_deployment().service_deployment_arn(arn).hook_id(hook).action(action);
    let answer = request.send().await;
    answer.map_err(|error| classify("ecs:ContinueServiceDeployment", arn, &error))?;
    Ok(())
}

/// Stops a deployment that is in progress: ECS rolls it back, without asking why.
///
/// # Errors
/// `ConflictException` if it is over.
pub async fn stop(env: &Env, arn: &str) -> Result<(), Error> {
    let request = env.ecs().stop_service_deployment().service_deployment_arn(arn);
    let answer = request.stop_type(StopServiceDeploymentStopType::Rollback).send().await;
    answer.map_err(|error| classify("ecs:StopServiceDeployment", arn, &error))?;
    Ok(())
}

/// The command that stops it.
pub fn stop_command(arn: &str) -> String {
    format!("aws ecs stop-service-deployment --service-deployment-arn {arn} --stop-type ROLLBACK")
}

/// How the deployments of a service go.
#[derive(Debug, Clone, PartialEq)]
pub struct Configuration(DeploymentConfiguration);

impl Configuration {
    /// Reads that of a service; `None` if it has none.
    ///
    /// # Errors
    /// If it cannot be read.
    pub async fn of(env: &Env, cluster: &str, service: &str) -> Result<Option<Self>, Error> {
        let answer = env.ecs().describe_services().cluster(cluster).services(service).send().await;
        let name = format!("{cluster}/{service}");
        let answer = answer.map_err(|error| classify("ecs:DescribeServices", &name, &error))?;
        let found = answer.services().first().and_then(|found| found.deployment_configuration());
        Ok(found.cloned().map(Self))
    }

    /// The same all at once: no hooks, no bake time, and no alarm rolls it back. `None` if that is how it is: tasks are replaced a
    /// few at a time then, and there are no hooks.
    pub fn at_once(&self) -> Option<Self> {
        let own = &self.0;
        if own.strategy().is_none_or(|strategy| *strategy == DeploymentStrategy::Rolling) {
            return None;
        }
        let alarms = own.alarms().and_then(|alarms| {
            let names = Some(alarms.alarm_names().to_vec());
            DeploymentAlarms::builder().set_alarm_names(names).enable(false).rollback(false).build().ok()
        });
        let at_once = DeploymentConfiguration::builder()
            .strategy(DeploymentStrategy::BlueGreen)
            .bake_time_in_minutes(0)
            .set_lifecycle_hooks(Some(Vec::new()))
            .set_alarms(alarms);
        Some(Self(at_once.build()))
    }

    /// Gives it to a service. That makes no deployment.
    ///
    /// # Errors
    /// If the service cannot be updated.
    pub async fn give(&self, env: &Env, cluster: &str, service: &str) -> Result<(), Error> {
        let request = env.ecs().update_service().cluster(cluster).service(service);
        let answer = request.deployment_configuration(self.0.clone()).send().await;
        answer.map_err(|error| classify("ecs:UpdateService", &format!("{cluster}/{service}"), &error))?;
        Ok(())
    }

    /// The ARNs of the functions that its deployments ask.
    pub fn functions(&self) -> impl Iterator<Item = &str> {
        self.0.lifecycle_hooks().iter().filter_map(DeploymentLifecycleHook::hook_target_arn)
    }

    /// How many functions and pauses its deployments ask.
    pub fn hooks(&self) -> usize {
        self.0.lifecycle_hooks().len()
    }
}

/// What is deployed to a service.
#[derive(Debug, Clone, Copy)]
pub struct Deploy<'a> {
    /// The cluster's name.
    pub cluster: &'a str,
    /// The service's name.
    pub service: &'a str,
    /// The task definition.
    pub task_definition: &'a str,
    /// The service has this task definition already, and is to get new tasks.
    pub again: bool,
    /// How, in place of the service's own way, which it keeps until somebody gives it another.
    pub configuration: Option<&'a Configuration>,
}

/// Updates a service; the ARN of the service deployment that it begins, if the answer names it.
///
/// # Errors
/// If the service cannot be updated.
pub async fn deploy(env: &Env, deploy: Deploy<'_>) -> Result<Option<String>, Error> {
    let request = env.ecs().update_service().cluster(deploy.cluster).service(deploy.service);
    let request = request.task_definition(deploy.task_definition).force_new_deployment(deploy.again);
    let request = request.set_deployment_configuration(deploy.configuration.map(|given| given.0.clone()));
    let answer = request.send().await;
    let name = format!("{}/{}", deploy.cluster, deploy.service);
    let answer = answer.map_err(|error| classify("ecs:UpdateService", &name, &error))?;
    Ok(answer.service().and_then(|service| service.current_service_deployment()).map(str::to_owned))
}

/// Brings a task definition back to a service, which keeps everything else: the ARN of the service deployment that it has now, if the
/// answer names it. The call is made once: whoever repeats it looks first whether it was done.
///
/// # Errors
/// If the service cannot be updated.
pub async fn bring_back(
    env: &Env,
    cluster: &str,
    service: &str,
    task_definition: &str,
) -> Result<Option<String>, Error> {
    let request = env.ecs().update_service().cluster(cluster).service(service).task_definition(task_definition);
    let once = aws_sdk_ecs::config::Builder::new().retry_config(RetryConfig::disabled());
    let answer = request.customize().config_override(once).send().await;
    let answer = answer.map_err(|error| classify("ecs:UpdateService", &format!("{cluster}/{service}"), &error))?;
    Ok(answer.service().and_then(|service| service.current_service_deployment()).map(str::to_owned))
}

/// The command that does it.
pub fn bring_back_command(cluster: &str, service: &str, task_definition: &str) -> String {
    let name = short(task_definition);
    format!("aws ecs update-service --cluster {cluster} --service {service} --task-definition {name}")
}
