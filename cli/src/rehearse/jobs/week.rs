//! Days of jobs on the virtual clock.

use super::tally::Tally;
use super::{JobOutcome, Tried};
use crate::Error;
use crate::rehearse::drive::Account;
use crate::rehearse::{Progress, Rehearsal, drive, setup};
use greenlight_domain::plan::Job;
use greenlight_simulation::{Behaviour, Behaviours, Simulation};
use greenlight_world::Fact;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::time::Duration;

/// How many of a job's next times are shown.
const NEXT: usize = 5;
/// A run may still go on at the end of the span: it is heard of if it ends this much later.
const AFTER: Duration = Duration::from_hours(1);

/// Plays `span` of the plan's jobs from `origin` on. `tried` says what their commands do. `observer` hears of what happens.
///
/// Blocks for as long as it takes, and has a clock of its own: to be called where no runtime is entered.
pub fn play(
    rehearsal: &Rehearsal,
    tried: &BTreeMap<String, Tried>,
    origin: Timestamp,
    span: Duration,
    observer: &mut dyn FnMut(&Fact),
) -> Result<Vec<JobOutcome>, Error> {
    // what goes wrong in the deployment does not go wrong every day
    let rehearsal = Rehearsal { faults: Vec::new(), ..rehearsal.clone() };
    let world = setup(&rehearsal, origin, 1.0);
    let mut tally = Tally::default();
    let played = greenlight_simulation::run(async {
        let simulation = Simulation::start_at(origin, world, behaviours(&rehearsal, tried));
        let (sdk, clock) = (simulation.sdk_config(), simulation.clock());
        let facts = simulation.facts().ok_or(Error::StageEnded)?;
        let mut observe = |progress: Progress<'_>| {
            if let Progress::Fact(fact) = progress {
                tally.take_in(fact);
                observer(fact);
            }
        };
        let account = Account { sdk: &sdk, clock: &clock, facts };
        drive::jobs(account, &rehearsal, [span, AFTER], &mut observe).await
    });
    let fired = played
        .map_err(|error| Error::Start { what: "start the virtual clock", source: std::io::Error::other(error) })??;
    let jobs = rehearsal.plan.jobs.iter().map(|(name, job)| {
        let since = fired.since.get(name).copied().unwrap_or(origin);
        let mut outcome = JobOutcome {
            job: name.clone(),
            schedule: job.in_words(),
            next: times(job, since).take(NEXT).map(|time| shown(job, time)).collect(),
            tried: tried.get(name).cloned(),
            ..JobOutcome::default()
        };
        let due: Vec<Timestamp> = times(job, since).take_while(|time| *time < fired.end).collect();
        tally.count(&mut outcome, &due);
        outcome
    });
    Ok(jobs.collect())
}

/// The firings of a job whose schedule was made at `begun`.
fn times(job: &Job, begun: Timestamp) -> impl Iterator<Item = Timestamp> {
    std::iter::successors(job.next(begun, begun), move |last| job.next(*last, begun))
}

fn shown(job: &Job, time: Timestamp) -> String {
    time.to_zoned(job.time_zone.clone()).strftime("%Y-%m-%d %H:%M %Z").to_string()
}

/// What the containers do: a job's as it was seen to, all others well.
fn behaviours(rehearsal: &Rehearsal, tried: &BTreeMap<String, Tried>) -> Behaviours {
    let mut behaviours = Behaviours::new();
    for function in &rehearsal.deployed.functions {
        if let Some(code) = function.binary.as_deref().and_then(greenlight_simulation::Code::of_binary) {
            behaviours = behaviours.function(&function.name, code);
        }
    }
    // a command may begin like another one, and the first rule counts
    let mut jobs: Vec<(&String, &Job)> = rehearsal.plan.jobs.iter().collect();
    jobs.sort_by_key(|(_, job)| std::cmp::Reverse(job.command.join(" ").len()));
    for (name, job) in jobs {
        let Some(tried) = tried.get(name) else { continue };
        let after = Duration::from_millis(tried.duration_ms);
        let behaviour = match tried.exit_code {
            Some(code) => Behaviour::Exit { after, code, lines: Vec::new() },
            None => Behaviour::Hang,
        };
        behaviours = behaviours.command(&job.command.join(" "), behaviour);
    }
    behaviours
}

/// The schedules that were played.
#[derive(Debug, Clone)]
pub(crate) struct Fired {
    /// When each job's was made: a rate begins then.
    pub(crate) since: BTreeMap<String, Timestamp>,
    /// The first moment that is not counted.
    pub(crate) end: Timestamp,
}
