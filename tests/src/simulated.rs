//! Plays rehearsals on the virtual clock.

use crate::played::Played;
use greenlight::rehearse::{Progress, Rehearsal, Step, drive, setup};
use greenlight_aws::http::Request;
use greenlight_simulation::{Behaviours, Simulation};
use greenlight_world::{Fact, Setup};
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
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

/// Plays a whole rehearsal with a user who asks for the home page every second, as soon as the old revision serves; what users
/// got is in the outcome, as `rehearse` would print it. What has to be there is made `before`.
pub fn play_with_users(world: Setup, rehearsal: &Rehearsal, before: impl AsyncFnOnce(&Simulation)) -> Played {
    play_with_users_then(world, rehearsal, before, async |_, _| {})
}

/// The same; and then somebody looks at what came of it.
pub fn play_with_users_then(
    world: Setup,
    rehearsal: &Rehearsal,
    before: impl AsyncFnOnce(&Simulation),
    after: impl AsyncFnOnce(&Simulation, &Value),
) -> Played {
    greenlight_simulation::run(async {
        let balancer = &world.infrastructure.load_balancers[0];
        let home = format!("https://{}/", world.dns_name(balancer));
        let simulation = Simulation::start(world, Behaviours::new());
        before(&simulation).await;
        let serving = Cell::new(false);
        let observer = |progress: Progress<'_>| {
            if matches!(progress, Progress::Step(Step::BlueServing { .. })) {
                serving.set(true);
            }
        };
        let (requests, failed) = (Cell::new(0_u64), RefCell::new(Vec::new()));
        let users = async {
            loop {
                tokio::time::sleep(Duration::from_secs(1)).await;
                if serving.get() {
                    requests.set(requests.get() + 1);
                    match simulation.http().send(Request::get(home.clone())).await {
                        Ok(answer) if answer.status < 400 => {}
                        answer => failed.borrow_mut().push(format!("{answer:?}")),
                    }
                }
            }
        };
        let mut outcome = tokio::select! {
            biased;
            outcome = observed(&simulation, rehearsal, observer) => outcome,
            () = users => unreachable!("users never go away"),
        };
        let failed = failed.take();
        outcome["traffic"] =
            json!({ "requests": requests.get(), "failed": failed.len(), "first_failure": failed.first() });
        after(&simulation, &outcome).await;
        Played { facts: values(&simulation.record()), outcome }
    })
    .unwrap()
}

/// Creates everything and deploys once; what came of it as `rehearse` would print it.
pub async fn first_deployment(simulation: &Simulation, rehearsal: &Rehearsal) -> Value {
    observed(simulation, rehearsal, |_| {}).await
}

async fn observed(simulation: &Simulation, rehearsal: &Rehearsal, mut observer: impl FnMut(Progress<'_>)) -> Value {
    let (sdk, clock) = (simulation.sdk_config(), simulation.clock());
    let facts = simulation.facts().expect("nobody took the facts before");
    let played = drive(&sdk, &clock, facts, rehearsal, &mut observer);
    let outcome = tokio::time::timeout(2 * DAY, played).await.expect("a rehearsal ends within two virtual days");
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
