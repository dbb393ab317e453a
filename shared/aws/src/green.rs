//! Green and its tasks.

use crate::controller::{Controller, Ecs};
use crate::hook::Context;
use crate::{Env, Error, classify, fresh};
use aws_sdk_ecs::types::{Deployment, StabilityStatus, Task, TaskSet};
use std::net::IpAddr;

/// What a deployment brings into the service: under `CODE_DEPLOY` a task set of its own, else the tasks of a service revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Green {
    /// What it is called: `green task set ecs-svc/…`.
    pub name: String,
    /// What its tasks are started by: `ecs-svc/…`.
    pub started_by: String,
    /// `STEADY_STATE` or `STABILIZING`.
    pub stability: String,
    /// Tasks that there should be.
    pub desired_count: u32,
    /// Tasks that run.
    pub running_count: u32,
    /// Tasks that are about to run.
    pub pending_count: u32,
    /// ARN of the target group that its tasks are registered with.
    pub target_group: Option<String>,
}

/// A task of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GreenTask {
    /// Its ARN.
    pub arn: String,
    /// Its private address, if it has an own one.
    pub address: Option<IpAddr>,
    /// `RUNNING` and the like.
    pub last_status: String,
}

impl GreenTask {
    /// The last part of its ARN.
    pub fn id(&self) -> &str {
        self.arn.rsplit('/').next().unwrap_or(&self.arn)
    }
}

/// Reads green.
///
/// # Errors
/// If it cannot be read, or there is still none after a while.
pub async fn read(env: &Env, context: &Context) -> Result<Green, Error> {
    match &context.controller {
        Controller::CodeDeploy(_) => task_set(env, context).await,
        Controller::Ecs(told) => of_revision(env, context, told).await,
    }
}

/// The service's newest deployment, in the older sense of the word: it starts the tasks of the revision that is deployed.
async fn of_revision(env: &Env, context: &Context, told: &Ecs) -> Result<Green, Error> {
    let release = &context.release;
    let name = format!("{}/{}", release.cluster, release.service);
    let find = async || {
        let answer = env.ecs().describe_services().cluster(&release.cluster).services(&release.service).send().await;
        let answer = answer.map_err(|error| classify("ecs:DescribeServices", &name, &error))?;
        let deployments = answer.services().first().map(aws_sdk_ecs::types::Service::deployments).unwrap_or_default();
        let own = |deployment: &&Deployment| {
            deployment.status() == Some("PRIMARY") && deployment.task_definition() == Some(&release.task_definition)
        };
        let found = deployments.iter().find(own);
        Ok(found.and_then(|found| of_deployment(found, told.green.target_group.as_ref())))
    };
    let found = fresh::look(env, context.until, find, Option::is_some).await?;
    found.ok_or_else(|| {
        Error::Unfit(format!(
            "service {name} has no deployment of {}, which is to be deployed",
            release.task_definition
        ))
    })
}

fn of_deployment(deployment: &Deployment, target_group: Option<&String>) -> Option<Green> {
    let id = deployment.id()?;
    let count = |count: i32| u32::try_from(count).unwrap_or_default();
    let (running, desired) = (count(deployment.running_count()), count(deployment.desired_count()));
    let is_steady = running == desired && deployment.pending_count() == 0;
    Some(Green {
        name: format!("green deployment {id}"),
        started_by: id.to_owned(),
        stability: if is_steady { "STEADY_STATE" } else { "STABILIZING" }.to_owned(),
        desired_count: desired,
        running_count: running,
        pending_count: count(deployment.pending_count()),
        target_group: target_group.cloned(),
    })
}

/// The task set whose `externalId` is the deployment. Its status does not tell: after the shift green is `PRIMARY`.
async fn task_set(env: &Env, context: &Context) -> Result<Green, Error> {
    let release = &context.release;
    let name = format!("{}/{}", release.cluster, release.service);
    let find = async || {
        let answer = env.ecs().describe_services().cluster(&release.cluster).services(&release.service).send().await;
        let answer = answer.map_err(|error| classify("ecs:DescribeServices", &name, &error))?;
        let sets = answer.services().first().map(aws_sdk_ecs::types::Service::task_sets).unwrap_or_default();
        let own = |set: &&TaskSet| set.external_id() == Some(release.deployment_id.as_str());
        Ok(sets.iter().find(own).and_then(of_task_set))
    };
    let found = fresh::look(env, context.until, find, Option::is_some).await?;
    found.ok_or_else(|| Error::Unfit(format!("service {name} has no task set of deployment {}", release.deployment_id)))
}

fn of_task_set(set: &TaskSet) -> Option<Green> {
    let id = set.id()?;
    Some(Green {
        name: format!("green task set {id}"),
        started_by: id.to_owned(),
        stability: set.stability_status().map_or("UNKNOWN", StabilityStatus::as_str).to_owned(),
        desired_count: set.computed_desired_count().try_into().unwrap_or_default(),
        running_count: set.running_count().try_into().unwrap_or_default(),
        pending_count: set.pending_count().try_into().unwrap_or_default(),
        target_group: set.load_balancers().iter().find_map(|balancer| balancer.target_group_arn()).map(str::to_owned),
    })
}

/// Its tasks: ECS writes what they belong to into their `startedBy`.
async fn tasks(env: &Env, context: &Context, green: &Green) -> Result<Vec<GreenTask>, Error> {
    let cluster = &context.release.cluster;
    let mut arns = Vec::new();
    let mut token = None;
    loop {
        // with `startedBy` no other filter is taken
        let request = env.ecs().list_tasks().cluster(cluster).started_by(&green.started_by).set_next_token(token);
        let answer = request.send().await.map_err(|error| classify("ecs:ListTasks", cluster, &error))?;
        arns.extend_from_slice(answer.task_arns());
        token = answer.next_token().filter(|token| !token.is_empty()).map(str::to_owned);
        if token.is_none() {
            break;
        }
    }
    let mut tasks = Vec::new();
    for arns in arns.chunks(100) {
        let answer = env.ecs().describe_tasks().cluster(cluster).set_tasks(Some(arns.to_vec())).send().await;
        let answer = answer.map_err(|error| classify("ecs:DescribeTasks", cluster, &error))?;
        tasks.extend(answer.tasks().iter().filter_map(task));
    }
    Ok(tasks)
}

/// The tasks that can be asked: those that run, with their addresses. ECS reads are eventually consistent: as long as fewer run
/// than there should be, it is asked again for a while.
///
/// # Errors
/// If there is none, or one has no address of its own.
pub async fn running(env: &Env, context: &Context) -> Result<Vec<(GreenTask, IpAddr)>, Error> {
    let all_run =
        |(green, running): &(Green, Vec<_>)| running.len() >= usize::try_from(green.desired_count).unwrap_or_default();
    let (green, running) = fresh::look(env, context.until, async || look(env, context).await, all_run).await?;
    if running.is_empty() {
        return Err(Error::Unfit(format!("no task of {} is running", green.name)));
    }
    Ok(running)
}

async fn look(env: &Env, context: &Context) -> Result<(Green, Vec<(GreenTask, IpAddr)>), Error> {
    let green = read(env, context).await?;
    let mut running = Vec::new();
    for task in tasks(env, context, &green).await? {
        if task.last_status != "RUNNING" {
            continue;
        }
        let Some(address) = task.address else {
            return Err(Error::Unfit(format!(
                "task {} has no private address; only tasks in awsvpc mode can be asked one by one",
                task.id()
            )));
        };
        running.push((task, address));
    }
    Ok((green, running))
}

fn task(task: &Task) -> Option<GreenTask> {
    Some(GreenTask {
        arn: task.task_arn()?.to_owned(),
        address: address(task),
        last_status: task.last_status().unwrap_or("UNKNOWN").to_owned(),
    })
}

/// The address of the task's network interface. ECS says it twice, and spells it differently.
fn address(task: &Task) -> Option<IpAddr> {
    let mut interfaces = task.containers().iter().flat_map(aws_sdk_ecs::types::Container::network_interfaces);
    let of_container = interfaces.find_map(|interface| interface.private_ipv4_address());
    let details = task.attachments().iter().flat_map(aws_sdk_ecs::types::Attachment::details);
    let of_task =
        details.filter(|detail| detail.name() == Some("privateIPv4Address")).find_map(|detail| detail.value());
    of_container.or(of_task)?.parse().ok()
}
