//! A schedule fired: look before you judge.

use crate::{attempt, unsettled};
use greenlight_aws::one_off::task::{self, OurTask};
use greenlight_aws::one_off::{self, Record, Signal, schedule};
use greenlight_aws::{Env, Error, fresh, revision};
use greenlight_domain::one_off::{Purpose, did_not_finish, stop_reason};
use greenlight_domain::plan::STOP_GRACE;
use greenlight_domain::verdict::Verdict;
use jiff::Timestamp;
use serde_json::json;

/// Does what a schedule that fired asks for.
pub(crate) async fn heed(env: &Env, fired: &Record, until: Timestamp) -> Result<(), Error> {
    if fired.install != env.settings.install {
        return Ok(());
    }
    if fired.greenlight == Signal::Retry {
        return begin(env, fired, until).await;
    }
    let Some(record) = unsettled(env, &fired.one_off()).await? else { return Ok(()) };
    // one that is told to stop may have stopped already; of one that does not run, or not yet, an old answer would tell lies
    let is_settled = |task: &Option<OurTask>| {
        task.as_ref().is_some_and(|task| task.has_stopped() || fired.greenlight == Signal::Deadline)
    };
    match fresh::look(env, until, async || task::find(env, &record, until).await, is_settled).await? {
        Some(task) if task.has_stopped() => {
            Box::pin(attempt::conclude(env, &record, &task.arn, &task.end, until)).await
        }
        Some(task) if fired.greenlight == Signal::Deadline => stop(env, &record, &task, until).await,
        Some(task) => {
            let reason = format!(
                "{}; it was told to stop and is still {} after {} minutes",
                did_not_finish(record.timeout()),
                task.last_status,
                STOP_GRACE.as_secs() / 60
            );
            attempt::settle(env, &record, &Verdict::Failed(reason), None, until).await
        }
        None => missing(env, &record, until).await,
    }
}

/// The wait before an attempt is over.
async fn begin(env: &Env, record: &Record, until: Timestamp) -> Result<(), Error> {
    let revision = match revision::describe(env, &record.task_definition).await {
        Ok(revision) => revision,
        Err(error) if error.is_temporary() => return Err(error),
        Err(error) => return attempt::settle(env, record, &Verdict::Failed(error.to_string()), None, until).await,
    };
    let commands = revision.plan.one_off(record.commands_of);
    let command = commands.and_then(|commands| one_off::command(record, commands));
    if let Some(command) = command {
        return attempt::proceed(env, record, record, command, until).await;
    }
    let reason = "the plan has no such command any more".to_owned();
    attempt::settle(env, record, &Verdict::Failed(reason), None, until).await
}

/// The task runs into its timeout. What it does with the signal decides nothing; its end, or the end of the grace, does.
async fn stop(env: &Env, record: &Record, task: &OurTask, until: Timestamp) -> Result<(), Error> {
    let due = attempt::later(env, STOP_GRACE);
    schedule::create(env, record, Purpose::Grace, due, until).await?;
    let reason = stop_reason(record.timeout());
    let stopped = task::stop(env, &record.cluster, &task.arn, &reason, until).await;
    let problem = stopped.err().map(|error| error.to_string());
    env.emit(
        "task.stopping",
        json!({
            "deployment_id": record.deployment_id,
            "task": task.arn,
            "reason": reason,
            "grace_ends": due.to_string(),
            "problem": problem,
        }),
    );
    Ok(())
}

/// No task: it was never started, or what follows it is under way.
async fn missing(env: &Env, record: &Record, until: Timestamp) -> Result<(), Error> {
    if attempt::begun(env, &record.next_step()).await? || attempt::begun(env, &record.next_attempt()).await? {
        return Ok(());
    }
    let reason = format!("{}: no task of it is to be found", did_not_finish(record.timeout()));
    attempt::settle(env, record, &Verdict::Failed(reason), None, until).await
}
