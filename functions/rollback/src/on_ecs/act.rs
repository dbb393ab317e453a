//! Does what was decided, and decides again if somebody else was faster.

use super::Service;
use super::gather::{self, Seen};
use crate::outcome::Outcome;
use crate::{AGAIN, MOST};
use greenlight_aws::service::{self, Watched};
use greenlight_aws::service_deployments::{bring_back, bring_back_command, stop, stop_command};
use greenlight_aws::{Env, Error, retry, revision};
use greenlight_domain::alarm::Alarm;
use greenlight_domain::rollback::{Action, Measure};
use jiff::Timestamp;

/// A revision that was brought back, or was not: nobody knows.
#[derive(Debug)]
struct InDoubt {
    deployment: String,
    task_definition: String,
}

/// Answers an alarm for one service.
pub(super) async fn answer(
    env: &Env,
    service: &Service,
    watched: &Watched,
    alarm: &Alarm,
    until: Timestamp,
) -> Result<Outcome, Error> {
    let mut faster =
        Error::Refused(format!("the deployments of {service} change faster than they can be read; look at them"));
    let mut in_doubt: Option<InDoubt> = None;
    for _ in 0..MOST {
        let seen = retry::until(env, until, async || gather::look(env, service, watched, alarm).await).await?;
        let Some(seen) = seen else { return Ok(Outcome::Foreign) };
        if let Some(outcome) = in_doubt.as_ref().and_then(|in_doubt| in_doubt.was_done(&seen)) {
            return Ok(outcome);
        }
        match take(env, service, &seen, until, &mut in_doubt).await {
            Ok(Some(outcome)) => return Ok(outcome),
            Ok(None) => {}
            // a call whose answer was lost is looked for like one of somebody else
            Err(error) if error.is_temporary() || error.is_already_done() => faster = error,
            Err(error) => return Err(error),
        }
        if env.clock.now() >= until {
            break;
        }
        env.clock.sleep(AGAIN).await;
    }
    Err(faster)
}

impl InDoubt {
    /// What came of it, if the newest deployment is it.
    fn was_done(&self, seen: &Seen) -> Option<Outcome> {
        let newest = seen.deployments.first()?;
        let is_it = newest.arn != self.deployment && newest.task_definition == self.task_definition;
        is_it.then(|| rolled_back(&self.deployment, newest.arn.clone(), &self.task_definition))
    }
}

/// Does what was decided; `None` if something else has begun meanwhile.
async fn take(
    env: &Env,
    service: &Service,
    seen: &Seen,
    until: Timestamp,
    in_doubt: &mut Option<InDoubt>,
) -> Result<Option<Outcome>, Error> {
    let (measure, hold) = match &seen.action {
        Action::Nothing(why) => return Ok(Some(Outcome::Nothing(why.clone()))),
        Action::Take(measure) => (measure, None),
        Action::Propose { measure, hold } => (measure, Some(*hold)),
    };
    let propose = |hold, command| Some(Outcome::Proposed { measure: measure.clone(), hold, command });
    match (measure, hold) {
        (Measure::Stop { deployment }, Some(hold)) => Ok(propose(hold, stop_command(deployment))),
        (Measure::Stop { deployment }, None) => {
            stop(env, deployment).await?;
            Ok(Some(Outcome::Stopped { deployment: deployment.clone() }))
        }
        (Measure::RollBack { deployment, to }, hold) => {
            if !revision::is_active(env, to).await? {
                let (deployment, task_definition) = (deployment.clone(), to.clone());
                return Ok(Some(Outcome::Gone { deployment, task_definition }));
            }
            let Service { cluster, name, .. } = service;
            if let Some(hold) = hold {
                return Ok(propose(hold, bring_back_command(cluster, name, to)));
            }
            let before = gather::list(env, service).await?;
            let newest = before.first().map(|newest| newest.arn.as_str());
            let now = service::read(env, cluster, name).await?.task_definition;
            if newest != seen.newest() || now.as_ref() == Some(to) {
                return Ok(None);
            }
            let is_new = |arn: &String| !before.iter().any(|one| one.arn == *arn);
            let said = bring_back(env, cluster, name, to).await.inspect_err(|error| {
                let (deployment, task_definition) = (deployment.clone(), to.clone());
                *in_doubt = error.is_in_doubt().then_some(InDoubt { deployment, task_definition });
            })?;
            let by = match said.filter(is_new) {
                Some(by) => by,
                None => appeared(env, service, is_new, until).await?,
            };
            Ok(Some(rolled_back(deployment, by, to)))
        }
    }
}

/// The deployment that an update has made: it may appear a moment later.
async fn appeared(
    env: &Env,
    service: &Service,
    is_new: impl Fn(&String) -> bool,
    until: Timestamp,
) -> Result<String, Error> {
    loop {
        let listed = retry::until(env, until, async || gather::list(env, service).await).await?;
        if let Some(found) = listed.into_iter().map(|one| one.arn).find(&is_new) {
            return Ok(found);
        }
        if env.clock.now() >= until {
            return Err(Error::Unfit(format!(
                "service {service} was updated, and no service deployment has appeared; look at the service's events"
            )));
        }
        env.clock.sleep(AGAIN).await;
    }
}

fn rolled_back(deployment: &str, by: String, task_definition: &str) -> Outcome {
    let (deployment, task_definition) = (deployment.to_owned(), task_definition.to_owned());
    Outcome::RolledBack { deployment, by, task_definition, waits: false }
}
