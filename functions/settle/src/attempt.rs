//! From the end of a task to what comes next.

use greenlight_aws::one_off::{self, Record, command, judged, note, schedule};
use greenlight_aws::{Env, Error, deployment, revision, service_deployment, verdict};
use greenlight_domain::one_off::{Outcome, Purpose, StoppedTask, fits};
use greenlight_domain::plan::OneOffCommands;
use greenlight_domain::service_deployment::Stage;
use greenlight_domain::verdict::Verdict;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use std::time::Duration;

/// A longer wait is a schedule's.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// By then a hook of ECS's has looked for itself: it is called every three minutes at least.
const LEFT: Duration = Duration::from_mins(5);

/// Judges a stopped task and does what follows.
pub(crate) async fn conclude(
    env: &Env,
    record: &Record,
    task: &str,
    end: &StoppedTask,
    until: Timestamp,
) -> Result<(), Error> {
    if record.service_deployment().is_some() && is_left_to_hook(env, record, until).await? {
        return Ok(());
    }
    let revision = match revision::describe(env, &record.task_definition).await {
        Ok(revision) => revision,
        Err(error) if error.is_temporary() => return Err(error),
        Err(error) => return settle(env, record, &Verdict::Failed(error.to_string()), None, until).await,
    };
    let judged = judged(env, record, (task, end), (&revision.plan, revision.log_configuration.as_ref())).await;
    let (Some(outcome), Some(commands)) = (judged, revision.plan.one_off(record.commands_of)) else {
        let reason = "the plan has no such commands any more: nobody can judge the task".to_owned();
        return settle(env, record, &Verdict::Failed(reason), None, until).await;
    };
    match outcome {
        Outcome::Succeeded => {
            let next = record.next_step();
            if let Some(command) = command(&next, commands) {
                return proceed(env, record, &next, command, until).await;
            }
            settle(env, record, &Verdict::Succeeded, Some(&note(record)), until).await
        }
        // nobody waits for another attempt
        Outcome::Retry { reason, .. } if record.service_deployment().is_some() => {
            settle(env, record, &Verdict::Failed(reason), None, until).await
        }
        Outcome::Retry { reason, wait } => {
            let next = record.next_attempt();
            retry(env, record, &next, wait, commands, &reason, until).await
        }
        Outcome::Failed { reason } => settle(env, record, &Verdict::Failed(reason), None, until).await,
    }
}

/// Starts the attempt that `next` describes, if its hook still waits for it. `record` is the attempt before it.
pub(crate) async fn proceed(
    env: &Env,
    record: &Record,
    next: &Record,
    command: &[String],
    until: Timestamp,
) -> Result<(), Error> {
    if let Some(status) = ended(env, record).await? {
        let reason = format!(
            "step {} was not started: lifecycle event {} had already ended ({status})",
            next.step.saturating_add(1),
            record.execution().point()
        );
        return settle(env, next, &Verdict::Failed(reason), None, until).await;
    }
    if !begun(env, next).await? && !fits(elapsed(env, record), Duration::ZERO, next.timeout()) {
        let reason = format!(
            "step {} was not started: it could not have ended within CodeDeploy's hour",
            next.step.saturating_add(1)
        );
        return settle(env, record, &Verdict::Failed(reason), None, until).await;
    }
    match one_off::start(env, next, command, until).await {
        Ok(_) => Ok(()),
        Err(error) => settle(env, record, &Verdict::Failed(error.to_string()), None, until).await,
    }
}

/// Makes another attempt, now or later.
async fn retry(
    env: &Env,
    record: &Record,
    next: &Record,
    wait: Duration,
    commands: &OneOffCommands,
    reason: &str,
    until: Timestamp,
) -> Result<(), Error> {
    if !begun(env, next).await? && !fits(elapsed(env, record), wait, next.timeout()) {
        let reason = format!("{reason}\nanother attempt could not have ended within CodeDeploy's hour");
        return settle(env, record, &Verdict::Failed(reason), None, until).await;
    }
    if wait > LONGEST_WAIT {
        let due = later(env, wait);
        schedule::create(env, next, Purpose::Retry, due, until).await?;
        env.emit(
            "task.retry",
            json!({ "deployment_id": record.deployment_id, "attempt": next.attempt, "due": due.to_string(), "reason": reason }),
        );
        return Ok(());
    }
    env.clock.sleep(wait).await;
    let Some(command) = command(next, commands) else {
        return settle(env, record, &Verdict::Failed(reason.to_owned()), None, until).await;
    };
    proceed(env, record, next, command, until).await
}

/// Reports the verdict of a hook and only then forgets it.
pub(crate) async fn settle(
    env: &Env,
    record: &Record,
    verdict: &Verdict,
    note: Option<&str>,
    until: Timestamp,
) -> Result<(), Error> {
    let execution = record.execution();
    if record.service_deployment().is_some() {
        // a hook that is still called says it itself
        let Some(standing) = ended(env, record).await? else { return Ok(()) };
        verdict::too_late(env, &execution, verdict, note, &standing, until).await;
    } else {
        verdict::deliver(env, &execution, verdict, note, until).await?;
    }
    schedule::delete_all(env, record).await;
    Ok(())
}

/// Whether what came of an attempt is for the hook to say, because ECS calls it again. Should it never be called again, this is
/// looked at once more.
async fn is_left_to_hook(env: &Env, record: &Record, until: Timestamp) -> Result<bool, Error> {
    if begun(env, &record.next_step()).await? || begun(env, &record.next_attempt()).await? {
        return Ok(true);
    }
    if ended(env, record).await?.is_some() {
        // a hook that has the last word forgets the attempt before it says it
        return Ok(!schedule::exists(env, &record.one_off(), Purpose::Deadline).await?);
    }
    schedule::create(env, record, Purpose::Grace, later(env, LEFT), until).await?;
    let started_by = record.one_off().started_by();
    env.emit("task.left", json!({ "deployment_id": record.deployment_id, "started_by": started_by }));
    Ok(true)
}

/// Whether an attempt was begun, or waits for its time: an event that comes again must not decide anew.
pub(crate) async fn begun(env: &Env, next: &Record) -> Result<bool, Error> {
    let one_off = next.one_off();
    if schedule::exists(env, &one_off, Purpose::Deadline).await? {
        return Ok(true);
    }
    schedule::exists(env, &one_off, Purpose::Retry).await
}

/// The status of the hook's lifecycle event, if it has ended; what became of the service deployment, if ECS does not wait for the
/// hook any more.
async fn ended(env: &Env, record: &Record) -> Result<Option<String>, Error> {
    if let Some(arn) = record.service_deployment() {
        let deployment = service_deployment::find(env, &arn).await?;
        let stage = Stage::of(record.lifecycle_event);
        return Ok(deployment.map_or_else(|| Some("gone".to_owned()), |deployment| deployment.is_past(stage)));
    }
    let target = deployment::target(env, &record.deployment_id).await?;
    Ok(target.status(record.lifecycle_event).filter(|status| deployment::has_ended(status)).map(str::to_owned))
}

fn elapsed(env: &Env, record: &Record) -> Duration {
    Duration::try_from(env.clock.now().duration_since(record.called_at)).unwrap_or_default()
}

pub(crate) fn later(env: &Env, wait: Duration) -> Timestamp {
    let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
    env.clock.now().checked_add(wait).unwrap_or(Timestamp::MAX)
}
