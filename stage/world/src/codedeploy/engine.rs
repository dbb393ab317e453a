//! A deployment from its creation to its end: one phase after the other.
//!
//! A deployment always waits for one thing: a timer, the word of a hook, ECS, or somebody who lets it go on. Whatever comes,
//! [`Progress::stage`](super::deployment::Progress) is counted up when it moves on, so that what was asked for before is not
//! taken for an answer to what is asked now.

use super::deployment::{Deployment, EventName, EventStatus, Status};
use super::news::{self, News};
use super::phase::Phase;
use super::{Due, Timer, alarms, hooks, install, rollback, steadiness, stop, traffic, waits};
use crate::{FactKind, Moment, World, ecs, fault, timers};
use std::time::Duration;

/// How long it takes `CodeDeploy` to go on: between two phases, and from creation to start.
const LATENCY: Duration = Duration::from_secs(1);

/// A lifecycle event that takes longer has failed: a hook that does not report, a task set that does not become steady.
const LIMIT: Duration = Duration::from_hours(1);

pub(super) fn fire(world: &mut World, timer: &Timer) {
    let id = timer.deployment.as_str();
    let Some(deployment) = world.codedeploy.deployments.get(id).filter(|deployment| !deployment.is_over()) else {
        return;
    };
    match timer.due {
        Due::AskAlarms => alarms::ask(world, id),
        _ if deployment.progress.stage != timer.stage => {}
        Due::Start => start(world, id),
        Due::Next => begin(world, id),
        Due::Limit => limit(world, id),
        Due::Shift => traffic::shift(world, id),
        Due::Disturbed => steadiness::disturbed(world, id),
        Due::WaitOver => waits::over(world, id),
        Due::Stop => {
            stop::waited_for(world, id);
        }
    }
}

/// Begins the phase whose turn it is; after the last one, the end.
fn begin(world: &mut World, id: &str) {
    let phase = update(world, id, |deployment| {
        deployment.progress.stage += 1;
        deployment.phase()
    });
    match phase.flatten() {
        Some(Phase::Event(name)) => begin_event(world, id, name),
        Some(Phase::ReadyWait(wait)) => waits::ready(world, id, wait),
        Some(Phase::TerminationWait(wait)) => waits::termination(world, id, wait),
        None => finish(world, id),
    }
}

fn begin_event(world: &mut World, id: &str, name: EventName) {
    let now = world.now;
    update(world, id, |deployment| {
        if let Some(event) = deployment.event(name) {
            event.status = EventStatus::InProgress;
            event.started = Some(now);
        }
    });
    world.tell(FactKind::LifecycleStarted { deployment_id: id.to_owned(), lifecycle_event: name.as_str().to_owned() });
    wake(world, id, LIMIT, Due::Limit);
    reached(world, id, Moment::LifecycleEvent(name.as_str().to_owned()));
    let green = struck(world, id).and_then(|deployment| deployment.sides.green_task_set.clone());
    if let Some(task_set) = green {
        fault::strike(world, name.as_str(), &task_set);
    }
    match name {
        EventName::Install => install::begin(world, id),
        EventName::AllowTestTraffic => traffic::allow_test_traffic(world, id),
        EventName::AllowTraffic => traffic::begin(world, id),
        _ => hooks::begin(world, id, name),
    }
}

/// The deployment, if it is one that faults may happen to: `CodeDeploy`'s own rollbacks are none.
fn struck<'a>(world: &'a World, id: &str) -> Option<&'a Deployment> {
    let deployment = world.codedeploy.deployments.get(id)?;
    (!deployment.is_rollback() && deployment.number >= world.setup.spared_deployments).then_some(deployment)
}

/// Lets happen what is to happen when a deployment comes to this point.
#[expect(clippy::needless_pass_by_value, reason = "whoever says it is done with it")]
pub(super) fn reached(world: &mut World, id: &str, moment: Moment) {
    if struck(world, id).is_some() {
        fault::reached(world, &moment);
    }
}

/// The time limit of the lifecycle event in progress is over.
fn limit(world: &mut World, id: &str) {
    let Some(name) = world.codedeploy.deployments.get(id).and_then(Deployment::in_progress) else { return };
    let failure = match name {
        EventName::Install => install::too_slow(),
        // the shift of traffic takes as long as its configuration says
        EventName::AllowTraffic | EventName::AllowTestTraffic => return,
        name => hooks::silent(name),
    };
    event_failed(world, id, failure);
}

/// Something about a task set changed that a deployment may wait for.
pub(super) fn task_set_changed(world: &mut World, task_set: &str) {
    let deployments = world.codedeploy.deployments.values();
    let concerned = deployments.filter(|deployment| !deployment.is_over() && deployment.sides.has(task_set));
    let found: Vec<_> = concerned.map(|deployment| (deployment.id.clone(), deployment.in_progress())).collect();
    for (id, event) in found {
        match event {
            Some(EventName::Install) => install::task_set_changed(world, &id),
            Some(EventName::AllowTraffic) => steadiness::look(world, &id),
            _ => {}
        }
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
    let timer = Timer { deployment: id.to_owned(), stage: deployment.progress.stage, due };
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
        news::spread(world, id, News::Start);
        alarms::ask(world, id);
        if world.codedeploy.deployments.get(id).is_some_and(|deployment| !deployment.is_over()) {
            begin(world, id);
        }
    }
}

/// The phase is over: the next one begins after a moment.
pub(super) fn next(world: &mut World, id: &str) {
    update(world, id, |deployment| {
        deployment.progress.stage += 1;
        deployment.progress.phase += 1;
    });
    wake(world, id, LATENCY, Due::Next);
}

/// The lifecycle event in progress is done.
pub(super) fn event_succeeded(world: &mut World, id: &str) {
    if end_event(world, id, EventStatus::Succeeded, None) && !stop::waited_for(world, id) {
        next(world, id);
    }
}

/// The lifecycle event in progress went wrong, and the deployment with it.
pub(super) fn event_failed(world: &mut World, id: &str, failure: Failure) {
    let diagnostics = Some((failure.diagnostics, failure.message.clone()));
    if end_event(world, id, EventStatus::Failed, diagnostics) && !stop::waited_for(world, id) {
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
        let name = deployment.in_progress()?;
        let event = deployment.event(name)?;
        event.status = status;
        event.ended = Some(now);
        event.diagnostics = diagnostics;
        let started = event.started.unwrap_or(now);
        Some(FactKind::LifecycleEnded {
            deployment_id: deployment.id.clone(),
            lifecycle_event: name.as_str().to_owned(),
            status: status.as_str().to_owned(),
            duration_ms: now.as_millisecond() - started.as_millisecond(),
        })
    });
    let Some(Some(told)) = told else { return false };
    world.tell(told);
    true
}

/// All phases are done: takes the side away that nobody needs any more.
fn finish(world: &mut World, id: &str) {
    let Some(deployment) = world.codedeploy.deployments.get(id) else { return };
    let (cluster, service) = (deployment.cluster.clone(), deployment.service.clone());
    if let Some(task_set) = deployment.superfluous().map(str::to_owned) {
        // somebody may have deleted it meanwhile, which comes to the same
        let _ = ecs::delete_task_set(world, &cluster, &service, &task_set);
    }
    end(world, id, Status::Succeeded, None);
}

/// The end of a deployment, whichever. Events that did not begin are skipped.
pub(super) fn end(world: &mut World, id: &str, status: Status, error: Option<(&'static str, String)>) {
    let now = world.now;
    let told = update(world, id, |deployment| {
        deployment.progress.stage += 1;
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
    if status == Status::Succeeded {
        reached(world, id, Moment::Success);
    }
    let news = match status {
        Status::Succeeded => News::Success,
        Status::Stopped => News::Stop,
        _ => News::Failure,
    };
    news::spread(world, id, news);
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
