//! The task of a run.

use super::Record;
use crate::one_off::task::{self, SeenTask, Start, Started};
use crate::{Env, Error};
use greenlight_domain::job::replaced_reason;
use greenlight_domain::release::{Placement, family};
use jiff::Timestamp;

pub use crate::one_off::task::stop;

/// What `RunTask` did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ran {
    /// The task with this ARN runs: it was started now, or by an earlier delivery of the firing.
    Runs(String),
    /// An earlier delivery of the firing started it, and it has ended.
    Ended(String),
}

/// Runs the task of an attempt, once however often it is called.
///
/// # Errors
/// If it could not be started, or nobody knows whether it was.
pub async fn run(
    env: &Env,
    record: &Record,
    placement: Placement,
    command: &[String],
    until: Timestamp,
) -> Result<Ran, Error> {
    let firing = record.firing();
    let started_by = firing.started_by();
    let start = Start {
        cluster: &record.cluster,
        task_definition: &record.task_definition,
        container: &record.container,
        command,
        placement,
        client_token: firing.client_token(),
        started_by: started_by.clone(),
    };
    match task::run_task(env, start, until).await {
        Ok(Started { arn, has_stopped: false }) => Ok(Ran::Runs(arn)),
        Ok(Started { arn, has_stopped: true }) => Ok(Ran::Ended(arn)),
        // the same token with other parameters: the firing was started before, and from another revision
        Err(error) if error.is_already_done() => {
            let running = task::running(env, &record.cluster, &started_by, until).await?;
            let ended = || Ran::Ended("a task that has ended".to_owned());
            Ok(running.into_iter().next().map_or_else(ended, Ran::Runs))
        }
        Err(error) => Err(error),
    }
}

/// The task of an attempt, running or stopped.
pub async fn find(env: &Env, record: &Record, until: Timestamp) -> Result<Option<SeenTask>, Error> {
    let started_by = record.firing().started_by();
    let tasks = task::all_of_family(env, &record.cluster, family(&record.task_definition), until).await?;
    Ok(tasks.into_iter().find(|task| task.started_by == started_by))
}

/// Tells what runs of an attempt to stop, because the firing of `scheduled` takes its place.
///
/// # Errors
/// If it cannot be told.
pub async fn replace(env: &Env, record: &Record, scheduled: Timestamp, until: Timestamp) -> Result<(), Error> {
    let started_by = record.firing().started_by();
    for task in task::running(env, &record.cluster, &started_by, until).await? {
        stop(env, &record.cluster, &task, &replaced_reason(scheduled), until).await?;
    }
    Ok(())
}
