//! `DeploymentInfo`: everything that is told of a deployment.

use super::deployment::{Deployment, Status};
use super::revision::{Revision, RevisionLocation};
use super::shapes::{
    AlarmConfiguration, AutoRollbackConfiguration, BlueGreenDeploymentConfiguration, DeploymentStyle, LoadBalancerInfo,
};
use crate::World;
use crate::value::Time;
use serde::Serialize;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeploymentInfo {
    application_name: String,
    deployment_group_name: String,
    deployment_config_name: String,
    deployment_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_revision: Option<RevisionLocation>,
    revision: RevisionLocation,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_information: Option<ErrorInformation>,
    create_time: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_time: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    complete_time: Option<Time>,
    deployment_overview: DeploymentOverview,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    creator: &'static str,
    auto_rollback_configuration: AutoRollbackConfiguration,
    rollback_info: RollbackInfo,
    #[serde(skip_serializing_if = "Option::is_none")]
    override_alarm_configuration: Option<AlarmConfiguration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deployment_style: Option<DeploymentStyle>,
    instance_termination_wait_time_started: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    blue_green_deployment_configuration: Option<BlueGreenDeploymentConfiguration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    load_balancer_info: Option<LoadBalancerInfo>,
    compute_platform: &'static str,
}

#[derive(Debug, Serialize)]
struct ErrorInformation {
    code: &'static str,
    message: String,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DeploymentOverview {
    pub(super) pending: u32,
    pub(super) in_progress: u32,
    pub(super) succeeded: u32,
    pub(super) failed: u32,
    pub(super) skipped: u32,
    pub(super) ready: u32,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names are those of the service model")]
struct RollbackInfo {
    #[serde(skip_serializing_if = "Option::is_none")]
    rollback_deployment_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rollback_triggering_deployment_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rollback_message: Option<String>,
}

impl DeploymentInfo {
    /// What is told of a deployment now.
    pub(super) fn of(world: &World, deployment: &Deployment) -> Self {
        let application = world.codedeploy.applications.get(&deployment.application);
        let settings = application.and_then(|application| application.groups.get(&deployment.group));
        let settings = settings.map(|group| &group.settings);
        Self {
            deployment_style: settings.and_then(|settings| settings.deployment_style.clone()),
            blue_green_deployment_configuration: settings
                .and_then(|settings| settings.blue_green_deployment_configuration.clone()),
            load_balancer_info: settings.and_then(|settings| settings.load_balancer_info.clone()),
            ..info(deployment.clone())
        }
    }
}

/// What the deployment itself knows; the rest is its group's.
fn info(deployment: Deployment) -> DeploymentInfo {
    DeploymentInfo {
        previous_revision: deployment.previous_revision.as_ref().map(Revision::location),
        revision: deployment.revision.location(),
        status: deployment.status.as_str(),
        error_information: deployment.error.map(|(code, message)| ErrorInformation { code, message }),
        create_time: Time(deployment.created),
        start_time: deployment.started.map(Time),
        complete_time: deployment.completed.map(Time),
        deployment_overview: DeploymentOverview::of(deployment.status),
        creator: deployment.creator.as_str(),
        rollback_info: RollbackInfo {
            rollback_deployment_id: deployment.rollback_info.rollback_deployment_id,
            rollback_triggering_deployment_id: deployment.rollback_info.triggering_deployment_id,
            rollback_message: deployment.rollback_info.message,
        },
        override_alarm_configuration: deployment.overrides_alarms.then_some(deployment.alarms),
        instance_termination_wait_time_started: deployment.progress.termination_wait_started,
        application_name: deployment.application,
        deployment_group_name: deployment.group,
        deployment_config_name: deployment.configuration,
        deployment_id: deployment.id,
        description: deployment.description,
        auto_rollback_configuration: deployment.auto_rollback,
        deployment_style: None,
        blue_green_deployment_configuration: None,
        load_balancer_info: None,
        compute_platform: "ECS",
    }
}

impl DeploymentOverview {
    /// The one target, counted where it stands.
    pub(super) fn of(status: Status) -> Self {
        let mut overview = Self::default();
        match status {
            Status::Created => overview.pending = 1,
            Status::InProgress => overview.in_progress = 1,
            Status::Ready => overview.ready = 1,
            Status::Succeeded => overview.succeeded = 1,
            Status::Failed | Status::Stopped => overview.failed = 1,
        }
        overview
    }
}
