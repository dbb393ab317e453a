//! What a firing does: it starts a task, waits, or is skipped for a reason that is told.

use super::Firing;
use crate::plan::{Job, JobTaskDefinition, Overlap, span};
use jiff::{SignedDuration, Timestamp};
use std::fmt;
use std::time::Duration;

/// What is known when a firing is delivered.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    /// The time.
    pub now: Timestamp,
    /// The revision that serves, if there is one: a task definition.
    pub live: Option<&'a str>,
    /// Whether the service is being deployed.
    pub deploying: bool,
    /// The job's tasks that have not stopped. With `overlap = "allow"` nobody needs to look for them.
    pub runs: &'a [Run],
}

/// A task of the job that has not stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The task's ARN.
    pub task: String,
    /// The scheduled time of the firing that started it.
    pub scheduled: Timestamp,
    /// Whether it was told to stop.
    pub stopping: bool,
}

/// What follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// A task is started.
    Start(Start),
    /// Nothing is done, and it is told why.
    Skip(Skip),
    /// These tasks are stopped, and the firing is decided again then.
    Replace {
        /// Their ARNs.
        tasks: Vec<String>,
        /// When to look again; later than now.
        until: Timestamp,
    },
    /// The firing is decided again then.
    Wait {
        /// When; later than now.
        until: Timestamp,
    },
}

/// What `RunTask` is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// `clientToken`.
    pub client_token: String,
    /// `startedBy`.
    pub started_by: String,
    /// The task definition: a revision, or the family that gets the image of the one that serves.
    pub task_definition: String,
}

/// Why a firing starts nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Skip {
    /// It was delivered before.
    Runs {
        /// The task's ARN.
        task: String,
    },
    /// The start deadline is over.
    TooLate {
        /// How long after its time it was delivered.
        after: Duration,
        /// The start deadline.
        deadline: Duration,
    },
    /// An earlier run is still there, and the job forbids two.
    Overlaps {
        /// The task's ARN.
        task: String,
    },
    /// A later firing has started: an older one does not replace it.
    Superseded {
        /// The task's ARN.
        task: String,
    },
    /// The deployment lasts longer than the start deadline.
    Deploying {
        /// The start deadline.
        deadline: Duration,
    },
    /// The run that is replaced does not end before the start deadline.
    NotReplaced {
        /// The task's ARN.
        task: String,
        /// The start deadline.
        deadline: Duration,
    },
    /// The service has no revision that serves.
    NothingLive,
}

/// How often a firing that waits is decided again.
const PAUSE: SignedDuration = SignedDuration::from_mins(1);

/// Decides. It is asked again at every delivery, and answers from what is there: nothing is remembered between.
pub fn decide(firing: &Firing, job: &Job, situation: &Situation<'_>) -> Decision {
    let Situation { now, live, deploying, runs } = *situation;
    if let Some(run) = runs.iter().find(|run| firing.same_firing(run.scheduled)) {
        return Decision::Skip(Skip::Runs { task: run.task.clone() });
    }
    let deadline = job.start_deadline;
    let last = last_moment(firing, deadline);
    if now > last {
        let after = Duration::try_from(now.duration_since(firing.due)).unwrap_or_default();
        return Decision::Skip(Skip::TooLate { after, deadline });
    }
    // in a minute, or at the last moment; `None` when that is now
    let again = Some(now.saturating_add(PAUSE).unwrap_or(Timestamp::MAX).min(last)).filter(|until| *until > now);
    if deploying && job.wait_for_deployment {
        return again.map_or(Decision::Skip(Skip::Deploying { deadline }), |until| Decision::Wait { until });
    }
    match job.overlap {
        Overlap::Forbid if let Some(run) = runs.first() => {
            return Decision::Skip(Skip::Overlaps { task: run.task.clone() });
        }
        Overlap::Replace if let Some(run) = runs.first() => {
            let skip = Skip::NotReplaced { task: run.task.clone(), deadline };
            return replace(firing, runs, again).unwrap_or(Decision::Skip(skip));
        }
        Overlap::Allow | Overlap::Forbid | Overlap::Replace => {}
    }
    let task_definition = match &job.task_definition {
        JobTaskDefinition::Live => live,
        JobTaskDefinition::Family(family) => live.and(Some(family.as_str())),
        JobTaskDefinition::Fixed(revision) => Some(revision.as_str()),
    };
    let Some(task_definition) = task_definition else { return Decision::Skip(Skip::NothingLive) };
    Decision::Start(Start {
        client_token: firing.client_token(),
        started_by: firing.started_by(),
        task_definition: task_definition.to_owned(),
    })
}

/// What is done about the runs that are to be replaced, if there is time left to follow it.
fn replace(firing: &Firing, runs: &[Run], again: Option<Timestamp>) -> Option<Decision> {
    if let Some(newer) = runs.iter().find(|run| run.scheduled > firing.scheduled) {
        return Some(Decision::Skip(Skip::Superseded { task: newer.task.clone() }));
    }
    let until = again?;
    let tasks: Vec<String> = runs.iter().filter(|run| !run.stopping).map(|run| run.task.clone()).collect();
    Some(if tasks.is_empty() { Decision::Wait { until } } else { Decision::Replace { tasks, until } })
}

/// After this the firing is too late.
fn last_moment(firing: &Firing, deadline: Duration) -> Timestamp {
    let deadline = SignedDuration::try_from(deadline).unwrap_or(SignedDuration::MAX);
    firing.due.saturating_add(deadline).unwrap_or(Timestamp::MAX)
}

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Runs { task } => write!(f, "it was delivered before and runs already as {task}"),
            Self::TooLate { after, deadline } => {
                let after = Duration::from_secs(after.as_secs());
                write!(f, "it came {} after its time, and the start deadline is {}", span(after), span(*deadline))
            }
            Self::Overlaps { task } => write!(f, "an earlier run is still there, {task}, and overlap is \"forbid\""),
            Self::Superseded { task } => write!(f, "a later firing runs already, {task}"),
            Self::Deploying { deadline } => {
                write!(f, "the deployment lasts longer than the start deadline of {}", span(*deadline))
            }
            Self::NotReplaced { task, deadline } => {
                write!(
                    f,
                    "the run to be replaced, {task}, did not end within the start deadline of {}",
                    span(*deadline)
                )
            }
            Self::NothingLive => f.write_str(
                "the service has no revision that serves; deploy it, or name one: task-definition = \"family:1\"",
            ),
        }
    }
}
