//! The end of a job's run: a word to the team, another attempt, or nothing more to do.

use greenlight_aws::job::expected::{self, Expected};
use greenlight_aws::job::{Record, Signal, failed, schedule, task};
use greenlight_aws::one_off::task::SeenTask;
use greenlight_aws::telemetry::Metric;
use greenlight_aws::{Env, Error, fresh, log_tail, release, revision};
use greenlight_domain::job::{Firing, JobId, Outcome, judge};
use greenlight_domain::one_off::{StoppedTask, did_not_finish, stop_reason, with_tail};
use greenlight_domain::plan::{Job, Logs, STOP_GRACE};
use greenlight_domain::task_definition::LogConfiguration;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::attempt::later;

/// A job's task stopped.
pub(crate) async fn stopped(
    env: &Env,
    task: &str,
    firing: &Firing,
    cluster: &str,
    end: &StoppedTask,
    until: Timestamp,
) -> Result<(), Error> {
    match schedule::of_task(env, firing, &firing.id(cluster), until).await? {
        Some(record) => conclude(env, &record, task, end, until).await,
        None => Ok(()),
    }
}

/// The schedule of a run fired: look before you judge.
pub(crate) async fn heed(env: &Env, fired: &Record, until: Timestamp) -> Result<(), Error> {
    let there = schedule::read(env, &fired.name(), until).await?;
    // it may have gone on since: the schedule says where the run is
    let same = |there: &Record| there.is(&fired.firing()) && there.greenlight_job == fired.greenlight_job;
    let Some(record) = there.filter(same) else { return Ok(()) };
    let is_deadline = fired.greenlight_job == Signal::Deadline;
    let is_settled = |task: &Option<SeenTask>| task.as_ref().is_some_and(|task| task.has_stopped() || is_deadline);
    match fresh::look(env, until, async || task::find(env, &record, until).await, is_settled).await? {
        Some(task) if task.has_stopped() => conclude(env, &record, &task.arn, &task.end, until).await,
        Some(task) if is_deadline => stop(env, &record, &task, until).await,
        Some(task) => {
            let reason = format!(
                "{}; it was told to stop and is still {} after {} minutes",
                did_not_finish(record.timeout()),
                task.last_status,
                STOP_GRACE.as_secs() / 60
            );
            fail(env, &record, &reason, &reason, until).await
        }
        None => {
            let reason = format!("{}: no task of it is to be found", did_not_finish(record.timeout()));
            fail(env, &record, &reason, &reason, until).await
        }
    }
}

/// The task runs into its timeout. What it does with the signal is judged at its end, or at the end of the grace.
async fn stop(env: &Env, record: &Record, task: &SeenTask, until: Timestamp) -> Result<(), Error> {
    let due = later(env, STOP_GRACE);
    schedule::update(env, &record.signalling(Signal::Grace, due), until).await?;
    let reason = stop_reason(record.timeout());
    let stopped = task::stop(env, &record.cluster, &task.arn, &reason, until).await;
    let problem = stopped.err().map(|error| error.to_string());
    tell(env, record, "job.stopping", json!({ "task": task.arn, "reason": reason, "problem": problem }));
    Ok(())
}

/// Judges a task that has stopped.
async fn conclude(env: &Env, record: &Record, task: &str, end: &StoppedTask, until: Timestamp) -> Result<(), Error> {
    let exit_code = end.containers.iter().find(|container| container.name == record.container);
    let exit_code = exit_code.and_then(|container| container.exit_code);
    let line = |outcome: &str, reason: Option<&str>| {
        about(record, json!({ "task": task, "outcome": outcome, "exit_code": exit_code, "reason": reason }))
    };
    let ended = |outcome: &str, reason: Option<&str>| env.emit("job.ended", line(outcome, reason));
    match judge(end, &record.container, record.attempt, record.retry().as_ref()) {
        Outcome::Succeeded => {
            let (id, metric) = (record.id(), Metric::happened("JobFailed", false));
            env.emit_measured("job.ended", line("succeeded", None), &failed::dimensions(&id), &[metric]);
            failed::recover(env, &id, record.scheduled, until).await?;
            expected::move_on(env, record, until).await?;
            schedule::delete(env, &record.name()).await;
            Ok(())
        }
        Outcome::Replaced => {
            ended("replaced", end.stopped_reason.as_deref());
            schedule::delete(env, &record.name()).await;
            Ok(())
        }
        Outcome::Retry { reason, wait } => {
            let due = later(env, wait);
            let goes_on = schedule::update(env, &record.next_attempt(due), until).await?;
            ended("retry", Some(&reason));
            if goes_on {
                tell(env, record, "job.retry", json!({ "due": due.to_string() }));
            }
            Ok(())
        }
        Outcome::Failed { reason } => {
            ended("failed", Some(&reason));
            let details = with_log(env, record, task, &reason).await;
            fail(env, record, &reason, &details, until).await
        }
    }
}

/// The reason with the last lines that the container wrote, or with the plan's link to its log.
async fn with_log(env: &Env, record: &Record, task: &str, reason: &str) -> String {
    let id = task.rsplit('/').next().unwrap_or(task);
    if let Ok(Some(LogConfiguration::AwsLogs(logs))) =
        revision::logs(env, &record.task_definition, &record.container).await
    {
        return with_tail(reason, &log_tail::read(env, &logs, &record.container, id).await);
    }
    let link = record.logs.clone().map(|link| Logs { link }.link(id, &record.container, &record.task_definition));
    link.map_or_else(|| reason.to_owned(), |link| format!("{reason}\nits log: {link}"))
}

/// The run has failed: the team is told, and only then it is forgotten.
async fn fail(env: &Env, record: &Record, reason: &str, details: &str, until: Timestamp) -> Result<(), Error> {
    failed::tell(env, &record.id(), record.scheduled, reason, details, until).await?;
    schedule::delete(env, &record.name()).await;
    Ok(())
}

/// No run has succeeded in time. The plan that serves says whether that still matters, and what is expected next.
pub(crate) async fn missed(env: &Env, fired: &Expected, until: Timestamp) -> Result<(), Error> {
    let id = fired.id();
    let current = expected::current(env, &id, until).await?;
    if current.is_none_or(|current| current.scheduled != fired.scheduled) {
        return Ok(());
    }
    let Some(job) = live_job(env, &id).await? else {
        schedule::delete(env, &id.expected()).await;
        return Ok(());
    };
    let reason = format!("no run of the firing of {} had succeeded by {}", fired.scheduled, fired.by);
    let fields =
        json!({ "job": id.job, "service": id.service, "scheduled": fired.scheduled.to_string(), "reason": reason });
    env.emit("job.missed", fields);
    let details = format!(
        "{reason}. If nothing is said about this firing before, it never came: look whether schedule {} is enabled, and \
         into the queue of dead letters",
        id.schedule()
    );
    failed::tell(env, &id, fired.scheduled, &reason, &details, until).await?;
    let now = env.clock.now();
    let by = |scheduled: Timestamp| greenlight_aws::job::expected::by(&job, scheduled);
    let mut next = job.next(fired.scheduled, fired.scheduled);
    while let Some(late) = next.filter(|scheduled| by(*scheduled).is_some_and(|by| by <= now)) {
        next = job.next(late, late);
    }
    if let Some((scheduled, by)) = next.and_then(|scheduled| Some((scheduled, by(scheduled)?))) {
        return expected::put(env, &Expected::new(&fired.install, &id, scheduled, by), until).await;
    }
    schedule::delete(env, &id.expected()).await;
    Ok(())
}

/// The job in the plan of the revision that serves, if it still says until when it shall have succeeded.
async fn live_job(env: &Env, id: &JobId) -> Result<Option<Job>, Error> {
    let live = release::live(env, &id.cluster, &id.service).await?;
    let Some(task_definition) = live.task_definition else { return Ok(None) };
    let mut plan = revision::describe(env, &task_definition).await?.plan;
    Ok(plan.jobs.remove(&id.job).filter(|job| job.expected_by.is_some()))
}

fn tell(env: &Env, record: &Record, event: &str, fields: Value) {
    env.emit(event, about(record, fields));
}

fn about(record: &Record, mut fields: Value) -> Value {
    fields["job"] = json!(record.job);
    fields["service"] = json!(record.service);
    fields["scheduled"] = json!(record.scheduled.to_string());
    fields["attempt"] = json!(record.attempt);
    fields
}
