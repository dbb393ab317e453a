//! Chooses what is done with a service that ECS deploys.

use super::super::{First, Service, Wish};
use crate::Error;
use greenlight_aws::Env;
use greenlight_aws::revision::{self, Registered, short};
use greenlight_aws::service_deployments::{self, Listed};
use greenlight_domain::rollback::{OnEcs, ServiceDeployment, good_on_ecs, on_ecs};

/// The deployments of a service.
pub(super) struct Seen {
    /// The newest first.
    pub(super) listed: Vec<Listed>,
    /// The same, as the decision sees them.
    pub(super) known: Vec<ServiceDeployment>,
}

/// What is done.
pub(super) struct Course {
    /// What is in progress, and ends first.
    pub(super) first: Option<First>,
    /// The task definition that is to serve everybody.
    pub(super) wanted: String,
    /// The deployment that is taken back.
    pub(super) release: Option<String>,
    /// Whether the wanted revision is deployed, if what is in progress does not bring it.
    pub(super) deploys: bool,
    /// It is deployed although it serves already.
    pub(super) anyway: bool,
    /// The newest deployment when this was chosen.
    pub(super) newest: Option<String>,
}

impl Seen {
    pub(super) async fn read(env: &Env, of: &Service) -> Result<Self, Error> {
        let listed = service_deployments::list(env, &of.cluster, &of.name).await?;
        let found = service_deployments::task_definitions(env, &listed).await?;
        let known = service_deployments::known(&listed, &found);
        Ok(Self { listed, known })
    }

    /// The one with this ARN, or this last part of it.
    fn find(&self, name: &str) -> Option<&ServiceDeployment> {
        self.known.iter().find(|one| one.arn == name || one.arn.rsplit('/').next() == Some(name))
    }
}

/// Chooses.
pub(super) async fn course(env: &Env, wish: &Wish, of: &Service, seen: &Seen) -> Result<Course, Error> {
    let newest = seen.known.first().map(|newest| newest.arn.clone());
    let choice = on_ecs(&seen.known);
    let first = match &choice {
        OnEcs::Stop { deployment, .. } => Some(First::Stop(deployment.clone())),
        OnEcs::Follow { deployment, .. } => Some(First::Follow(deployment.clone())),
        _ => None,
    };
    if let Some(to) = &wish.to {
        let wanted = named(env, seen, to).await?.arn;
        // after a stop the revision may serve by itself
        let anyway = wish.emergency && first.is_none();
        return Ok(Course { first, wanted, release: newest.clone(), deploys: true, anyway, newest });
    }
    let course = |wanted: String, release: String, deploys| Course {
        first,
        wanted,
        release: Some(release),
        deploys,
        anyway: false,
        newest,
    };
    match choice {
        OnEcs::Stop { deployment, to } | OnEcs::Follow { deployment, to } => Ok(course(to, deployment, false)),
        OnEcs::Done { deployment, to } => Ok(course(to, deployment, true)),
        OnEcs::Deploy { deployment, to } => {
            let wanted = startable(env, seen, &to).await?;
            Ok(course(wanted, deployment, true))
        }
        OnEcs::NoDeployment => Err(Error::CannotRollBack(format!(
            "{of}: ECS knows of no deployment in the last 90 days; name a revision with --to FAMILY:REVISION"
        ))),
        OnEcs::NoGoodRevision { deployment } => Err(Error::CannotRollBack(format!(
            "no deployment before {deployment} has succeeded with another revision: there is nothing to go back to; name one: greenlight \
             rollback --to FAMILY:REVISION"
        ))),
    }
}

/// The last good revision, if tasks can be started from it.
async fn startable(env: &Env, seen: &Seen, to: &str) -> Result<String, Error> {
    let found = revision::find(env, to).await?;
    if let Some(found) = found.filter(|found| found.is_active) {
        return Ok(found.arn);
    }
    let next = next(env, seen, to).await?;
    Err(Error::CannotRollBack(format!(
        "no task can be started from {}, the last good revision: it was deregistered or deleted; {next}",
        short(to)
    )))
}

/// Names the newest good revision before this one that could be taken instead.
async fn next(env: &Env, seen: &Seen, than: &str) -> Result<String, Error> {
    let good = good_on_ecs(&seen.known);
    let behind =
        if good.contains(&than) { 1 + good.iter().position(|one| *one == than).unwrap_or_default() } else { 0 };
    for candidate in good.into_iter().skip(behind) {
        if let Some(found) = revision::find(env, candidate).await?.filter(|found| found.is_active) {
            return Ok(format!("the next good one is {name}: greenlight rollback --to {name}", name = found.name()));
        }
    }
    Ok("no other good one is left; register it again, and name it with --to".to_owned())
}

/// The revision that somebody names.
async fn named(env: &Env, seen: &Seen, to: &str) -> Result<Registered, Error> {
    let own = seen.find(to).map(|one| one.task_definition.as_str()).filter(|name| !name.is_empty());
    let Some(found) = revision::find(env, own.unwrap_or(to)).await? else {
        return Err(Error::usage(
            format!("--to {to}: there is no such task definition in {}", env.settings.region),
            "write family:revision, its ARN, or the id of a deployment that `greenlight rollback --list` shows",
        ));
    };
    if !found.is_active {
        let next = next(env, seen, &found.arn).await?;
        let reason = format!("no task can be started from {}: it was deregistered; {next}", found.name());
        return Err(Error::CannotRollBack(reason));
    }
    Ok(found)
}
