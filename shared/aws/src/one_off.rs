//! The life of a one-off task: its deadline's schedule first, then the task.
//!
//! The schedule is the only memory there is. Its input holds what is needed to report a verdict and to start what comes next;
//! as long as it exists, the attempt is not settled. It is kept after it has fired and deleted only after the verdict.

mod judged;
mod record;
mod resume;
pub mod schedule;
pub mod task;

pub use judged::{command, judged, note};
pub use record::{Record, Signal};
pub(crate) use resume::{Resumed, Work};

use crate::clock::later;
use crate::controller::Controller;
use crate::hook::{Context, Worked};
use crate::{Env, Error, fresh};
use greenlight_domain::lifecycle::LifecycleEvent;
use greenlight_domain::one_off::Purpose;
use greenlight_domain::plan::{LONGEST_HOOK, OneOffCommands, span};
use greenlight_domain::verdict::Verdict;
use jiff::Timestamp;
use serde_json::json;

/// An attempt whose task was started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// The task's ARN.
    pub task: String,
    /// When it was started.
    pub began: Timestamp,
    /// When it must have ended.
    pub due: Timestamp,
}

/// Starts the first of a hook's commands; `settle` does the rest. `commands_of` is the lifecycle event whose table of the plan
/// has them.
///
/// # Errors
/// As [`start`].
pub async fn begin(
    env: &Env,
    context: &Context,
    commands_of: LifecycleEvent,
    commands: &OneOffCommands,
) -> Result<Worked, Error> {
    let Some(command) = commands.commands.first() else {
        return Ok(Verdict::Skipped("the plan has no command: nothing to run".to_owned()).into());
    };
    if matches!(context.controller, Controller::CodeDeploy(_)) && commands.longest() > LONGEST_HOOK {
        let reason = format!(
            "the commands may take {} together, and CodeDeploy's hour leaves {}; lower the timeout, the retries or the number of \
             commands, or let ECS deploy",
            span(commands.longest()),
            span(LONGEST_HOOK)
        );
        return Ok(Verdict::Failed(reason).into());
    }
    let record = Record::first(&env.settings.install, context, commands_of, commands.timeout);
    Ok(Worked::GoesOn(start(env, &record, command, context.until).await?))
}

/// Starts the attempt that `record` describes, unless it was started before. Gives up before `until`.
///
/// # Errors
/// If the task could not be started, or nobody knows whether it was. In the first case its schedule is gone again; in the
/// second it stays, so that a task that does run is heard of.
pub async fn start(env: &Env, record: &Record, command: &[String], until: Timestamp) -> Result<Begun, Error> {
    let one_off = record.one_off();
    let began = env.clock.now();
    let due = later(began, record.timeout());
    let with = |task: String| Begun { task, began, due };
    let schedule = schedule::create(env, record, Purpose::Deadline, due, until).await?;
    if schedule == schedule::Created::Before
        && let Some(task) = found(env, record, until).await?
    {
        return Ok(with(task));
    }
    // a task that starts after its deadline would never be heard
    match Box::pin(task::run(env, record, command, until.min(due))).await {
        Ok(task) => {
            let fields = json!({
                "deployment_id": record.deployment_id,
                "lifecycle_event": record.lifecycle_event.name(),
                "step": record.step,
                "attempt": record.attempt,
                "task": task,
                "deadline": due.to_string(),
            });
            env.emit("task.started", fields);
            Ok(with(task))
        }
        Err(error) if error.is_in_doubt() => {
            match fresh::look(env, until, async || found(env, record, until).await, Option::is_some).await {
                Ok(Some(task)) => Ok(with(task)),
                _ => Err(error),
            }
        }
        Err(error) => {
            schedule::delete(env, &one_off.schedule_name(Purpose::Deadline)).await;
            Err(error)
        }
    }
}

/// The task that the attempt has already.
async fn found(env: &Env, record: &Record, until: Timestamp) -> Result<Option<String>, Error> {
    let Some(task) = task::find(env, record, until).await? else { return Ok(None) };
    let started_by = record.one_off().started_by();
    env.emit(
        "task.found",
        json!({ "deployment_id": record.deployment_id, "task": task.arn, "started_by": started_by }),
    );
    Ok(Some(task.arn))
}
