//! The task of an attempt.

use super::Record;
use crate::deployment::timestamp;
use crate::{Class, Env, Error, Fault, classify, retry};
use aws_sdk_ecs::operation::run_task::RunTaskOutput;
use aws_sdk_ecs::operation::run_task::builders::RunTaskFluentBuilder;
use aws_sdk_ecs::types::{
    AssignPublicIp, AwsVpcConfiguration, CapacityProviderStrategyItem, ContainerOverride, DesiredStatus, LaunchType,
    NetworkConfiguration, Task, TaskOverride,
};
use greenlight_domain::one_off::{OneOff, StoppedContainer, StoppedTask};
use greenlight_domain::release::{Launch, Placement, family};
use jiff::Timestamp;

/// A task that `DescribeTasks` shows.
#[derive(Debug, Clone)]
pub struct SeenTask {
    /// Its ARN.
    pub arn: String,
    /// What it was started with.
    pub started_by: String,
    /// `RUNNING`, `STOPPED` and the like.
    pub last_status: String,
    /// Whether it shall stop.
    pub was_told_to_stop: bool,
    /// How it ended, as far as it has.
    pub end: StoppedTask,
}

impl SeenTask {
    /// Whether it has ended.
    pub fn has_stopped(&self) -> bool {
        self.last_status == "STOPPED"
    }
}

/// A one-off task of this install.
#[derive(Debug, Clone)]
pub struct OurTask {
    /// Its ARN.
    pub arn: String,
    /// Whose it is.
    pub one_off: OneOff,
    /// `RUNNING`, `STOPPED` and the like.
    pub last_status: String,
    /// How it ended, as far as it has.
    pub end: StoppedTask,
}

impl OurTask {
    /// Whether it has ended.
    pub fn has_stopped(&self) -> bool {
        self.last_status == "STOPPED"
    }
}

/// A task to be started.
pub(crate) struct Start<'a> {
    pub(crate) cluster: &'a str,
    pub(crate) task_definition: &'a str,
    pub(crate) container: &'a str,
    pub(crate) command: &'a [String],
    pub(crate) placement: Placement,
    pub(crate) client_token: String,
    pub(crate) started_by: String,
}

/// A task that was started, now or by an earlier call with the same client token.
pub(crate) struct Started {
    pub(crate) arn: String,
    /// Whether it has ended already, so that it was started by an earlier call.
    pub(crate) has_stopped: bool,
}

/// Runs the task of an attempt; its ARN.
pub(super) async fn run(env: &Env, record: &Record, command: &[String], until: Timestamp) -> Result<String, Error> {
    let one_off = record.one_off();
    let start = Start {
        cluster: &record.cluster,
        task_definition: &record.task_definition,
        container: &record.container,
        command,
        placement: record.placement(),
        client_token: one_off.client_token(),
        started_by: one_off.started_by(),
    };
    match Box::pin(run_task(env, start, until)).await {
        Ok(task) => Ok(task.arn),
        // the same token with other parameters: the task was started before
        Err(error) if error.is_already_done() => {
            let task = find(env, record, until).await?;
            Ok(task.map_or_else(|| "unknown".to_owned(), |task| task.arn))
        }
        Err(error) => Err(error),
    }
}

/// Runs a task. The override holds the command and nothing else: task events show overrides to everybody who listens.
pub(crate) async fn run_task(env: &Env, start: Start<'_>, until: Timestamp) -> Result<Started, Error> {
    let resource = start.task_definition;
    let request = request(env, start)?;
    retry::until(env, until, async || {
        let answer = request.clone().send().await.map_err(|error| classify("ecs:RunTask", resource, &error))?;
        started(resource, &answer)
    })
    .await
}

fn request(env: &Env, start: Start<'_>) -> Result<RunTaskFluentBuilder, Error> {
    let Start { cluster, task_definition, container, command, placement, client_token, started_by } = start;
    let container = ContainerOverride::builder().name(container).set_command(Some(command.to_vec())).build();
    let mut request = env
        .ecs()
        .run_task()
        .cluster(cluster)
        .task_definition(task_definition)
        .count(1)
        .client_token(client_token)
        .started_by(started_by)
        .overrides(TaskOverride::builder().container_overrides(container).build());
    if let Some(network) = placement.network {
        let public = if network.assign_public_ip { AssignPublicIp::Enabled } else { AssignPublicIp::Disabled };
        let awsvpc = AwsVpcConfiguration::builder()
            .set_subnets(Some(network.subnets))
            .set_security_groups(Some(network.security_groups))
            .assign_public_ip(public)
            .build();
        let awsvpc =
            awsvpc.map_err(|error| Error::Unfit(format!("the network configuration is incomplete: {error}")))?;
        request = request.network_configuration(NetworkConfiguration::builder().awsvpc_configuration(awsvpc).build());
    }
    match placement.launch {
        Launch::Type(launch_type) => {
            if launch_type == "FARGATE" {
                request = request.set_platform_version(placement.platform_version);
            }
            Ok(request.launch_type(LaunchType::from(launch_type.as_str())))
        }
        Launch::CapacityProvider(provider) => {
            let item = CapacityProviderStrategyItem::builder().capacity_provider(provider).weight(1).build();
            let item = item.map_err(|error| Error::Unfit(format!("the capacity provider is incomplete: {error}")))?;
            Ok(request.capacity_provider_strategy(item))
        }
    }
}

/// An answer without an error can still say that nothing was started.
fn started(resource: &str, answer: &RunTaskOutput) -> Result<Started, Error> {
    let task = answer.tasks().first();
    if let Some(arn) = task.and_then(Task::task_arn) {
        let has_stopped = task.and_then(Task::last_status) == Some("STOPPED");
        return Ok(Started { arn: arn.to_owned(), has_stopped });
    }
    let failure = answer.failures().first();
    let reason = failure.and_then(|failure| failure.reason()).unwrap_or("no reason given");
    let detail = failure.and_then(|failure| failure.detail()).unwrap_or("ECS started no task");
    // resources that are taken, and agents that are away, come back
    let comes_back = ["RESOURCE", "AGENT", "CAPACITY"].iter().any(|begin| reason.to_uppercase().starts_with(begin));
    let class = if comes_back { Class::Retry } else { Class::Fatal(None) };
    Err(Fault {
        action: "ecs:RunTask",
        resource: resource.to_owned(),
        code: Some(reason.to_owned()),
        message: detail.to_owned(),
        class,
        in_doubt: false,
    }
    .into())
}

/// The task of this attempt, running or stopped.
pub async fn find(env: &Env, record: &Record, until: Timestamp) -> Result<Option<OurTask>, Error> {
    let one_off = record.one_off();
    let tasks = of_family(env, &record.cluster, family(&record.task_definition), until).await?;
    Ok(tasks.into_iter().find(|task| task.one_off == one_off))
}

/// Every one-off task of this install in a family, running or stopped within the last hour or so.
///
/// `ListTasks` cannot be asked for a `startedBy` and for stopped tasks at once; a family can.
pub async fn of_family(env: &Env, cluster: &str, family: &str, until: Timestamp) -> Result<Vec<OurTask>, Error> {
    let tasks = Box::pin(all_of_family(env, cluster, family, until)).await?;
    Ok(tasks.into_iter().filter_map(|task| ours(env, task)).collect())
}

/// Every task in a family that somebody started by name, running or stopped within the last hour or so.
pub(crate) async fn all_of_family(
    env: &Env,
    cluster: &str,
    family: &str,
    until: Timestamp,
) -> Result<Vec<SeenTask>, Error> {
    retry::until(env, until, async || look(env, cluster, family).await).await
}

async fn look(env: &Env, cluster: &str, family: &str) -> Result<Vec<SeenTask>, Error> {
    let (running, stopped) = futures_util::future::try_join(
        list(env, cluster, family, DesiredStatus::Running),
        list(env, cluster, family, DesiredStatus::Stopped),
    )
    .await?;
    let mut found = Vec::new();
    let arns: Vec<String> = running.into_iter().chain(stopped).collect();
    for arns in arns.chunks(100) {
        let answer = env.ecs().describe_tasks().cluster(cluster).set_tasks(Some(arns.to_vec())).send().await;
        let answer = answer.map_err(|error| classify("ecs:DescribeTasks", cluster, &error))?;
        found.extend(answer.tasks().iter().filter_map(seen));
    }
    Ok(found)
}

async fn list(env: &Env, cluster: &str, family: &str, status: DesiredStatus) -> Result<Vec<String>, Error> {
    let mut arns = Vec::new();
    let mut token = None;
    loop {
        let request = env.ecs().list_tasks().cluster(cluster).family(family).desired_status(status.clone());
        let answer = request.set_next_token(token).send().await;
        let answer = answer.map_err(|error| classify("ecs:ListTasks", cluster, &error))?;
        arns.extend_from_slice(answer.task_arns());
        token = answer.next_token().filter(|token| !token.is_empty()).map(str::to_owned);
        if token.is_none() {
            return Ok(arns);
        }
    }
}

/// A task by its ARN; `None` if ECS does not know it: not yet, or not any more.
pub(crate) async fn described(env: &Env, cluster: &str, task: &str) -> Result<Option<SeenTask>, Error> {
    let answer = env.ecs().describe_tasks().cluster(cluster).tasks(task).send().await;
    let answer = answer.map_err(|error| classify("ecs:DescribeTasks", cluster, &error))?;
    Ok(answer.tasks().first().and_then(seen))
}

fn ours(env: &Env, task: SeenTask) -> Option<OurTask> {
    let one_off = OneOff::parse(&task.started_by).filter(|one_off| one_off.install == env.settings.install)?;
    Some(OurTask { arn: task.arn, one_off, last_status: task.last_status, end: task.end })
}

fn seen(task: &Task) -> Option<SeenTask> {
    let container = |container: &aws_sdk_ecs::types::Container| {
        Some(StoppedContainer {
            name: container.name()?.to_owned(),
            exit_code: container.exit_code(),
            reason: container.reason().map(str::to_owned),
        })
    };
    Some(SeenTask {
        arn: task.task_arn()?.to_owned(),
        started_by: task.started_by()?.to_owned(),
        last_status: task.last_status().unwrap_or("UNKNOWN").to_owned(),
        was_told_to_stop: task.desired_status() == Some("STOPPED"),
        end: StoppedTask {
            stop_code: task.stop_code().map(|code| code.as_str().to_owned()),
            stopped_reason: task.stopped_reason().map(str::to_owned),
            containers: task.containers().iter().filter_map(container).collect(),
            stopped_at: task.stopped_at().and_then(timestamp),
        },
    })
}

/// The tasks that were started with this `startedBy` and shall run: those that were told to stop are not among them.
pub(crate) async fn running(
    env: &Env,
    cluster: &str,
    started_by: &str,
    until: Timestamp,
) -> Result<Vec<String>, Error> {
    retry::until(env, until, async || {
        let answer = env.ecs().list_tasks().cluster(cluster).started_by(started_by).send().await;
        let answer = answer.map_err(|error| classify("ecs:ListTasks", cluster, &error))?;
        Ok(answer.task_arns().to_vec())
    })
    .await
}

/// Tells a task to stop.
pub async fn stop(env: &Env, cluster: &str, task: &str, reason: &str, until: Timestamp) -> Result<(), Error> {
    retry::until(env, until, async || {
        let answer = env.ecs().stop_task().cluster(cluster).task(task).reason(reason).send().await;
        answer.map(|_| ()).map_err(|error| classify("ecs:StopTask", task, &error).into())
    })
    .await
}
