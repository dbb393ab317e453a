//! Long work of a hook that is called again and again until it is done: ECS's way.
//!
//! Every call has one look. What a task's end means is judged as `settle` does it for `CodeDeploy`, and the next step or attempt
//! is started with the same names. The schedule of an attempt is its guard here: if the hook is never called again, `settle`
//! stops the task at its deadline and tells what came of it.

use super::task::{self, SeenTask};
use super::{Record, command, judged, note, schedule, start};
use crate::clock::later;
use crate::hook::{Context, Told};
use crate::{Env, Error, fresh};
use greenlight_domain::lifecycle::LifecycleEvent;
use greenlight_domain::one_off::{Outcome, StoppedTask, did_not_finish, stop_reason};
use greenlight_domain::plan::{OneOffCommands, STOP_GRACE};
use greenlight_domain::service_deployment::Place;
use greenlight_domain::verdict::Verdict;
use jiff::Timestamp;
use serde_json::json;
use std::time::Duration;

/// A shorter wait is not worth another call.
const SHORT: Duration = Duration::from_secs(2);

/// Where the work stands after a look at it.
pub(crate) enum Resumed {
    /// It goes on.
    Waits(Place),
    /// It is done, or has failed.
    Ended(Told),
}

/// What a look needs beside the place.
pub(crate) struct Work<'a> {
    pub(crate) env: &'a Env,
    pub(crate) cluster: &'a str,
    pub(crate) deployment_id: &'a str,
    /// The lifecycle event whose table of the plan has the commands.
    pub(crate) commands_of: LifecycleEvent,
    pub(crate) until: Timestamp,
}

impl Work<'_> {
    /// Looks at the work that stands at `place`. `resolve` reads the release: while a task runs, nobody needs it.
    pub(crate) async fn look(
        &self,
        place: &Place,
        resolve: impl AsyncFn() -> Result<Context, Error>,
    ) -> Result<Resumed, Error> {
        let now = self.env.clock.now();
        let Some(task) = &place.task else {
            if now < place.due {
                return Ok(Resumed::Waits(place.clone()));
            }
            let context = resolve().await?;
            return Box::pin(self.begin(&context, place)).await;
        };
        let read = async || task::described(self.env, self.cluster, task).await;
        match fresh::look(self.env, self.until, read, Option::is_some).await? {
            Some(seen) if seen.has_stopped() => {
                let context = resolve().await?;
                Box::pin(self.conclude(&context, place, &seen.arn, &seen.end)).await
            }
            Some(_) if now < place.due => Ok(Resumed::Waits(place.clone())),
            Some(seen) if now < later(place.due, STOP_GRACE) => {
                self.stop(place, &seen).await;
                Ok(Resumed::Waits(place.clone()))
            }
            Some(seen) => {
                let minutes = STOP_GRACE.as_secs() / 60;
                let still = format!("it was told to stop and is still {} after {minutes} minutes", seen.last_status);
                self.give_up(&resolve().await?, place, &still).await
            }
            None => self.give_up(&resolve().await?, place, "no task of it is to be found").await,
        }
    }

    fn commands<'a>(&self, context: &'a Context) -> Result<&'a OneOffCommands, Error> {
        let gone = || Error::Unfit("the plan has no such commands any more: nobody can judge the task".to_owned());
        context.release.plan.one_off(self.commands_of).ok_or_else(gone)
    }

    fn record(&self, context: &Context, place: &Place) -> Result<Record, Error> {
        let timeout = self.commands(context)?.timeout;
        Ok(Record::first(&self.env.settings.install, context, self.commands_of, timeout).at(place))
    }

    async fn conclude(
        &self,
        context: &Context,
        place: &Place,
        task: &str,
        end: &StoppedTask,
    ) -> Result<Resumed, Error> {
        let (env, record) = (self.env, self.record(context, place)?);
        let release = &context.release;
        let logs = release.log_configuration.as_ref();
        let outcome = judged(env, &record, (task, end), (&release.plan, logs)).await;
        let now = env.clock.now();
        match outcome {
            Some(Outcome::Succeeded) => {
                if command(&record.next_step(), self.commands(context)?).is_some() {
                    return self.begin(context, &place.next_step(now)).await;
                }
                schedule::delete_all(env, &record).await;
                Ok(Resumed::Ended(Told::succeeded(Some(note(&record)))))
            }
            Some(Outcome::Retry { reason, wait }) => {
                let next = place.next_attempt(now, later(now, wait));
                let fields = json!({
                    "deployment_id": self.deployment_id, "attempt": next.attempt, "due": next.due.to_string(), "reason": reason,
                });
                env.emit("task.retry", fields);
                if wait > SHORT {
                    return Ok(Resumed::Waits(next));
                }
                env.clock.sleep(wait).await;
                self.begin(context, &next).await
            }
            Some(Outcome::Failed { reason }) => Ok(self.failed(&record, reason).await),
            None => Ok(self
                .failed(&record, self.commands(context).err().map_or_else(String::new, |error| error.to_string()))
                .await),
        }
    }

    /// Starts the attempt that a place stands before.
    async fn begin(&self, context: &Context, place: &Place) -> Result<Resumed, Error> {
        let record = self.record(context, place)?;
        let Some(command) = command(&record, self.commands(context)?) else {
            return Ok(self.failed(&record, "the plan has no such command any more".to_owned()).await);
        };
        match start(self.env, &record, command, self.until).await {
            Ok(begun) => Ok(Resumed::Waits(place.started(begun.task, begun.began, begun.due))),
            Err(error) if error.is_in_doubt() => Err(error),
            Err(error) => Ok(self.failed(&record, error.to_string()).await),
        }
    }

    /// The task runs into its timeout. What it does with the signal decides nothing; its end, or the end of the grace, does.
    async fn stop(&self, place: &Place, seen: &SeenTask) {
        if seen.was_told_to_stop {
            return;
        }
        let reason = stop_reason(timeout(place));
        let stopped = task::stop(self.env, self.cluster, &seen.arn, &reason, self.until).await;
        let problem = stopped.err().map(|error| error.to_string());
        let grace_ends = later(place.due, STOP_GRACE).to_string();
        let fields = json!({
            "deployment_id": self.deployment_id, "task": seen.arn, "reason": reason, "grace_ends": grace_ends, "problem": problem,
        });
        self.env.emit("task.stopping", fields);
    }

    async fn give_up(&self, context: &Context, place: &Place, why: &str) -> Result<Resumed, Error> {
        let record = self.record(context, place)?;
        Ok(self.failed(&record, format!("{}; {why}", did_not_finish(timeout(place)))).await)
    }

    async fn failed(&self, record: &Record, reason: String) -> Resumed {
        schedule::delete_all(self.env, record).await;
        Resumed::Ended(Verdict::Failed(reason).into())
    }
}

fn timeout(place: &Place) -> Duration {
    Duration::try_from(place.due.duration_since(place.began)).unwrap_or_default()
}
