//! "ECS Task State Change".

use super::task::{Task, TaskId};
use crate::{World, events};
use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};

/// Publishes a task's state, as it is now, to `EventBridge`.
pub(super) fn publish(world: &mut World, id: TaskId) {
    let Some(task) = world.ecs.tasks.get(&id) else { return };
    let arn = task.arn.clone();
    let detail = Json::Object(detail(world, task));
    events::publish(world, "aws.ecs", "ECS Task State Change", vec![arn], detail);
}

fn detail(world: &World, task: &Task) -> Map<String, Json> {
    let definition = &task.launch.revision.definition;
    let mut detail = Map::new();
    let mut put = |key: &str, value: Json| {
        if !value.is_null() {
            detail.insert(key.to_owned(), value);
        }
    };
    let at = |at: Timestamp| format!("{at:.3}");
    let shape = |value: serde_json::Result<Json>| value.unwrap_or_default();
    put("attachments", shape(serde_json::to_value([task.attachment("eni")])));
    put("availabilityZone", json!(task.zone));
    put("clusterArn", json!(task.cluster_arn));
    put("connectivity", json!(task.connectivity_at.map(|_| "CONNECTED")));
    put("connectivityAt", json!(task.connectivity_at.map(at)));
    put("containers", shape(serde_json::to_value(task.container_shapes(false))));
    put("cpu", json!(task.launch.overrides.cpu.as_ref().or(definition.cpu.as_ref())));
    put("createdAt", json!(at(task.created_at)));
    put("desiredStatus", json!(task.desired_status()));
    put("enableExecuteCommand", json!(task.launch.enable_execute_command));
    put("executionStoppedAt", json!(task.execution_stopped_at.map(at)));
    put("group", json!(task.launch.group));
    put("launchType", json!(task.launch.launch_type));
    put("capacityProviderName", json!(task.launch.capacity_provider));
    put("lastStatus", json!(task.status.name()));
    put("memory", json!(task.launch.overrides.memory.as_ref().or(definition.memory.as_ref())));
    put("overrides", shape(serde_json::to_value(&task.launch.overrides)));
    put("platformVersion", json!(task.platform_version()));
    put("pullStartedAt", json!(task.pull_started_at.map(at)));
    put("pullStoppedAt", json!(task.pull_stopped_at.map(at)));
    put("startedAt", json!(task.started_at.map(at)));
    put("startedBy", json!(task.launch.started_by));
    put("stopCode", json!(task.stop.as_ref().map(|stop| stop.code.name())));
    put("stoppedReason", json!(task.stop.as_ref().map(|stop| &stop.reason)));
    put("stoppingAt", json!(task.stopping_at.map(at)));
    put("stoppedAt", json!(task.stopped_at.map(at)));
    put("taskArn", json!(task.arn));
    put("taskDefinitionArn", json!(task.launch.revision.arn));
    put("updatedAt", json!(at(world.now)));
    put("version", json!(task.version));
    detail
}
