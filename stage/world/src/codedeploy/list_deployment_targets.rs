//! `ListDeploymentTargets`.

use super::deployment::Deployment;
use super::get_deployment_target::target_status;
use super::lookup;
use crate::operation::Operation;
use crate::{AwsError, Permission, World};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub(crate) struct ListDeploymentTargets;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Input {
    deployment_id: Option<String>,
    next_token: Option<String>,
    /// Statuses (`TargetStatus`) and labels (`ServerInstanceLabel`) of the targets that are wanted.
    #[serde(default)]
    target_filters: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    target_ids: Vec<String>,
}

impl Operation for ListDeploymentTargets {
    const SERVICE: &'static str = "codedeploy";
    const NAME: &'static str = "ListDeploymentTargets";
    const CALLERS: &'static [&'static str] = &[
        "migrate",
        "warm-up",
        "smoke-test",
        "validate",
        "finish",
        "settle",
        "notify",
        "greenlight approve",
        "greenlight why",
        "greenlight watch",
    ];
    type Input = Input;
    type Output = Output;

    fn authorize(input: &Input, world: &World) -> Vec<Permission> {
        lookup::permission(world, "codedeploy:ListDeploymentTargets", input.deployment_id.as_deref())
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        let deployment = lookup::started(world, input.deployment_id.as_deref())?;
        // there is one target, and so never a second page
        if input.next_token.is_some() {
            return Err(AwsError::client(
                "InvalidNextTokenException",
                "The next token was specified in an invalid format",
            ));
        }
        let wanted = input.target_filters.iter().try_fold(true, |wanted, (filter, values)| {
            let matches = match filter.as_str() {
                "TargetStatus" => status_matches(deployment, values)?,
                "ServerInstanceLabel" => return Err(label(values)),
                _ => return Err(invalid("InvalidTargetFilterNameException", filter)),
            };
            Ok(wanted && matches)
        })?;
        Ok(Output { target_ids: wanted.then(|| deployment.target_id()).into_iter().collect() })
    }
}

fn status_matches(deployment: &Deployment, wanted: &[String]) -> Result<bool, AwsError> {
    const STATUSES: [&str; 7] = ["Failed", "InProgress", "Pending", "Ready", "Skipped", "Succeeded", "Unknown"];
    match wanted.iter().find(|status| !STATUSES.contains(&status.as_str())) {
        Some(unknown) => Err(invalid("InvalidInstanceStatusException", unknown)),
        None => Ok(wanted.iter().any(|status| status == target_status(deployment.status))),
    }
}

/// An ECS service is neither a blue nor a green server.
fn label(wanted: &[String]) -> AwsError {
    match wanted.iter().find(|label| !matches!(label.as_str(), "Blue" | "Green")) {
        Some(unknown) => invalid("InvalidInstanceTypeException", unknown),
        None => invalid("InvalidDeploymentInstanceTypeException", "ServerInstanceLabel"),
    }
}

fn invalid(code: &str, what: &str) -> AwsError {
    AwsError::client(code, format!("The target filter cannot be used: {what}"))
}
