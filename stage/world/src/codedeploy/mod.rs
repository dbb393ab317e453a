//! AWS CodeDeploy on the ECS compute platform: applications, deployment groups, deployments.
//!
//! The operations are one file each. What happens between `CreateDeployment` and the end of the deployment:
//!
//! - [`phase`] says what a deployment goes through, [`engine`] takes it from one phase to the next;
//! - [`hooks`], [`install`], [`traffic`] (with [`steadiness`]) and [`waits`] play the phases;
//! - [`alarms`] and [`stop`] end it early, [`rollback`] makes the deployment that undoes it;
//! - [`news`] and [`triggers`] tell of it.

mod alarms;
mod appspec;
mod batch_get_deployment_groups;
mod batch_get_deployments;
mod configuration;
mod continue_deployment;
mod create_application;
mod create_deployment;
mod create_deployment_config;
mod create_deployment_group;
mod deployment;
mod engine;
mod get_application_revision;
mod get_deployment;
mod get_deployment_config;
mod get_deployment_group;
mod get_deployment_target;
mod hooks;
mod info;
mod install;
mod list_deployment_targets;
mod list_deployments;
mod lookup;
mod news;
mod phase;
mod put_lifecycle_event_hook_execution_status;
mod revision;
mod rollback;
mod service_role;
mod shapes;
mod steadiness;
mod stop;
mod stop_deployment;
mod traffic;
mod triggers;
mod waits;

use crate::World;
use crate::operation::{Entry, entry};
use configuration::Configuration;
use deployment::Deployment;
use jiff::Timestamp;
use revision::Revision;
use shapes::DeploymentGroupSettings;
use std::collections::BTreeMap;

pub(crate) const OPERATIONS: &[Entry] = &[
    entry::<batch_get_deployment_groups::BatchGetDeploymentGroups>(),
    entry::<batch_get_deployments::BatchGetDeployments>(),
    entry::<continue_deployment::ContinueDeployment>(),
    entry::<create_application::CreateApplication>(),
    entry::<create_deployment::CreateDeployment>(),
    entry::<create_deployment_config::CreateDeploymentConfig>(),
    entry::<create_deployment_group::CreateDeploymentGroup>(),
    entry::<get_application_revision::GetApplicationRevision>(),
    entry::<get_deployment::GetDeployment>(),
    entry::<get_deployment_config::GetDeploymentConfig>(),
    entry::<get_deployment_group::GetDeploymentGroup>(),
    entry::<get_deployment_target::GetDeploymentTarget>(),
    entry::<list_deployment_targets::ListDeploymentTargets>(),
    entry::<list_deployments::ListDeployments>(),
    entry::<put_lifecycle_event_hook_execution_status::PutLifecycleEventHookExecutionStatus>(),
    entry::<stop_deployment::StopDeployment>(),
];

/// Applications with their groups and revisions, and all deployments.
#[derive(Debug, Clone, Default)]
pub(crate) struct CodeDeploy {
    applications: BTreeMap<String, Application>,
    /// The account's own; the predefined ones are not among them.
    configurations: BTreeMap<String, Configuration>,
    deployments: BTreeMap<String, Deployment>,
}

impl CodeDeploy {
    /// The number of the deployment that is created next. Deployments are never forgotten.
    fn next_number(&self) -> u64 {
        self.deployments.len() as u64
    }

    /// Whether every deployment that has started by `later` had started here.
    pub(crate) fn has_started_all(&self, later: &Self) -> bool {
        let has_started = |id: &String| self.deployments.get(id).is_some_and(|known| known.started.is_some());
        later.deployments.values().filter(|deployment| deployment.started.is_some()).all(|one| has_started(&one.id))
    }
}

#[derive(Debug, Clone)]
struct Application {
    groups: BTreeMap<String, Group>,
    /// In the order in which they were registered.
    revisions: Vec<RegisteredRevision>,
}

#[derive(Debug, Clone)]
struct Group {
    id: String,
    settings: DeploymentGroupSettings,
    /// The revision of the last successful deployment.
    target_revision: Option<Revision>,
    last_successful: Option<String>,
    last_attempted: Option<String>,
}

#[derive(Debug, Clone)]
struct RegisteredRevision {
    revision: Revision,
    registered: Timestamp,
    first_used: Option<Timestamp>,
    last_used: Option<Timestamp>,
    groups: Vec<String>,
}

/// What `CodeDeploy` has to do later for a deployment.
#[derive(Debug, Clone)]
pub(crate) struct Timer {
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
    /// The time limit of the lifecycle event in progress is over.
    Limit,
    /// The next step of the traffic shift.
    Shift,
    /// The service has been disturbed for long during the shift.
    Disturbed,
    /// A wait is over.
    WaitOver,
    /// Somebody stopped it, and the lifecycle event in progress had its time to end.
    Stop,
    /// The alarms are asked again, whatever the deployment is waiting for.
    AskAlarms,
}

pub(crate) fn fire(world: &mut World, timer: &Timer) {
    engine::fire(world, timer);
}

/// Called by ECS whenever a task set becomes steady, when one of its tasks fails, and when it is gone.
pub(crate) fn task_set_changed(world: &mut World, task_set: &str) {
    engine::task_set_changed(world, task_set);
}

#[cfg(test)]
mod tests;
