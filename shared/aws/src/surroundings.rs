//! What stands around green: the alarms that watch a deployment, and the target groups that traffic shifts between.

use crate::controller::Controller;
use crate::hook::Context;
use crate::{Env, Error, deployment_group};

/// Alarms and target groups.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Surroundings {
    /// Names of the alarms that stop the deployment. Empty if they are switched off.
    pub alarms: Vec<String>,
    /// Names or ARNs of the target groups of blue and green. Which of them is green changes with every deployment.
    pub target_groups: Vec<String>,
}

/// Reads them.
///
/// # Errors
/// If they cannot be read.
pub async fn read(env: &Env, context: &Context) -> Result<Surroundings, Error> {
    match &context.controller {
        Controller::CodeDeploy(told) => {
            let group = deployment_group::named(env, &told.application, &told.deployment_group).await?;
            Ok(Surroundings { alarms: group.alarms, target_groups: group.target_groups })
        }
        Controller::Ecs(told) => {
            let revisions = [Some(&told.green), told.blue.as_ref()].into_iter().flatten();
            let target_groups = revisions.filter_map(|revision| revision.target_group.clone()).collect();
            Ok(Surroundings { alarms: told.deployment.alarms.clone(), target_groups })
        }
    }
}
