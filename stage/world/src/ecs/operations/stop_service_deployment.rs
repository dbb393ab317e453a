//! `StopServiceDeployment`: a service deployment is rolled back.

use crate::ecs::service_deployment;
use crate::operation::Operation;
use crate::{AwsError, Permission, World};
use serde::{Deserialize, Serialize};

pub(crate) struct StopServiceDeployment;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Input {
    service_deployment_arn: String,
    stop_type: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    service_deployment_arn: String,
}

impl Operation for StopServiceDeployment {
    const SERVICE: &'static str = "ecs";
    const NAME: &'static str = "StopServiceDeployment";
    const CALLERS: &'static [&'static str] = &["rollback", "greenlight rollback"];
    type Input = Input;
    type Output = Output;

    fn authorize(input: &Input, _: &World) -> Vec<Permission> {
        vec![Permission::new("ecs:StopServiceDeployment", &input.service_deployment_arn)]
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        let arn = input.service_deployment_arn;
        super::check_service_deployment(world, &arn)?;
        match input.stop_type.as_deref() {
            None | Some("ROLLBACK") => service_deployment::stop(world, &arn)?,
            Some(other) => {
                return Err(super::invalid_parameter(format!(
                    "Invalid stopType {other}: the valid value is ROLLBACK."
                )));
            }
        }
        Ok(Output { service_deployment_arn: arn })
    }
}
