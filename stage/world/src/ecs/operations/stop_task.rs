//! `StopTask`.

use crate::ecs::engine;
use crate::ecs::shapes::TaskShape;
use crate::ecs::task::StopCode;
use crate::operation::Operation;
use crate::{AwsError, Permission, World};
use serde::{Deserialize, Serialize};

pub(crate) struct StopTask;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Input {
    cluster: Option<String>,
    task: String,
    reason: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Output {
    task: TaskShape,
}

impl Operation for StopTask {
    const SERVICE: &'static str = "ecs";
    const NAME: &'static str = "StopTask";
    const CALLERS: &'static [&'static str] = &["migrate", "warm-up", "finish", "settle", "launch-job"];
    type Input = Input;
    type Output = Output;

    fn authorize(input: &Input, world: &World) -> Vec<Permission> {
        let cluster = input.cluster.as_deref();
        let arn = super::task_arn(world, cluster, &input.task);
        vec![super::in_cluster(world, "ecs:StopTask", arn, cluster)]
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        let cluster = super::existing_cluster(world, input.cluster.as_deref())?;
        let missing = || super::invalid_parameter("The referenced task was not found.");
        let (id, _) = super::find_task(world, &cluster, &input.task).ok_or_else(missing)?;
        let reason = input.reason.unwrap_or_else(|| "Task stopped by user".to_owned());
        engine::stop(world, id, StopCode::UserInitiated, reason);
        let task = world.ecs.tasks.get(&id).ok_or_else(missing)?;
        Ok(Output { task: task.shape() })
    }
}
