//! What an alarm does to a deployment group, or to a service that ECS itself deploys: the decision, and nothing else.
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
pub use on_ecs::{OnEcs, ServiceDeployment, comes_back, decide_on_ecs, good_on_ecs, on_ecs, was_followed};

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
    /// `StopDeployment` with automatic rollback, or `StopServiceDeployment`.
    Stop {
        /// The deployment's id, or its ARN where ECS itself deploys.
        deployment: String,
    },
    /// A new deployment of the revision that was good before.
    RollBack {
        /// The id of the deployment that is taken back, or its ARN.
        deployment: String,
        /// What comes back: the id of the deployment whose revision it is, or, where ECS itself deploys, the ARN of its task
        /// definition.
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
    /// Nothing was ever deployed.
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
    /// The release was taken back already, before the alarm went off.
    TakenBack(String),
    /// It ended badly, with this status, and nobody rolled it back.
    EndedBadly(String, String),
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
            Self::NoDeployment => f.write_str("nothing was ever deployed"),
            Self::NotWanted => f.write_str("the plan of the deployed revision has no [rollback]"),
            Self::Answered(of) => write!(f, "rollback deployment {} has answered this alarm already", id(of)),
            Self::RollingBack(of) => {
                write!(f, "deployment {} is taking a release back now; nobody knows yet whether that helps", id(of))
            }
            Self::IsRollback(of) => {
                write!(
                    f,
                    "deployment {} is a rollback, which is never rolled back; look for the cause elsewhere",
                    id(of)
                )
            }
            Self::TakenBack(of) => write!(
                f,
                "the release of deployment {} was taken back before the alarm went off; look for the cause elsewhere",
                id(of)
            ),
            Self::AlarmIsOlder(of) => write!(f, "the alarm went off before deployment {} began", id(of)),
            Self::OutsideWindow(of, window) => {
                write!(f, "deployment {} succeeded longer ago than rollback.window = {:?}", id(of), span(*window))
            }
            Self::CoolingDown(of, cooldown) => write!(
                f,
                "a release was taken back less than rollback.cooldown = {:?} ago, see deployment {}; if this one is bad too, \
                 roll it back by hand",
                span(*cooldown),
                id(of)
            ),
            Self::EndedBadly(of, status) => write!(
                f,
                "deployment {} is {status} and was not rolled back; look at what serves, and deploy a good revision by hand",
                id(of)
            ),
            Self::NoGoodRevision(of) => write!(
                f,
                "no deployment before {} has succeeded with another revision: there is nothing to go back to; deploy a good \
                 revision by hand",
                id(of)
            ),
        }
    }
}

/// What people call a deployment: its id, or the last part of its ARN.
fn id(deployment: &str) -> &str {
    deployment.rsplit('/').next().unwrap_or(deployment)
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
    act(weigh(alarm, deployments, plan, now), plan, switched_off)
}

/// Who does it.
fn act(weighed: Result<Measure, Why>, plan: Option<&Rollback>, switched_off: bool) -> Action {
    match weighed {
        Err(why) => Action::Nothing(why),
        Ok(measure) if switched_off => Action::Propose { measure, hold: Hold::SwitchedOff },
        Ok(measure) => match plan.map(|plan| plan.mode) {
            Some(RollbackMode::Auto) => Action::Take(measure),
            _ => Action::Propose { measure, hold: Hold::Plan },
        },
    }
}

/// Whether the alarm has just gone into `ALARM`.
fn went_off(alarm: &Alarm) -> bool {
    alarm.state == "ALARM" && alarm.previous.as_deref() != Some("ALARM")
}

fn weigh(alarm: &Alarm, deployments: &[Deployment], plan: Option<&Rollback>, now: Timestamp) -> Result<Measure, Why> {
    if !went_off(alarm) {
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
    let over = |since, span| is_over(since, span, now);
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
        status @ (Status::Failed | Status::Stopped) => Err(Why::EndedBadly(id(), format!("{status:?}"))),
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

/// Whether so much time has gone by.
fn is_over(since: Timestamp, span: Duration, now: Timestamp) -> bool {
    now.duration_since(since) > signed(span)
}

fn signed(span: Duration) -> SignedDuration {
    SignedDuration::try_from(span).unwrap_or(SignedDuration::MAX)
}
