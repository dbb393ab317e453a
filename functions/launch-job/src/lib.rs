//! Starts a scheduled job as an ECS task: one task per firing, however often the firing is delivered.
//!
//! The live revision says what runs: its plan has the job, and its task definition is what the task is started from, or its image
//! goes into a family of the job's own. So jobs follow deployments and rollbacks. The run's schedule is created before the task is started: it brings the deadline, and while
//! it is there no other run of the job begins, unless the job allows that. When nothing goes wrong that is four calls; `settle`
//! hears of the task's end.
//!
//! What AWS refuses for a moment is tried again until the start deadline. Then, and if it refuses for good, the team is told and
//! the function fails: after two more attempts Lambda hands the event to the queue of dead letters.

mod event;
mod held;
mod serving;
mod start;

use event::{Event, Fired};
use greenlight_aws::job::{Record, failed, schedule};
use greenlight_aws::notice::denied;
use greenlight_aws::{Env, Error, Invocation};
use greenlight_domain::job::{Decision, Firing, JobId, Situation, Skip, decide};
use greenlight_domain::plan::Job;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use serving::Serving;
use std::time::Duration;

/// One firing on its way to a task.
struct Launch<'a> {
    env: &'a Env,
    event: &'a Event,
    id: JobId,
    firing: Firing,
    until: Timestamp,
}

/// Handles one event.
///
/// # Errors
/// If the firing should have started a task and never will, or nobody knows; or if the event is none of a schedule.
pub async fn handle(invocation: Invocation, env: &Env) -> Result<Value, Error> {
    let launched = launch(&invocation, env).await;
    denied::told(env, launched, &invocation.request_id, invocation.deadline).await
}

async fn launch(invocation: &Invocation, env: &Env) -> Result<Value, Error> {
    let event = Event::read(&invocation.payload)?;
    let firing = event.firing(&env.settings.install);
    let until = until(env, invocation.deadline);
    let launch = Launch { env, event: &event, id: event.id(), firing, until };
    if let Event::Held(record) = &event
        && !held::take(&launch, record).await?
    {
        return Ok(Value::Null);
    }
    let Err(error) = Box::pin(launch.story()).await else { return Ok(Value::Null) };
    // what follows has the rest of the function's time
    let launch = Launch { until: invocation.deadline, ..launch };
    if error.is_temporary() && launch.has_time() {
        launch.later(env.clock.now(), Some(&error.to_string())).await?;
        return Ok(Value::Null);
    }
    let reason = format!("it was not started: {error}");
    failed::tell(env, &launch.id, launch.firing.scheduled, &reason, &reason, launch.until).await?;
    Err(error)
}

impl Launch<'_> {
    async fn story(&self) -> Result<(), Error> {
        let Self { env, id, .. } = self;
        let Some(serving) = Serving::read(self).await? else {
            return self.skip("the service has no revision that serves; deploy it").await;
        };
        let Some(job) = serving.plan.jobs.get(&id.job).cloned() else {
            return self.skip(&format!("the plan of {}, which serves, has no job {:?}", serving.arn, id.job)).await;
        };
        let firing = &Firing { due: self.event.due(&job), ..self.firing.clone() };
        let (now, deploying) = (env.clock.now(), serving.live.deploying);
        match decide(firing, &job, &Situation { now, live: Some(&serving.arn), deploying, runs: &[] }) {
            // it should have started a task, and could not
            Decision::Skip(late @ Skip::TooLate { .. }) if let Some(problem) = self.event.problem() => {
                Err(Error::Refused(format!("{late}; before: {problem}")))
            }
            Decision::Skip(skip) => self.skip(&skip.to_string()).await,
            Decision::Wait { until } | Decision::Replace { until, .. } => {
                self.told(
                    "job.waiting",
                    json!({ "until": until.to_string(), "reason": "the service is being deployed" }),
                );
                self.later_at(until, None).await
            }
            Decision::Start(wanted) => {
                let (serves, logs) = (serving.arn.clone(), serving.plan.logs.as_ref().map(|logs| logs.link.clone()));
                let source = Box::pin(serving.source(self, &job, wanted.task_definition)).await?;
                let mut record = Record::new(firing, id, &job, &source.task_definition, &source.container);
                record.logs = logs;
                let launch = Launch { firing: firing.clone(), id: id.clone(), ..*self };
                Box::pin(start::start(&launch, record, &job, &serves, source.placement)).await
            }
        }
    }

    /// Nothing is started, and it is said why.
    async fn skip(&self, reason: &str) -> Result<(), Error> {
        if let Event::Held(record) = self.event {
            // the run had begun: this is how it ends
            let reason = format!("attempt {} was not started: {reason}", self.firing.attempt.saturating_add(1));
            failed::tell(self.env, &self.id, self.firing.scheduled, &reason, &reason, self.until).await?;
            schedule::delete(self.env, &record.name()).await;
            return Ok(());
        }
        self.told("job.skipped", json!({ "reason": reason }));
        Ok(())
    }

    /// Whether the firing can wait: whatever its start deadline is, it is not over.
    fn has_time(&self) -> bool {
        let longest = SignedDuration::try_from(Job::LONGEST_START_DEADLINE).unwrap_or_default();
        self.env.clock.now().duration_since(self.firing.due) < longest
    }

    /// Delivers the event once more in one to three minutes, each firing at a second of its own: many that are refused together
    /// do not come back together.
    async fn later(&self, from: Timestamp, problem: Option<&str>) -> Result<(), Error> {
        let token = self.firing.client_token();
        let apart = token.bytes().fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into())) % 120;
        let wait = SignedDuration::from_secs(60 + i64::from(apart));
        self.later_at(from.saturating_add(wait).unwrap_or(Timestamp::MAX), problem).await
    }

    async fn later_at(&self, at: Timestamp, problem: Option<&str>) -> Result<(), Error> {
        if let Some(problem) = problem {
            self.told("job.waiting", json!({ "until": at.to_string(), "reason": problem }));
        }
        let problem = problem.or(self.event.problem()).map(str::to_owned);
        match self.event {
            Event::Held(record) => {
                schedule::update(self.env, &record.postponed(at, problem), self.until).await.map(|_| ())
            }
            Event::Fired(fired) => {
                let again = Fired { waits: fired.waits.saturating_add(1), problem, ..fired.clone() };
                schedule::wait(self.env, &self.firing, &self.id, again.waits, at, &again, self.until).await
            }
        }
    }

    /// Writes down what became of the firing.
    fn told(&self, event: &str, mut fields: Value) {
        fields["job"] = json!(self.id.job);
        fields["service"] = json!(self.id.service);
        fields["scheduled"] = json!(self.firing.scheduled.to_string());
        fields["attempt"] = json!(self.firing.attempt);
        self.env.emit(event, fields);
    }
}

/// So long AWS is asked again by this invocation; then Scheduler delivers the event once more. Where hundreds of jobs are due
/// together most of them would only keep others from being answered. Real time.
const PATIENCE: Duration = Duration::from_secs(5);

/// When the work must be done: what can still be done after it needs some time.
fn until(env: &Env, deadline: Timestamp) -> Timestamp {
    let left = env.clock.real_duration_until(deadline).saturating_sub(Duration::from_secs(10));
    let patience = PATIENCE.min(left).mul_f64(env.clock.speed());
    env.clock.now().saturating_add(SignedDuration::try_from(patience).unwrap_or_default()).unwrap_or(deadline)
}
