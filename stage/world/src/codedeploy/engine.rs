//! A deployment from its creation to its end.
//!
//! A deployment always waits for one thing: a timer, the word of a hook, or ECS. Whatever comes, [`Deployment::stage`] is
//! counted up when it moves on, so that what was asked for before is not taken for an answer to what is asked now.

use super::deployment::{Deployment, EventName, EventStatus, Status};
use super::{Due, Timer, hooks, rollback, traffic};
use crate::{FactKind, World, ecs, events, random, timers};
use serde_json::json;
use std::time::Duration;

/// How long it takes `CodeDeploy` to go on: between two lifecycle events, and from creation to start.
const LATENCY: Duration = Duration::from_secs(1);

/// A lifecycle event that takes longer has failed: a hook that does not report, a task set that does not become steady.
const LIMIT: Duration = Duration::from_hours(1);

pub(super) fn fire(world: &mut World, timer: &Timer) {
    let id = timer.deployment.as_str();
    let Some(deployment) = world.codedeploy.deployments.get(id) else { return };
    if deployment.stage != timer.stage || deployment.is_over() {
        return;
    }
    match timer.due {
        Due::Start => start(world, id),
        Due::Next => begin_event(world, id),
        Due::Limit => limit(world, id),
        Due::Shift => traffic::shift(world, id),
        Due::Terminate => finish(world, id),
    }
}

/// Changes a deployment and notes when; `None` if there is none.
pub(super) fn update<T>(world: &mut World, id: &str, change: impl FnOnce(&mut Deployment) -> T) -> Option<T> {
    let deployment = world.codedeploy.deployments.get_mut(id)?;
    deployment.updated = world.now;
    Some(change(deployment))
}

/// Asks to be woken for a deployment, unless it moves on before.
pub(super) fn wake(world: &mut World, id: &str, after: Duration, due: Due) {
    let Some(deployment) = world.codedeploy.deployments.get(id) else { return };
    let timer = Timer { deployment: id.to_owned(), stage: deployment.stage, due };
    world.after(after, timers::Timer::CodeDeploy(timer));
}

/// Takes up a deployment that was just created.
pub(super) fn accept(world: &mut World, deployment: Deployment) {
    let id = deployment.id.clone();
    if let Some(application) = world.codedeploy.applications.get_mut(&deployment.application)
        && let Some(group) = application.groups.get_mut(&deployment.group)
    {
        group.last_attempted = Some(id.clone());
    }
    world.codedeploy.deployments.insert(id.clone(), deployment);
    wake(world, &id, LATENCY, Due::Start);
}

fn start(world: &mut World, id: &str) {
    let now = world.now;
    let told = update(world, id, |deployment| {
        deployment.status = Status::InProgress;
        deployment.started = Some(now);
        FactKind::DeploymentStarted {
            deployment_id: deployment.id.clone(),
            application: deployment.application.clone(),
            deployment_group: deployment.group.clone(),
            deployment_config: deployment.configuration.clone(),
            creator: deployment.creator.as_str().to_owned(),
        }
    });
    if let Some(told) = told {
        world.tell(told);
        publish(world, id, "START");
        begin_event(world, id);
    }
}

/// Begins the lifecycle event whose turn it is; after the last one, the end.
fn begin_event(world: &mut World, id: &str) {
    let now = world.now;
    let begun = update(world, id, |deployment| {
        deployment.stage += 1;
        let event = deployment.events.get_mut(deployment.current)?;
        event.status = EventStatus::InProgress;
        event.started = Some(now);
        Some(event.name)
    });
    let Some(Some(name)) = begun else {
        all_events_succeeded(world, id);
        return;
    };
    world.tell(FactKind::LifecycleStarted { deployment_id: id.to_owned(), lifecycle_event: name.as_str().to_owned() });
    wake(world, id, LIMIT, Due::Limit);
    match name {
        EventName::Install => install(world, id),
        EventName::AllowTestTraffic => traffic::allow_test_traffic(world, id),
        EventName::AllowTraffic => traffic::begin(world, id),
        _ => hooks::begin(world, id, name),
    }
}

/// The lifecycle event in progress is done.
pub(super) fn event_succeeded(world: &mut World, id: &str) {
    if end_event(world, id, EventStatus::Succeeded, None) {
        wake(world, id, LATENCY, Due::Next);
    }
}

/// The lifecycle event in progress went wrong, and the deployment with it.
pub(super) fn event_failed(world: &mut World, id: &str, failure: Failure) {
    let diagnostics = Some((failure.diagnostics, failure.message.clone()));
    if end_event(world, id, EventStatus::Failed, diagnostics) {
        end(world, id, Status::Failed, Some((failure.code, failure.message)));
        rollback::after_failure(world, id);
    }
}

/// Why a lifecycle event failed.
pub(super) struct Failure {
    /// `ErrorCode` of the deployment.
    pub(super) code: &'static str,
    /// `LifecycleErrorCode` of the event.
    pub(super) diagnostics: &'static str,
    pub(super) message: String,
}

/// Ends the event in progress, if there is one.
pub(super) fn end_event(
    world: &mut World,
    id: &str,
    status: EventStatus,
    diagnostics: Option<(&'static str, String)>,
) -> bool {
    let now = world.now;
    let told = update(world, id, |deployment| {
        let event = deployment.events.get_mut(deployment.current)?;
        if event.status != EventStatus::InProgress {
            return None;
        }
        event.status = status;
        event.ended = Some(now);
        event.diagnostics = diagnostics;
        deployment.stage += 1;
        deployment.current += 1;
        let started = event.started.unwrap_or(now);
        Some(FactKind::LifecycleEnded {
            deployment_id: deployment.id.clone(),
            lifecycle_event: event.name.as_str().to_owned(),
            status: status.as_str().to_owned(),
            duration_ms: now.as_millisecond() - started.as_millisecond(),
        })
    });
    let Some(Some(told)) = told else { return false };
    world.tell(told);
    true
}

fn limit(world: &mut World, id: &str) {
    let Some(name) = world.codedeploy.deployments.get(id).and_then(Deployment::in_progress).map(|event| event.name)
    else {
        return;
    };
    let failure = match name {
        EventName::Install => Failure {
            code: "TIMEOUT",
            diagnostics: "ScriptTimedOut",
            message: "The deployment timed out while waiting for the replacement task set to become healthy. This time out period is 60 minutes.".to_owned(),
        },
        // the shift of traffic takes as long as its configuration says
        EventName::AllowTraffic | EventName::AllowTestTraffic => return,
        name => hooks::silent(name),
    };
    event_failed(world, id, failure);
}

/// Creates the replacement task set. A rollback has one already: the one it goes back to.
fn install(world: &mut World, id: &str) {
    let Some(deployment) = world.codedeploy.deployments.get(id) else { return };
    if deployment.is_rollback() {
        event_succeeded(world, id);
        return;
    }
    let appspec = deployment.revision.appspec.clone();
    let wanted = ecs::NewTaskSet {
        cluster: deployment.cluster.clone(),
        service: deployment.service.clone(),
        task_definition: appspec.task_definition,
        external_id: deployment.id.clone(),
        target_group: deployment.sides.green_target_group.clone(),
        container_name: appspec.container_name,
        container_port: appspec.container_port,
        network_configuration: appspec.network_configuration,
        platform_version: appspec.platform_version,
    };
    clear_target_group(world, &wanted);
    match ecs::create_task_set(world, wanted) {
        Ok(task_set) => {
            update(world, id, |deployment| deployment.sides.green_task_set = Some(task_set.clone()));
            task_set_changed(world, &task_set);
        }
        Err(error) => {
            let failure = Failure {
                code: "ECS_UPDATE_ERROR",
                diagnostics: "UnknownError",
                message: format!("The ECS service could not be updated: {}", error.message),
            };
            event_failed(world, id, failure);
        }
    }
}

/// A deployment that failed without a rollback leaves its task sets behind: the one in the way has to go.
fn clear_target_group(world: &mut World, wanted: &ecs::NewTaskSet) {
    let Some(view) = ecs::service_view(world, &wanted.cluster, &wanted.service) else { return };
    let in_the_way = view.task_sets.iter().filter(|task_set| {
        task_set.target_group == wanted.target_group
            && task_set.status == "ACTIVE"
            && Some(&task_set.id) != view.primary.as_ref()
    });
    for task_set in in_the_way {
        let _ = ecs::delete_task_set(world, &wanted.cluster, &wanted.service, &task_set.id);
    }
}

/// A replacement task set that is steady ends Install; a failing one has the whole hour to become steady.
pub(super) fn task_set_changed(world: &mut World, task_set: &str) {
    let waiting = world.codedeploy.deployments.values().find(|deployment| {
        deployment.sides.green_task_set.as_deref() == Some(task_set)
            && deployment.in_progress().is_some_and(|event| event.name == EventName::Install)
    });
    let Some(deployment) = waiting else { return };
    let (id, cluster, service) = (deployment.id.clone(), deployment.cluster.clone(), deployment.service.clone());
    if ecs::task_set_view(world, &cluster, &service, task_set).is_some_and(|view| view.steady) {
        event_succeeded(world, &id);
    }
}

fn all_events_succeeded(world: &mut World, id: &str) {
    let Some(deployment) = world.codedeploy.deployments.get(id) else { return };
    if deployment.is_rollback() {
        rollback::finish(world, id);
        return;
    }
    let wait = termination(world, deployment).map(|(_, wait)| wait).unwrap_or_default();
    update(world, id, |deployment| deployment.termination_wait_started = true);
    world.tell(FactKind::DeploymentWaiting {
        deployment_id: id.to_owned(),
        what: "termination".to_owned(),
        seconds: wait.as_secs(),
    });
    wake(world, id, wait, Due::Terminate);
}

/// What the group says about the end of blue: whether it ends, and after how long.
fn termination(world: &World, deployment: &Deployment) -> Option<(bool, Duration)> {
    let group = world.codedeploy.applications.get(&deployment.application)?.groups.get(&deployment.group)?;
    let configuration = group.settings.blue_green_deployment_configuration.as_ref()?;
    let option = configuration.terminate_blue_instances_on_deployment_success.as_ref()?;
    let minutes = option.termination_wait_time_in_minutes.unwrap_or(0);
    Some((option.action.as_deref() != Some("KEEP_ALIVE"), Duration::from_secs(u64::from(minutes) * 60)))
}

/// Takes blue away and ends the deployment.
fn finish(world: &mut World, id: &str) {
    let Some(deployment) = world.codedeploy.deployments.get(id) else { return };
    let ends = termination(world, deployment).is_none_or(|(ends, _)| ends);
    let (cluster, service) = (deployment.cluster.clone(), deployment.service.clone());
    let blue = deployment.sides.blue_task_set.clone();
    if let Some(blue) = blue.filter(|_| ends) {
        // somebody may have deleted it meanwhile, which comes to the same
        let _ = ecs::delete_task_set(world, &cluster, &service, &blue);
    }
    end(world, id, Status::Succeeded, None);
}

/// The end of a deployment, whichever. Events that did not begin are skipped.
pub(super) fn end(world: &mut World, id: &str, status: Status, error: Option<(&'static str, String)>) {
    let now = world.now;
    let told = update(world, id, |deployment| {
        deployment.stage += 1;
        deployment.status = status;
        deployment.completed = Some(now);
        deployment.error = error;
        for event in &mut deployment.events {
            if event.status == EventStatus::Pending {
                event.status = EventStatus::Skipped;
            }
        }
        FactKind::DeploymentEnded {
            deployment_id: deployment.id.clone(),
            status: status.as_str().to_owned(),
            error_code: deployment.error.as_ref().map(|(code, _)| (*code).to_owned()),
            message: deployment.error.as_ref().map(|(_, message)| message.clone()),
        }
    });
    let Some(told) = told else { return };
    if status == Status::Succeeded {
        remember_success(world, id);
    }
    world.tell(told);
    publish(
        world,
        id,
        match status {
            Status::Succeeded => "SUCCESS",
            Status::Stopped => "STOP",
            _ => "FAILURE",
        },
    );
}

fn remember_success(world: &mut World, id: &str) {
    let codedeploy = &mut world.codedeploy;
    let Some(deployment) = codedeploy.deployments.get(id) else { return };
    let Some(application) = codedeploy.applications.get_mut(&deployment.application) else { return };
    if let Some(group) = application.groups.get_mut(&deployment.group) {
        group.last_successful = Some(deployment.id.clone());
        // after a rollback, what runs is what ran before; that need not have been deployed by CodeDeploy
        group.target_revision = if deployment.is_rollback() {
            deployment.previous_revision.clone()
        } else {
            Some(deployment.revision.clone())
        };
    }
}

/// Tells EventBridge.
fn publish(world: &mut World, id: &str, state: &str) {
    let Some(deployment) = world.codedeploy.deployments.get(id) else { return };
    let detail = json!({
        "region": world.setup.region,
        "deploymentId": id,
        "instanceGroupId": random::uuid(&mut world.rng),
        "deploymentGroup": deployment.group,
        "state": state,
        "application": deployment.application,
    });
    let resources = vec![
        super::lookup::application_arn(world, &deployment.application),
        super::lookup::group_arn(world, &deployment.application, &deployment.group),
    ];
    events::publish(world, "aws.codedeploy", "CodeDeploy Deployment State-change Notification", resources, detail);
}
