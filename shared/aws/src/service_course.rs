//! A service deployment of ECS as whoever looks at it sees it: how far it has come, what was asked, and what took it back.

use crate::deployment::timestamp;
use crate::service_deployments::{Seen, seen};
use crate::{Env, Error, classify};
use aws_sdk_ecs::types::{
    DeploymentConfiguration, DeploymentLifecycleHook, DeploymentLifecycleHookDetail, DeploymentLifecycleHookTargetType,
    DeploymentStrategy, ServiceDeployment, ServiceDeploymentRollbackMonitorsStatus as Monitor, ServiceRevisionSummary,
};
use greenlight_domain::service_deployment::Stage;
use jiff::Timestamp;

/// `ServiceDeployment`.
#[derive(Debug, Clone, PartialEq)]
pub struct Course {
    /// How far it has come.
    pub seen: Seen,
    /// `BLUE_GREEN`, `LINEAR`, `CANARY` or `ROLLING`.
    pub strategy: String,
    /// When it was created.
    pub created_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// The revision that it deploys.
    pub target: Option<Side>,
    /// The revisions that served before; none when the service is created.
    pub sources: Vec<Side>,
    /// What took it back, if something did.
    pub rollback: Option<Rollback>,
    /// Functions that were asked.
    pub functions: Vec<Asked>,
    /// The stages at which somebody is waited for.
    pub pauses_at: Vec<Stage>,
    /// Names of its alarms that went off.
    pub triggered: Vec<String>,
    /// Whether so many of its tasks failed that the circuit breaker ended it.
    pub breaker: bool,
}

/// `ServiceRevisionSummary`: one of its revisions.
#[derive(Debug, Clone, PartialEq)]
pub struct Side {
    /// The service revision's ARN.
    pub arn: String,
    /// Tasks that run.
    pub running: i32,
    /// Tasks that there should be.
    pub desired: i32,
    /// Its share of production traffic in percent, if traffic is shifted.
    pub percent: Option<f64>,
}

/// `Rollback`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rollback {
    /// ECS's reason.
    pub reason: String,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// ARN of the service revision that it goes back to.
    pub to: Option<String>,
}

/// `DeploymentLifecycleHookDetail` of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The function's name.
    pub function: String,
    /// `IN_PROGRESS`, `SUCCEEDED`, `FAILED` or `TIMED_OUT`.
    pub status: String,
    /// How long it is waited for.
    pub expires_at: Option<Timestamp>,
}

/// Reads a service deployment; `None` if there is none of this ARN.
///
/// # Errors
/// If it cannot be read.
pub async fn read(env: &Env, arn: &str) -> Result<Option<Course>, Error> {
    let answer = env.ecs().describe_service_deployments().service_deployment_arns(arn).send().await;
    let answer = answer.map_err(|error| classify("ecs:DescribeServiceDeployments", arn, &error))?;
    Ok(answer.service_deployments().first().map(|found| course(arn, found)))
}

fn course(arn: &str, found: &ServiceDeployment) -> Course {
    let configuration = found.deployment_configuration();
    let hooks = configuration.map(DeploymentConfiguration::lifecycle_hooks).unwrap_or_default().iter();
    let pauses = hooks.filter(|hook| hook.target_type() == Some(&DeploymentLifecycleHookTargetType::Pause));
    let pauses = pauses.flat_map(DeploymentLifecycleHook::lifecycle_stages);
    let strategy = configuration.and_then(DeploymentConfiguration::strategy);
    let alarms = found.alarms().filter(|alarms| alarms.status() == Some(&Monitor::Triggered));
    let breaker = found.deployment_circuit_breaker().and_then(|breaker| breaker.status());
    let ended = found.finished_at().or(found.stopped_at());
    Course {
        seen: seen(arn, found),
        strategy: strategy.map_or("ROLLING", DeploymentStrategy::as_str).to_owned(),
        created_at: found.created_at().and_then(timestamp),
        ended_at: ended.and_then(timestamp),
        target: found.target_service_revision().and_then(side),
        sources: found.source_service_revisions().iter().filter_map(side).collect(),
        rollback: found.rollback().map(|rollback| Rollback {
            reason: rollback.reason().unwrap_or_default().to_owned(),
            started_at: rollback.started_at().and_then(timestamp),
            to: rollback.service_revision_arn().map(str::to_owned),
        }),
        functions: found.lifecycle_hook_details().iter().filter_map(asked).collect(),
        pauses_at: pauses.filter_map(|stage| stage.as_str().parse().ok()).collect(),
        triggered: alarms.map(|alarms| alarms.triggered_alarm_names().to_vec()).unwrap_or_default(),
        breaker: breaker == Some(&Monitor::Triggered),
    }
}

fn side(summary: &ServiceRevisionSummary) -> Option<Side> {
    Some(Side {
        arn: summary.arn()?.to_owned(),
        running: summary.running_task_count(),
        desired: summary.requested_task_count(),
        percent: summary.requested_production_traffic_weight(),
    })
}

fn asked(hook: &DeploymentLifecycleHookDetail) -> Option<Asked> {
    let function = hook.target_arn()?;
    Some(Asked {
        function: function.rsplit(':').next().unwrap_or(function).to_owned(),
        status: hook.status()?.as_str().to_owned(),
        expires_at: hook.expires_at().and_then(timestamp),
    })
}
