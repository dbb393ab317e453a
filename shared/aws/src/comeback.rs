//! Whether a deployment of ECS brings a revision back that was good before: a rollback goes through the service's hooks like any other
//! deployment.

use crate::controller::{Controller, Ecs};
use crate::hook::Context;
use crate::{Env, Error, retry, service_deployments};
use greenlight_domain::rollback;
use serde_json::json;

impl Context {
    /// Whether the deployment brings a revision back. If nobody can tell, it is a release like any other. Under `CodeDeploy` the
    /// deployment's description, or its `AppSpec`, says what is left out.
    pub async fn comes_back(&self, env: &Env) -> bool {
        let Controller::Ecs(told) = &self.controller else { return false };
        let look = retry::until(env, self.until, async || comes_back(env, told).await).await;
        look.unwrap_or_else(|error| {
            let fields = json!({ "deployment_id": self.release.deployment_id, "reason": error.to_string() });
            env.emit("deployments.unread", fields);
            false
        })
    }
}

async fn comes_back(env: &Env, told: &Ecs) -> Result<bool, Error> {
    // where nothing served, nothing comes back
    if told.blue.is_none() {
        return Ok(false);
    }
    let arn = &told.deployment.arn;
    let listed = service_deployments::list(env, &arn.cluster, &arn.service).await?;
    let is_earlier = |created| told.deployment.created_at.is_none_or(|own| created < own);
    let earlier: Vec<_> = listed.into_iter().filter(|one| one.arn != arn.arn && is_earlier(one.created_at)).collect();
    let found = service_deployments::task_definitions(env, &earlier).await?;
    let known = service_deployments::known(&earlier, &found);
    Ok(rollback::was_followed(&told.green.task_definition, &known))
}
