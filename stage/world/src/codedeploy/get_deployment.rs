//! `GetDeployment`.

use super::info::DeploymentInfo;
use super::lookup;
use crate::operation::Operation;
use crate::{AwsError, Permission, World};
use serde::{Deserialize, Serialize};

pub(crate) struct GetDeployment;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Input {
    deployment_id: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    deployment_info: DeploymentInfo,
}

impl Operation for GetDeployment {
    const SERVICE: &'static str = "codedeploy";
    const NAME: &'static str = "GetDeployment";
    const CALLERS: &'static [&'static str] = &[
        "migrate",
        "warm-up",
        "smoke-test",
        "validate",
        "finish",
        "settle",
        "rollback",
        "notify",
        "greenlight rehearse",
        "greenlight rollback",
        "greenlight approve",
        "greenlight why",
        "greenlight watch",
        "guide: aws deploy get-deployment",
    ];
    type Input = Input;
    type Output = Output;

    fn authorize(input: &Input, world: &World) -> Vec<Permission> {
        lookup::permission(world, "codedeploy:GetDeployment", input.deployment_id.as_deref())
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        let deployment = lookup::deployment(world, input.deployment_id.as_deref())?;
        Ok(Output { deployment_info: DeploymentInfo::of(world, deployment) })
    }
}
