//! Chooses what is done: what there is, what is wanted, and what is left out on the way.

use super::{First, Place, Wish};
use crate::Error;
use greenlight_aws::deployment::{self, Deployment};
use greenlight_aws::revision::{self, Registered, short};
use greenlight_aws::rollback::{FURTHER_BACK, Redeployment, known, read_further};
use greenlight_aws::{Env, service};
use greenlight_domain::appspec::AppSpec;
use greenlight_domain::directive::Directive;
use greenlight_domain::lifecycle::LifecycleEvent;
use greenlight_domain::rollback::{self, ByHand, Measure, Why, by_hand, describe_with, good};
use std::collections::BTreeSet;

/// How many days are looked at first.
const DAYS: i64 = 2;
/// In how many revisions a task definition is looked for. Each costs a call.
const LOOKED_AT: usize = 50;

/// The deployments of a group.
pub(super) struct Seen {
    /// The newest first.
    pub(super) deployments: Vec<Deployment>,
    known: Vec<rollback::Deployment>,
}

/// What is done.
pub(super) struct Course {
    /// What is in progress, and ends first.
    pub(super) first: Option<First>,
    /// The task definition that is to serve everybody.
    pub(super) wanted: String,
    /// The deployment that is taken back.
    pub(super) release: Option<String>,
    /// What brings the wanted revision, if what is in progress does not.
    pub(super) redeploy: Option<Redeploy>,
    /// The newest deployment when this was chosen.
    pub(super) newest: Option<String>,
}

/// A deployment that will be made.
pub(super) struct Redeploy {
    pub(super) redeployment: Redeployment,
    /// Lifecycle events whose hooks are asked, and those whose hooks are not.
    pub(super) asks: Vec<String>,
    pub(super) leaves_out: Vec<String>,
    /// It is made although the revision serves already.
    pub(super) anyway: bool,
}

impl Seen {
    /// Reads as far back as is needed to find a good revision.
    pub(super) async fn read(env: &Env, place: &Place, wish: Option<&Wish>) -> Result<Self, Error> {
        let group = (place.application.as_str(), place.deployment_group.as_str());
        let mut deployments = Vec::new();
        let mut since = None;
        // a revision that somebody names is mostly an older one
        let first = if wish.is_some_and(|wish| wish.to.is_some()) { None } else { Some(DAYS) };
        for days in first.into_iter().chain(FURTHER_BACK) {
            since = Some(read_further(env, group, days, since, &mut deployments).await?);
            let known: Vec<rollback::Deployment> = deployments.iter().map(known).collect();
            if !matches!(by_hand(&known), ByHand::Nothing(Why::NoGoodRevision(_) | Why::NoDeployment)) {
                break;
            }
        }
        let known = deployments.iter().map(known).collect();
        Ok(Self { deployments, known })
    }

    pub(super) fn newest(&self) -> Option<&Deployment> {
        self.deployments.first()
    }

    fn find(&self, id: &str) -> Option<&Deployment> {
        self.deployments.iter().find(|deployment| deployment.id == id)
    }
}

/// Chooses.
pub(super) async fn course(env: &Env, wish: &Wish, place: &Place, seen: &Seen) -> Result<Course, Error> {
    let newest = seen.newest().map(|newest| newest.id.clone());
    let choice = by_hand(&seen.known);
    let first = match &choice {
        ByHand::Take(Measure::Stop { deployment }) => Some(First::Stop(deployment.clone())),
        ByHand::Follow { rollback } => Some(First::Follow(rollback.clone())),
        _ => None,
    };
    if let Some(to) = &wish.to {
        let (appspec, wanted) = named(env, place, seen, to).await?;
        let serving = good(&seen.known).next().map(|serving| serving.id.clone());
        let release = serving.or_else(|| newest.clone());
        let redeploy = redeploy(wish, place, release.as_deref().unwrap_or_default(), appspec, &wanted);
        // after a stop the revision may serve by itself
        let anyway = wish.emergency && first.is_none();
        let redeploy = Some(Redeploy { anyway, ..redeploy });
        return Ok(Course { first, wanted: wanted.arn, release, redeploy, newest });
    }
    match choice {
        ByHand::Nothing(why) => Err(refused(&why, place)),
        ByHand::Take(Measure::Stop { deployment }) => {
            let wanted = before(env, place, &deployment).await?;
            Ok(Course { first, wanted, release: Some(deployment), redeploy: None, newest })
        }
        ByHand::Follow { rollback } | ByHand::Done { rollback } => {
            let (wanted, release) = brought(env, place, seen, &rollback).await?;
            Ok(Course { first, wanted, release, redeploy: None, newest })
        }
        ByHand::Take(Measure::RollBack { deployment, to }) => {
            let (appspec, wanted) = last_good(env, seen, &deployment, &to).await?;
            let redeploy = Some(redeploy(wish, place, &deployment, appspec, &wanted));
            Ok(Course { first, wanted: wanted.arn, release: Some(deployment), redeploy, newest })
        }
    }
}

fn refused(why: &Why, place: &Place) -> Error {
    let more = match why {
        Why::NoDeployment => format!("{}: nothing was ever deployed there", place.name()),
        Why::NoGoodRevision(_) => format!("{why}, or name one: greenlight rollback --to FAMILY:REVISION"),
        why => why.to_string(),
    };
    Error::CannotRollBack(more)
}

/// What `CodeDeploy` brings back when it undoes a deployment.
async fn before(env: &Env, place: &Place, deployment: &str) -> Result<String, Error> {
    let service = service::read(env, &place.service.cluster, &place.service.name).await?;
    let before = service.before(deployment).map(|set| set.task_definition.clone());
    before.ok_or_else(|| {
        Error::CannotRollBack(format!(
            "service {} has no task set beside the one of deployment {deployment}: there is nothing that stopping it would bring \
             back; see `greenlight rollback --list`, and name a revision with --to",
            place.service
        ))
    })
}

/// What a rollback brings back, and the deployment that it takes back.
async fn brought(env: &Env, place: &Place, seen: &Seen, rollback: &str) -> Result<(String, Option<String>), Error> {
    let Some(deployment) = seen.find(rollback) else { return Ok((before(env, place, rollback).await?, None)) };
    if deployment.is_rollback {
        let undone = deployment.undoes.clone();
        return Ok((before(env, place, undone.as_deref().unwrap_or(rollback)).await?, undone));
    }
    let appspec = deployment::appspec(env, deployment).await?;
    let release = rollback::rolls_back(&deployment.description).map(str::to_owned);
    let found = revision::find(env, &appspec.task_definition).await?;
    Ok((found.map_or(appspec.task_definition, |found| found.arn), release))
}

/// The last good revision before a deployment that differs from it, if tasks can be started from it.
async fn last_good(env: &Env, seen: &Seen, release: &str, to: &str) -> Result<(AppSpec, Registered), Error> {
    let bad = match seen.find(release) {
        Some(bad) if bad.status == "Succeeded" => Some(deployment::appspec(env, bad).await?.task_definition),
        _ => None,
    };
    let mut gone: Option<(String, String)> = None;
    for candidate in good(&seen.known).skip_while(|one| one.id != to) {
        let Some(candidate) = seen.find(&candidate.id) else { continue };
        let appspec = deployment::appspec(env, candidate).await?;
        if bad.as_ref() == Some(&appspec.task_definition) {
            continue;
        }
        let found = revision::find(env, &appspec.task_definition).await?;
        match (found.filter(|found| found.is_active), gone) {
            (Some(found), None) => return Ok((appspec, found)),
            (Some(found), Some((id, lost))) => {
                return Err(Error::CannotRollBack(format!(
                    "no task can be started from {lost}, the last good revision (deployment {id}): it was deregistered or deleted; \
                     the next good one is {name}, of deployment {}: greenlight rollback --to {name}",
                    candidate.id,
                    name = found.name()
                )));
            }
            (None, lost) => {
                let name = || (candidate.id.clone(), short(&appspec.task_definition).to_owned());
                gone = Some(lost.unwrap_or_else(name));
            }
        }
    }
    Err(Error::CannotRollBack(match gone {
        Some((id, lost)) => format!(
            "no task can be started from {lost}, the last good revision (deployment {id}): it was deregistered or deleted, and there \
             is no other; register it again, and name it with --to"
        ),
        None => format!(
            "every good deployment before {release} has the same task definition: rolling back would change nothing; name another \
             revision with --to, or look for the cause elsewhere"
        ),
    }))
}

/// The revision that somebody names: how it was deployed, and its task definition.
async fn named(env: &Env, place: &Place, seen: &Seen, to: &str) -> Result<(AppSpec, Registered), Error> {
    let own = if to.starts_with("d-") { Some(of_deployment(env, place, to).await?) } else { None };
    let wanted = own.as_ref().map_or(to, |own| &own.task_definition);
    let Some(found) = revision::find(env, wanted).await? else {
        return Err(Error::usage(
            format!("--to {to}: there is no task definition {wanted} in {}", env.settings.region),
            "write family:revision, its ARN, or the id of a deployment that `greenlight rollback --list` shows",
        ));
    };
    if !found.is_active {
        let others = others(env, seen, &found.arn).await?;
        let reason = format!("no task can be started from {}: it was deregistered; {others}", found.name());
        return Err(Error::CannotRollBack(reason));
    }
    if let Some(own) = own {
        return Ok((own, found));
    }
    let mut last = None;
    let (mut keys, mut looked) = (BTreeSet::new(), 0);
    for deployment in good(&seen.known).filter_map(|one| seen.find(&one.id)) {
        if looked == LOOKED_AT || !keys.insert(deployment.revision_key()) {
            continue;
        }
        looked += 1;
        // one whose AppSpec is gone from its bucket says nothing
        let Ok(appspec) = deployment::appspec(env, deployment).await else { continue };
        if short(&appspec.task_definition) == found.name() {
            return Ok((appspec, found));
        }
        last.get_or_insert(appspec);
    }
    let Some(last) = last.filter(|last| found.containers.contains(&last.container_name)) else {
        return Err(Error::CannotRollBack(format!(
            "{} was never deployed to {}, and no deployment there tells how: which container and port get the traffic; deploy it with \
             an AppSpec of its own",
            found.name(),
            place.name()
        )));
    };
    Ok((last, found))
}

async fn of_deployment(env: &Env, place: &Place, id: &str) -> Result<AppSpec, Error> {
    let remedy = "use one that `greenlight rollback --list` shows";
    let unknown = || Error::usage(format!("--to {id}: {} has no such deployment", place.name()), remedy);
    let deployment = deployment::get(env, id).await.map_err(|error| {
        match error.fault().and_then(|fault| fault.code.as_deref()) {
            Some("DeploymentDoesNotExistException" | "InvalidDeploymentIdException") => unknown(),
            _ => error.into(),
        }
    })?;
    if (&deployment.application, &deployment.deployment_group) != (&place.application, &place.deployment_group) {
        return Err(unknown());
    }
    if deployment.is_rollback {
        let problem =
            format!("--to {id}: this is a rollback of CodeDeploy's own, which does not tell what it deployed");
        return Err(Error::usage(problem, "name the task definition, or the deployment that served before"));
    }
    Ok(deployment::appspec(env, &deployment).await?)
}

/// Names the newest good revision that could be taken instead.
async fn others(env: &Env, seen: &Seen, than: &str) -> Result<String, Error> {
    for deployment in good(&seen.known).filter_map(|one| seen.find(&one.id)) {
        let task_definition = deployment::appspec(env, deployment).await?.task_definition;
        let found = revision::find(env, &task_definition).await?;
        if let Some(found) = found.filter(|found| found.is_active && found.arn != than) {
            return Ok(format!("the newest good one is {}, of deployment {}", found.name(), deployment.id));
        }
    }
    Ok("no other good one is left; register it again".to_owned())
}

/// The deployment that brings a revision back. The migration is never made again: it was made when the revision was new, and an old
/// revision may not know the newest schema. What alarms say is why somebody rolls back, and no freeze window holds a rollback.
fn redeploy(wish: &Wish, place: &Place, release: &str, appspec: AppSpec, wanted: &Registered) -> Redeploy {
    let mut appspec = AppSpec { task_definition: wanted.arn.clone(), ..appspec };
    let keeps = |event: LifecycleEvent| !wish.emergency && event != LifecycleEvent::BeforeInstall;
    let (asked, left): (Vec<_>, Vec<_>) = appspec.hooks.into_iter().partition(|hook| keeps(hook.lifecycle_event));
    let names = |hooks: &[greenlight_domain::appspec::Hook]| {
        hooks.iter().map(|hook| format!("{} ({})", hook.lifecycle_event.name(), hook.function)).collect::<Vec<_>>()
    };
    let (asks, leaves_out) = (names(&asked), names(&left));
    let skip = |skip: &str| Directive { skip: skip.to_owned(), reason: "rollback".to_owned() };
    let directives = if asked.is_empty() { Vec::new() } else { vec![skip("freeze"), skip("validate:alarms")] };
    appspec.hooks = asked;
    let how = if wish.emergency { "in an emergency" } else { "by hand" };
    let words = format!("Takes {release} back {how}: {}", wanted.name());
    let description = describe_with(release, &words, &directives);
    let redeployment = Redeployment::new(&place.application, &place.deployment_group, description, &appspec);
    Redeploy { redeployment, asks, leaves_out, anyway: false }
}
