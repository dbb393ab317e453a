//! Service revisions and service deployments: ECS's own engine, for services under the controller `ECS`.
//!
//! What happens between `CreateService` or `UpdateService` and the end of the deployment:
//!
//! - [`begin`] makes the service revision and the deployment; [`configuration`] says how it goes;
//! - [`phase`] says which lifecycle stages it goes through, [`engine`] takes it from one to the next;
//! - [`scaling`], [`traffic`] and [`hooks`] (with [`answer`]) play the stages;
//! - [`adopt`] takes over a service that was under `CODE_DEPLOY`;
//! - [`alarms`], [`breaker`] and [`stop`] end it early, [`rollback`] undoes it;
//! - [`news`] tells of it.
//!
//! A rolling update has no stages: [`rolling`](super::rolling) replaces the tasks, and says here when it is done.

mod adopt;
mod alarms;
mod answer;
mod begin;
mod breaker;
mod configuration;
mod deployment;
mod engine;
mod hooks;
mod news;
mod phase;
mod revision;
mod roles;
mod rollback;
mod scaling;
mod stop;
#[cfg(test)]
mod tests;
mod traffic;

pub(super) use adopt::{adopt, check as check_adoption};
pub(super) use begin::{ROLE_SERVICE, begin, check_traffic};
pub(super) use breaker::task_failed;
pub(super) use configuration::{Action, DeploymentConfiguration};
pub(super) use deployment::{Alarms, Breaker, Deployment, Execution, Status};
pub(super) use engine::{rolled_out, tasks_changed};
pub(super) use hooks::decide;
pub(crate) use hooks::{HookCall, answered};
pub(super) use revision::ServiceRevision;
pub(super) use stop::request as stop;

use crate::World;

/// What ECS has to do later for a service deployment.
#[derive(Debug, Clone)]
pub(crate) struct Timer {
    /// The deployment's ARN.
    deployment: String,
    /// The deployment's stage at which this was asked for: when it has moved on since, the timer has no meaning any more.
    stage: u64,
    due: Due,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Due {
    /// The deployment begins.
    Start,
    /// The next phase begins.
    Next,
    /// The tasks that a phase waits for did not come, or go.
    Limit,
    /// The wait at a phase's end is over.
    Waited,
    /// A hook's function is invoked again.
    CallBack(usize),
    /// A hook has had its time.
    HookTimeout(usize),
    /// The alarms are asked again, whatever the deployment is waiting for.
    AskAlarms,
    /// Somebody stopped it.
    RollBack,
}

pub(super) fn fire(world: &mut World, timer: &Timer) {
    engine::fire(world, timer);
}

/// Whether the latest deployment of a service is a rolling update.
pub(super) fn is_rolling(world: &World, key: &(String, String)) -> bool {
    let deployments = world.ecs.service_deployments.values().filter(|deployment| deployment.service == *key);
    deployments.max_by_key(|deployment| deployment.number).is_some_and(Deployment::is_rolling)
}

/// The deployment of a service that is not over yet.
pub(super) fn current<'a>(world: &'a World, key: &(String, String)) -> Option<&'a Deployment> {
    world.ecs.service_deployments.values().find(|deployment| deployment.service == *key && !deployment.is_over())
}
