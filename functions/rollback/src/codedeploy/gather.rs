//! What the decision about a deployment group needs, from `CodeDeploy` and the plan.

use super::group::Group;
use greenlight_aws::deployment::{self, Deployment};
use greenlight_aws::deployment_group::{self, DeploymentGroup};
use greenlight_aws::rollback::{FURTHER_BACK, known, read_further};
use greenlight_aws::{Env, Error, revision};
use greenlight_domain::alarm::Alarm;
use greenlight_domain::plan::Rollback;
use greenlight_domain::rollback::{self, Action, Why, decide};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::time::Duration;

/// What was read of a group, and what follows.
#[derive(Debug)]
pub(super) struct Seen {
    /// The newest first.
    pub(super) deployments: Vec<Deployment>,
    pub(super) action: Action,
}

impl Seen {
    /// The newest deployment's id.
    pub(super) fn newest(&self) -> Option<&str> {
        self.deployments.first().map(|newest| newest.id.as_str())
    }

    pub(super) fn deployment(&self, id: &str) -> Result<&Deployment, Error> {
        let found = self.deployments.iter().find(|deployment| deployment.id == id);
        found.ok_or_else(|| Error::Unfit(format!("there is no deployment {id}")))
    }
}

/// The groups that an alarm may be about: those that list it, and those that list none and whose last deployment is still of
/// interest, because its plan may name the alarm.
pub(super) async fn concerned(
    env: &Env,
    groups: &[Group],
    alarm: &Alarm,
) -> Result<Vec<(Group, DeploymentGroup)>, Error> {
    let mut names = BTreeMap::<&str, Vec<String>>::new();
    for group in groups.iter().filter(|group| alarm.is_of(&group.region, &group.account)) {
        names.entry(&group.application).or_default().push(group.name.clone());
    }
    let mut found = BTreeMap::new();
    for (application, names) in names {
        found.insert(application, deployment_group::batch(env, application, &names).await?);
    }
    let mut concerned = Vec::new();
    for group in groups {
        let Some(info) = found.get_mut(group.application.as_str()).and_then(|found| found.remove(&group.name)) else {
            continue;
        };
        if info.alarms.contains(&alarm.name) || (info.alarms.is_empty() && is_recent(env, &info)) {
            concerned.push((group.clone(), info));
        }
    }
    Ok(concerned)
}

/// Looks at a group and decides; `None` if the alarm is none of its own.
pub(super) async fn look(
    env: &Env,
    group: &Group,
    info: &DeploymentGroup,
    alarm: &Alarm,
) -> Result<Option<Seen>, Error> {
    let is_listed = info.alarms.contains(&alarm.name);
    let mut deployments = Vec::new();
    let mut since = env.clock.now();
    if let Some(last) = &info.last_attempted {
        since = back(last.created_at, Rollback::LONGEST);
        deployments = deployment::of_group(env, &group.application, &group.name, since, None).await?;
    }
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
        for days in FURTHER_BACK {
            if !matches!(action, Action::Nothing(Why::NoGoodRevision(_))) {
                break;
            }
            since = read_further(env, (&group.application, &group.name), days, Some(since), &mut deployments).await?;
            action = conclude(env, alarm, &deployments, plan.as_ref());
        }
    } else if !is_listed {
        return Ok(None);
    }
    Ok(Some(Seen { deployments, action }))
}

/// The newest deployment's id, as it is now.
pub(super) async fn newest(env: &Env, group: &Group, seen: &Seen) -> Result<Option<String>, Error> {
    let created = seen.deployments.first().and_then(|newest| newest.created_at).unwrap_or(Timestamp::MIN);
    // what AWS tells of a time, and what it keeps, need not be the same to the millisecond
    let since = back(created, Duration::from_secs(1));
    let found = deployment::of_group(env, &group.application, &group.name, since, None).await?;
    Ok(found.into_iter().next().map(|newest| newest.id))
}

/// Whether the last deployment is still of interest to any plan.
fn is_recent(env: &Env, info: &DeploymentGroup) -> bool {
    let Some(last) = &info.last_attempted else { return false };
    last.completed_at.is_none_or(|completed| completed > back(env.clock.now(), Rollback::LONGEST))
}

async fn plan(env: &Env, deployments: &[Deployment]) -> Result<Option<Rollback>, Error> {
    let Some(newest) = deployments.first() else { return Ok(None) };
    let appspec = deployment::appspec(env, newest).await?;
    Ok(revision::describe(env, &appspec.task_definition).await?.plan.rollback)
}

fn conclude(env: &Env, alarm: &Alarm, deployments: &[Deployment], plan: Option<&Rollback>) -> Action {
    let deployments: Vec<rollback::Deployment> = deployments.iter().map(known).collect();
    decide(alarm, &deployments, plan, env.settings.rollback_off, env.clock.now())
}

fn back(from: Timestamp, span: Duration) -> Timestamp {
    from.checked_sub(SignedDuration::try_from(span).unwrap_or_default()).unwrap_or(Timestamp::MIN)
}
