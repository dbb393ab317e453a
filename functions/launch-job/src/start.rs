//! A firing that is to start a task: its schedule first, then the task.

use crate::event::Event;
use crate::{Launch, held};
use greenlight_aws::Error;
use greenlight_aws::job::task::{self, Ran};
use greenlight_aws::job::{Record, Signal, failed, schedule};
use greenlight_aws::one_off::schedule::Created;
use greenlight_domain::job::{Decision, Run, Situation, decide};
use greenlight_domain::plan::Job;
use greenlight_domain::release::Placement;
use serde_json::json;

/// Who holds the run's schedule.
enum Hold {
    /// This firing, in this attempt.
    Ours { record: Box<Record>, begun: Begun },
    /// Somebody else; what that means is done.
    Other,
}

/// Where the run was begun.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Begun {
    /// Here and now.
    Here,
    /// Earlier: this attempt follows from it.
    Earlier,
    /// In another delivery of the firing.
    There,
}

/// Starts the task, unless another run keeps it out.
pub(crate) async fn start(
    launch: &Launch<'_>,
    record: Record,
    job: &Job,
    serves: &str,
    placement: Placement,
) -> Result<(), Error> {
    let record = held::with_deadline(launch, &record);
    let Hold::Ours { record, begun } = hold(launch, record, job, serves).await? else { return Ok(()) };
    // a task that starts after its deadline would never be heard
    let until = launch.until.min(record.fires);
    let started = Box::pin(task::run(launch.env, &record, placement, &job.command, until)).await;
    match started {
        Ok(Ran::Runs(task)) if begun == Begun::There => {
            launch.told("job.found", json!({ "task": task, "reason": "the firing was delivered before" }));
            Ok(())
        }
        Ok(Ran::Runs(task)) => {
            let deadline = record.fires.to_string();
            let (task_definition, container) = (&record.task_definition, &record.container);
            let fields = json!({
                "task": task, "task_definition": task_definition, "container": container, "deadline": deadline,
            });
            launch.told("job.started", fields);
            Ok(())
        }
        Ok(Ran::Ended(task)) => {
            let reason = "the firing was delivered before, and its task has ended";
            launch.told("job.found", json!({ "task": task, "reason": reason }));
            if begun == Begun::Here {
                // that run is settled: nobody will hear of its end again
                schedule::delete(launch.env, &record.name()).await;
            }
            Ok(())
        }
        Err(error) if error.is_temporary() && launch.has_time() => postpone(launch, &record, &error).await,
        Err(error) => Err(error),
    }
}

/// The run has begun and its task could not be started: the run's schedule starts it later.
async fn postpone(launch: &Launch<'_>, record: &Record, error: &Error) -> Result<(), Error> {
    let held = Event::Held(Box::new(record.clone()));
    let launch = Launch { event: &held, id: launch.id.clone(), firing: launch.firing.clone(), ..*launch };
    launch.later(launch.env.clock.now(), Some(&error.to_string())).await
}

/// Creates the run's schedule, or finds out who did.
async fn hold(launch: &Launch<'_>, record: Record, job: &Job, serves: &str) -> Result<Hold, Error> {
    /// The schedule can be deleted between two looks, and no other can come between more than a few.
    const LOOKS: usize = 3;
    let Launch { env, until, .. } = *launch;
    let name = record.name();
    if let Event::Held(held) = launch.event
        && held.name() == name
    {
        return take_over(launch, record, Begun::Earlier).await;
    }
    for _ in 0..LOOKS {
        if schedule::create(env, &record, until).await? == Created::Now {
            return Ok(Hold::Ours { record: Box::new(record), begun: Begun::Here });
        }
        if let Some(other) = schedule::read(env, &name, until).await? {
            return beside(launch, record, other, job, serves).await;
        }
    }
    launch.later(env.clock.now(), Some("other runs begin and end all the time")).await?;
    Ok(Hold::Other)
}

/// Writes this run into the schedule that is there, unless it is gone: then that run is settled.
async fn take_over(launch: &Launch<'_>, record: Record, begun: Begun) -> Result<Hold, Error> {
    let ours = schedule::update(launch.env, &record, launch.until).await?;
    Ok(if ours { Hold::Ours { record: Box::new(record), begun } } else { Hold::Other })
}

/// The run's schedule is there already.
async fn beside(launch: &Launch<'_>, record: Record, other: Record, job: &Job, serves: &str) -> Result<Hold, Error> {
    let Launch { env, firing, until, .. } = launch;
    if firing.same_firing(other.scheduled) {
        if other.greenlight_job == Signal::Deadline && other.is(firing) {
            return Ok(Hold::Ours { record: Box::new(other), begun: Begun::There });
        }
        launch
            .told("job.found", json!({ "reason": "the firing was delivered before", "attempt_there": other.attempt }));
        return Ok(Hold::Other);
    }
    if other.is_lost(env.clock.now()) {
        let reason = format!("nobody has heard of the firing of {} since {}", other.scheduled, other.fires);
        failed::tell(env, &launch.id, other.scheduled, &reason, &reason, *until).await?;
        return take_over(launch, record, Begun::Here).await;
    }
    let run = Run {
        task: format!("that of {}", other.scheduled),
        scheduled: other.scheduled,
        stopping: other.greenlight_job == Signal::Grace,
    };
    let runs = [run];
    let now = env.clock.now();
    match decide(firing, job, &Situation { now, live: Some(serves), deploying: false, runs: &runs }) {
        Decision::Skip(skip) => launch.skip(&skip.to_string()).await?,
        Decision::Replace { until: at, .. } => {
            replace(launch, &other).await?;
            let reason = format!("the run of {} is stopped to make room", other.scheduled);
            launch.told("job.waiting", json!({ "until": at.to_string(), "reason": reason }));
            launch.later_at(at, None).await?;
        }
        Decision::Wait { until: at } => {
            launch.told(
                "job.waiting",
                json!({ "until": at.to_string(), "reason": "the run before it is being stopped" }),
            );
            launch.later_at(at, None).await?;
        }
        // `overlap` has changed to `allow` since: the other one has a name of its own then, and does not meet this one
        Decision::Start(_) => launch.skip("another run is there").await?,
    }
    Ok(Hold::Other)
}

/// Makes room. A run that waits for its next attempt has no task to be stopped: it is over.
async fn replace(launch: &Launch<'_>, other: &Record) -> Result<(), Error> {
    let scheduled = launch.firing.scheduled;
    if other.greenlight_job == Signal::Start {
        launch.env.emit(
            "job.ended",
            json!({ "job": other.job, "service": other.service, "scheduled": other.scheduled.to_string(), "attempt": other.attempt,
                "outcome": "replaced", "reason": format!("replaced by the firing of {scheduled}") }),
        );
        schedule::delete(launch.env, &other.name()).await;
        return Ok(());
    }
    task::replace(launch.env, other, scheduled, launch.until).await
}
