//! From a deployment to its story. Calls that do not depend on each other go at once.

use super::cause;
use super::lines::{self, Said};
use super::on_ecs;
use super::story::{LifecycleEvent, Other, Outcome, Revision, StoppedTask, Story, TaskSet};
use super::wanted::{Found, OnCodeDeploy, Wanted, taken_back};
use crate::Error;
use crate::aws::calmly;
use greenlight_aws::deployment::{self, Deployment};
use greenlight_aws::deployment_target::{self, DeploymentTarget};
use greenlight_aws::revision::{self, Shown};
use greenlight_aws::stopped_tasks::{self, Stopped};
use greenlight_aws::{Env, log_tail};
use greenlight_domain::task_definition::LogConfiguration;
use std::fmt::Display;

/// What is written down of what could not be read.
pub(super) type Unread = Vec<String>;

/// Reads the story of a deployment: at most twelve calls, if none is throttled.
///
/// # Errors
/// If the deployment cannot be found. What else cannot be read is named in [`Story::unread`].
pub async fn read(env: &Env, wanted: &Wanted) -> Result<Story, Error> {
    let (found, log_group) = tokio::join!(Box::pin(wanted.find(env)), lines::log_group(env, &wanted.install));
    let found = found?;
    let mut unread = Unread::new();
    let log_group = match log_group {
        Ok(Some(group)) => Some(group),
        Ok(None) => {
            unread.push(format!(
                "there are no functions {}-…, so nobody knows what its hooks said; name their stack with --install",
                wanted.install
            ));
            None
        }
        Err(error) => kept(Err(error), "the functions' log group", &mut unread).flatten(),
    };
    match found {
        Found::OnCodeDeploy(found) => Ok(Box::pin(of(env, *found, log_group.as_deref(), unread)).await),
        Found::OnEcs(found) => Ok(Box::pin(on_ecs::of(env, *found, log_group.as_deref(), unread)).await),
    }
}

/// The story of a deployment that was found.
async fn of(env: &Env, found: OnCodeDeploy, log_group: Option<&str>, mut unread: Unread) -> Story {
    let deployment = &found.deployment;
    let target_id = found.target_id.as_deref();
    let went_wrong = matches!(deployment.status.as_str(), "Failed" | "Stopped");
    let (target, said, own, before, stopped, other) = tokio::join!(
        Box::pin(target(env, &deployment.id, target_id)),
        Box::pin(said(env, deployment, log_group)),
        Box::pin(own(env, deployment)),
        // what its image was is of interest where it went well; where it did not there is more to read
        Box::pin(before(env, deployment, !went_wrong)),
        Box::pin(stopped(env, target_id.filter(|_| went_wrong))),
        Box::pin(other(env, &found)),
    );
    let target = kept(target, "its lifecycle events", &mut unread).flatten().unwrap_or_default();
    let Said { hooks, commands, alarms, .. } = kept(said, "what the functions wrote", &mut unread).unwrap_or_default();
    let own = kept(own, "its revision", &mut unread);
    let before = kept(before, "the revision before it", &mut unread).flatten();
    let stopped = kept(stopped, "tasks that stopped", &mut unread).unwrap_or_default();
    let other = kept(other, "what took it back", &mut unread).flatten();
    let stopped_tasks = match &own {
        Some((shown, container)) => with_log(env, stopped, shown, container).await,
        None => Vec::new(),
    };
    let DeploymentTarget { lifecycle_events, task_sets } = target;
    let mut story = Story {
        deployment_id: deployment.id.clone(),
        application: Some(deployment.application.clone()),
        deployment_group: Some(deployment.deployment_group.clone()),
        target: found.target_id.clone(),
        outcome: outcome(&deployment.status, other.as_ref()),
        status: deployment.status.clone(),
        why: String::new(),
        next: Vec::new(),
        by: deployment.by(),
        description: deployment.description.clone(),
        deployment_config: deployment.deployment_config.clone(),
        created_at: deployment.created_at,
        ended_at: deployment.completed_at,
        revision: own.map(|(shown, _)| shown_revision(shown)),
        before,
        error: deployment.error.clone(),
        lifecycle_events: lifecycle_events.into_iter().map(lifecycle_event).collect(),
        hooks,
        commands,
        target_groups: deployment.target_groups.clone(),
        task_sets: task_sets.into_iter().map(task_set).collect(),
        stopped_tasks,
        alarms,
        rollback: None,
        rolled_back_by: other.as_ref().map(described),
        rolls_back: taken_back(deployment).map(str::to_owned),
        unread,
    };
    (story.why, story.next) = cause::of(&story, deployment, log_group);
    story
}

/// What was read; if it was not, that is written down.
pub(super) fn kept<T, E: Display>(read: Result<T, E>, what: &str, unread: &mut Unread) -> Option<T> {
    read.map_err(|error| unread.push(format!("{what} could not be read: {error}"))).ok()
}

async fn target(env: &Env, id: &str, target_id: Option<&str>) -> Result<Option<DeploymentTarget>, Error> {
    let Some(target_id) = target_id else { return Ok(None) };
    Ok(calmly(env, async || deployment_target::read(env, id, target_id).await).await?)
}

async fn said(env: &Env, deployment: &Deployment, log_group: Option<&str>) -> Result<Said, Error> {
    let Some(log_group) = log_group else { return Ok(Said::default()) };
    Ok(Said::read(&lines::about(env, log_group, &deployment.id, deployment.created_at).await?))
}

/// What it deploys, and the name of the container that takes the traffic.
async fn own(env: &Env, deployment: &Deployment) -> Result<(Shown, String), Error> {
    let appspec = calmly(env, async || deployment::appspec(env, deployment).await).await?;
    let (name, container) = (&appspec.task_definition, appspec.container_name.clone());
    let shown = calmly(env, async || revision::show(env, name, &container).await).await?;
    Ok((shown, container))
}

async fn before(env: &Env, deployment: &Deployment, with_image: bool) -> Result<Option<Revision>, Error> {
    let Some(appspec) = calmly(env, async || deployment::appspec_before(env, deployment).await).await? else {
        return Ok(None);
    };
    let name = &appspec.task_definition;
    if with_image {
        let shown = calmly(env, async || revision::show(env, name, &appspec.container_name).await).await?;
        return Ok(Some(shown_revision(shown)));
    }
    Ok(Some(Revision { task_definition: revision::short(name).to_owned(), image: None, commit: None }))
}

pub(super) async fn stopped(env: &Env, target_id: Option<&str>) -> Result<Vec<Stopped>, Error> {
    let Some((cluster, service)) = target_id.and_then(|target| target.rsplit_once(':')) else { return Ok(Vec::new()) };
    Ok(calmly(env, async || stopped_tasks::of_service(env, cluster, service).await).await?)
}

/// The deployment that takes this one back.
async fn other(env: &Env, found: &OnCodeDeploy) -> Result<Option<Deployment>, Error> {
    let own = &found.deployment;
    let takes_it_back = |other: &Deployment| taken_back(other) == Some(&own.id);
    if let Some(newer) = &found.newer {
        return Ok(newer.iter().find(|other| takes_it_back(other)).cloned());
    }
    if let Some(id) = &own.undone_by {
        return Ok(Some(calmly(env, async || deployment::get(env, id).await).await?));
    }
    let Some(since) = own.created_at.filter(|_| own.status == "Succeeded") else { return Ok(None) };
    let (application, group) = (&own.application, &own.deployment_group);
    let later = calmly(env, async || deployment::of_group(env, application, group, since, None).await).await?;
    Ok(later.into_iter().find(takes_it_back))
}

/// Those of the new revision that nobody asked to stop; the first with the end of its log.
pub(super) async fn with_log(env: &Env, stopped: Vec<Stopped>, own: &Shown, container: &str) -> Vec<StoppedTask> {
    let by_itself = |task: &Stopped| {
        let is_asked = task.stop_code == "UserInitiated" || task.reason.starts_with("Scaling activity");
        task.task_definition == own.arn && !is_asked
    };
    let mut tasks: Vec<StoppedTask> = stopped.into_iter().filter(by_itself).map(stopped_task).collect();
    if let (Some(first), Some(LogConfiguration::AwsLogs(logs))) = (tasks.first_mut(), &own.logs) {
        first.log_tail = log_tail::now(env, logs, container, &first.task).await;
    }
    tasks
}

fn stopped_task(task: Stopped) -> StoppedTask {
    let mut reason = task.reason;
    for (name, exit_code, why) in task.containers {
        // what ECS stops ends with the code of a signal, and that is no cause
        let is_own = task.stop_code == "EssentialContainerExited";
        let exit = exit_code.filter(|code| *code != 0 && is_own).map(|code| format!("{name} exited with code {code}"));
        for more in exit.into_iter().chain(why) {
            // ECS may repeat a container's reason as the task's
            if !reason.contains(&more) {
                reason = format!("{reason}; {more}");
            }
        }
    }
    StoppedTask {
        task: task.task,
        stopped_at: task.stopped_at,
        stop_code: task.stop_code,
        reason,
        log_tail: Vec::new(),
    }
}

fn outcome(status: &str, other: Option<&Deployment>) -> Outcome {
    match (status, other.map(|other| other.status.as_str())) {
        ("Succeeded" | "Failed" | "Stopped", Some("Succeeded")) => Outcome::RolledBack,
        ("Succeeded" | "Failed" | "Stopped", Some("Failed" | "Stopped")) | ("Failed", None) => Outcome::Failed,
        ("Succeeded" | "Failed" | "Stopped", Some(_)) => Outcome::RollingBack,
        ("Succeeded", None) => Outcome::Succeeded,
        ("Stopped", None) => Outcome::Stopped,
        _ => Outcome::InProgress,
    }
}

pub(super) fn shown_revision(shown: Shown) -> Revision {
    let Shown { arn, image, commit, .. } = shown;
    Revision { task_definition: revision::short(&arn).to_owned(), image, commit }
}

fn described(other: &Deployment) -> Other {
    Other {
        deployment_id: other.id.clone(),
        status: other.status.clone(),
        by: other.by(),
        description: other.description.clone(),
        created_at: other.created_at,
        ended_at: other.completed_at,
    }
}

fn lifecycle_event(event: deployment_target::Event) -> LifecycleEvent {
    let deployment_target::Event { name, status, started_at, ended_at, message } = event;
    LifecycleEvent { name, status, started_at, ended_at, message }
}

fn task_set(set: deployment_target::TaskSet) -> TaskSet {
    let deployment_target::TaskSet { id, label, status, running, desired, traffic_weight, target_group } = set;
    TaskSet { id, label, status, running, desired, traffic_percent: traffic_weight, target_group }
}
