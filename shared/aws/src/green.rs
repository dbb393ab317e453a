//! The green task set and its tasks.

use crate::{Env, Error, classify, fresh};
use aws_sdk_ecs::types::{StabilityStatus, Task, TaskSet};
use greenlight_domain::release::Release;
use jiff::Timestamp;
use std::net::IpAddr;

/// The task set that a deployment created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GreenTaskSet {
    /// `ecs-svc/…`.
    pub id: String,
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

/// The task set whose `externalId` is the deployment. Its status does not tell: after the shift green is `PRIMARY`.
///
/// # Errors
/// If it cannot be read, or there is still none after a while.
pub async fn task_set(env: &Env, release: &Release, until: Timestamp) -> Result<GreenTaskSet, Error> {
    let found = fresh::look(env, until, async || find(env, release).await, Option::is_some).await?;
    found.ok_or_else(|| {
        let Release { cluster, service, deployment_id, .. } = release;
        Error::Unfit(format!("service {cluster}/{service} has no task set of deployment {deployment_id}"))
    })
}

async fn find(env: &Env, release: &Release) -> Result<Option<GreenTaskSet>, Error> {
    let name = format!("{}/{}", release.cluster, release.service);
    let answer = env.ecs().describe_services().cluster(&release.cluster).services(&release.service).send().await;
    let answer = answer.map_err(|error| classify("ecs:DescribeServices", &name, &error))?;
    let sets = answer.services().first().map(aws_sdk_ecs::types::Service::task_sets).unwrap_or_default();
    let own = |set: &&TaskSet| set.external_id() == Some(release.deployment_id.as_str());
    let green = |set: &TaskSet| {
        Some(GreenTaskSet {
            id: set.id()?.to_owned(),
            stability: set.stability_status().map_or("UNKNOWN", StabilityStatus::as_str).to_owned(),
            desired_count: set.computed_desired_count().try_into().unwrap_or_default(),
            running_count: set.running_count().try_into().unwrap_or_default(),
            pending_count: set.pending_count().try_into().unwrap_or_default(),
            target_group: set
                .load_balancers()
                .iter()
                .find_map(|balancer| balancer.target_group_arn())
                .map(str::to_owned),
        })
    };
    Ok(sets.iter().find(own).and_then(green))
}

/// The tasks of a task set: ECS writes its id into their `startedBy`.
pub async fn tasks(env: &Env, release: &Release, task_set: &GreenTaskSet) -> Result<Vec<GreenTask>, Error> {
    let cluster = &release.cluster;
    let mut arns = Vec::new();
    let mut token = None;
    loop {
        // with `startedBy` no other filter is taken
        let request = env.ecs().list_tasks().cluster(cluster).started_by(&task_set.id).set_next_token(token);
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
pub async fn running(env: &Env, release: &Release, until: Timestamp) -> Result<Vec<(GreenTask, IpAddr)>, Error> {
    let all_run = |(task_set, running): &(GreenTaskSet, Vec<_>)| {
        running.len() >= usize::try_from(task_set.desired_count).unwrap_or_default()
    };
    let (task_set, running) = fresh::look(env, until, async || look(env, release, until).await, all_run).await?;
    if running.is_empty() {
        return Err(Error::Unfit(format!("no task of green task set {} is running", task_set.id)));
    }
    Ok(running)
}

async fn look(
    env: &Env,
    release: &Release,
    until: Timestamp,
) -> Result<(GreenTaskSet, Vec<(GreenTask, IpAddr)>), Error> {
    let task_set = task_set(env, release, until).await?;
    let mut running = Vec::new();
    for task in tasks(env, release, &task_set).await? {
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
    Ok((task_set, running))
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
