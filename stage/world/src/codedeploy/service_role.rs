//! What `CodeDeploy` does in the name of a deployment group's service role.

use super::engine::Failure;
use crate::{Permission, World, iam};

/// Whether the service role of a deployment's group may do this. One that the stack does not describe may do everything.
pub(super) fn may(world: &mut World, id: &str, needed: &Permission) -> bool {
    let role = world.codedeploy.deployments.get(id).and_then(|deployment| {
        let application = world.codedeploy.applications.get(&deployment.application)?;
        iam::role_of_arn(world, &application.groups.get(&deployment.group)?.settings.service_role_arn)
    });
    role.is_none_or(|role| iam::role_may(world, &role, needed))
}

/// The same for all of these, which are permissions of one AWS service.
pub(super) fn check(world: &mut World, id: &str, service: &str, needed: &[Permission]) -> Result<(), Failure> {
    if needed.iter().all(|needed| may(world, id, needed)) {
        return Ok(());
    }
    Err(Failure {
        code: "IAM_ROLE_PERMISSIONS",
        diagnostics: "ScriptNotExecutable",
        message: format!(
            "The service role of the deployment group does not give permission to perform operations in the following AWS service: {service}"
        ),
    })
}
