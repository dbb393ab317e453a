//! `CreateDeploymentConfig`.

use super::configuration::{self, Configuration, PREDEFINED};
use super::shapes::TrafficRoutingConfig;
use crate::operation::Operation;
use crate::{AwsError, Permission, World, random};
use serde::{Deserialize, Serialize};

/// How many configurations of its own an account can have.
const MOST: usize = 50;

pub(crate) struct CreateDeploymentConfig;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Input {
    deployment_config_name: String,
    traffic_routing_config: Option<TrafficRoutingConfig>,
    compute_platform: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    deployment_config_id: String,
}

impl Operation for CreateDeploymentConfig {
    const SERVICE: &'static str = "codedeploy";
    const NAME: &'static str = "CreateDeploymentConfig";
    const CALLERS: &'static [&'static str] = &["greenlight rehearse"];
    type Input = Input;
    type Output = Output;

    fn authorize(input: &Input, world: &World) -> Vec<Permission> {
        let arn = world.arn("codedeploy", &format!("deploymentconfig:{}", input.deployment_config_name));
        vec![Permission::new("codedeploy:CreateDeploymentConfig", arn)]
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        let name = input.deployment_config_name;
        if name.is_empty() {
            return Err(AwsError::client("DeploymentConfigNameRequiredException", "A configuration needs a name"));
        }
        configuration::check_name(&name)?;
        if name.starts_with(PREDEFINED) {
            return Err(AwsError::client(
                "InvalidDeploymentConfigNameException",
                format!("Only predefined configurations have names that begin with {PREDEFINED}"),
            ));
        }
        if input.compute_platform.as_deref() != Some("ECS") {
            return Err(AwsError::client(
                "InvalidComputePlatformException",
                "the stage has the computePlatform ECS only",
            ));
        }
        let routing = input
            .traffic_routing_config
            .ok_or_else(|| configuration::invalid("a configuration for ECS needs a trafficRoutingConfig"))?
            .read()?;
        if world.codedeploy.configurations.contains_key(&name) {
            return Err(AwsError::client(
                "DeploymentConfigAlreadyExistsException",
                format!("Deployment configuration already exists: {name}"),
            ));
        }
        if world.codedeploy.configurations.len() >= MOST {
            return Err(AwsError::client(
                "DeploymentConfigLimitExceededException",
                format!("An account can have {MOST} deployment configurations of its own"),
            ));
        }
        let id = random::uuid(&mut world.rng);
        let made = Configuration { id: id.clone(), routing, created: Some(world.now) };
        world.codedeploy.configurations.insert(name, made);
        Ok(Output { deployment_config_id: id })
    }
}
