//! Who hears of a deployment: rules on `EventBridge`, and the triggers of its group.

use super::{lookup, triggers};
use crate::{World, events, random};
use serde_json::json;

/// What can be told of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum News {
    Start,
    Ready,
    Success,
    Failure,
    Stop,
    Rollback,
}

impl News {
    /// `state` of the event on `EventBridge`, which knows no rollbacks, and the event of the group's triggers.
    fn names(self) -> (Option<&'static str>, &'static str) {
        match self {
            Self::Start => (Some("START"), "DeploymentStart"),
            Self::Ready => (Some("READY"), "DeploymentReady"),
            Self::Success => (Some("SUCCESS"), "DeploymentSuccess"),
            Self::Failure => (Some("FAILURE"), "DeploymentFailure"),
            Self::Stop => (Some("STOP"), "DeploymentStop"),
            Self::Rollback => (None, "DeploymentRollback"),
        }
    }
}

pub(super) fn spread(world: &mut World, id: &str, news: News) {
    let (state, trigger) = news.names();
    if let Some(state) = state {
        publish(world, id, state);
    }
    triggers::pull(world, id, trigger);
}

/// Tells EventBridge.
fn publish(world: &mut World, id: &str, state: &str) {
    let Some(deployment) = world.codedeploy.deployments.get(id) else { return };
    let detail = json!({
        "region": world.setup.region,
        "deploymentId": id,
        "instanceGroupId": random::uuid(&mut world.rng),
        "deploymentGroup": deployment.group,
        "state": state,
        "application": deployment.application,
    });
    let resources = vec![
        lookup::application_arn(world, &deployment.application),
        lookup::group_arn(world, &deployment.application, &deployment.group),
    ];
    events::publish(world, "aws.codedeploy", "CodeDeploy Deployment State-change Notification", resources, detail);
}
