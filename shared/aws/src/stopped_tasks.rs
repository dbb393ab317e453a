//! Tasks of a service that stopped, as long as ECS remembers them: about an hour.

use crate::deployment::timestamp;
use crate::{Env, Error, classify};
use aws_sdk_ecs::types::{DesiredStatus, Task};
use jiff::Timestamp;

/// A task that stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stopped {
    /// The last part of its ARN.
    pub task: String,
    /// What it ran.
    pub task_definition: String,
    /// When it stopped.
    pub stopped_at: Option<Timestamp>,
    /// `stopCode`.
    pub stop_code: String,
    /// `stoppedReason`.
    pub reason: String,
    /// Its containers: name, exit code, and what ECS says about it.
    pub containers: Vec<(String, Option<i32>, Option<String>)>,
}

/// Those of a service: a call that lists them and, if there are any, one that describes the first hundred. The first that stopped
/// comes first.
///
/// # Errors
/// If they cannot be read.
pub async fn of_service(env: &Env, cluster: &str, service: &str) -> Result<Vec<Stopped>, Error> {
    let name = format!("{cluster}/{service}");
    let request = env.ecs().list_tasks().cluster(cluster).service_name(service).desired_status(DesiredStatus::Stopped);
    let answer = request.send().await.map_err(|error| classify("ecs:ListTasks", &name, &error))?;
    let arns = answer.task_arns().to_vec();
    if arns.is_empty() {
        return Ok(Vec::new());
    }
    let answer = env.ecs().describe_tasks().cluster(cluster).set_tasks(Some(arns)).send().await;
    let answer = answer.map_err(|error| classify("ecs:DescribeTasks", &name, &error))?;
    let mut stopped: Vec<Stopped> = answer.tasks().iter().filter_map(read).collect();
    stopped.sort_by(|one, other| (one.stopped_at, &one.task).cmp(&(other.stopped_at, &other.task)));
    Ok(stopped)
}

fn read(task: &Task) -> Option<Stopped> {
    let arn = task.task_arn()?;
    let container = |container: &aws_sdk_ecs::types::Container| {
        Some((container.name()?.to_owned(), container.exit_code(), container.reason().map(str::to_owned)))
    };
    Some(Stopped {
        task: arn.rsplit('/').next().unwrap_or(arn).to_owned(),
        task_definition: task.task_definition_arn().unwrap_or_default().to_owned(),
        stopped_at: task.stopped_at().or(task.stopping_at()).and_then(timestamp),
        stop_code: task.stop_code().map(|code| code.as_str().to_owned()).unwrap_or_default(),
        reason: task.stopped_reason().unwrap_or_default().to_owned(),
        containers: task.containers().iter().filter_map(container).collect(),
    })
}
