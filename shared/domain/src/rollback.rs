//! What an alarm does to a deployment group: the decision, and nothing else.
//!
//! What was done before is read from the deployments themselves, so an alarm may come twice, late, or beside another one.

mod by_hand;
mod marker;
mod on_ecs;
#[cfg(test)]
mod tests;

use crate::alarm::Alarm;
use crate::plan::{Rollback, RollbackMode, span};
use jiff::{SignedDuration, Timestamp};
use std::fmt;
use std::time::Duration;

pub use by_hand::{ByHand, Live, by_hand, good, live};
pub use marker::{LONGEST_DESCRIPTION, describe, describe_with, rolls_back, words};
pub use on_ecs::{OnEcs, ServiceDeployment, good_on_ecs, on_ecs};

/// A deployment, as far as the decision needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    /// Its id.
    pub id: String,
    /// When it was created.
    pub created: Timestamp,
    /// When it ended, if it has.
    pub completed: Option<Timestamp>,
    /// Where it stands.
    pub status: Status,
    /// What it was made for.
    pub kind: Kind,
    /// What it deploys: two deployments of one revision have the same text here.
    pub revision: String,
}

/// Where a deployment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Anything before its end: traffic shifts, it waits for readiness, or blue waits for its termination.
    InProgress,
    /// It succeeded.
    Succeeded,
    /// It failed.
    Failed,
    /// It was stopped.
    Stopped,
}

impl Status {
    /// Reads a `DeploymentStatus`. One that is not known is not over.
    pub fn read(status: &str) -> Self {
        match status {
            "Succeeded" => Self::Succeeded,
            "Failed" => Self::Failed,
            "Stopped" => Self::Stopped,
            _ => Self::InProgress,
        }
    }
}

/// What a deployment was made for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A release.
    Release,
    /// `CodeDeploy` undoes another deployment.
    CodeDeployRollback {
        /// The id of that one.
        of: String,
    },
    /// Somebody took this deployment back, with a revision that was good before it; its description says so.
    Rollback {
        /// The id of what was taken back.
        of: String,
    },
}

/// What there is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// This.
    Take(Measure),
    /// The team is told how it would do this.
    Propose {
        /// What would be done.
        measure: Measure,
        /// Why it is not.
        hold: Hold,
    },
    /// Nothing.
    Nothing(Why),
}

/// What takes a release back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Measure {
    /// `StopDeployment` with automatic rollback.
    Stop {
        /// The deployment's id.
        deployment: String,
    },
    /// A new deployment of the revision that was good before.
    RollBack {
        /// The id of the deployment that is taken back.
        deployment: String,
        /// The id of the deployment whose revision comes back.
        to: String,
    },
}

/// Why the team does it, and not the function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// The plan's `mode = "notify"`.
    Plan,
    /// The stack's kill switch.
    SwitchedOff,
}

/// Why nothing is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// The alarm is not in `ALARM`, or was so before.
    NoAlarm,
    /// The group has no deployments.
    NoDeployment,
    /// The plan has no `[rollback]`.
    NotWanted,
    /// The alarm went off before the last deployment, which is a rollback, began.
    Answered(String),
    /// A release is being taken back: what went off meanwhile may be over when that has ended.
    RollingBack(String),
    /// A rollback is never rolled back.
    IsRollback(String),
    /// The alarm went off before this deployment began.
    AlarmIsOlder(String),
    /// It succeeded too long ago.
    OutsideWindow(String, Duration),
    /// There was a rollback a short while ago.
    CoolingDown(String, Duration),
    /// It ended badly, and nobody rolled it back.
    EndedBadly(String, Status),
    /// There is no revision to go back to.
    NoGoodRevision(String),
}

impl Why {
    /// Whether the team should hear of it: not of what is no news to it.
    pub fn is_news(&self) -> bool {
        !matches!(self, Self::NoAlarm | Self::NoDeployment | Self::NotWanted | Self::Answered(_) | Self::RollingBack(_))
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAlarm => f.write_str("the alarm did not go into ALARM"),
            Self::NoDeployment => f.write_str("the group has no deployments"),
            Self::NotWanted => f.write_str("the plan of the deployed revision has no [rollback]"),
            Self::Answered(id) => write!(f, "rollback deployment {id} has answered this alarm already"),
            Self::RollingBack(id) => {
                write!(f, "deployment {id} is taking a release back now; nobody knows yet whether that helps")
            }
            Self::IsRollback(id) => {
                write!(f, "deployment {id} is a rollback, which is never rolled back; look for the cause elsewhere")
            }
            Self::AlarmIsOlder(id) => write!(f, "the alarm went off before deployment {id} began"),
            Self::OutsideWindow(id, window) => {
                write!(f, "deployment {id} succeeded longer ago than rollback.window = {:?}", span(*window))
            }
            Self::CoolingDown(id, cooldown) => write!(
                f,
                "rollback deployment {id} began less than rollback.cooldown = {:?} ago; if this release is bad too, roll it \
                 back by hand",
                span(*cooldown)
            ),
            Self::EndedBadly(id, status) => write!(
                f,
                "deployment {id} is {status:?} and was not rolled back; look at the service's task sets, and deploy a good \
                 revision by hand"
            ),
            Self::NoGoodRevision(id) => write!(
                f,
                "no deployment before {id} has succeeded with another revision: there is nothing to go back to; deploy a good \
                 revision by hand"
            ),
        }
    }
}

/// Decides. `deployments` are those of one deployment group, the newest first, and reach back at least to a day before the newest
/// one's creation; `plan` is that of the newest one's revision.
pub fn decide(
    alarm: &Alarm,
    deployments: &[Deployment],
    plan: Option<&Rollback>,
    switched_off: bool,
    now: Timestamp,
) -> Action {
    match weigh(alarm, deployments, plan, now) {
        Err(why) => Action::Nothing(why),
        Ok(measure) if switched_off => Action::Propose { measure, hold: Hold::SwitchedOff },
        Ok(measure) => match plan.map(|plan| plan.mode) {
            Some(RollbackMode::Auto) => Action::Take(measure),
            _ => Action::Propose { measure, hold: Hold::Plan },
        },
    }
}

fn weigh(alarm: &Alarm, deployments: &[Deployment], plan: Option<&Rollback>, now: Timestamp) -> Result<Measure, Why> {
    if alarm.state != "ALARM" || alarm.previous.as_deref() == Some("ALARM") {
        return Err(Why::NoAlarm);
    }
    let Some((newest, earlier)) = deployments.split_first() else { return Err(Why::NoDeployment) };
    let id = || newest.id.clone();
    let is_older = alarm.since <= newest.created;
    match (&newest.kind, is_older) {
        (Kind::Release, false) => {}
        (Kind::Release, true) => return Err(Why::AlarmIsOlder(id())),
        (Kind::CodeDeployRollback { .. } | Kind::Rollback { .. }, true) => return Err(Why::Answered(id())),
        (Kind::CodeDeployRollback { .. } | Kind::Rollback { .. }, false) => {
            let is_over = newest.status != Status::InProgress;
            return Err(if is_over { Why::IsRollback(id()) } else { Why::RollingBack(id()) });
        }
    }
    let Some(plan) = plan else { return Err(Why::NotWanted) };
    let over = |since: Timestamp, span: Duration| now.duration_since(since) > signed(span);
    if let Some(completed) = newest.completed.filter(|_| newest.status != Status::InProgress)
        && over(completed, plan.window)
    {
        return Err(Why::OutsideWindow(id(), plan.window));
    }
    let recent =
        earlier.iter().find(|deployment| took_back(deployment, earlier) && !over(deployment.created, plan.cooldown));
    if let Some(rollback) = recent {
        return Err(Why::CoolingDown(rollback.id.clone(), plan.cooldown));
    }
    match newest.status {
        Status::InProgress => Ok(Measure::Stop { deployment: id() }),
        Status::Succeeded => {
            let good = last_good(newest, earlier).ok_or_else(|| Why::NoGoodRevision(id()))?;
            Ok(Measure::RollBack { deployment: id(), to: good.id.clone() })
        }
        status @ (Status::Failed | Status::Stopped) => Err(Why::EndedBadly(id(), status)),
    }
}

/// Whether somebody, or an alarm, took a release back with it. `CodeDeploy` undoes deployments that fail too: what is deployed
/// next, perhaps right away, is then no less watched.
fn took_back(deployment: &Deployment, all: &[Deployment]) -> bool {
    match &deployment.kind {
        Kind::Release => false,
        Kind::Rollback { .. } => true,
        Kind::CodeDeployRollback { of } => all.iter().any(|one| one.id == *of && one.status == Status::Stopped),
    }
}

/// The last deployment before this one that is good, with another revision.
fn last_good<'a>(newest: &Deployment, earlier: &'a [Deployment]) -> Option<&'a Deployment> {
    good(earlier).find(|deployment| deployment.revision != newest.revision)
}

/// Whether one of these takes the deployment of this id back.
fn taken_back(id: &str, deployments: &[Deployment]) -> bool {
    deployments.iter().any(|deployment| matches!(&deployment.kind, Kind::Rollback { of } if of == id))
}

fn signed(span: Duration) -> SignedDuration {
    SignedDuration::try_from(span).unwrap_or(SignedDuration::MAX)
}
