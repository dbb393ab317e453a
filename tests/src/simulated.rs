//! Plays rehearsals on the virtual clock.

use crate::played::Played;
use greenlight::rehearse::{Rehearsal, drive, setup};
use greenlight_simulation::{Behaviours, Simulation};
use greenlight_world::{Fact, Setup};
use serde_json::Value;
use std::time::Duration;

/// In virtual time: what has not ended after a day never will.
pub const DAY: Duration = Duration::from_hours(24);

/// Plays a whole rehearsal.
pub fn play(rehearsal: &Rehearsal, seed: u64, behaviours: Behaviours) -> Played {
    play_in(Setup { seed, ..setup(rehearsal, Setup::EPOCH, 1.0) }, rehearsal, behaviours)
}

/// The same in a world that was changed.
pub fn play_in(world: Setup, rehearsal: &Rehearsal, behaviours: Behaviours) -> Played {
    play_beside(world, rehearsal, behaviours, async |_| {})
}

/// The same while somebody does something else in it.
pub fn play_beside(
    world: Setup,
    rehearsal: &Rehearsal,
    behaviours: Behaviours,
    beside: impl AsyncFnOnce(&Simulation),
) -> Played {
    greenlight_simulation::run(async {
        let simulation = Simulation::start(world, behaviours);
        let (outcome, ()) = tokio::join!(first_deployment(&simulation, rehearsal), beside(&simulation));
        Played { facts: values(&simulation.record()), outcome }
    })
    .unwrap()
}

/// Creates everything and deploys once; what came of it as `rehearse` would print it.
pub async fn first_deployment(simulation: &Simulation, rehearsal: &Rehearsal) -> Value {
    let (sdk, clock) = (simulation.sdk_config(), simulation.clock());
    let facts = simulation.facts().expect("nobody took the facts before");
    let mut nobody = |_: greenlight::rehearse::Progress<'_>| {};
    let played = drive(&sdk, &clock, facts, rehearsal, &mut nobody);
    let outcome = tokio::time::timeout(DAY, played).await.expect("a rehearsal ends within a virtual day");
    serde_json::to_value(outcome.unwrap_or_else(|error| panic!("{error}\n{}", told(simulation)))).unwrap()
}

pub fn values(facts: &[Fact]) -> Vec<Value> {
    facts.iter().map(|fact| serde_json::to_value(fact).unwrap()).collect()
}

/// The end of the story, for a test that failed.
fn told(simulation: &Simulation) -> String {
    let facts = values(&simulation.record());
    let lines: Vec<String> = facts.iter().rev().take(40).rev().map(ToString::to_string).collect();
    lines.join("\n")
}
