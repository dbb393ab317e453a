//! The course of a deployment that ECS makes by itself: that it began, that it waits, how it ended.
//!
//! ECS's event names the service alone. What is told is that of the service's newest deployment, so the same event may come twice,
//! or late. Rolling updates are not told of: they have neither hooks nor a revision that is kept.

use crate::event::{Pause, ServiceChange, ServiceNews};
use crate::tasks::{self, Asked};
use greenlight_aws::notice::{self, Background};
use greenlight_aws::service_course::{self, Course};
use greenlight_aws::{Env, Error, fresh, retry, service_deployments};
use greenlight_domain::notice::{Kind, Notice};
use greenlight_domain::plan::span;
use greenlight_domain::service_deployment::ServiceDeploymentArn;
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// How soon after its event the status of a deployment says the same.
const SETTLES: SignedDuration = SignedDuration::from_secs(30);

/// ECS tells of a change.
pub(crate) async fn changed(env: &Env, change: &ServiceChange, until: Timestamp) -> Result<(), Error> {
    let Some((cluster, service)) = ours(env, &change.service_arn) else { return Ok(()) };
    let Some(arn) = newest(env, cluster, service, until).await? else { return Ok(()) };
    // the event may come before its deployment is what it says
    let settled = until.min(env.clock.now().checked_add(SETTLES).unwrap_or(until));
    let says_so = |course: &Option<Course>| {
        let Some(Course { seen, .. }) = course else { return false };
        match change.what {
            ServiceNews::Began => true,
            ServiceNews::Failed => seen.is_over() || seen.goes_back(),
            ServiceNews::Completed => seen.is_over(),
        }
    };
    let course = fresh::look(env, settled, async || service_course::read(env, &arn.arn).await, says_so).await?;
    let Some(course) = course.filter(|course| !course.seen.is_rolling) else { return Ok(()) };
    let Some(kind) = kind(change.what, &course) else { return Ok(()) };
    let background = Background::of_service_deployment(env, &arn).await;
    let notice = match kind {
        Kind::DeploymentStarted => started(env, &arn, &course, &background),
        _ => outcome(env, &arn, &course, kind, &background).await,
    };
    notice::publish(env, &background.onto(notice), until).await;
    Ok(())
}

/// What kind of news a change is; `None` if it is none, or that of another deployment.
fn kind(what: ServiceNews, course: &Course) -> Option<Kind> {
    let status = course.seen.status.as_str();
    let is_stopped = course.rollback.as_ref().is_some_and(|rollback| rollback.reason.contains("StopServiceDeployment"));
    match (what, status) {
        // a way back begins too, and belongs to the deployment that failed
        (ServiceNews::Began, _) => course.rollback.is_none().then_some(Kind::DeploymentStarted),
        (ServiceNews::Failed, "STOPPED") => Some(Kind::DeploymentFailed),
        (ServiceNews::Failed, _) if is_stopped => Some(Kind::DeploymentStopped),
        (ServiceNews::Failed, _) => course.rollback.is_some().then_some(Kind::DeploymentFailed),
        (ServiceNews::Completed, "SUCCESSFUL") => Some(Kind::DeploymentSucceeded),
        (ServiceNews::Completed, "ROLLBACK_SUCCESSFUL") => Some(Kind::DeploymentRolledBack),
        (ServiceNews::Completed, _) => None,
    }
}

fn started(env: &Env, arn: &ServiceDeploymentArn, course: &Course, background: &Background) -> Notice {
    let title = format!("{}: deployment {} started", background.group(), arn.id);
    let at = course.created_at.unwrap_or_else(|| env.clock.now());
    Notice::new(Kind::DeploymentStarted, &arn.id, title, at).about(background.about())
}

/// A pause hook waits for somebody. What was answered before anybody heard of it is not told.
pub(crate) async fn waits(env: &Env, pause: &Pause, until: Timestamp) -> Result<(), Error> {
    let Pause { deployment: arn, hook, stage, expires_at } = pause;
    let read = async || service_course::read(env, &arn.arn).await;
    let course = retry::until(env, until, read).await?;
    let asked = course.as_ref().and_then(|course| course.seen.pauses.iter().find(|one| one.id == *hook));
    if asked.is_some_and(|asked| !asked.waits()) || course.as_ref().is_some_and(|course| course.rollback.is_some()) {
        return Ok(());
    }
    let background = Background::of_service_deployment(env, arn).await;
    let title = format!("{}: deployment {} waits for somebody at {stage}", background.group(), arn.id);
    let left = expires_at.map(|end| end.duration_since(env.clock.now()).max(SignedDuration::ZERO));
    let left = left.and_then(|left| Duration::try_from(left).ok()).map(|left| Duration::from_secs(left.as_secs()));
    let otherwise = match asked.map(|asked| asked.timeout_action.as_str()) {
        Some("CONTINUE") => "ECS goes on",
        _ => "ECS takes the deployment back",
    };
    let reason = left.map(|left| format!("if nobody answers within {}, {otherwise}", span(left)));
    let reason = format!("a pause hook wants somebody to say whether it goes on; {}", reason.unwrap_or_default());
    let mut about = background.about();
    about.lifecycle_event = Some(stage.clone());
    let notice = Notice::new(Kind::DeploymentWaiting, format!("{}/{hook}", arn.id), title, env.clock.now());
    let notice = notice.about(about).because(reason.trim_end_matches("; "));
    let notice = notice
        .step("let it go on", format!("greenlight approve {} --hook {hook}", arn.arn))
        .step("give it up", format!("greenlight reject {} --hook {hook}", arn.arn));
    notice::publish(env, &background.onto(notice), until).await;
    Ok(())
}

/// That it has ended, or goes back.
async fn outcome(
    env: &Env,
    arn: &ServiceDeploymentArn,
    course: &Course,
    kind: Kind,
    background: &Background,
) -> Notice {
    let (id, group) = (&arn.id, background.group());
    let title = match kind {
        Kind::DeploymentSucceeded => format!("{group}: deployment {id} succeeded"),
        Kind::DeploymentStopped => format!("{group}: deployment {id} was stopped"),
        Kind::DeploymentRolledBack => {
            let serves = background.previous().map(|before| format!(", {} serves again", before.task_definition));
            format!("{group}: {id} was taken back{}", serves.unwrap_or_default())
        }
        _ => format!("{group}: deployment {id} failed"),
    };
    let began_back = course.rollback.as_ref().and_then(|rollback| rollback.started_at);
    let end = if kind == Kind::DeploymentRolledBack { course.ended_at } else { began_back.or(course.ended_at) };
    let end = end.unwrap_or_else(|| env.clock.now());
    let mut notice = Notice::new(kind, id, title, end).about(background.about());
    notice.duration = course.created_at.and_then(|created| Duration::try_from(end.duration_since(created)).ok());
    let reason = course.rollback.as_ref().map_or(&course.seen.reason, |rollback| &rollback.reason);
    match kind {
        Kind::DeploymentSucceeded => notice,
        Kind::DeploymentRolledBack => background.onto_why(notice.because(reason)),
        _ => {
            let next = match course.seen.status.as_str() {
                "STOPPED" => "Nothing takes it back.",
                "ROLLBACK_FAILED" => "It could not be taken back.",
                _ => "ECS rolls it back.",
            };
            let by_hook = course.functions.iter().any(|asked| asked.status == "FAILED");
            let asked = Asked { deployment_id: id, revision: background.revision(), ended: Some(end), by_hook };
            let notice = notice.because(&format!("{reason}\n{next}"));
            tasks::onto_service(env, (&arn.cluster, &arn.service), &asked, notice).await
        }
    }
}

/// Cluster and service, if the cluster is one that is told of.
fn ours<'a>(env: &Env, service_arn: &'a str) -> Option<(&'a str, &'a str)> {
    let (account, name) = service_arn.split_once(":service/")?;
    let (cluster, service) = name.split_once('/')?;
    let cluster_arn = format!("{account}:cluster/{cluster}");
    env.settings.clusters.contains(&cluster_arn).then_some((cluster, service))
}

async fn newest(
    env: &Env,
    cluster: &str,
    service: &str,
    until: Timestamp,
) -> Result<Option<ServiceDeploymentArn>, Error> {
    let listed = retry::until(env, until, async || service_deployments::list(env, cluster, service).await).await?;
    Ok(listed.first().and_then(|newest| ServiceDeploymentArn::parse(&newest.arn)))
}
