//! Reporting a verdict to the controller, and to people.

use crate::deployment::Target;
use crate::execution::{Execution, Failure, Reply};
use crate::notice::{self, Background};
use crate::settings::ReportOnly;
use crate::telemetry::Metric;
use crate::{Env, Error, classify, deployment, fresh, retry};
use aws_sdk_codedeploy::types::LifecycleEventStatus;
use greenlight_domain::lifecycle::LifecycleEvent;
use greenlight_domain::notice::{About, Kind, Notice};
use greenlight_domain::verdict::Verdict;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::time::Duration;

/// Reports a verdict, writes it down with its reason, and tells the team if it is Failed or came too late. `note` is what there
/// is to say about a verdict that carries no reason itself. [`Verdict::Pending`] is only written down.
///
/// A failure that does not decide (see [`Failure`] and [`ReportOnly`]) is reported as Succeeded, and the team is told.
///
/// Answers the status that was reported; `None` if there was none, or it came too late. ECS hears of it by the function's answer.
///
/// # Errors
/// Only if the verdict could not be reported and the hook still waits for it.
pub async fn deliver(
    env: &Env,
    execution: &Execution,
    verdict: &Verdict,
    note: Option<&str>,
    until: Timestamp,
) -> Result<Option<&'static str>, Error> {
    let forgiven = forgiven(env, execution, verdict);
    let (verdict, note) = match &forgiven {
        Some(reason) => (&Verdict::Succeeded, Some(reason.as_str())),
        None => (verdict, note),
    };
    let reason = verdict.reason().or(note);
    let fields = fields(env, execution, verdict, reason);
    let Some(status) = verdict.lifecycle_event_status() else {
        env.emit("hook.pending", fields);
        return Ok(None);
    };
    match report(env, execution, status, until).await {
        Ok(()) => {}
        Err(error) => match standing(env, execution, &error, until).await? {
            // the first report arrived although its answer did not
            standing if standing == status => {}
            standing => {
                late(env, execution, (verdict, reason), &standing, until).await;
                return Ok(None);
            }
        },
    }
    measure(env, execution, verdict, fields);
    let is_further_step = matches!(execution.reply, Reply::Ecs { is_further_step: true, .. });
    if execution.lifecycle_event == LifecycleEvent::BeforeAllowTraffic && status == "Succeeded" && !is_further_step {
        let title = "production traffic begins to go to the new revision";
        let reason = "nothing that was looked at before stands in its way";
        tell(env, execution, (Kind::TrafficShifting, title), reason, until).await;
    }
    if let Verdict::Failed(reason) = verdict {
        let title = format!("{} failed", execution.point());
        let reason = format!(
            "{reason}

{}",
            users(execution.lifecycle_event)
        );
        tell(env, execution, (Kind::HookFailed, &title), &reason, until).await;
    }
    if let Some(reason) = forgiven {
        let title = format!("{} failed, and the deployment goes on", execution.point());
        tell(env, execution, (Kind::HookForgiven, &title), &reason, until).await;
    }
    Ok(Some(status))
}

/// Writes down that a hook's work goes on.
pub(crate) fn pending(env: &Env, execution: &Execution) {
    env.emit("hook.pending", fields(env, execution, &Verdict::Pending, None));
}

/// Tells what came of a hook's work for which nobody waits any more; `standing` is what became of the deployment.
pub async fn too_late(
    env: &Env,
    execution: &Execution,
    verdict: &Verdict,
    note: Option<&str>,
    standing: &str,
    until: Timestamp,
) {
    late(env, execution, (verdict, verdict.reason().or(note)), standing, until).await;
}

/// What a hook's failure means for users.
fn users(lifecycle_event: LifecycleEvent) -> &'static str {
    match lifecycle_event {
        LifecycleEvent::AfterAllowTraffic => "Users had the new revision already.",
        _ => "No user got the new revision. Mend it, and deploy again.",
    }
}

/// Why a failure does not fail the deployment, with the failure; `None` if it does, or is none.
fn forgiven(env: &Env, execution: &Execution, verdict: &Verdict) -> Option<String> {
    let Verdict::Failed(reason) = verdict else { return None };
    if env.settings.report_only.covers(&execution.function) {
        return Some(format!("would have failed, but {} says to report only: {reason}", ReportOnly::VARIABLE));
    }
    let told = execution.failure == Failure::Told;
    told.then(|| format!("failed, which does not undo a deployment whose revision is good: {reason}"))
}

/// Tells `CodeDeploy`; ECS reads the function's answer.
async fn report(env: &Env, execution: &Execution, status: &str, until: Timestamp) -> Result<(), Error> {
    match &execution.reply {
        Reply::CodeDeploy { execution_id } => {
            retry::until(env, until, async || put(env, &execution.deployment_id, execution_id, status).await).await
        }
        Reply::Ecs { .. } => Ok(()),
    }
}

async fn put(env: &Env, deployment_id: &str, execution_id: &str, status: &str) -> Result<(), Error> {
    let request = env
        .codedeploy()
        .put_lifecycle_event_hook_execution_status()
        .deployment_id(deployment_id)
        .lifecycle_event_hook_execution_id(execution_id)
        .status(LifecycleEventStatus::from(status));
    let action = "codedeploy:PutLifecycleEventHookExecutionStatus";
    request.send().await.map(|_| ()).map_err(|error| classify(action, deployment_id, &error).into())
}

/// What became of a lifecycle event whose verdict was not taken: its status, or the deployment's. The error, if it still waits.
async fn standing(env: &Env, execution: &Execution, error: &Error, until: Timestamp) -> Result<String, Error> {
    let id = &execution.deployment_id;
    let has_ended = |target: &Target| target.status(execution.lifecycle_event).is_some_and(deployment::has_ended);
    // who is refused because it has ended, and reads that it has not, reads something old
    let is_settled = |target: &Target| has_ended(target) || !error.is_already_done();
    if let Ok(target) = fresh::look(env, until, async || deployment::target(env, id).await, is_settled).await
        && let Some(status) = target.status(execution.lifecycle_event).filter(|status| deployment::has_ended(status))
    {
        // a stopped deployment fails its lifecycle event by itself: the verdict was not heard
        return Ok(match deployment::get(env, id).await {
            Ok(deployment) if deployment.status == "Stopped" => deployment.status,
            Ok(_) => status.to_owned(),
            Err(error) => {
                env.emit("deployment.unread", json!({ "deployment_id": id, "reason": error.to_string() }));
                status.to_owned()
            }
        });
    }
    if error.is_already_done() {
        return Ok("over".to_owned());
    }
    match deployment::get(env, id).await {
        Ok(deployment) if deployment::is_over(&deployment.status) => Ok(deployment.status),
        _ => Err(error.clone()),
    }
}

/// A verdict that comes too late decides nothing, but what it says about a migration is not lost: the team is told.
async fn late(
    env: &Env,
    execution: &Execution,
    (verdict, reason): (&Verdict, Option<&str>),
    standing: &str,
    until: Timestamp,
) {
    let mut fields = fields(env, execution, verdict, reason);
    fields["status"] = standing.into();
    env.emit("hook.late", fields);
    if matches!(verdict, Verdict::Skipped(_) | Verdict::Pending) {
        return;
    }
    let ended = match &execution.reply {
        Reply::CodeDeploy { .. } => "CodeDeploy had already ended this lifecycle event",
        Reply::Ecs { .. } => "The service deployment did not wait for it any more",
    };
    let reason = format!("{}\n\n{ended} ({standing}).", reason.unwrap_or("it did its work"));
    let title = format!("{} {} too late", execution.point(), verdict.word());
    tell(env, execution, (Kind::HookLate, &title), &reason, until).await;
}

/// Tells the team what a hook said, in which deployment.
async fn tell(env: &Env, execution: &Execution, (kind, what): (Kind, &str), reason: &str, until: Timestamp) {
    let Execution { deployment_id, function, called_at, .. } = execution;
    let point = execution.point();
    let background = Background::of_execution(env, execution).await;
    let about =
        About { lifecycle_event: Some(point.to_owned()), function: Some(function.clone()), ..background.about() };
    let title = format!("{}: {what} (deployment {deployment_id})", background.group());
    let key = format!("{deployment_id}/{point}");
    let mut notice = Notice::new(kind, key, title, env.clock.now()).about(about).because(reason);
    // traffic has only begun to shift
    if kind != Kind::TrafficShifting {
        notice.duration = Duration::try_from(notice.at.duration_since(*called_at)).ok();
    }
    notice::publish(env, &background.onto(notice), until).await;
}

/// Writes the verdict down, measured.
fn measure(env: &Env, execution: &Execution, verdict: &Verdict, fields: Value) {
    let duration = fields.get("duration_ms").and_then(Value::as_i64).unwrap_or_default();
    let metrics = [
        Metric::milliseconds("HookDuration", duration),
        Metric::happened("HookFailed", matches!(verdict, Verdict::Failed(_))),
    ];
    env.emit_measured("hook.verdict", fields, &[("LifecycleEvent", execution.point())], &metrics);
}

fn fields(env: &Env, execution: &Execution, verdict: &Verdict, reason: Option<&str>) -> Value {
    json!({
        "deployment_id": execution.deployment_id,
        "lifecycle_event": execution.point(),
        "function": execution.function,
        "verdict": verdict.word(),
        "reason": reason,
        "duration_ms": i64::try_from(env.clock.now().duration_since(execution.called_at).as_millis()).unwrap_or(i64::MAX),
    })
}
