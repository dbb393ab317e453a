//! Lifecycle event hooks: functions that are invoked, and have an hour to say how it went.

use super::deployment::EventName;
use super::engine::{self, Failure};
use super::service_role;
use crate::{FactKind, Permission, World, lambda, random};
use serde_json::json;

/// The length of a hook execution id before it is encoded; it is opaque to those who get it.
const EXECUTION_ID_BYTES: usize = 180;

/// Invokes the hook of the lifecycle event that began; an event without one is done at once.
pub(super) fn begin(world: &mut World, id: &str, name: EventName) {
    let Some(deployment) = world.codedeploy.deployments.get(id) else { return };
    let runs = !deployment.is_rollback() || world.setup.hooks_in_rollback;
    let hook = deployment.revision.appspec.hooks.get(&name).filter(|_| runs).cloned();
    let Some(function) = hook else {
        engine::event_succeeded(world, id);
        return;
    };
    if let Err(failure) = invoke(world, id, name, &function) {
        engine::event_failed(world, id, failure);
    }
}

fn invoke(world: &mut World, id: &str, name: EventName, function: &str) -> Result<(), Failure> {
    let Some(arn) = lambda::function_arn(world, function) else {
        return Err(Failure {
            code: "INVALID_LAMBDA_FUNCTION",
            diagnostics: "ScriptMissing",
            message: format!("The lifecycle event {} names a function that does not exist: {function}", name.as_str()),
        });
    };
    let needed = Permission::new("lambda:InvokeFunction", arn.clone());
    service_role::check(world, id, "AWSLambda", &[needed])?;
    let execution = random::opaque(&mut world.rng, EXECUTION_ID_BYTES);
    engine::update(world, id, |deployment| {
        if let Some(event) = deployment.event(name) {
            event.hook_execution_id = Some(execution.clone());
        }
    });
    world.tell(FactKind::HookInvoked {
        deployment_id: id.to_owned(),
        lifecycle_event: name.as_str().to_owned(),
        function: arn.rsplit(':').next().unwrap_or(function).to_owned(),
    });
    let payload = json!({ "DeploymentId": id, "LifecycleEventHookExecutionId": execution });
    lambda::invoke_async(world, &arn, payload).map_err(|error| Failure {
        code: "HOOK_EXECUTION_FAILURE",
        diagnostics: "UnknownError",
        message: error.message,
    })
}

/// What a hook that reported `Failed` does to its deployment.
pub(super) fn refused(name: EventName) -> Failure {
    Failure {
        code: "HOOK_EXECUTION_FAILURE",
        diagnostics: "ScriptFailed",
        message: format!("The hook of the lifecycle event {} reported that it failed.", name.as_str()),
    }
}

/// What a hook that did not report does to its deployment.
pub(super) fn silent(name: EventName) -> Failure {
    Failure {
        code: "HOOK_EXECUTION_FAILURE",
        diagnostics: "ScriptTimedOut",
        message: format!("The hook of the lifecycle event {} did not report within one hour.", name.as_str()),
    }
}
