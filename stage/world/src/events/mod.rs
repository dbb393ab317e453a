//! Amazon EventBridge: rules of the default bus and their patterns.

pub(crate) mod pattern;

use crate::{World, fault, random};
use pattern::Pattern;
use serde_json::{Value, json};

/// Services that promise their best effort only. All others deliver each event at least once.
const BEST_EFFORT: [&str; 1] = ["aws.codedeploy"];

/// The rules, ready to match.
#[derive(Debug, Default)]
pub(crate) struct Events {
    rules: Vec<Rule>,
}

#[derive(Debug)]
struct Rule {
    pattern: Pattern,
    targets: Vec<String>,
}

/// Sets up the rules of the stack. A rule whose pattern is not valid matches nothing; [`crate::Setup::check`] names it.
pub(crate) fn install(world: &mut World) {
    world.events.rules = world
        .setup
        .stack
        .rules
        .iter()
        .filter_map(|rule| {
            let pattern = Pattern::parse(&rule.pattern).ok()?;
            Some(Rule { pattern, targets: rule.targets.iter().map(|target| target.arn.clone()).collect() })
        })
        .collect();
}

/// Puts an event of an AWS service on the default bus: the targets of every rule that matches are invoked with it.
#[expect(clippy::needless_pass_by_value, reason = "an event belongs to the bus, whatever it makes of it")]
pub(crate) fn publish(world: &mut World, source: &str, detail_type: &str, resources: Vec<String>, detail: Value) {
    if world.setup.loses_best_effort_events && BEST_EFFORT.contains(&source) {
        return;
    }
    let event = json!({
        "version": "0",
        "id": random::uuid(&mut world.rng),
        "detail-type": detail_type,
        "source": source,
        "account": world.setup.account,
        "time": format!("{:.0}", world.now),
        "region": world.setup.region,
        "resources": resources,
        "detail": detail,
    });
    let targets: Vec<String> = world
        .events
        .rules
        .iter()
        .filter(|rule| rule.pattern.matches(&event))
        .flat_map(|rule| rule.targets.iter().cloned())
        .collect();
    for target in targets {
        // a target that is not there takes the event with it, as a rule without a dead-letter queue does
        fault::deliver(world, detail_type, &target, event.clone());
    }
}
