//! The course of a deployment: that it began, that it waits, how it ended.

use crate::event::{Change, State};
use crate::tasks;
use futures_util::future::join;
use greenlight_aws::deployment::{self, Deployment};
use greenlight_aws::notice::{self, Background, denied, outcome};
use greenlight_aws::{Env, Error, fresh, retry};
use greenlight_domain::notice::{About, Kind, Notice};
use greenlight_domain::plan::span;
use greenlight_domain::rollback::{rolls_back, words};
use jiff::Timestamp;
use serde_json::json;

/// `CodeDeploy` tells of a change.
pub(crate) async fn changed(env: &Env, change: &Change, request_id: &str, until: Timestamp) {
    let id = &change.deployment_id;
    let wanted = change.state;
    let is_there = |deployment: &Deployment| match wanted {
        State::Start => true,
        State::Ready => deployment.status == "Ready",
        State::Success | State::Failure | State::Stop => deployment::is_over(&deployment.status),
    };
    let read = fresh::look(env, until, async || deployment::get(env, id).await, is_there).await;
    let deployment = match read {
        Ok(deployment) => deployment,
        Err(error) => {
            let fields = json!({ "deployment_id": id, "what": "deployment", "reason": error.to_string() });
            env.emit("notice.unread", fields);
            bare(env, change, until).await;
            denied::tell(env, &error, request_id, until).await;
            return;
        }
    };
    match change.state {
        State::Start => {
            let (background, _) = backgrounds(env, &deployment).await;
            notice::publish(env, &started(env, &deployment, &background), until).await;
            // an event that comes late must not make somebody ask what was told
            if !deployment::is_over(&deployment.status) {
                outcome::remember(env, id, until).await;
            }
        }
        State::Ready => {
            if let Some(notice) = waiting(env, &deployment) {
                let background = Background::of_deployment(env, deployment).await;
                notice::publish(env, &background.onto(notice.about(background.about())), until).await;
            }
        }
        State::Success | State::Failure | State::Stop => {
            let kind = kind_of_status(&deployment).unwrap_or_else(|| kind_of_state(change.state));
            ended(env, deployment, kind, until).await;
        }
    }
}

/// A schedule asks how a deployment ended: the event was lost, or it has not ended.
pub(crate) async fn asked(env: &Env, id: &str, until: Timestamp) -> Result<(), Error> {
    let deployment = retry::until(env, until, async || deployment::get(env, id).await).await?;
    match kind_of_status(&deployment) {
        Some(kind) => {
            ended(env, deployment, kind, until).await;
            Ok(())
        }
        None => outcome::ask_again(env, id, until).await,
    }
}

/// Tells the outcome, and that nobody need ask for it any more. `CodeDeploy`'s own rollback is the next that has one.
async fn ended(env: &Env, deployment: Deployment, kind: Kind, until: Timestamp) {
    let (id, undone_by) = (deployment.id.clone(), deployment.undone_by.clone());
    let (background, undone) = backgrounds(env, &deployment).await;
    let mut notice = outcome_of(env, &deployment, kind, &background);
    if kind == Kind::DeploymentFailed {
        notice = tasks::onto(env, &deployment, background.revision(), notice).await;
    }
    if let Some(undone) = &undone {
        if kind == Kind::DeploymentRolledBack {
            notice = undone.onto_why(notice.because(&why_taken_back(&deployment, undone)));
        }
        notice.previous = undone.revision().cloned();
    }
    notice::publish(env, &background.onto(notice), until).await;
    if let Some(next) = undone_by {
        outcome::remember(env, &next, until).await;
    }
    outcome::told(env, &id, until).await;
}

/// What is known of a deployment, and of the one that it takes back.
async fn backgrounds(env: &Env, deployment: &Deployment) -> (Background, Option<Background>) {
    let (background, undone) =
        join(Background::of_deployment(env, deployment.clone()), taken_back(env, deployment)).await;
    // what served before the first deployment of a group is no revision that CodeDeploy knows
    let is_same = |undone: &Deployment| undone.revision_key() == deployment.revision_key();
    let is_unknown = undone.as_ref().and_then(Background::deployment).is_some_and(is_same);
    (if is_unknown { background.without_revision() } else { background }, undone)
}

/// What is known of the deployment that this one takes back.
async fn taken_back(env: &Env, deployment: &Deployment) -> Option<Background> {
    match undone(deployment) {
        Some(undone) => Some(Background::of(env, undone).await),
        None => None,
    }
}

/// Who takes a release back by himself says why; `CodeDeploy` does it because of how the release ended.
fn why_taken_back(deployment: &Deployment, undone: &Background) -> String {
    let words = words(&deployment.description);
    if deployment.undoes.is_none() && !words.is_empty() {
        return words.to_owned();
    }
    let ended = undone.deployment().map(|undone| {
        let how = undone.error.as_ref().unwrap_or(&undone.status);
        format!("{} ended with {how}", undone.id)
    });
    ended.unwrap_or_else(|| words.to_owned())
}

/// Without what could not be read.
async fn bare(env: &Env, change: &Change, until: Timestamp) {
    let Change { deployment_id: id, application, deployment_group: group, state } = change;
    let (kind, what) = match state {
        State::Start => (Kind::DeploymentStarted, "started"),
        State::Ready => (Kind::DeploymentWaiting, "is ready for production traffic"),
        State::Success => (Kind::DeploymentSucceeded, "succeeded"),
        State::Failure => (Kind::DeploymentFailed, "failed"),
        State::Stop => (Kind::DeploymentStopped, "was stopped"),
    };
    let background = Background::bare(env, id);
    let about =
        About { application: Some(application.clone()), deployment_group: Some(group.clone()), ..background.about() };
    let title = format!("{application}/{group}: deployment {id} {what}");
    let notice = Notice::new(kind, id, title, env.clock.now()).about(about);
    notice::publish(env, &background.onto(notice), until).await;
    if matches!(state, State::Success | State::Failure | State::Stop) {
        outcome::told(env, id, until).await;
    }
}

fn kind_of_state(state: State) -> Kind {
    match state {
        State::Success => Kind::DeploymentSucceeded,
        State::Stop => Kind::DeploymentStopped,
        State::Start | State::Ready | State::Failure => Kind::DeploymentFailed,
    }
}

/// What kind of end it is; `None` if it has not ended.
fn kind_of_status(deployment: &Deployment) -> Option<Kind> {
    match deployment.status.as_str() {
        "Succeeded" if undone(deployment).is_some() => Some(Kind::DeploymentRolledBack),
        "Succeeded" => Some(Kind::DeploymentSucceeded),
        "Failed" => Some(Kind::DeploymentFailed),
        "Stopped" => Some(Kind::DeploymentStopped),
        _ => None,
    }
}

/// The deployment that this one takes back.
fn undone(deployment: &Deployment) -> Option<&str> {
    deployment.undoes.as_deref().or_else(|| rolls_back(&deployment.description))
}

fn started(env: &Env, deployment: &Deployment, background: &Background) -> Notice {
    let (id, group) = (&deployment.id, background.group());
    let title = match undone(deployment) {
        Some(undone) => format!("{group}: deployment {id} started, to take {undone} back"),
        None => format!("{group}: deployment {id} started"),
    };
    let at = deployment.created_at.unwrap_or_else(|| env.clock.now());
    let notice = Notice::new(Kind::DeploymentStarted, id, title, at).about(about(deployment, background));
    background.onto(notice.because(words(&deployment.description)))
}

/// `None` if nobody need do anything.
fn waiting(env: &Env, deployment: &Deployment) -> Option<Notice> {
    let Deployment { id, application, deployment_group, ready_wait, .. } = deployment;
    let wait = (*ready_wait).filter(|wait| !wait.is_zero())?;
    let title = format!("{application}/{deployment_group}: deployment {id} waits for somebody to let traffic shift");
    let reason = format!(
        "the new revision is ready, and the deployment group wants somebody to say so; if nobody does within {}, CodeDeploy stops \
         the deployment",
        span(wait)
    );
    let notice = Notice::new(Kind::DeploymentWaiting, id, title, env.clock.now()).because(&reason);
    let notice = notice.step("let it go on", format!("greenlight approve {id}"));
    Some(notice.step("give it up", format!("greenlight reject {id}")))
}

fn outcome_of(env: &Env, deployment: &Deployment, kind: Kind, background: &Background) -> Notice {
    let Deployment { id, error, .. } = deployment;
    let group = background.group();
    let serves = background.revision().map(|revision| format!(", {} serves again", revision.task_definition));
    let title = match (kind, undone(deployment)) {
        (Kind::DeploymentRolledBack, Some(undone)) => {
            format!("{group}: {undone} was taken back{}", serves.unwrap_or_default())
        }
        (Kind::DeploymentSucceeded, _) => format!("{group}: deployment {id} succeeded"),
        (Kind::DeploymentStopped, None) => format!("{group}: deployment {id} was stopped"),
        (Kind::DeploymentStopped, Some(undone)) => {
            format!("{group}: deployment {id} was stopped, and {undone} is not taken back")
        }
        (_, Some(undone)) => format!("{group}: deployment {id} failed, and {undone} is not taken back"),
        (_, None) => format!("{group}: deployment {id} failed"),
    };
    let at = deployment.completed_at.unwrap_or_else(|| env.clock.now());
    let mut notice = Notice::new(kind, id, title, at).about(about(deployment, background));
    if let (Kind::DeploymentFailed | Kind::DeploymentStopped, Some(error)) = (kind, error) {
        let next = deployment.undone_by.as_ref();
        let next = next.map(|next| format!("\nCodeDeploy rolls it back with deployment {next}.")).unwrap_or_default();
        notice = notice.because(&format!("{error}{next}"));
    }
    notice.duration = background.duration(env.clock.now());
    notice
}

fn about(deployment: &Deployment, background: &Background) -> About {
    let other = undone(deployment).map(str::to_owned).or_else(|| deployment.undone_by.clone());
    About { other_deployment_id: other, ..background.about() }
}
