//! The story of a service deployment, which ECS makes by itself.

mod cause;

use super::gather::{Unread, kept, shown_revision, stopped, with_log};
use super::lines::{self, Said};
use super::story::{Hook, LifecycleEvent, Outcome, Revision, Rollback, Story, TaskSet};
use super::wanted::OnEcs;
use crate::Error;
use crate::aws::calmly;
use greenlight_aws::Env;
use greenlight_aws::revision::{self, Shown};
use greenlight_aws::service_course::{Course, Side};
use greenlight_aws::service_deployment::{self, ServiceRevision};
use jiff::SignedDuration;

/// What is known of its revisions.
#[derive(Default)]
struct Revisions {
    /// What it deploys, and the name of the container that takes the traffic.
    own: Option<(Shown, String)>,
    before: Option<Revision>,
    /// What it goes back to.
    back: Option<String>,
    /// Names of target groups, by service revision.
    groups: Vec<(String, String)>,
}

/// The story of a service deployment that was found.
pub(super) async fn of(env: &Env, found: OnEcs, log_group: Option<&str>, mut unread: Unread) -> Story {
    let OnEcs { arn, course } = found;
    let target = format!("{}:{}", arn.cluster, arn.service);
    let went_well = course.seen.status == "SUCCESSFUL";
    let (said, revisions, stopped) = tokio::join!(
        Box::pin(said(env, &course, &arn.id, log_group)),
        Box::pin(revisions(env, &course)),
        Box::pin(stopped(env, Some(target.as_str()).filter(|_| !went_well))),
    );
    let said = kept(said, "what the functions wrote", &mut unread).unwrap_or_default();
    let Revisions { own, before, back, groups } = kept(revisions, "its revisions", &mut unread).unwrap_or_default();
    let stopped = kept(stopped, "tasks that stopped", &mut unread).unwrap_or_default();
    let stopped_tasks = match &own {
        Some((shown, container)) => with_log(env, stopped, shown, container).await,
        None => Vec::new(),
    };
    let Said { hooks, commands, alarms, .. } = said;
    let group = |arn: &str| groups.iter().find(|(revision, _)| revision == arn).map(|(_, group)| group.clone());
    let side = |side: &Side, label: &str, status: &str| TaskSet {
        id: side.arn.clone(),
        label: Some(label.to_owned()),
        status: status.to_owned(),
        running: i64::from(side.running),
        desired: i64::from(side.desired),
        traffic_percent: side.percent.unwrap_or_default(),
        target_group: group(&side.arn),
    };
    let green = course.target.iter().map(|green| side(green, "Green", "TARGET"));
    let blue = course.sources.iter().map(|blue| side(blue, "Blue", "SOURCE"));
    let taken_back = alarms.iter().any(|alarm| alarm.answer == "redeployed");
    let mut story = Story {
        deployment_id: arn.arn.clone(),
        application: None,
        deployment_group: None,
        target: Some(target),
        outcome: outcome(&course.seen.status, taken_back),
        status: course.seen.status.clone(),
        why: String::new(),
        next: Vec::new(),
        by: String::new(),
        description: String::new(),
        deployment_config: course.strategy.clone(),
        created_at: course.created_at,
        ended_at: course.ended_at,
        revision: own.map(|(shown, _)| shown_revision(shown)),
        before,
        error: Some(course.seen.reason.clone()).filter(|reason| !reason.is_empty()),
        lifecycle_events: stages(&hooks, &course),
        hooks,
        commands,
        target_groups: groups.iter().map(|(_, group)| group.clone()).collect(),
        task_sets: green.chain(blue).collect(),
        stopped_tasks,
        alarms,
        rollback: course.rollback.as_ref().map(|rollback| Rollback {
            reason: rollback.reason.clone(),
            started_at: rollback.started_at,
            task_definition: back,
        }),
        rolled_back_by: None,
        rolls_back: None,
        unread,
    };
    (story.why, story.next) = cause::of(&story, &course, log_group);
    story
}

async fn said(env: &Env, course: &Course, id: &str, log_group: Option<&str>) -> Result<Said, Error> {
    let Some(log_group) = log_group else { return Ok(Said::default()) };
    Ok(Said::read_on_ecs(&lines::about(env, log_group, id, course.created_at).await?))
}

/// What its service revisions are made of, in three calls.
async fn revisions(env: &Env, course: &Course) -> Result<Revisions, Error> {
    let sides = course.target.iter().chain(&course.sources);
    let back = course.rollback.as_ref().and_then(|rollback| rollback.to.as_ref());
    let mut arns: Vec<String> = sides.map(|side| side.arn.clone()).chain(back.cloned()).collect();
    arns.sort();
    arns.dedup();
    if arns.is_empty() {
        return Ok(Revisions::default());
    }
    let read = calmly(env, async || service_deployment::revisions(env, &arns).await).await?;
    let find = |arn: &str| read.iter().find(|revision| revision.arn == arn);
    let own = course.target.as_ref().and_then(|side| find(&side.arn));
    let before = course.sources.first().and_then(|side| find(&side.arn));
    let (own, before) = tokio::join!(Box::pin(show(env, own)), Box::pin(show(env, before)));
    let group = |revision: &ServiceRevision| {
        let (_, name) = revision.target_group.as_deref()?.split_once(":targetgroup/")?;
        Some((revision.arn.clone(), name.split('/').next()?.to_owned()))
    };
    Ok(Revisions {
        own: own?,
        before: before?.map(|(shown, _)| shown_revision(shown)),
        back: back.and_then(|arn| find(arn)).map(|back| revision::short(&back.task_definition).to_owned()),
        groups: read.iter().filter_map(group).collect(),
    })
}

async fn show(env: &Env, of: Option<&ServiceRevision>) -> Result<Option<(Shown, String)>, Error> {
    let Some(of) = of else { return Ok(None) };
    let container = of.container.clone().unwrap_or_default();
    let shown = calmly(env, async || revision::show(env, &of.task_definition, &container).await).await?;
    Ok(Some((shown, container)))
}

fn outcome(status: &str, taken_back: bool) -> Outcome {
    match status {
        "SUCCESSFUL" if taken_back => Outcome::RolledBack,
        "SUCCESSFUL" => Outcome::Succeeded,
        "ROLLBACK_SUCCESSFUL" => Outcome::RolledBack,
        "ROLLBACK_FAILED" => Outcome::Failed,
        "STOPPED" => Outcome::Stopped,
        "ROLLBACK_REQUESTED" | "ROLLBACK_IN_PROGRESS" | "STOP_REQUESTED" => Outcome::RollingBack,
        _ => Outcome::InProgress,
    }
}

/// ECS says only in which stage a deployment is. When others began and ended, only the functions know that were asked there.
fn stages(hooks: &[Hook], course: &Course) -> Vec<LifecycleEvent> {
    let stage = |hook: &Hook| {
        let took = SignedDuration::from_millis(hook.duration_ms.unwrap_or_default());
        let status = match hook.verdict.as_str() {
            "succeeded" => "Succeeded",
            "failed" => "Failed",
            "pending" => "InProgress",
            _ => "Skipped",
        };
        LifecycleEvent {
            name: hook.lifecycle_event.clone(),
            status: status.to_owned(),
            started_at: hook.at.checked_sub(took).ok(),
            ended_at: Some(hook.at).filter(|_| status != "InProgress"),
            message: None,
        }
    };
    let mut stages: Vec<LifecycleEvent> = hooks.iter().map(stage).collect();
    let is_under_way = matches!(course.seen.status.as_str(), "PENDING" | "IN_PROGRESS");
    for stage in &mut stages {
        // a function that is not asked any more says nothing more
        if stage.status == "InProgress" && !is_under_way {
            "Failed".clone_into(&mut stage.status);
            stage.ended_at = course.rollback.as_ref().and_then(|rollback| rollback.started_at).or(course.ended_at);
        }
    }
    let now = course.seen.stage.as_ref().filter(|now| is_under_way && !stages.iter().any(|stage| stage.name == **now));
    stages.extend(now.map(|now| LifecycleEvent {
        name: now.clone(),
        status: "InProgress".to_owned(),
        started_at: None,
        ended_at: None,
        message: None,
    }));
    stages
}
