//! A task definition in ECS, as a hook sees it, with the plan that travels in it.

use crate::{Env, Error, classify};
use aws_sdk_ecs::types::{ContainerDefinition, NetworkMode, TaskDefinition, TaskDefinitionStatus};
use greenlight_domain::plan::{LABEL, Plan};
use greenlight_domain::task_definition::LogConfiguration;
use std::collections::BTreeMap;

/// The label with the commit: <https://github.com/opencontainers/image-spec/blob/main/annotations.md>.
const COMMIT: &str = "org.opencontainers.image.revision";

/// What `DescribeTaskDefinition` says.
#[derive(Debug, Clone)]
pub struct Revision {
    /// The ARN, with the revision's number.
    pub arn: String,
    /// The names of its containers.
    pub containers: Vec<String>,
    /// The image of the plan's container.
    pub image: String,
    /// The commit that the image was made of, if the container has the label of the OCI for it.
    pub commit: Option<String>,
    /// Whether its tasks have network interfaces of their own.
    pub awsvpc: bool,
    /// The plan: the task definition's own, else the function's default.
    pub plan: Plan,
    /// The label with the plan, if it has its own.
    pub label: Option<String>,
    /// Where the plan's container logs to.
    pub log_configuration: Option<LogConfiguration>,
}

/// Reads a task definition and its plan.
pub async fn describe(env: &Env, task_definition: &str) -> Result<Revision, Error> {
    let answer = env.ecs().describe_task_definition().task_definition(task_definition).send().await;
    let answer = answer.map_err(|error| classify("ecs:DescribeTaskDefinition", task_definition, &error))?;
    let definition = answer
        .task_definition()
        .ok_or_else(|| Error::Unfit(format!("there is no task definition {task_definition}")))?;
    let containers: Vec<String> = names(definition).map(str::to_owned).collect();
    // the plan is on the application's container; which one that is, only the plan says: the first label found is it
    let label = |container: &'_ ContainerDefinition| container.docker_labels()?.get(LABEL).cloned();
    let label = definition.container_definitions().iter().find_map(label);
    let plan = plan(env, definition.task_definition_arn().unwrap_or(task_definition), label.as_deref())?;
    let Some(container) = container(definition, &plan.container) else {
        return Err(Error::Unfit(format!(
            "the plan's container {:?} is not in task definition {task_definition}, which has {}; correct `container`",
            plan.container,
            containers.join(", ")
        )));
    };
    Ok(Revision {
        arn: definition.task_definition_arn().unwrap_or(task_definition).to_owned(),
        awsvpc: definition.network_mode() == Some(&NetworkMode::Awsvpc),
        image: container.image().unwrap_or_default().to_owned(),
        commit: container.docker_labels().and_then(|labels| labels.get(COMMIT).cloned()),
        log_configuration: log_configuration(container),
        containers,
        plan,
        label,
    })
}

/// Where a container logs to, whatever plan its task definition has.
pub async fn logs(env: &Env, task_definition: &str, name: &str) -> Result<Option<LogConfiguration>, Error> {
    let answer = env.ecs().describe_task_definition().task_definition(task_definition).send().await;
    let answer = answer.map_err(|error| classify("ecs:DescribeTaskDefinition", task_definition, &error))?;
    Ok(answer.task_definition().and_then(|definition| container(definition, name)).and_then(log_configuration))
}

/// What somebody who looks at a revision sees of it, whatever plan it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The ARN, with the revision's number.
    pub arn: String,
    /// The image of the container that was asked for.
    pub image: Option<String>,
    /// The commit that the image was made of, if the container has the label of the OCI for it.
    pub commit: Option<String>,
    /// Where that container logs to.
    pub logs: Option<LogConfiguration>,
}

/// Looks at one container of a task definition.
///
/// # Errors
/// If it cannot be read.
pub async fn show(env: &Env, task_definition: &str, name: &str) -> Result<Shown, Error> {
    let answer = env.ecs().describe_task_definition().task_definition(task_definition).send().await;
    let answer = answer.map_err(|error| classify("ecs:DescribeTaskDefinition", task_definition, &error))?;
    let definition = answer.task_definition();
    let found = definition.and_then(|definition| container(definition, name));
    Ok(Shown {
        arn: definition.and_then(|found| found.task_definition_arn()).unwrap_or(task_definition).to_owned(),
        image: found.and_then(|found| found.image()).map(str::to_owned),
        commit: found.and_then(|found| found.docker_labels()).and_then(|labels| labels.get(COMMIT).cloned()),
        logs: found.and_then(log_configuration),
    })
}

/// A task definition that somebody names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// The ARN, with the revision's number.
    pub arn: String,
    /// Whether tasks can be started from it: nobody deregistered it.
    pub is_active: bool,
    /// The names of its containers.
    pub containers: Vec<String>,
}

impl Registered {
    /// `family:revision`.
    pub fn name(&self) -> &str {
        short(&self.arn)
    }
}

/// `family:revision` of a task definition's ARN, or what was given if it is none.
pub fn short(arn: &str) -> &str {
    arn.rsplit_once(":task-definition/").map_or(arn, |(_, name)| name)
}

/// Finds a task definition by `family:revision` or ARN; `None` if it does not exist.
pub async fn find(env: &Env, task_definition: &str) -> Result<Option<Registered>, Error> {
    let answer = env.ecs().describe_task_definition().task_definition(task_definition).send().await;
    match answer {
        Ok(answer) => Ok(answer.task_definition().map(|definition| Registered {
            arn: definition.task_definition_arn().unwrap_or(task_definition).to_owned(),
            is_active: definition.status() == Some(&TaskDefinitionStatus::Active),
            containers: names(definition).map(str::to_owned).collect(),
        })),
        Err(error) => {
            let fault = classify("ecs:DescribeTaskDefinition", task_definition, &error);
            // what ECS says of one that does not exist
            if fault.code.as_deref() == Some("ClientException") { Ok(None) } else { Err(fault.into()) }
        }
    }
}

/// Whether tasks can be started from a task definition: it exists, and nobody deregistered it.
pub async fn is_active(env: &Env, task_definition: &str) -> Result<bool, Error> {
    Ok(find(env, task_definition).await?.is_some_and(|found| found.is_active))
}

fn names(definition: &TaskDefinition) -> impl Iterator<Item = &str> {
    definition.container_definitions().iter().filter_map(ContainerDefinition::name)
}

fn container<'a>(definition: &'a TaskDefinition, name: &str) -> Option<&'a ContainerDefinition> {
    definition.container_definitions().iter().find(|container| container.name() == Some(name))
}

/// The plan of a label, or else the function's default.
pub(crate) fn plan(env: &Env, task_definition: &str, label: Option<&str>) -> Result<Plan, Error> {
    if let Some(label) = label {
        return Ok(Plan::from_label(label)?);
    }
    let Some(default) = &env.settings.plan else {
        return Err(Error::Unfit(format!(
            "task definition {task_definition} has no label {LABEL} and the function has no GREENLIGHT_PLAN; write the plan \
             into the task definition with `greenlight plan embed`"
        )));
    };
    Ok(Plan::from_variable(default)?)
}

fn log_configuration(container: &ContainerDefinition) -> Option<LogConfiguration> {
    let configuration = container.log_configuration()?;
    let options = configuration.options().into_iter().flatten();
    let options: BTreeMap<String, String> = options.map(|(key, value)| (key.clone(), value.clone())).collect();
    let environment = container.environment().iter();
    let environment = environment.filter_map(|variable| Some((variable.name()?, variable.value()?)));
    LogConfiguration::from_options(configuration.log_driver().as_str(), &options).map(|logs| logs.hiding(environment))
}
