//! How the task of an attempt ended, and what follows.

use super::Record;
use crate::{Env, log_tail};
use greenlight_domain::one_off::{Outcome, StoppedTask, judge, with_tail};
use greenlight_domain::plan::{OneOffCommands, Plan};
use greenlight_domain::task_definition::LogConfiguration;
use serde_json::json;

/// Judges the stopped task of an attempt by its revision's plan, and writes that down. The reason says which step it was and what
/// the container wrote last. `None` if the plan has no such commands.
pub async fn judged(
    env: &Env,
    record: &Record,
    (task, end): (&str, &StoppedTask),
    (plan, logs): (&Plan, Option<&LogConfiguration>),
) -> Option<Outcome> {
    let commands = plan.one_off(record.commands_of)?;
    let (tail, link) = log(env, record, (task, end), (plan, logs)).await;
    let outcome = judge(end, &record.container, record.attempt, commands, &tail);
    tell(env, record, task, end, &outcome);
    let logged = |reason: &str| {
        let reason = with_tail(&format!("{}{reason}", place(record, commands)), &tail);
        link.as_ref().map_or_else(|| reason.clone(), |link| format!("{reason}\nits log: {link}"))
    };
    Some(match outcome {
        Outcome::Succeeded => Outcome::Succeeded,
        Outcome::Retry { reason, wait } => Outcome::Retry { reason: logged(&reason), wait },
        Outcome::Failed { reason } => Outcome::Failed { reason: logged(&reason) },
    })
}

/// The command of an attempt, if the plan has that many.
pub fn command<'a>(record: &Record, commands: &'a OneOffCommands) -> Option<&'a [String]> {
    let step = usize::try_from(record.step).ok()?;
    commands.commands.get(step).map(Vec::as_slice)
}

/// What there is to say about commands that did their work.
pub fn note(record: &Record) -> String {
    format!("container {} exited with code 0", record.container)
}

/// The last lines of a container that did not do its work, or the plan's link to its log. Nobody asks for those of success.
async fn log(
    env: &Env,
    record: &Record,
    (task, end): (&str, &StoppedTask),
    (plan, logs): (&Plan, Option<&LogConfiguration>),
) -> (Vec<String>, Option<String>) {
    if exit_code(record, end) == Some(0) {
        return (Vec::new(), None);
    }
    let id = task.rsplit('/').next().unwrap_or(task);
    if let Some(LogConfiguration::AwsLogs(logs)) = logs {
        return (log_tail::read(env, logs, &record.container, id).await, None);
    }
    let link = plan.logs.as_ref();
    (Vec::new(), link.map(|logs| logs.link(id, &record.container, &record.task_definition)))
}

fn exit_code(record: &Record, end: &StoppedTask) -> Option<i32> {
    end.containers.iter().find(|container| container.name == record.container)?.exit_code
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
