//! Answers the ready wait of `CodeDeploy`: the deployment waits for somebody before traffic shifts.

use super::{Answered, Decision, left};
use crate::aws::calmly;
use crate::{Error, aws};
use greenlight_aws::deployment::{self, Deployment};
use greenlight_aws::{Env, deployment_target, rollback};
use jiff::{SignedDuration, Timestamp};

/// The id of a group's last deployment.
pub(super) async fn find(env: &Env, application: &str, group: &str) -> Result<String, Error> {
    let found = aws::deployment_group(env, application, group).await?;
    found.last_attempted.map(|last| last.id).ok_or_else(|| {
        Error::CannotAnswer(format!("nothing was ever deployed to {application}/{group}: nothing waits for an answer"))
    })
}

/// Answers.
pub(super) async fn answer(env: &Env, id: &str, hook: Option<&str>, decision: Decision) -> Result<Answered, Error> {
    if hook.is_some() {
        return Err(Error::usage(
            "--hook: deployments of CodeDeploy have no pause hooks, they wait as a whole",
            "leave it out",
        ));
    }
    let seen = aws::deployment(env, id).await?;
    if seen.status != "Ready" {
        return Err(nothing_waits(&seen));
    }
    let until = until(env, &seen).await?;
    let done = match decision {
        Decision::Approve => calmly(env, async || deployment::continue_when_ready(env, id).await).await,
        Decision::Reject => calmly(env, async || rollback::stop(env, id).await).await,
    };
    if let Err(error) = done {
        let code = error.fault().and_then(|fault| fault.code.as_deref()).unwrap_or_default();
        if !matches!(code, "DeploymentIsNotInReadyStateException" | "DeploymentAlreadyCompletedException") {
            return Err(error.into());
        }
        return Err(nothing_waits(&aws::deployment(env, id).await?));
    }
    Ok(Answered {
        decision,
        already: false,
        deployment: id.to_owned(),
        hook: None,
        stage: None,
        left: left(env, until),
        otherwise: None,
        watch: format!("greenlight watch {id}"),
    })
}

/// Until when it waits: as long as its group says, since the last lifecycle event ended.
async fn until(env: &Env, seen: &Deployment) -> Result<Option<Timestamp>, Error> {
    let Some(wait) = seen.ready_wait.and_then(|wait| SignedDuration::try_from(wait).ok()) else { return Ok(None) };
    let Some(target) = calmly(env, async || deployment_target::id(env, &seen.id).await).await? else { return Ok(None) };
    let target = calmly(env, async || deployment_target::read(env, &seen.id, &target).await).await?;
    let ended = target.and_then(|target| target.lifecycle_events.iter().filter_map(|event| event.ended_at).max());
    Ok(ended.and_then(|ended| ended.checked_add(wait).ok()))
}

fn nothing_waits(seen: &Deployment) -> Error {
    let Deployment { id, status, error, .. } = seen;
    let why = error.as_ref().map(|error| format!(" ({error})")).unwrap_or_default();
    let hint = if deployment::is_over(status) {
        "deploy again, or take it back with `greenlight rollback`"
    } else {
        "`greenlight watch` says when it does, and `greenlight rollback` takes it back"
    };
    Error::CannotAnswer(format!("nothing waits for an answer: deployment {id} is {status}{why}; {hint}"))
}
