//! The new revision's jobs by the clock, with the calls that a team makes.

use super::Driver;
use super::watch::Watch;
use crate::Error;
use crate::jobs::Install;
use crate::jobs::schedules;
use crate::rehearse::hooks::LAUNCH_JOB;
use crate::rehearse::jobs::Fired;
use crate::rehearse::{JobOutcome, Progress, Rehearsal, Step, Tried};
use aws_types::SdkConfig;
use greenlight_aws::{Clock, Env, Settings};
use greenlight_domain::job::JobId;
use greenlight_domain::plan::{Job, JobTaskDefinition};
use greenlight_world::Fact;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;

/// So many revisions of one family are registered, and no more.
const MOST_REVISIONS: u32 = 500;

/// An empty account, and who may do everything in it.
pub(crate) struct Account<'a> {
    pub(crate) sdk: &'a SdkConfig,
    pub(crate) clock: &'a Clock,
    /// What happens in it, from the beginning.
    pub(crate) facts: UnboundedReceiver<Fact>,
}

/// Lets the new revision serve, makes the schedules of its jobs, and lets two spans pass: one whose firings count, and one for
/// what still runs then.
pub(crate) async fn jobs(
    account: Account<'_>,
    rehearsal: &Rehearsal,
    [span, after]: [Duration; 2],
    observer: &mut dyn FnMut(Progress<'_>),
) -> Result<Fired, Error> {
    let Account { sdk, clock, facts } = account;
    let mut driver = Driver {
        ecs: aws_sdk_ecs::Client::new(sdk),
        codedeploy: aws_sdk_codedeploy::Client::new(sdk),
        rehearsal,
        watch: Watch::new(clock, facts, observer),
    };
    driver.create_cluster().await?;
    let green = driver.register_green().await?;
    driver.create_service(&green).await?;
    driver.register_job_definitions().await?;
    let since = apply(&env(sdk, clock, rehearsal)?, rehearsal).await?;
    let end = SignedDuration::try_from(span).ok().and_then(|span| clock.now().checked_add(span).ok());
    driver.watch.pause(span).await?;
    driver.watch.pause(after).await?;
    Ok(Fired { since, end: end.unwrap_or(Timestamp::MAX) })
}

/// What somebody who knows the install works with.
fn env(sdk: &SdkConfig, clock: &Clock, rehearsal: &Rehearsal) -> Result<Env, Error> {
    let variables = rehearsal.function(LAUNCH_JOB).map(|function| function.environment.clone()).unwrap_or_default();
    let settings = Settings::from_map(&variables)?;
    // nobody reads what only explains a call
    Ok(Env::new(sdk.clone(), clock.clone(), settings).with_log(Arc::new(|_| {})))
}

/// Makes the schedules of the plan's jobs; when each was made.
async fn apply(env: &Env, rehearsal: &Rehearsal) -> Result<BTreeMap<String, Timestamp>, Error> {
    let plan = &rehearsal.plan;
    let diff = schedules::diff(env, plan).await?;
    schedules::apply(env, plan, &diff, false).await?;
    let mut since = BTreeMap::new();
    for job in plan.jobs.keys() {
        let schedule = schedules::get(env, &JobId::new(&plan.cluster, &plan.service, job).schedule()).await?;
        let created = schedule.and_then(|schedule| schedule.creation_date().copied());
        let created = created
            .and_then(|time| Timestamp::new(time.secs(), i32::try_from(time.subsec_nanos()).unwrap_or_default()).ok());
        since.extend(created.map(|created| (job.clone(), created)));
    }
    Ok(since)
}

impl Driver<'_> {
    /// Registers the task definitions that jobs have of their own. A job that wants one revision gets it.
    pub(super) async fn register_job_definitions(&self) -> Result<(), Error> {
        for definition in &self.rehearsal.job_definitions {
            let fixed = |job: &Job| match &job.task_definition {
                JobTaskDefinition::Fixed(revision) => {
                    let (family, number) = revision.split_once(':')?;
                    number.parse().ok().filter(|_| family == definition.family())
                }
                JobTaskDefinition::Live | JobTaskDefinition::Family(_) => None,
            };
            let revisions: u32 = self.rehearsal.plan.jobs.values().filter_map(fixed).max().unwrap_or(1);
            if revisions > MOST_REVISIONS {
                let problem = format!("a rehearsal has no revision {revisions} of {}", definition.family());
                let remedy = format!("use at most {MOST_REVISIONS} in a plan that is rehearsed with its jobs");
                return Err(Error::usage(problem, remedy));
            }
            for _ in 0..revisions {
                self.register(definition).await?;
            }
        }
        Ok(())
    }

    /// Has each job run once, as `greenlight jobs run` does.
    pub(super) async fn try_jobs(&mut self, sdk: &SdkConfig) -> Result<Vec<JobOutcome>, Error> {
        self.register_job_definitions().await?;
        let (rehearsal, clock) = (self.rehearsal, self.watch.clock);
        let install = Install::find(env(sdk, clock, rehearsal)?, &rehearsal.install).await?;
        let mut outcomes = Vec::new();
        for name in rehearsal.plan.jobs.keys() {
            let mut task = None;
            let mut tell = |event: &'static str, _: &str, fields: Value| {
                if event == "job.started" {
                    task = fields.get("task").and_then(Value::as_str).map(str::to_owned);
                }
            };
            let ran = crate::jobs::run(&install, &rehearsal.plan, name, &mut tell);
            let ran = self.watch.beside(Box::pin(ran)).await??;
            let tried = self.tried(name, task.as_deref());
            let tail = task.filter(|_| ran.exit_code != 0).map(|task| self.watch.seen.tail(&task));
            self.watch.step(&Step::JobTried { job: name.clone(), tried: tried.clone(), tail });
            outcomes.push(JobOutcome { job: name.clone(), tried: Some(tried), ..JobOutcome::default() });
        }
        Ok(outcomes)
    }

    /// How a job's task ended, and how long it ran in real time: commands do not run faster on a fast clock.
    fn tried(&self, job: &str, task: Option<&str>) -> Tried {
        let Watch { seen, clock, .. } = &self.watch;
        let plan = &self.rehearsal.plan;
        let container = plan.jobs.get(job).and_then(|job| job.container.as_ref()).unwrap_or(&plan.container);
        let stopped = task.and_then(|task| seen.stopped.get(task));
        let took = || {
            let took = stopped?.at.duration_since(*seen.started_at.get(task?)?);
            Some(clock.real_duration(Duration::try_from(took).ok()?))
        };
        Tried {
            exit_code: stopped.and_then(|stopped| stopped.exit_codes.get(container).copied().flatten()),
            duration_ms: u64::try_from(took().unwrap_or_default().as_millis()).unwrap_or(u64::MAX),
        }
    }
}
