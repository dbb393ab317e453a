//! `RunTask`.

use crate::ecs::shapes::{CapacityProviderStrategyItem, Failure, NetworkConfiguration, Tag, TaskOverride, TaskShape};
use crate::ecs::task::{Launch, Status, Task, TaskId};
use crate::ecs::task_definition::Revision;
use crate::ecs::{engine, ids, task_definition};
use crate::operation::Operation;
use crate::{AwsError, Permission, World};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Overrides may be this long, as JSON.
const LONGEST_OVERRIDES: usize = 8192;
/// A client token is good for this long, or until the tasks it stands for are forgotten.
const TOKEN_LIFE: SignedDuration = SignedDuration::from_hours(24);

pub(crate) struct RunTask;

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Input {
    #[serde(default)]
    capacity_provider_strategy: Vec<CapacityProviderStrategyItem>,
    cluster: Option<String>,
    count: Option<i32>,
    #[serde(rename = "enableECSManagedTags")]
    enable_ecs_managed_tags: Option<bool>,
    enable_execute_command: Option<bool>,
    group: Option<String>,
    launch_type: Option<String>,
    network_configuration: Option<NetworkConfiguration>,
    #[serde(default)]
    overrides: TaskOverride,
    platform_version: Option<String>,
    propagate_tags: Option<String>,
    reference_id: Option<String>,
    started_by: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
    task_definition: String,
    client_token: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Output {
    tasks: Vec<TaskShape>,
    failures: Vec<Failure>,
}

/// What a client token was used for.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    /// The request, without the token.
    request: String,
    used_at: Timestamp,
    pub(crate) tasks: Vec<TaskId>,
}

impl Operation for RunTask {
    const SERVICE: &'static str = "ecs";
    const NAME: &'static str = "RunTask";
    const CALLERS: &'static [&'static str] =
        &["migrate", "warm-up", "finish", "settle", "launch-job", "greenlight rehearse", "guide: aws ecs run-task"];
    type Input = Input;
    type Output = Output;

    fn authorize(input: &Input, world: &World) -> Vec<Permission> {
        let cluster = input.cluster.as_deref();
        let arn = super::task_definition_arn(world, &input.task_definition);
        let mut needed = vec![super::in_cluster(world, "ecs:RunTask", arn, cluster)];
        let revision = task_definition::find_active(world, &input.task_definition);
        let definition = revision.as_ref().map(|revision| &revision.definition);
        let task_role = definition.and_then(|definition| definition.task_role_arn.as_ref());
        let execution_role = definition.and_then(|definition| definition.execution_role_arn.as_ref());
        let roles = [
            input.overrides.task_role_arn.as_ref().or(task_role),
            input.overrides.execution_role_arn.as_ref().or(execution_role),
        ];
        needed.extend(super::pass_roles(world, roles));
        let copies = input.propagate_tags.as_deref() == Some("TASK_DEFINITION")
            && revision.as_ref().is_some_and(|revision| !revision.tags().is_empty());
        if !input.tags.is_empty() || copies || input.enable_ecs_managed_tags == Some(true) {
            let tasks = world.arn("ecs", &format!("task/{}/*", ids::cluster(cluster)));
            let tag = super::in_cluster(world, "ecs:TagResource", tasks, cluster);
            needed.push(tag.with("ecs:CreateAction", "RunTask"));
        }
        needed
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        let cluster = super::existing_cluster(world, input.cluster.as_deref())?;
        input.check()?;
        let token = input.client_token.clone().map(|token| (cluster.clone(), token));
        let request = input.request();
        if let Some(tasks) = token.as_ref().map(|key| repeated(world, key, &request)).transpose()?.flatten() {
            return Ok(Output { tasks, failures: Vec::new() });
        }
        let revision = task_definition::find_active(world, &input.task_definition)
            .ok_or_else(|| AwsError::client("ClientException", super::TASK_DEFINITION_NOT_FOUND))?;
        let network = input.network_configuration.clone();
        let has_network = network.as_ref().is_some_and(|network| network.awsvpc_configuration.is_some());
        let strategy = &input.capacity_provider_strategy;
        super::check_launch(&revision, input.launch_type.as_deref(), strategy, has_network)?;
        super::check_platform_version(input.platform_version.as_deref())?;
        input.check_overrides(&revision)?;
        let mut tags = input.tags.clone();
        if input.propagate_tags.as_deref() == Some("TASK_DEFINITION") {
            let own = |tag: &Tag| input.tags.iter().any(|own| own.key == tag.key);
            tags.extend(revision.tags().into_iter().filter(|tag| !own(tag)));
        }
        let count = input.count.unwrap_or(1);
        let launch = Launch {
            cluster,
            started_by: input.started_by,
            group: input.group.unwrap_or_else(|| format!("family:{}", revision.definition.family)),
            revision,
            overrides: input.overrides,
            capacity_provider: strategy.first().map(|item| item.capacity_provider.clone()),
            launch_type: Some("FARGATE".to_owned()).filter(|_| strategy.is_empty()),
            platform_version: input.platform_version,
            network: network.unwrap_or(NetworkConfiguration { awsvpc_configuration: None }),
            tags,
            enable_execute_command: input.enable_execute_command.unwrap_or(false),
            task_set: None,
        };
        let started: Vec<TaskId> = (0..count).map(|_| engine::launch(world, launch.clone())).collect();
        let tasks = started.iter().filter_map(|id| world.ecs.tasks.get(id)).map(Task::shape).collect();
        if let Some(key) = token {
            world.ecs.tokens.insert(key, Token { request, used_at: world.now, tasks: started });
        }
        Ok(Output { tasks, failures: Vec::new() })
    }
}

/// What an earlier call with the same token answers to this one.
fn repeated(world: &World, key: &(String, String), request: &str) -> Result<Option<Vec<TaskShape>>, AwsError> {
    let Some(token) = world.ecs.tokens.get(key) else { return Ok(None) };
    if world.now.duration_since(token.used_at) >= TOKEN_LIFE {
        return Ok(None);
    }
    let tasks = || token.tasks.iter().filter_map(|id| world.ecs.tasks.get(id));
    if token.request != request {
        let arns: Vec<&str> = tasks().map(|task| task.arn.as_str()).collect();
        return Err(AwsError::client(
            "ConflictException",
            format!("The client token was used with other parameters before, for the tasks: {}.", arns.join(", ")),
        ));
    }
    let shape = |task: &Task| {
        if task.status == Status::Stopped { task.reduced_shape() } else { task.shape() }
    };
    Ok(Some(tasks().map(shape).collect()))
}

impl Input {
    /// The request without its token, to be compared with another one.
    fn request(&self) -> String {
        let mut request = serde_json::to_value(self).unwrap_or_default();
        if let Some(members) = request.as_object_mut() {
            members.remove("clientToken");
        }
        request.to_string()
    }

    fn check(&self) -> Result<(), AwsError> {
        let refuse = |message: String| Err(super::invalid_parameter(message));
        if let Some(count) = self.count.filter(|count| !(1..=10).contains(count)) {
            return refuse(format!("Count must be between 1 and 10, and is {count}."));
        }
        let valid = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '/');
        if let Some(by) = self.started_by.as_ref().filter(|by| by.len() > 128 || !by.chars().all(valid)) {
            return refuse(format!(
                "startedBy '{by}' is not valid: up to 128 letters, numbers, hyphens, underscores and forward slashes."
            ));
        }
        let printable = |c: char| ('!'..='~').contains(&c);
        if let Some(token) = &self.client_token
            && (token.is_empty() || token.len() > 64 || !token.chars().all(printable))
        {
            return refuse("clientToken is not valid: up to 64 characters of ASCII 33 to 126.".to_owned());
        }
        if self.tags.len() > 50 {
            return refuse("A task can have at most 50 tags.".to_owned());
        }
        match self.propagate_tags.as_deref() {
            None | Some("TASK_DEFINITION" | "NONE") => {}
            Some(other) => return refuse(format!("propagateTags of RunTask cannot be '{other}'.")),
        }
        let length = serde_json::to_string(&self.overrides).map_or(usize::MAX, |text| text.len());
        if length > LONGEST_OVERRIDES {
            return refuse(format!("Container Overrides length must be at most {LONGEST_OVERRIDES}."));
        }
        Ok(())
    }

    fn check_overrides(&self, revision: &Revision) -> Result<(), AwsError> {
        for with in &self.overrides.container_overrides {
            if revision.definition.container(&with.name).is_none() {
                return Err(super::invalid_parameter(format!(
                    "Override for container named {} is not a container in the TaskDefinition.",
                    with.name
                )));
            }
        }
        if self.overrides.cpu.is_none() && self.overrides.memory.is_none() {
            return Ok(());
        }
        let cpu = self.overrides.cpu.as_deref().or(revision.definition.cpu.as_deref());
        let memory = self.overrides.memory.as_deref().or(revision.definition.memory.as_deref());
        crate::ecs::fargate::check(cpu, memory)
    }
}
