//! Names and ids in inputs: what is missing, what cannot be one, and what does not exist.

use super::deployment::Deployment;
use super::{Application, Group};
use crate::{AwsError, Permission, World};

/// Applications, deployment groups and deployment configurations: 1 to 100 characters of a small alphabet.
pub(super) fn well_formed(name: &str) -> bool {
    let allowed = |character: char| {
        character.is_ascii_alphanumeric() || matches!(character, '+' | '=' | ',' | '.' | '@' | '_' | '-')
    };
    name.chars().count() <= 100 && name.chars().all(allowed)
}

/// Whether an application can have this name.
pub(super) fn check_application_name(name: &str) -> Result<(), AwsError> {
    if name.is_empty() {
        return Err(AwsError::client("ApplicationNameRequiredException", "Application name is required"));
    }
    if !well_formed(name) {
        return Err(AwsError::client("InvalidApplicationNameException", format!("Invalid application name: {name}")));
    }
    Ok(())
}

/// Whether a deployment group can have this name.
pub(super) fn check_group_name(name: &str) -> Result<(), AwsError> {
    if name.is_empty() {
        return Err(AwsError::client("DeploymentGroupNameRequiredException", "Deployment group name is required"));
    }
    if !well_formed(name) {
        return Err(AwsError::client(
            "InvalidDeploymentGroupNameException",
            format!("Invalid deployment group name: {name}"),
        ));
    }
    Ok(())
}

/// An application that exists.
pub(super) fn application<'a>(world: &'a World, name: &str) -> Result<&'a Application, AwsError> {
    check_application_name(name)?;
    world.codedeploy.applications.get(name).ok_or_else(|| {
        AwsError::client("ApplicationDoesNotExistException", format!("No application found for name: {name}"))
    })
}

/// A deployment group that exists.
pub(super) fn group<'a>(world: &'a World, application_name: &str, name: &str) -> Result<&'a Group, AwsError> {
    let application = application(world, application_name)?;
    check_group_name(name)?;
    application.groups.get(name).ok_or_else(|| {
        AwsError::client("DeploymentGroupDoesNotExistException", format!("No Deployment Group found for name: {name}"))
    })
}

/// Whether a deployment can have this id.
pub(super) fn check_deployment_id(id: &str) -> Result<(), AwsError> {
    let alphabet = |character: char| character.is_ascii_uppercase() || character.is_ascii_digit();
    if id.strip_prefix("d-").is_some_and(|rest| !rest.is_empty() && rest.chars().all(alphabet)) {
        return Ok(());
    }
    Err(AwsError::client("InvalidDeploymentIdException", format!("Invalid deployment id: {id}")))
}

/// A deployment that exists.
pub(super) fn deployment<'a>(world: &'a World, id: Option<&str>) -> Result<&'a Deployment, AwsError> {
    let id = id
        .filter(|id| !id.is_empty())
        .ok_or_else(|| AwsError::client("DeploymentIdRequiredException", "Deployment Id must be specified"))?;
    check_deployment_id(id)?;
    world.codedeploy.deployments.get(id).ok_or_else(|| {
        AwsError::client("DeploymentDoesNotExistException", format!("The deployment {id} could not be found"))
    })
}

/// A deployment that exists and has not come to its end.
pub(super) fn unfinished<'a>(world: &'a World, id: Option<&str>) -> Result<&'a Deployment, AwsError> {
    let deployment = deployment(world, id)?;
    if deployment.is_over() {
        return Err(AwsError::client(
            "DeploymentAlreadyCompletedException",
            format!("The deployment {} is already completed", deployment.id),
        ));
    }
    Ok(deployment)
}

/// A deployment that exists and has started: one before has no targets yet.
pub(super) fn started<'a>(world: &'a World, id: Option<&str>) -> Result<&'a Deployment, AwsError> {
    let deployment = deployment(world, id)?;
    if deployment.started.is_none() {
        return Err(AwsError::client(
            "DeploymentNotStartedException",
            format!("The deployment {} has not started", deployment.id),
        ));
    }
    Ok(deployment)
}

/// `application:NAME`.
pub(super) fn application_arn(world: &World, application: &str) -> String {
    world.arn("codedeploy", &format!("application:{application}"))
}

/// `deploymentgroup:APPLICATION/GROUP`.
pub(super) fn group_arn(world: &World, application: &str, group: &str) -> String {
    world.arn("codedeploy", &format!("deploymentgroup:{application}/{group}"))
}

/// What a call about a deployment needs: the action on its group. A deployment that does not exist has none; the call itself
/// says so.
pub(super) fn permission(world: &World, action: &str, deployment: Option<&str>) -> Vec<Permission> {
    deployment
        .and_then(|id| world.codedeploy.deployments.get(id))
        .map(|deployment| Permission::new(action, group_arn(world, &deployment.application, &deployment.group)))
        .into_iter()
        .collect()
}
