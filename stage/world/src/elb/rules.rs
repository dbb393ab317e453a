//! Rules of listeners, for those who turn traffic by a rule's ARN. Each listener has its default rule, whose weights are the
//! listener's own; those that come before it are set up with the listener.

use super::{Listener, Rule};
use crate::{Permission, World};
use std::collections::BTreeMap;

/// What a default rule is called behind its listener's name.
const DEFAULT: &str = "0000000000000000";

/// The ARN of a listener's default rule.
pub fn default_rule(listener: &str) -> String {
    rule_arn(listener, DEFAULT)
}

/// The ARN of a listener's rule: that of the listener with another resource type and one more part.
pub fn rule_arn(listener: &str, rule: &str) -> String {
    format!("{}/{rule}", listener.replacen(":listener/", ":listener-rule/", 1))
}

/// The ARN of the listener whose default rule this is.
fn listener_of(world: &World, rule: &str) -> Option<String> {
    world.elb.listeners.keys().find(|listener| default_rule(listener) == rule).cloned()
}

/// A rule that is not a default rule.
pub(super) fn find<'a>(world: &'a World, arn: &str) -> Option<&'a Rule> {
    world.elb.listeners.values().find_map(|listener| listener.rules.get(arn))
}

/// The ARNs of a listener's rules in the order in which they are tried.
pub(super) fn of_listener(arn: &str, listener: &Listener) -> Vec<String> {
    let mut rules: Vec<_> = listener.rules.iter().collect();
    rules.sort_by_key(|(_, rule)| rule.priority);
    rules.into_iter().map(|(arn, _)| arn.clone()).chain([default_rule(arn)]).collect()
}

/// Whether a rule with this ARN exists.
pub(crate) fn has_rule(world: &World, rule: &str) -> bool {
    find(world, rule).is_some() || listener_of(world, rule).is_some()
}

/// What a rule forwards to, by target group name. Empty for a rule that does not exist.
pub(crate) fn rule_weights(world: &World, rule: &str) -> BTreeMap<String, u32> {
    let of_default = || listener_of(world, rule).map(|listener| super::weights(world, &listener));
    find(world, rule).map(|rule| rule.weights.clone()).or_else(of_default).unwrap_or_default()
}

/// Makes a rule (by ARN) forward like this.
pub(crate) fn set_rule_weights(world: &mut World, rule: &str, weights: BTreeMap<String, u32>) {
    if let Some(listener) = listener_of(world, rule) {
        super::set_weights(world, &listener, weights);
    } else if let Some(rule) = world.elb.listeners.values_mut().find_map(|listener| listener.rules.get_mut(rule)) {
        rule.weights = weights;
        super::routing::route(world);
    }
}

/// What it takes to change a rule: the default rule is changed with its listener.
pub(crate) fn needed_to_change(world: &World, rule: &str) -> Permission {
    match listener_of(world, rule) {
        Some(listener) => Permission::new("elasticloadbalancing:ModifyListener", listener),
        None => Permission::new("elasticloadbalancing:ModifyRule", rule),
    }
}

impl Listener {
    /// Whether one of its rules forwards to a target group.
    pub(super) fn names(&self, target_group: &str) -> bool {
        self.weights.contains_key(target_group)
            || self.rules.values().any(|rule| rule.weights.contains_key(target_group))
    }
}
