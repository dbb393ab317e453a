//! `GetDeploymentGroup`.

use super::deployment::Deployment;
use super::revision::{Revision, RevisionLocation};
use super::shapes::DeploymentGroupSettings;
use super::{Group, lookup};
use crate::operation::Operation;
use crate::value::Time;
use crate::{AwsError, Permission, World};
use serde::{Deserialize, Serialize};

pub(crate) struct GetDeploymentGroup;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Input {
    application_name: String,
    deployment_group_name: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    deployment_group_info: DeploymentGroupInfo,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeploymentGroupInfo {
    #[serde(flatten)]
    settings: DeploymentGroupSettings,
    deployment_group_id: String,
    compute_platform: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    target_revision: Option<RevisionLocation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_successful_deployment: Option<LastDeploymentInfo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_attempted_deployment: Option<LastDeploymentInfo>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct LastDeploymentInfo {
    deployment_id: String,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_time: Option<Time>,
    create_time: Time,
}

impl Operation for GetDeploymentGroup {
    const SERVICE: &'static str = "codedeploy";
    const NAME: &'static str = "GetDeploymentGroup";
    const CALLERS: &'static [&'static str] = &[
        "smoke-test",
        "validate",
        "greenlight deploy",
        "greenlight rollback",
        "greenlight approve",
        "greenlight doctor",
        "greenlight why",
        "greenlight watch",
        "guide: aws deploy get-deployment-group",
    ];
    type Input = Input;
    type Output = Output;

    fn authorize(input: &Input, world: &World) -> Vec<Permission> {
        let arn = lookup::group_arn(world, &input.application_name, &input.deployment_group_name);
        vec![Permission::new("codedeploy:GetDeploymentGroup", arn)]
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        let group = lookup::group(world, &input.application_name, &input.deployment_group_name)?;
        Ok(Output { deployment_group_info: DeploymentGroupInfo::of(world, group) })
    }
}

impl DeploymentGroupInfo {
    pub(super) fn of(world: &World, group: &Group) -> Self {
        let last = |id: Option<&String>| world.codedeploy.deployments.get(id?).map(last_info);
        Self {
            settings: group.settings.clone(),
            deployment_group_id: group.id.clone(),
            compute_platform: "ECS",
            target_revision: group.target_revision.as_ref().map(Revision::location),
            last_successful_deployment: last(group.last_successful.as_ref()),
            last_attempted_deployment: last(group.last_attempted.as_ref()),
        }
    }
}

fn last_info(deployment: &Deployment) -> LastDeploymentInfo {
    LastDeploymentInfo {
        deployment_id: deployment.id.clone(),
        status: deployment.status.as_str(),
        end_time: deployment.completed.map(Time),
        create_time: Time(deployment.created),
    }
}
