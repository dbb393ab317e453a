//! `greenlight rollback`: takes a release back by hand, and follows it until the revision that is wanted serves everybody.
//!
//! What is read of deployments, what the last good revision is, and what a rollback says about itself are the same as for an alarm
//! (`greenlight_domain::rollback`, `greenlight_aws::rollback`). A person decides more: which revision, and with which checks.

mod act;
mod choose;
mod follow;
mod list;
mod on_ecs;
mod serving;
mod verb;
mod wish;

pub(crate) use follow::POLL;
pub(crate) use verb::run;
pub use wish::Wish;

use crate::tell::Tell;
use crate::which::Service;
use crate::{Error, aws};
use greenlight_aws::Env;
use greenlight_aws::deployment_group::DeploymentGroup;
use serde::Serialize;
use serde_json::{Value, json};

/// How a rollback ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// The revision that was wanted serves everybody.
    RolledBack,
    /// It did so before, and nothing was done.
    NothingToDo,
    /// It was said what would be done.
    Planned,
    /// Something else serves, or nobody knows what.
    Failed,
}

/// What came of a rollback.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// How it ended.
    pub outcome: Ending,
    /// The deployment that was to be taken back.
    pub deployment_id: Option<String>,
    /// The deployment that took it back.
    pub rollback_deployment_id: Option<String>,
    /// The task definition that was wanted.
    pub task_definition: Option<String>,
    /// Why it ended so.
    pub reason: String,
}

impl Outcome {
    /// Nothing came of it.
    fn failed(reason: String) -> Self {
        let (deployment_id, rollback_deployment_id, task_definition) = (None, None, None);
        Self { outcome: Ending::Failed, deployment_id, rollback_deployment_id, task_definition, reason }
    }
}

/// Takes a release back as it is wished, and follows that to its end.
///
/// # Errors
/// If it cannot be found out what there is, or the wish cannot be granted as it stands. Whatever comes of a rollback that has begun
/// is an [`Outcome`].
pub async fn take_back(env: &Env, wish: &Wish, tell: Tell<'_>) -> Result<Outcome, Error> {
    let done = match find(env, wish).await? {
        Found::OnEcs(service) => Box::pin(on_ecs::take_back(env, wish, &service, tell)).await,
        Found::OnCodeDeploy(place) => Box::pin(act::take_back(env, wish, &place, tell)).await,
    };
    match done {
        Err(Error::CannotRollBack(reason)) => Ok(Outcome::failed(reason)),
        done => done,
    }
}

/// Shows the revisions that can be gone back to, and when each was live.
///
/// # Errors
/// If they cannot be read.
pub async fn show_revisions(env: &Env, wish: &Wish, tell: Tell<'_>) -> Result<(), Error> {
    match find(env, wish).await? {
        Found::OnCodeDeploy(place) => list::show(env, &place, tell).await,
        Found::OnEcs(service) => on_ecs::show(env, &service, tell).await,
    }
}

/// Where something is rolled back.
#[derive(Debug)]
struct Place {
    application: String,
    deployment_group: String,
    group: DeploymentGroup,
    service: Service,
}

impl Place {
    /// `application/deployment group`.
    fn name(&self) -> String {
        format!("{}/{}", self.application, self.deployment_group)
    }

    /// What `CodeDeploy` calls the service.
    fn target(&self) -> String {
        format!("{}:{}", self.service.cluster, self.service.name)
    }
}

enum Found {
    OnCodeDeploy(Box<Place>),
    OnEcs(Service),
}

async fn find(env: &Env, wish: &Wish) -> Result<Found, Error> {
    if let Some(planned) = &wish.service
        && !aws::service(env, planned).await?.is_codedeploy
    {
        return Ok(Found::OnEcs(planned.clone()));
    }
    let (application, deployment_group) = (wish.application.clone(), wish.deployment_group.clone());
    let group = aws::deployment_group(env, &application, &deployment_group).await?;
    let Some((cluster, name)) = group.service.clone() else {
        return Err(Error::CannotRollBack(format!("{application}/{deployment_group} deploys to no ECS service")));
    };
    let service = Service { cluster, name };
    Ok(Found::OnCodeDeploy(Box::new(Place { application, deployment_group, group, service })))
}

/// What happens to the deployment in progress.
enum First {
    /// It is stopped, and rolled back: its id, or its ARN.
    Stop(String),
    /// It is a rollback, or goes back.
    Follow(String),
}

/// Says what will be done and what is left out, before anything is.
fn tell_plan(tell: Tell<'_>, what: &str, will: &[String], skips: &[String], mut more: Value) {
    let mut text = vec![format!("rollback of {what}")];
    text.extend(will.iter().map(|will| format!("  will: {will}")));
    text.extend(skips.iter().map(|skip| format!("  skips: {skip}")));
    more["will"] = json!(will);
    more["skips"] = json!(skips);
    tell("rollback.planned", &text.join("\n"), more);
}
