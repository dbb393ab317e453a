//! `GetDeploymentConfig`.

use super::configuration;
use super::shapes::TrafficRoutingConfig;
use crate::operation::Operation;
use crate::value::Time;
use crate::{AwsError, Permission, World};
use serde::{Deserialize, Serialize};

pub(crate) struct GetDeploymentConfig;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Input {
    deployment_config_name: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    deployment_config_info: DeploymentConfigInfo,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct DeploymentConfigInfo {
    deployment_config_id: String,
    deployment_config_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    create_time: Option<Time>,
    compute_platform: &'static str,
    traffic_routing_config: TrafficRoutingConfig,
}

impl Operation for GetDeploymentConfig {
    const SERVICE: &'static str = "codedeploy";
    const NAME: &'static str = "GetDeploymentConfig";
    const CALLERS: &'static [&'static str] = &["greenlight doctor"];
    type Input = Input;
    type Output = Output;

    fn authorize(input: &Input, world: &World) -> Vec<Permission> {
        let arn = world.arn("codedeploy", &format!("deploymentconfig:{}", input.deployment_config_name));
        vec![Permission::new("codedeploy:GetDeploymentConfig", arn)]
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        let name = input.deployment_config_name;
        if name.is_empty() {
            return Err(AwsError::client("DeploymentConfigNameRequiredException", "Which configuration?"));
        }
        let found = configuration::find(world, &name)?;
        let info = DeploymentConfigInfo {
            deployment_config_id: found.id,
            deployment_config_name: name,
            create_time: found.created.map(Time),
            compute_platform: "ECS",
            traffic_routing_config: TrafficRoutingConfig::of(found.routing),
        };
        Ok(Output { deployment_config_info: info })
    }
}
