//! From the end of a task to what comes next.

use greenlight_aws::one_off::{self, Record, schedule};
use greenlight_aws::revision::{self, Revision};
use greenlight_aws::{Env, Error, deployment, log_tail, verdict};
use greenlight_domain::one_off::{Outcome, Purpose, StoppedTask, fits, judge, with_tail};
use greenlight_domain::plan::OneOffCommands;
use greenlight_domain::task_definition::LogConfiguration;
use greenlight_domain::verdict::Verdict;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use std::time::Duration;

/// A longer wait is a schedule's.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// Judges a stopped task and does what follows.
pub(crate) async fn conclude(
    env: &Env,
    record: &Record,
    task: &str,
    end: &StoppedTask,
    until: Timestamp,
) -> Result<(), Error> {
    let revision = match revision::describe(env, &record.task_definition).await {
        Ok(revision) => revision,
        Err(error) if error.is_temporary() => return Err(error),
        Err(error) => return settle(env, record, &Verdict::Failed(error.to_string()), None, until).await,
    };
    let (tail, link) = log(env, record, task, end, &revision).await;
    let Some(commands) = revision.plan.one_off(record.commands_of) else {
        let reason = "the plan has no such commands any more: nobody can judge the task".to_owned();
        return settle(env, record, &Verdict::Failed(reason), None, until).await;
    };
    let outcome = judge(end, &record.container, record.attempt, commands, &tail);
    tell(env, record, task, end, &outcome);
    let logged = |reason: &str| {
        let reason = with_tail(reason, &tail);
        link.as_ref().map_or_else(|| reason.clone(), |link| format!("{reason}\nits log: {link}"))
    };
    let of = place(record, commands);
    match outcome {
        Outcome::Succeeded => {
            let next = record.next_step();
            if let Some(command) = command(&next, commands) {
                return proceed(env, record, &next, command, until).await;
            }
            let note = format!("container {} exited with code 0", record.container);
            settle(env, record, &Verdict::Succeeded, Some(&note), until).await
        }
        Outcome::Retry { reason, wait } => {
            let next = record.next_attempt();
            retry(env, record, &next, wait, commands, &logged(&format!("{of}{reason}")), until).await
        }
        Outcome::Failed { reason } => {
            settle(env, record, &Verdict::Failed(logged(&format!("{of}{reason}"))), None, until).await
        }
    }
}

/// The last lines of a container that did not do its work, or the plan's link to its log. Nobody asks for those of success.
async fn log(
    env: &Env,
    record: &Record,
    task: &str,
    end: &StoppedTask,
    revision: &Revision,
) -> (Vec<String>, Option<String>) {
    if exit_code(record, end) == Some(0) {
        return (Vec::new(), None);
    }
    let id = task.rsplit('/').next().unwrap_or(task);
    if let Some(LogConfiguration::AwsLogs(logs)) = &revision.log_configuration {
        return (log_tail::read(env, logs, &record.container, id).await, None);
    }
    let link = revision.plan.logs.as_ref();
    (Vec::new(), link.map(|logs| logs.link(id, &record.container, &record.task_definition)))
}

fn exit_code(record: &Record, end: &StoppedTask) -> Option<i32> {
    end.containers.iter().find(|container| container.name == record.container)?.exit_code
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
            record.lifecycle_event
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
        Ok(()) => Ok(()),
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
    verdict::deliver(env, &record.execution(), verdict, note, until).await?;
    schedule::delete_all(env, record).await;
    Ok(())
}

/// The command of an attempt, if the plan has that many.
pub(crate) fn command<'a>(record: &Record, commands: &'a OneOffCommands) -> Option<&'a [String]> {
    let step = usize::try_from(record.step).ok()?;
    commands.commands.get(step).map(Vec::as_slice)
}

/// Whether an attempt was begun, or waits for its time: an event that comes again must not decide anew.
pub(crate) async fn begun(env: &Env, next: &Record) -> Result<bool, Error> {
    let one_off = next.one_off();
    if schedule::exists(env, &one_off, Purpose::Deadline).await? {
        return Ok(true);
    }
    schedule::exists(env, &one_off, Purpose::Retry).await
}

/// The status of the hook's lifecycle event, if it has ended.
async fn ended(env: &Env, record: &Record) -> Result<Option<String>, Error> {
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

/// `step 2 of 3: `, if there is more than one.
fn place(record: &Record, commands: &OneOffCommands) -> String {
    let steps = commands.commands.len();
    if steps > 1 { format!("step {} of {steps}: ", record.step.saturating_add(1)) } else { String::new() }
}

fn tell(env: &Env, record: &Record, task: &str, end: &StoppedTask, outcome: &Outcome) {
    let (word, reason) = match outcome {
        Outcome::Succeeded => ("succeeded", None),
        Outcome::Retry { reason, .. } => ("retry", Some(reason)),
        Outcome::Failed { reason } => ("failed", Some(reason)),
    };
    env.emit(
        "task.judged",
        json!({
            "deployment_id": record.deployment_id,
            "lifecycle_event": record.lifecycle_event.name(),
            "step": record.step,
            "attempt": record.attempt,
            "task": task,
            "exit_code": exit_code(record, end),
            "stop_code": end.stop_code,
            "stopped_at": end.stopped_at.map(|at| at.to_string()),
            "outcome": word,
            "reason": reason,
        }),
    );
}
