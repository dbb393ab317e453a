//! `ContinueServiceDeployment`: somebody decides about a pause hook.

use crate::ecs::service_deployment::{self, Action};
use crate::operation::Operation;
use crate::{AwsError, Permission, World};
use serde::{Deserialize, Serialize};

pub(crate) struct ContinueServiceDeployment;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Input {
    service_deployment_arn: String,
    hook_id: String,
    action: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    service_deployment_arn: String,
}

impl Operation for ContinueServiceDeployment {
    const SERVICE: &'static str = "ecs";
    const NAME: &'static str = "ContinueServiceDeployment";
    const CALLERS: &'static [&'static str] = &["greenlight approve"];
    type Input = Input;
    type Output = Output;

    fn authorize(input: &Input, _: &World) -> Vec<Permission> {
        vec![Permission::new("ecs:ContinueServiceDeployment", &input.service_deployment_arn)]
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        let arn = input.service_deployment_arn;
        super::check_service_deployment(world, &arn)?;
        let action = match input.action.as_deref() {
            None | Some("CONTINUE") => Action::Continue,
            Some("ROLLBACK") => Action::Rollback,
            Some(other) => {
                return Err(super::invalid_parameter(format!("Invalid action {other}: use CONTINUE or ROLLBACK.")));
            }
        };
        service_deployment::decide(world, &arn, &input.hook_id, action)?;
        Ok(Output { service_deployment_arn: arn })
    }
}
