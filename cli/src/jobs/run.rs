//! `jobs run`: a firing of now, followed to its end.

use super::runs::{self, text};
use super::schedules::{self, until};
use super::{Install, Tell, unknown};
use crate::Error;
use greenlight_aws::{Env, function, log_search, retry, revision};
use greenlight_domain::plan::Plan;
use greenlight_domain::task_definition::{AwsLogs, LogConfiguration};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

/// From one look to the next, by the clock.
const POLL: Duration = Duration::from_secs(5);
/// So long nothing may be heard of the firing: Lambda tries a function that fails again after one and two minutes.
const SILENCE: SignedDuration = SignedDuration::from_mins(5);

/// How a run ended that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// What came of it, in a word.
    pub outcome: &'static str,
    /// What the program ends with: the job's exit code, if it has one.
    pub exit_code: u8,
}

/// Has a job run now, and follows it.
///
/// # Errors
/// If there is no such job, or nobody knows what becomes of it.
pub async fn run(install: &Install, plan: &Plan, name: &str, tell: Tell<'_>) -> Result<Ran, Error> {
    if !plan.jobs.contains_key(name) {
        return Err(unknown(plan, name));
    }
    let (env, id) = (&install.env, schedules::id(plan, name));
    let now = env.clock.now();
    let scheduled = Timestamp::from_second(now.as_second()).unwrap_or(now);
    let event = json!({
        "job": id.job, "cluster": id.cluster, "service": id.service, "scheduled_time": scheduled.to_string(),
    });
    let launch_job = install.launch_job()?;
    retry::until(env, until(env), async || function::invoke(env, launch_job, &event).await).await?;
    tell("job.requested", &format!("asked for a run of {name}, as if it fired at {scheduled}"), event.clone());
    let mut follow = Follow { install, plan, scheduled, seen: BTreeSet::new(), log: None };
    loop {
        env.clock.sleep(POLL).await;
        let lines = runs::lines(install, &id.service, Some(name), Some(scheduled), scheduled).await?;
        for line in &lines {
            if let Some(ran) = follow.hear(line, tell).await? {
                let fields = json!({ "job": name, "outcome": ran.outcome, "exit_code": ran.exit_code });
                tell("outcome", &format!("{name} {}", ran.outcome), fields);
                return Ok(ran);
            }
        }
        follow.copy_log(tell).await?;
        if follow.seen.is_empty() && env.clock.now().duration_since(scheduled) > SILENCE {
            let (minutes, group) = (SILENCE.as_mins(), &install.log_group);
            let reason = format!(
                "nothing was heard of the run of {name} for {minutes} minutes; look into the log group {group} and the queue of dead \
                 letters"
            );
            return Err(greenlight_aws::Error::Unfit(reason).into());
        }
    }
}

struct Follow<'a> {
    install: &'a Install,
    plan: &'a Plan,
    scheduled: Timestamp,
    /// Lines that were heard; a log does not tell in order.
    seen: BTreeSet<String>,
    /// The log of the attempt that runs.
    log: Option<TaskLog>,
}

struct TaskLog {
    logs: AwsLogs,
    stream: String,
    token: Option<String>,
}

impl Follow<'_> {
    /// Says what a line of the functions' log tells; how the run ended, if it did.
    async fn hear(&mut self, line: &Value, tell: Tell<'_>) -> Result<Option<Ran>, Error> {
        if !self.seen.insert(line.to_string()) {
            return Ok(None);
        }
        let reason = text(line, "reason").unwrap_or_default();
        let reason = reason.lines().next().unwrap_or_default().to_owned();
        let code = line.get("exit_code").and_then(Value::as_i64);
        let failed = |outcome| Some(Ran { outcome, exit_code: code.and_then(failure).unwrap_or(1) });
        Ok(match text(line, "event").unwrap_or_default().as_str() {
            "job.started" => {
                let task = text(line, "task").unwrap_or_default();
                tell("job.started", &format!("started as {task}"), line.clone());
                let task_definition = text(line, "task_definition").unwrap_or_default();
                let container = text(line, "container").unwrap_or_else(|| self.plan.container.clone());
                self.log = log_of(&self.install.env, &task, &task_definition, &container).await?;
                None
            }
            "job.waiting" => {
                tell("job.waiting", &format!("waits: {reason}"), line.clone());
                None
            }
            "job.stopping" => {
                tell("job.stopping", &format!("is stopped: {reason}"), line.clone());
                None
            }
            "job.skipped" => {
                tell("job.skipped", &format!("skipped: {reason}"), line.clone());
                failed("was skipped")
            }
            "job.failed" => {
                tell("job.failed", &format!("failed: {reason}"), line.clone());
                failed("failed")
            }
            "job.ended" => {
                self.copy_log(tell).await?;
                self.log = None;
                match text(line, "outcome").unwrap_or_default().as_str() {
                    "succeeded" => Some(Ran { outcome: "succeeded", exit_code: 0 }),
                    "retry" => {
                        tell("job.retry", &format!("failed, and is tried again: {reason}"), line.clone());
                        None
                    }
                    "replaced" => failed("was replaced by a later firing"),
                    _ => {
                        tell("job.failed", &format!("failed: {reason}"), line.clone());
                        failed("failed")
                    }
                }
            }
            _ => None,
        })
    }

    /// Shows what the container wrote since the last look.
    async fn copy_log(&mut self, tell: Tell<'_>) -> Result<(), Error> {
        let Some(TaskLog { logs, stream, token }) = &mut self.log else { return Ok(()) };
        let env = &self.install.env;
        let (lines, next) = log_search::go_on(env, &logs.group, stream, token.take(), until(env)).await?;
        *token = next;
        for line in lines {
            let line = logs.hidden.mask_foreign(&line);
            tell("job.line", &line, json!({ "scheduled": self.scheduled.to_string(), "line": line }));
        }
        Ok(())
    }
}

/// Where a container writes, if that is CloudWatch Logs.
async fn log_of(env: &Env, task: &str, task_definition: &str, container: &str) -> Result<Option<TaskLog>, Error> {
    let read = async || revision::logs(env, task_definition, container).await;
    let found = retry::until(env, until(env), read).await?;
    let Some(LogConfiguration::AwsLogs(logs)) = found else { return Ok(None) };
    if logs.region.as_deref().is_some_and(|region| region != env.settings.region) {
        return Ok(None);
    }
    let stream = logs.stream(container, task.rsplit('/').next().unwrap_or(task));
    Ok(stream.map(|stream| TaskLog { logs, stream, token: None }))
}

/// The program's own exit code for a job's that is none of success.
fn failure(code: i64) -> Option<u8> {
    u8::try_from(code).ok().filter(|code| *code != 0)
}
