//! `ListDeploymentTargets`.

use super::lookup;
use crate::operation::Operation;
use crate::{AwsError, Permission, World};
use serde::{Deserialize, Serialize};

pub(crate) struct ListDeploymentTargets;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Input {
    deployment_id: Option<String>,
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    target_ids: Vec<String>,
}

impl Operation for ListDeploymentTargets {
    const SERVICE: &'static str = "codedeploy";
    const NAME: &'static str = "ListDeploymentTargets";
    const CALLERS: &'static [&'static str] = &["migrate", "settle", "rehearse"];
    type Input = Input;
    type Output = Output;

    fn authorize(input: &Input, world: &World) -> Vec<Permission> {
        lookup::permission(world, "codedeploy:ListDeploymentTargets", input.deployment_id.as_deref())
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        let deployment = lookup::deployment(world, input.deployment_id.as_deref())?;
        if deployment.started.is_none() {
            return Err(AwsError::client(
                "DeploymentNotStartedException",
                format!("The deployment {} has not started", deployment.id),
            ));
        }
        // there is one target, and so never a second page
        if input.next_token.is_some() {
            return Err(AwsError::client(
                "InvalidNextTokenException",
                "The next token was specified in an invalid format",
            ));
        }
        Ok(Output { target_ids: vec![deployment.target_id()] })
    }
}
