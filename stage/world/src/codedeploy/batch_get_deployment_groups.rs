//! `BatchGetDeploymentGroups`.

use super::get_deployment_group::DeploymentGroupInfo;
use super::lookup;
use crate::operation::Operation;
use crate::{AwsError, Permission, World};
use serde::{Deserialize, Serialize};

/// How many groups can be asked for at once.
const MOST: usize = 100;

pub(crate) struct BatchGetDeploymentGroups;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Input {
    application_name: String,
    deployment_group_names: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    deployment_groups_info: Vec<DeploymentGroupInfo>,
}

impl Operation for BatchGetDeploymentGroups {
    const SERVICE: &'static str = "codedeploy";
    const NAME: &'static str = "BatchGetDeploymentGroups";
    const CALLERS: &'static [&'static str] = &["rollback"];
    type Input = Input;
    type Output = Output;

    fn authorize(input: &Input, world: &World) -> Vec<Permission> {
        let arn = |name: &String| lookup::group_arn(world, &input.application_name, name);
        let groups = input.deployment_group_names.iter();
        groups.map(|name| Permission::new("codedeploy:BatchGetDeploymentGroups", arn(name))).collect()
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        let application = lookup::application(world, &input.application_name)?;
        if input.deployment_group_names.is_empty() {
            lookup::check_group_name("")?;
        }
        if input.deployment_group_names.len() > MOST {
            return Err(AwsError::client(
                "BatchLimitExceededException",
                format!("At most {MOST} deployment groups can be asked for at once"),
            ));
        }
        input.deployment_group_names.iter().try_for_each(|name| lookup::check_group_name(name))?;
        // those that do not exist are left out
        let found = input.deployment_group_names.iter().filter_map(|name| application.groups.get(name));
        Ok(Output { deployment_groups_info: found.map(|group| DeploymentGroupInfo::of(world, group)).collect() })
    }
}
