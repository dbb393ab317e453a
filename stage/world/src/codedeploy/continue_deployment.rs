//! `ContinueDeployment`.

use super::phase::Phase;
use super::{lookup, waits};
use crate::operation::Operation;
use crate::{AwsError, Permission, World};
use serde::Deserialize;

pub(crate) struct ContinueDeployment;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Input {
    deployment_id: Option<String>,
    deployment_wait_type: Option<String>,
}

impl Operation for ContinueDeployment {
    const SERVICE: &'static str = "codedeploy";
    const NAME: &'static str = "ContinueDeployment";
    const CALLERS: &'static [&'static str] = &["greenlight approve", "greenlight rehearse", "greenlight rollback"];
    type Input = Input;
    type Output = ();

    fn authorize(input: &Input, world: &World) -> Vec<Permission> {
        lookup::permission(world, "codedeploy:ContinueDeployment", input.deployment_id.as_deref())
    }

    fn call(input: Input, world: &mut World) -> Result<(), AwsError> {
        let deployment = lookup::unfinished(world, input.deployment_id.as_deref())?;
        let phase = if deployment.progress.is_waiting { deployment.phase() } else { None };
        let waits = match input.deployment_wait_type.as_deref() {
            None | Some("READY_WAIT") => matches!(phase, Some(Phase::ReadyWait(_))),
            Some("TERMINATION_WAIT") => matches!(phase, Some(Phase::TerminationWait(_))),
            Some(other) => {
                return Err(AwsError::client(
                    "InvalidDeploymentWaitTypeException",
                    format!("The deployment wait type has to be READY_WAIT or TERMINATION_WAIT, and not {other}"),
                ));
            }
        };
        let id = deployment.id.clone();
        if !waits {
            return Err(AwsError::client(
                "DeploymentIsNotInReadyStateException",
                format!("The deployment {id} is not in that wait and cannot be continued"),
            ));
        }
        waits::cut_short(world, &id);
        Ok(())
    }
}
