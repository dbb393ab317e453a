//! `StopDeployment`.

use super::{lookup, stop};
use crate::operation::Operation;
use crate::{AwsError, Permission, World};
use serde::{Deserialize, Serialize};

pub(crate) struct StopDeployment;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Input {
    deployment_id: Option<String>,
    auto_rollback_enabled: Option<bool>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    status: &'static str,
    status_message: &'static str,
}

impl Operation for StopDeployment {
    const SERVICE: &'static str = "codedeploy";
    const NAME: &'static str = "StopDeployment";
    const CALLERS: &'static [&'static str] =
        &["rollback", "greenlight rollback", "greenlight approve", "guide: aws deploy stop-deployment"];
    type Input = Input;
    type Output = Output;

    fn authorize(input: &Input, world: &World) -> Vec<Permission> {
        lookup::permission(world, "codedeploy:StopDeployment", input.deployment_id.as_deref())
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        let id = lookup::unfinished(world, input.deployment_id.as_deref())?.id.clone();
        Ok(if stop::request(world, &id, input.auto_rollback_enabled) {
            Output { status: "Succeeded", status_message: "No more lifecycle events will be run for this deployment." }
        } else {
            Output { status: "Pending", status_message: "A lifecycle event of this deployment may still be running." }
        })
    }
}
