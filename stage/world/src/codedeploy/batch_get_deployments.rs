//! `BatchGetDeployments`.

use super::info::DeploymentInfo;
use super::lookup;
use crate::operation::Operation;
use crate::{AwsError, Permission, World};
use serde::{Deserialize, Serialize};

/// How many deployments can be asked for at once.
const MOST: usize = 25;

pub(crate) struct BatchGetDeployments;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Input {
    #[serde(default)]
    deployment_ids: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    deployments_info: Vec<DeploymentInfo>,
}

impl Operation for BatchGetDeployments {
    const SERVICE: &'static str = "codedeploy";
    const NAME: &'static str = "BatchGetDeployments";
    const CALLERS: &'static [&'static str] = &["rollback", "greenlight rollback", "greenlight why", "greenlight watch"];
    type Input = Input;
    type Output = Output;

    fn authorize(input: &Input, world: &World) -> Vec<Permission> {
        let each = |id: &String| lookup::permission(world, "codedeploy:BatchGetDeployments", Some(id));
        input.deployment_ids.iter().flat_map(each).collect()
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        if input.deployment_ids.is_empty() {
            return Err(AwsError::client("DeploymentIdRequiredException", "Deployment Id must be specified"));
        }
        if input.deployment_ids.len() > MOST {
            return Err(AwsError::client(
                "BatchLimitExceededException",
                format!("At most {MOST} deployments can be asked for at once"),
            ));
        }
        input.deployment_ids.iter().try_for_each(|id| lookup::check_deployment_id(id))?;
        // those that do not exist are left out
        let found = input.deployment_ids.iter().filter_map(|id| world.codedeploy.deployments.get(id));
        Ok(Output { deployments_info: found.map(|deployment| DeploymentInfo::of(world, deployment)).collect() })
    }
}
