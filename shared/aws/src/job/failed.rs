//! What is remembered from a failure of a job to its next success: a schedule that never fires.

use super::schedule::{self, Once};
use crate::one_off::schedule::Created;
use crate::telemetry::Metric;
use crate::{Env, Error, notice};
use greenlight_domain::job::JobId;
use greenlight_domain::notice::{About, Kind, Notice};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Schedules want a time. This one is never reached: it is disabled.
const NEVER: &str = "2099-12-31T00:00:00Z";

/// The input of the schedule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Failed {
    greenlight_job: Word,
    /// When the first firing was to start that failed.
    since: Timestamp,
    /// When the last one was.
    scheduled: Timestamp,
    /// Why the last one failed, in one line.
    reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    Failed,
}

/// Tells the team that a firing has failed for good, and remembers it: who is called again for the same firing says nothing more.
///
/// # Errors
/// If nobody knows whether it is remembered, for a moment. If it cannot be at all, the team is told in any case.
pub async fn tell(
    env: &Env,
    id: &JobId,
    scheduled: Timestamp,
    reason: &str,
    details: &str,
    until: Timestamp,
) -> Result<(), Error> {
    let JobId { service, job, .. } = id;
    let fields = json!({ "job": job, "service": service, "scheduled": scheduled.to_string(), "reason": reason });
    env.emit_measured("job.failed", fields, &dimensions(id), &[Metric::happened("JobFailed", true)]);
    let name = id.failed();
    let before = match read(env, &name, until).await {
        Ok(before) => before,
        Err(error) if error.is_temporary() => return Err(error),
        Err(_) => None,
    };
    if before.as_ref().is_some_and(|before| before.scheduled == scheduled) {
        return Ok(());
    }
    let title = format!("{service}: job {job} failed");
    let notice = Notice::new(Kind::JobFailed, key(id, scheduled), title, env.clock.now());
    let notice = notice.about(about(env, id, scheduled)).because(details);
    let notice = notice.step("see its runs", format!("greenlight jobs history {job}"));
    notice::publish(env, &notice.step("run it now", format!("greenlight jobs run {job}")), until).await;
    let since = before.map_or(scheduled, |before| before.since);
    let line = reason.lines().next().unwrap_or_default().to_owned();
    let failed = Failed { greenlight_job: Word::Failed, since, scheduled, reason: line };
    match remember(env, &name, &failed, until).await {
        Err(error) if error.is_temporary() => Err(error),
        Err(error) => {
            env.emit("job.forgotten", json!({ "job": job, "service": service, "reason": error.to_string() }));
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

async fn remember(env: &Env, name: &str, failed: &Failed, until: Timestamp) -> Result<(), Error> {
    let once = once(env, name, failed)?;
    if once.create(env, until).await? == Created::Before {
        once.update(env, until).await?;
    }
    Ok(())
}

/// Tells the team that a job works again, if it had failed before.
///
/// # Errors
/// If nobody knows whether it had.
pub async fn recover(env: &Env, id: &JobId, scheduled: Timestamp, until: Timestamp) -> Result<(), Error> {
    let name = id.failed();
    let Some(failed) = read(env, &name, until).await? else { return Ok(()) };
    // a success of before the failure, heard late, takes nothing back
    if failed.scheduled > scheduled {
        return Ok(());
    }
    let JobId { service, job, .. } = id;
    let (since, reason) = (failed.since, &failed.reason);
    env.emit(
        "job.recovered",
        json!({ "job": job, "service": service, "scheduled": scheduled.to_string(), "since": since.to_string() }),
    );
    let text = format!(
        "the firing of {scheduled} succeeded; the job had failed since {since}, the last time because {reason}"
    );
    let title = format!("{service}: job {job} works again");
    let notice = Notice::new(Kind::JobRecovered, key(id, scheduled), title, env.clock.now());
    notice::publish(env, &notice.about(about(env, id, scheduled)).because(&text), until).await;
    schedule::delete(env, &name).await;
    Ok(())
}

/// Whose numbers they are, beside the install's.
pub fn dimensions(id: &JobId) -> [(&'static str, &str); 2] {
    [("Service", &id.service), ("Job", &id.job)]
}

fn key(JobId { cluster, service, job }: &JobId, scheduled: Timestamp) -> String {
    format!("{cluster}/{service}/{job}/{scheduled}")
}

fn about(env: &Env, JobId { cluster, service, job }: &JobId, scheduled: Timestamp) -> About {
    About {
        install: Some(env.settings.install.clone()),
        cluster: Some(cluster.clone()),
        service: Some(service.clone()),
        job: Some(job.clone()),
        scheduled: Some(scheduled),
        ..About::default()
    }
}

async fn read(env: &Env, name: &str, until: Timestamp) -> Result<Option<Failed>, Error> {
    let Some(input) = schedule::input(env, name, until).await? else { return Ok(None) };
    serde_json::from_value(input)
        .map(Some)
        .map_err(|error| Error::Unfit(format!("schedule {name} does not hold what failed: {error}")))
}

fn once<'a>(env: &'a Env, name: &'a str, failed: &Failed) -> Result<Once<'a>, Error> {
    let at = NEVER.parse().unwrap_or(Timestamp::MAX);
    let input = schedule::text(failed)?;
    Ok(Once { name, at, function: env.settings.settle_arn()?, input, enabled: false, stays: true })
}
