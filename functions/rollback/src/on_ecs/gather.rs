//! What the decision about a service needs, from ECS and the plan.

use super::Service;
use greenlight_aws::service::{self, Watched};
use greenlight_aws::service_deployments::{self, Listed};
use greenlight_aws::{Env, Error, revision};
use greenlight_domain::alarm::Alarm;
use greenlight_domain::plan::Rollback;
use greenlight_domain::rollback::{Action, ServiceDeployment, Why, decide_on_ecs};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// What was read of a service, and what follows.
#[derive(Debug)]
pub(super) struct Seen {
    /// The newest first.
    pub(super) deployments: Vec<ServiceDeployment>,
    pub(super) action: Action,
}

impl Seen {
    /// The newest deployment's ARN.
    pub(super) fn newest(&self) -> Option<&str> {
        self.deployments.first().map(|newest| newest.arn.as_str())
    }
}

/// The services that an alarm may be about: those that list it, and those that list none and whose last deployment is still of
/// interest, because its plan may name the alarm. Services that are gone, or that ECS does not deploy itself, are not among them.
pub(super) async fn concerned(
    env: &Env,
    services: &[Service],
    alarm: &Alarm,
) -> Result<Vec<(Service, Watched)>, Error> {
    let mut names = BTreeMap::<&str, Vec<String>>::new();
    for service in services.iter().filter(|service| alarm.is_of(&service.region, &service.account)) {
        names.entry(&service.cluster).or_default().push(service.name.clone());
    }
    let mut found = BTreeMap::new();
    for (cluster, names) in names {
        found.insert(cluster, service::watched(env, cluster, &names).await?);
    }
    let mut concerned = Vec::new();
    for service in services {
        let Some(watched) = found.get_mut(service.cluster.as_str()).and_then(|found| found.remove(&service.name))
        else {
            continue;
        };
        if watched.alarms.contains(&alarm.name) || (watched.alarms.is_empty() && is_recent(env, &watched)) {
            concerned.push((service.clone(), watched));
        }
    }
    Ok(concerned)
}

/// Looks at a service and decides; `None` if the alarm is none of its own.
pub(super) async fn look(
    env: &Env,
    service: &Service,
    watched: &Watched,
    alarm: &Alarm,
) -> Result<Option<Seen>, Error> {
    let is_listed = watched.alarms.contains(&alarm.name);
    let listed = list(env, service).await?;
    let task_definitions = service_deployments::task_definitions(env, &listed).await?;
    let deployments = service_deployments::known(&listed, &task_definitions);
    // the plan is not read for what can be decided without it
    let mut action = conclude(env, alarm, &deployments, None);
    if action == Action::Nothing(Why::NotWanted) {
        let plan = match plan(env, &deployments).await {
            // what is wrong with the plan of a release is no matter of alarms that are not its own
            Err(error) if !is_listed && !error.is_temporary() => None,
            plan => plan?,
        };
        if !is_listed && !plan.as_ref().is_some_and(|plan| plan.alarms.contains(&alarm.name)) {
            return Ok(None);
        }
        action = conclude(env, alarm, &deployments, plan.as_ref());
    } else if !is_listed {
        return Ok(None);
    }
    Ok(Some(Seen { deployments, action }))
}

/// The deployments of a service as they are now, the newest first.
pub(super) async fn list(env: &Env, service: &Service) -> Result<Vec<Listed>, Error> {
    service_deployments::list(env, &service.cluster, &service.name).await
}

/// Whether the last deployment is still of interest to any plan: it may have been baked for a day when nothing changed any more.
fn is_recent(env: &Env, watched: &Watched) -> bool {
    let span = SignedDuration::try_from(Rollback::LONGEST * 2).unwrap_or_default();
    let since = env.clock.now().checked_sub(span).unwrap_or(Timestamp::MIN);
    watched.quiet_since.is_none_or(|quiet| quiet > since)
}

async fn plan(env: &Env, deployments: &[ServiceDeployment]) -> Result<Option<Rollback>, Error> {
    let newest = deployments.first().map(|newest| newest.task_definition.as_str());
    let Some(newest) = newest.filter(|name| !name.is_empty()) else { return Ok(None) };
    Ok(revision::describe(env, newest).await?.plan.rollback)
}

fn conclude(env: &Env, alarm: &Alarm, deployments: &[ServiceDeployment], plan: Option<&Rollback>) -> Action {
    decide_on_ecs(alarm, deployments, plan, env.settings.rollback_off, env.clock.now())
}
