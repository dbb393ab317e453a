//! `ListTasks`.

use crate::ecs::ids;
use crate::ecs::task::Task;
use crate::operation::Operation;
use crate::{AwsError, Permission, World};
use serde::{Deserialize, Serialize};

/// How many tasks one page has at most.
const PAGE: usize = 100;

pub(crate) struct ListTasks;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Input {
    cluster: Option<String>,
    family: Option<String>,
    started_by: Option<String>,
    service_name: Option<String>,
    desired_status: Option<String>,
    launch_type: Option<String>,
    next_token: Option<String>,
    max_results: Option<usize>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    task_arns: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

impl Operation for ListTasks {
    const SERVICE: &'static str = "ecs";
    const NAME: &'static str = "ListTasks";
    const CALLERS: &'static [&'static str] = &[
        "migrate",
        "warm-up",
        "validate",
        "finish",
        "settle",
        "launch-job",
        "notify",
        "greenlight why",
        "greenlight watch",
    ];
    type Input = Input;
    type Output = Output;

    fn authorize(input: &Input, world: &World) -> Vec<Permission> {
        let cluster = input.cluster.as_deref();
        let arn = world.arn("ecs", &format!("container-instance/{}/*", ids::cluster(cluster)));
        vec![super::in_cluster(world, "ecs:ListTasks", arn, cluster)]
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        let cluster = super::existing_cluster(world, input.cluster.as_deref())?;
        let alone = input.family.is_none() && input.service_name.is_none() && input.desired_status.is_none();
        if input.started_by.is_some() && !(alone && input.launch_type.is_none()) {
            return Err(super::invalid_parameter(
                "startedBy cannot be combined with other filters: it must be the only one.",
            ));
        }
        let desired = input.desired_status.as_deref().unwrap_or("RUNNING");
        if !matches!(desired, "RUNNING" | "PENDING" | "STOPPED") {
            return Err(super::invalid_parameter(format!("'{desired}' is not a desiredStatus.")));
        }
        let group = match &input.service_name {
            Some(service) => {
                let name = ids::last(service);
                if !world.ecs.services.contains_key(&(cluster.clone(), name.clone())) {
                    return Err(super::service_not_found());
                }
                Some(format!("service:{name}"))
            }
            None => None,
        };
        let listed = |task: &Task| {
            let launch = &task.launch;
            launch.cluster == cluster
                && task.desired_status() == desired
                && group.as_ref().is_none_or(|group| launch.group == *group)
                && input.family.as_ref().is_none_or(|family| launch.revision.definition.family == *family)
                && input.started_by.as_ref().is_none_or(|by| launch.started_by.as_ref() == Some(by))
                && input.launch_type.as_ref().is_none_or(|on| launch.launch_type.as_ref() == Some(on))
        };
        let offset = match &input.next_token {
            Some(token) => token.parse().map_err(|_| super::invalid_parameter("Invalid token."))?,
            None => 0_usize,
        };
        let page = input.max_results.unwrap_or(PAGE).clamp(1, PAGE);
        let mut rest = world.ecs.tasks.values().filter(|task| listed(task)).skip(offset);
        let task_arns: Vec<String> = rest.by_ref().take(page).map(|task| task.arn.clone()).collect();
        let next_token = rest.next().map(|_| offset.saturating_add(page).to_string());
        Ok(Output { task_arns, next_token })
    }
}
