//! What somebody who takes a release back by hand gets: the decision, and when revisions were live.

use super::{Deployment, Kind, Measure, Status, Why, last_good, taken_back};
use jiff::Timestamp;

/// What there is to do for somebody who wants the last release gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ByHand {
    /// This.
    Take(Measure),
    /// A rollback is in progress already: it is followed to its end.
    Follow {
        /// The id of the rollback.
        rollback: String,
    },
    /// The last deployment is a rollback that succeeded: what served before its release serves again.
    Done {
        /// The id of the rollback.
        rollback: String,
    },
    /// Nothing can be done.
    Nothing(Why),
}

/// Decides. `deployments` are those of one deployment group, the newest first. Unlike an alarm, a person is not asked whether the
/// plan wants this, how long the release has served, or when the last rollback was.
pub fn by_hand(deployments: &[Deployment]) -> ByHand {
    let Some((newest, earlier)) = deployments.split_first() else { return ByHand::Nothing(Why::NoDeployment) };
    let rollback = || newest.id.clone();
    let of = match &newest.kind {
        Kind::Release => None,
        Kind::CodeDeployRollback { of } | Kind::Rollback { of } => Some(of),
    };
    match (of, newest.status) {
        (None, Status::InProgress) => ByHand::Take(Measure::Stop { deployment: newest.id.clone() }),
        (Some(_), Status::InProgress) => ByHand::Follow { rollback: rollback() },
        (Some(_), Status::Succeeded) => ByHand::Done { rollback: rollback() },
        (None, Status::Succeeded) => back(newest, last_good(newest, earlier)),
        // what serves now is anybody's guess: the last revision that is known to be good, whichever that is
        (of, Status::Failed | Status::Stopped) => {
            let release = of.and_then(|of| earlier.iter().find(|one| one.id == *of)).unwrap_or(newest);
            let is_bad = release.status == Status::Succeeded;
            let before = |one: &&Deployment| one.created < release.created;
            let differs = |one: &&Deployment| !is_bad || one.revision != release.revision;
            back(release, good(deployments).filter(before).find(differs))
        }
    }
}

fn back(release: &Deployment, to: Option<&Deployment>) -> ByHand {
    match to {
        Some(to) => ByHand::Take(Measure::RollBack { deployment: release.id.clone(), to: to.id.clone() }),
        None => ByHand::Nothing(Why::NoGoodRevision(release.id.clone())),
    }
}

/// The deployments that can be gone back to, the newest first: they succeeded, and nobody took them back. What `CodeDeploy`'s own
/// rollbacks deploy is not told, and was deployed before already.
pub fn good(deployments: &[Deployment]) -> impl Iterator<Item = &Deployment> {
    deployments.iter().filter(|one| {
        one.status == Status::Succeeded
            && !matches!(one.kind, Kind::CodeDeployRollback { .. })
            && !taken_back(&one.id, deployments)
    })
}

/// From when to when users had a deployment's revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Live {
    /// When the first of them got it.
    pub from: Timestamp,
    /// When another one took its place; `None` if none has.
    pub until: Option<Timestamp>,
}

/// When each deployment was live: `shifts` says when its traffic began to shift, for those that came so far, the newest first.
pub fn live(shifts: &[Option<Timestamp>]) -> Vec<Option<Live>> {
    let mut until = None;
    let one = |shift: &Option<Timestamp>| {
        let live = shift.map(|from| Live { from, until });
        until = shift.or(until);
        live
    };
    shifts.iter().map(one).collect()
}
