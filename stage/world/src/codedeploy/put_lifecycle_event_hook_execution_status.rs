//! `PutLifecycleEventHookExecutionStatus`.

use super::deployment::EventStatus;
use super::{engine, hooks, lookup};
use crate::operation::Operation;
use crate::{AwsError, Permission, World};
use serde::{Deserialize, Serialize};

pub(crate) struct PutLifecycleEventHookExecutionStatus;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Input {
    deployment_id: Option<String>,
    lifecycle_event_hook_execution_id: Option<String>,
    status: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    lifecycle_event_hook_execution_id: String,
}

impl Operation for PutLifecycleEventHookExecutionStatus {
    const SERVICE: &'static str = "codedeploy";
    const NAME: &'static str = "PutLifecycleEventHookExecutionStatus";
    const CALLERS: &'static [&'static str] = &["migrate", "warm-up", "smoke-test", "validate", "finish", "settle"];
    type Input = Input;
    type Output = Output;

    fn authorize(input: &Input, world: &World) -> Vec<Permission> {
        let action = "codedeploy:PutLifecycleEventHookExecutionStatus";
        lookup::permission(world, action, input.deployment_id.as_deref())
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        let deployment = lookup::deployment(world, input.deployment_id.as_deref())?;
        let succeeded = match input.status.as_deref() {
            Some("Succeeded") => true,
            Some("Failed") => false,
            other => {
                return Err(AwsError::client(
                    "InvalidLifecycleEventHookExecutionStatusException",
                    format!(
                        "A lifecycle event hook can be Succeeded or Failed, and not {}",
                        other.unwrap_or("without a status")
                    ),
                ));
            }
        };
        let execution = input.lifecycle_event_hook_execution_id;
        let event = deployment
            .events
            .iter()
            .find(|event| execution.is_some() && event.hook_execution_id == execution)
            .ok_or_else(|| {
                AwsError::client(
                    "InvalidLifecycleEventHookExecutionIdException",
                    "The lifecycle event hook execution id is not one of this deployment",
                )
            })?;
        if event.status != EventStatus::InProgress {
            return Err(AwsError::client(
                "LifecycleEventAlreadyCompletedException",
                format!("The lifecycle event {} has already completed", event.name.as_str()),
            ));
        }
        let (id, name) = (deployment.id.clone(), event.name);
        if succeeded {
            engine::event_succeeded(world, &id);
        } else {
            engine::event_failed(world, &id, hooks::refused(name));
        }
        Ok(Output { lifecycle_event_hook_execution_id: execution.unwrap_or_default() })
    }
}
