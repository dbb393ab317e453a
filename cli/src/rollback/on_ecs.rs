//! The way for services that ECS itself deploys: straight to the service.

use super::follow::{POLL, calmly};
use super::{Ending, Outcome, Service, Tell, Wish, tell_plan, wish};
use crate::Error;
use greenlight_aws::Env;
use greenlight_aws::revision::{self, short};
use greenlight_aws::service::{self, Deployment, Rollout};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

/// Without a circuit breaker ECS tries for ever.
const LIMIT: SignedDuration = SignedDuration::from_hours(1);
/// What ECS says of a service may be so old.
const STALE: SignedDuration = SignedDuration::from_secs(20);

pub(super) async fn take_back(env: &Env, wish: &Wish, of: &Service, tell: Tell<'_>) -> Result<Outcome, Error> {
    let (Some(to), true) = (&wish.to, wish.emergency) else {
        return Err(wish::usage(
            format!(
                "ECS itself deploys service {of}: CodeDeploy knows no revision of it, and no check stands before its traffic"
            ),
            "name the revision and say that you know: --emergency --to FAMILY:REVISION",
        ));
    };
    let Some(found) = revision::find(env, to).await? else {
        return Err(wish::usage(
            format!("--to {to}: there is no such task definition in {}", env.settings.region),
            "write family:revision, or its ARN; aws ecs list-task-definitions --sort DESC --family-prefix FAMILY shows them",
        ));
    };
    if !found.is_active {
        let reason =
            format!("no task can be started from {}: it was deregistered; name another revision", found.name());
        return Err(Error::CannotRollBack(reason));
    }
    let outcome = |outcome, reason| Outcome {
        outcome,
        deployment_id: None,
        rollback_deployment_id: None,
        task_definition: Some(found.arn.clone()),
        reason,
    };
    let will = [format!("tell ECS to replace the tasks of {of} by those of {}, a few at a time", found.name())];
    let skips = [
        "every check: there are no hooks, no test traffic and no alarms of a deployment group".to_owned(),
        "blue and green: users reach both revisions until the last task is replaced".to_owned(),
    ];
    let command = format!(
        "aws ecs update-service --cluster {} --service {} --task-definition {} --force-new-deployment",
        of.cluster,
        of.name,
        found.name()
    );
    let more = json!({ "service": of.to_string(), "task_definition": found.arn, "commands": [command] });
    tell_plan(tell, &format!("service {of}"), &will, &skips, more);
    if wish.dry_run {
        return Ok(outcome(Ending::Planned, "nothing was done".to_owned()));
    }
    let deployment = service::update(env, &of.cluster, &of.name, &found.arn).await?;
    let fields = json!({ "how": "updated", "service": of.to_string(), "task_definition": found.arn });
    tell("rollback.started", &format!("ECS replaces the tasks of {of}"), fields);
    let failure = follow(env, of, &deployment, tell).await?;
    let (ending, reason) = match failure {
        None => (Ending::RolledBack, format!("{} serves everybody", found.name())),
        Some(reason) => (Ending::Failed, reason),
    };
    tell("rollback.ended", "", json!({ "service": of.to_string() }));
    Ok(outcome(ending, reason))
}

/// Looks until the tasks of this deployment are the service's, and no others; why that does not come about.
async fn follow(env: &Env, of: &Service, deployment: &str, tell: Tell<'_>) -> Result<Option<String>, Error> {
    let now = env.clock.now();
    let [fresh, until] = [STALE, LIMIT].map(|span| now.checked_add(span).unwrap_or(Timestamp::MAX));
    let mut last = None;
    loop {
        let seen = calmly(env, async || service::read(env, &of.cluster, &of.name).await).await?;
        let primary = seen.deployments.iter().find(|one| one.status == "PRIMARY");
        match primary.filter(|primary| primary.id == deployment) {
            Some(own) => {
                let state = (own.running, own.rollout);
                if last != Some(state) {
                    tell_status(own, tell);
                    last = Some(state);
                }
                match own.rollout {
                    Rollout::Failed => return Ok(Some(own.reason.clone())),
                    Rollout::Completed if seen.deployments.len() == 1 => return Ok(None),
                    _ => {}
                }
            }
            // what is seen may be older than the update
            None if last.is_none() && env.clock.now() < fresh => {}
            None => {
                let other = primary.map_or("nothing", |primary| short(&primary.task_definition));
                return Ok(Some(format!(
                    "{other} is being deployed in its place; somebody else has updated the service, or its circuit breaker has gone back"
                )));
            }
        }
        if env.clock.now() >= until {
            let reason =
                "its tasks have not taken over after an hour, and ECS goes on trying; look at the service's events";
            return Ok(Some(reason.to_owned()));
        }
        env.clock.sleep(POLL).await;
    }
}

fn tell_status(deployment: &Deployment, tell: Tell<'_>) {
    let Deployment { id, running: (running, desired), rollout, .. } = deployment;
    let status = rollout.name();
    let text = format!("deployment {id}: {status}, {running} of {desired} tasks run");
    let fields = json!({ "deployment_id": id, "status": status, "running": running, "desired": desired });
    tell("deployment.status", &text, fields);
}
