//! A service deployment from its creation to its end: one phase after the other.
//!
//! A deployment waits for a timer, the answers of hooks, somebody's word, or tasks. Whatever comes,
//! [`Progress::stage`](super::deployment::Progress) is counted up when it moves on, so that what was asked for before is not
//! taken for an answer to what is asked now.

use super::deployment::{Deployment, Status};
use super::phase::{Phase, Stage};
use super::{Due, Timer, alarms, hooks, news, rollback, scaling, stop, traffic};
use crate::{Moment, World, fault, timers};
use std::time::Duration;

/// How long it takes ECS to go on: between two phases, and from creation to start.
pub(super) const LATENCY: Duration = Duration::from_secs(1);

/// How long a stage waits for tasks.
const LIMIT: Duration = Duration::from_hours(24);

pub(super) fn fire(world: &mut World, timer: &Timer) {
    let arn = timer.deployment.as_str();
    let Some(deployment) = find(world, arn).filter(|deployment| !deployment.is_over()) else { return };
    if timer.due == Due::AskAlarms {
        return alarms::ask(world, arn);
    }
    if deployment.progress.stage != timer.stage {
        return;
    }
    match timer.due {
        Due::AskAlarms => {}
        Due::Start => start(world, arn),
        Due::Next => begin(world, arn),
        Due::Limit => scaling::too_slow(world, arn),
        Due::Waited => next(world, arn),
        Due::CallBack(hook) => hooks::call(world, arn, hook),
        Due::HookTimeout(hook) => hooks::timed_out(world, arn, hook),
        Due::RollBack => stop::roll_back(world, arn),
    }
}

pub(super) fn find<'a>(world: &'a World, arn: &str) -> Option<&'a Deployment> {
    world.ecs.service_deployments.get(arn)
}

/// Changes a deployment and notes when; `None` if there is none.
pub(super) fn update<T>(world: &mut World, arn: &str, change: impl FnOnce(&mut Deployment) -> T) -> Option<T> {
    let deployment = world.ecs.service_deployments.get_mut(arn)?;
    deployment.updated_at = world.now;
    Some(change(deployment))
}

/// Asks to be woken for a deployment, unless it moves on before.
pub(super) fn wake(world: &mut World, arn: &str, after: Duration, due: Due) {
    let Some(deployment) = find(world, arn) else { return };
    let timer = Timer { deployment: arn.to_owned(), stage: deployment.progress.stage, due };
    world.after(after, timers::Timer::Ecs(crate::ecs::Timer::ServiceDeployment(timer)));
}

fn start(world: &mut World, arn: &str) {
    let now = world.now;
    update(world, arn, |deployment| {
        deployment.status = Status::InProgress;
        deployment.started_at = Some(now);
    });
    news::started(world, arn);
    alarms::begin(world, arn);
    if find(world, arn).is_some_and(Deployment::is_rolling) {
        traffic::settle(world, arn);
    } else {
        begin(world, arn);
    }
}

/// Begins the phase whose turn it is; after the last one, the end.
pub(super) fn begin(world: &mut World, arn: &str) {
    let now = world.now;
    let phase = update(world, arn, |deployment| {
        let progress = &mut deployment.progress;
        progress.stage += 1;
        progress.began = Some(now);
        progress.first_execution = deployment.executions.len();
        deployment.phase()
    });
    let Some(Some(phase)) = phase else { return finish(world, arn) };
    news::stage_began(world, arn, phase.stage);
    let stage = find(world, arn).map(|deployment| deployment.progress.stage);
    strike(world, arn, phase);
    // what happens then may have ended the deployment
    if find(world, arn).map(|deployment| deployment.progress.stage) != stage {
        return;
    }
    match phase.stage {
        Stage::ReconcileService => scaling::reconcile(world, arn),
        Stage::ScaleUp => scaling::scale_up(world, arn),
        Stage::CleanUp => scaling::clean_up(world, arn),
        Stage::TestTrafficShift | Stage::ProductionTrafficShift => traffic::shift(world, arn, phase),
        Stage::BakeTime => bake(world, arn, phase.wait),
        _ => hooks::begin(world, arn),
    }
}

/// Lets happen what is to happen when a deployment comes to this point. A rollback is spared.
fn strike(world: &mut World, arn: &str, phase: Phase) {
    let Some(deployment) = find(world, arn).filter(|deployment| is_struck(world, deployment)) else { return };
    let green = deployment.green.task_set.clone();
    fault::reached(world, &Moment::LifecycleEvent(phase.stage.name().to_owned()));
    fault::strike(world, phase.stage.name(), &green);
}

fn is_struck(world: &World, deployment: &Deployment) -> bool {
    deployment.rollback.is_none() && deployment.number >= world.setup.spared_deployments
}

fn bake(world: &mut World, arn: &str, wait: Duration) {
    news::waiting(world, arn, wait);
    if find(world, arn).is_some_and(|deployment| is_struck(world, deployment)) {
        fault::reached(world, &Moment::TerminationWait);
    }
    done(world, arn);
}

/// A phase begins to wait for tasks: [`tasks_changed`] is asked now, and whenever something about them changes.
pub(super) fn await_tasks(world: &mut World, arn: &str) {
    update(world, arn, |deployment| deployment.progress.awaits_tasks = true);
    wake(world, arn, LIMIT, Due::Limit);
    look(world, arn);
}

/// Something about the tasks of a service changed; `false` if no deployment with stages is at work there.
pub(in crate::ecs) fn tasks_changed(world: &mut World, key: &(String, String)) -> bool {
    let Some(deployment) = super::current(world, key).filter(|deployment| !deployment.is_rolling()) else {
        return false;
    };
    let arn = deployment.arn.clone();
    look(world, &arn);
    true
}

fn look(world: &mut World, arn: &str) {
    let is_done = find(world, arn)
        .filter(|deployment| deployment.progress.awaits_tasks)
        .and_then(|deployment| Some((deployment, deployment.phase()?)))
        .is_some_and(|(deployment, phase)| scaling::is_done(world, deployment, phase.stage));
    if is_done {
        update(world, arn, |deployment| deployment.progress.awaits_tasks = false);
        hooks::begin(world, arn);
    }
}

/// Everything of a phase is done, its hooks included.
pub(super) fn done(world: &mut World, arn: &str) {
    let wait = find(world, arn).and_then(Deployment::phase).map_or(Duration::ZERO, |phase| phase.wait);
    if wait.is_zero() {
        next(world, arn);
    } else {
        wake(world, arn, wait, Due::Waited);
    }
}

/// The phase is over: the next one begins after a moment.
fn next(world: &mut World, arn: &str) {
    news::stage_ended(world, arn, true);
    update(world, arn, |deployment| {
        deployment.progress.stage += 1;
        deployment.progress.phase += 1;
        deployment.progress.began = None;
    });
    wake(world, arn, LATENCY, Due::Next);
}

/// All phases are done.
fn finish(world: &mut World, arn: &str) {
    let Some(deployment) = find(world, arn) else { return };
    if deployment.rollback.is_some() {
        return rollback::finish(world, arn);
    }
    let (key, green) = (deployment.service.clone(), deployment.green.clone());
    if is_struck(world, deployment) {
        fault::reached(world, &Moment::Success);
    }
    news::completed(world, &key, &green.task_set);
    end(world, arn, Status::Successful, None);
}

/// All tasks of a service under a rolling update are those of this task set.
pub(in crate::ecs) fn rolled_out(world: &mut World, key: &(String, String), set: &str) {
    news::completed(world, key, set);
    let Some(deployment) = super::current(world, key).filter(|deployment| deployment.is_rolling()) else { return };
    let arn = deployment.arn.clone();
    if deployment.rollback.is_some() {
        end(world, &arn, Status::RollbackSuccessful, None);
    } else if deployment.green.task_set == set {
        end(world, &arn, Status::Successful, None);
    }
}

/// A deployment is over.
pub(super) fn end(world: &mut World, arn: &str, status: Status, reason: Option<String>) {
    let now = world.now;
    let good = update(world, arn, |deployment| {
        deployment.status = status;
        deployment.status_reason = reason.or(deployment.status_reason.take());
        deployment.started_at.get_or_insert(now);
        deployment.finished_at = Some(now);
        deployment.stopped_at = Some(now).filter(|_| status == Status::Stopped);
        deployment.alarms.status = deployment.alarms.status.at_the_end();
        deployment.breaker.status = deployment.breaker.status.at_the_end();
        deployment.progress.stage += 1;
        (status == Status::Successful).then(|| (deployment.service.clone(), deployment.green.revision.clone()))
    });
    if let Some(Some((key, revision))) = good
        && let Some(service) = world.ecs.services.get_mut(&key)
    {
        service.stable = Some(revision);
    }
    news::ended(world, arn);
}
