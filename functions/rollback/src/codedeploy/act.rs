//! Does what was decided, and decides again if somebody else was faster.

use super::gather::{self, Seen};
use super::group::Group;
use crate::outcome::Outcome;
use crate::{AGAIN, MOST};
use greenlight_aws::deployment_group::DeploymentGroup;
use greenlight_aws::rollback::{self, Redeployment};
use greenlight_aws::{Env, Error, deployment, retry, revision};
use greenlight_domain::alarm::Alarm;
use greenlight_domain::rollback::{Action, Measure, describe};
use jiff::Timestamp;

/// Answers an alarm for one group.
pub(super) async fn answer(
    env: &Env,
    group: &Group,
    info: &DeploymentGroup,
    alarm: &Alarm,
    until: Timestamp,
) -> Result<Outcome, Error> {
    let mut faster =
        Error::Refused(format!("the deployments of {group} change faster than they can be read; look at them"));
    for _ in 0..MOST {
        let seen = retry::until(env, until, async || gather::look(env, group, info, alarm).await).await?;
        let Some(seen) = seen else { return Ok(Outcome::Foreign) };
        match take(env, group, info, alarm, &seen).await {
            Ok(Some(outcome)) => return Ok(outcome),
            Ok(None) => {}
            // a call whose answer was lost is looked for like one of somebody else
            Err(error) if error.is_temporary() || error.is_already_done() || error.is_overtaken() => faster = error,
            Err(error) => return Err(error),
        }
        if env.clock.now() >= until {
            break;
        }
        env.clock.sleep(AGAIN).await;
    }
    Err(faster)
}

/// Does what was decided; `None` if something else has begun meanwhile.
async fn take(
    env: &Env,
    group: &Group,
    info: &DeploymentGroup,
    alarm: &Alarm,
    seen: &Seen,
) -> Result<Option<Outcome>, Error> {
    let (measure, hold) = match &seen.action {
        Action::Nothing(why) => return Ok(Some(Outcome::Nothing(why.clone()))),
        Action::Take(measure) => (measure, None),
        Action::Propose { measure, hold } => (measure, Some(*hold)),
    };
    let propose = |hold, command| Some(Outcome::Proposed { measure: measure.clone(), hold, command });
    match (measure, hold) {
        (Measure::Stop { deployment }, Some(hold)) => Ok(propose(hold, rollback::stop_command(deployment))),
        (Measure::Stop { deployment }, None) => {
            rollback::stop(env, deployment).await?;
            Ok(Some(Outcome::Stopped { deployment: deployment.clone() }))
        }
        (Measure::RollBack { deployment, to }, hold) => {
            let (deployment, to) = (deployment.clone(), to.clone());
            let current = deployment::appspec(env, seen.deployment(&deployment)?).await?;
            // nobody is there to hear of a check that fails: what was good before comes back as quickly as can be
            let appspec = deployment::appspec(env, seen.deployment(&to)?).await?.without_hooks();
            let task_definition = appspec.task_definition.clone();
            if task_definition == current.task_definition {
                return Ok(Some(Outcome::Same { deployment, to }));
            }
            if !revision::is_active(env, &task_definition).await? {
                return Ok(Some(Outcome::Gone { deployment, task_definition }));
            }
            let description = describe(&deployment, &alarm.name);
            let redeployment = Redeployment::new(&group.application, &group.name, description, &appspec);
            if let Some(hold) = hold {
                return Ok(propose(hold, redeployment.command()));
            }
            if gather::newest(env, group, seen).await?.as_deref() != seen.newest() {
                return Ok(None);
            }
            let by = redeployment.create(env).await?;
            Ok(Some(Outcome::RolledBack { deployment, by, task_definition, waits: info.waits_when_ready }))
        }
    }
}
