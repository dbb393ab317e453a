//! The triggers of a deployment group: SNS topics that hear of its deployments.
//!
//! The message has the members that the user guide shows ("JSON data formats for CodeDeploy triggers"); numbers and times in it
//! are text. `rollbackInformation` is not in that page; real messages have it. What subject they have AWS does not document: here
//! they have none.

use super::deployment::Deployment;
use super::info::DeploymentOverview;
use super::shapes::TriggerConfig;
use super::{lookup, service_role};
use crate::{AwsError, Permission, World, sns};
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;

/// How many triggers a group can have.
const MOST: usize = 10;

/// `TriggerEventType`. Those about instances are taken, and never happen in deployments to ECS.
const EVENTS: [&str; 10] = [
    "DeploymentStart",
    "DeploymentSuccess",
    "DeploymentFailure",
    "DeploymentStop",
    "DeploymentRollback",
    "DeploymentReady",
    "InstanceStart",
    "InstanceSuccess",
    "InstanceFailure",
    "InstanceReady",
];

/// Whether a group can have these triggers. Whether their topics exist is not asked.
pub(super) fn check(triggers: &[TriggerConfig]) -> Result<(), AwsError> {
    let invalid = |message: String| Err(AwsError::client("InvalidTriggerConfigException", message));
    if triggers.len() > MOST {
        let message = format!("A deployment group can have at most {MOST} triggers");
        return Err(AwsError::client("TriggerTargetsLimitExceededException", message));
    }
    for trigger in triggers {
        let name = &trigger.trigger_name;
        if name.is_empty() {
            return invalid("A trigger has no name".to_owned());
        }
        if !trigger.trigger_target_arn.starts_with("arn:aws:sns:") {
            return invalid(format!("The target of the trigger {name} is not the ARN of an SNS topic"));
        }
        if trigger.trigger_events.is_empty() {
            return invalid(format!("The trigger {name} has no event"));
        }
        if let Some(unknown) = trigger.trigger_events.iter().find(|event| !EVENTS.contains(&event.as_str())) {
            return invalid(format!("{unknown} is not an event of triggers; use {}", EVENTS.join(", ")));
        }
    }
    let names: BTreeSet<_> = triggers.iter().map(|trigger| &trigger.trigger_name).collect();
    if names.len() < triggers.len() {
        return invalid("A trigger is named twice".to_owned());
    }
    Ok(())
}

/// Tells the topics that want to hear of this event, as far as the group's service role may publish to them.
pub(super) fn pull(world: &mut World, id: &str, event: &str) {
    let Some(deployment) = world.codedeploy.deployments.get(id).cloned() else { return };
    let Ok(group) = lookup::group(world, &deployment.application, &deployment.group) else { return };
    let wanted = group.settings.trigger_configurations.iter().filter(|trigger| trigger.wants(event));
    let wanted: Vec<TriggerConfig> = wanted.cloned().collect();
    for trigger in wanted {
        let topic = trigger.trigger_target_arn;
        if service_role::may(world, id, &Permission::new("sns:Publish", topic.clone())) {
            let message = message(world, &deployment, &trigger.trigger_name);
            sns::deliver(world, sns::Publication::new(&topic, None, message.to_string()));
        }
    }
}

fn message(world: &World, deployment: &Deployment, trigger: &str) -> Json {
    let overview = DeploymentOverview::of(deployment.status);
    let mut message = json!({
        "region": world.setup.region,
        "accountId": world.setup.account,
        "eventTriggerName": trigger,
        "applicationName": deployment.application,
        "deploymentId": deployment.id,
        "deploymentGroupName": deployment.group,
        "createTime": seconds(deployment.created),
        "completeTime": deployment.completed.map(seconds),
        "deploymentOverview": {
            "Failed": overview.failed.to_string(),
            "InProgress": overview.in_progress.to_string(),
            "Pending": overview.pending.to_string(),
            "Skipped": overview.skipped.to_string(),
            "Succeeded": overview.succeeded.to_string(),
        },
        "status": deployment.status.as_str(),
    });
    if let Some((code, why)) = &deployment.error {
        message["errorInformation"] = json!({"ErrorCode": code, "ErrorMessage": why});
    }
    let rollback = &deployment.rollback_info;
    if let Some(told) = &rollback.message {
        message["rollbackInformation"] = json!({
            "RollbackDeploymentId": rollback.rollback_deployment_id,
            "RollbackTriggeringDeploymentId": rollback.triggering_deployment_id,
            "RollbackMessage": told,
        });
    }
    message
}

/// Seconds since the epoch, with milliseconds.
fn seconds(at: Timestamp) -> String {
    format!("{}.{:03}", at.as_second(), at.subsec_millisecond())
}
