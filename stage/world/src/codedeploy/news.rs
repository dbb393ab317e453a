//! Who hears of a deployment: rules on `EventBridge`.

use super::lookup;
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
}

impl News {
    /// `state` of the event.
    fn state(self) -> &'static str {
        match self {
            Self::Start => "START",
            Self::Ready => "READY",
            Self::Success => "SUCCESS",
            Self::Failure => "FAILURE",
            Self::Stop => "STOP",
        }
    }
}

pub(super) fn spread(world: &mut World, id: &str, news: News) {
    publish(world, id, news.state());
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
