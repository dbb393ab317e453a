//! Amazon EventBridge: rules of the default bus and their patterns.

pub(crate) mod pattern;

use crate::delivery::{self, Delivery};
use crate::{RuleTarget, World, random};
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
    arn: String,
    pattern: Pattern,
    targets: Vec<RuleTarget>,
}

/// Sets up the rules of the stack that are enabled. A rule whose pattern is not valid matches nothing; [`crate::Setup::check`] names it.
pub(crate) fn install(world: &mut World) {
    let rules = world.setup.stack.rules.iter().filter(|rule| rule.enabled);
    let ready = rules.filter_map(|rule| {
        let pattern = Pattern::parse(&rule.pattern).ok()?;
        let arn = world.arn("events", &format!("rule/{}", rule.name));
        Some(Rule { arn, pattern, targets: rule.targets.clone() })
    });
    world.events.rules = ready.collect();
}

/// Puts an event of an AWS service on the default bus: the targets of every rule that matches get it.
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
    let rules = world.events.rules.iter().filter(|rule| rule.pattern.matches(&event));
    let deliveries: Vec<Delivery> = rules
        .flat_map(|rule| rule.targets.iter().map(|target| Delivery::of_rule(&rule.arn, target, &event, world.now)))
        .collect();
    for delivery in deliveries {
        delivery::begin(world, detail_type, delivery);
    }
}
