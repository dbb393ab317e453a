//! What the shells are told: where each listener forwards to now.

use super::{Group, TargetState};
use crate::effect::{Backend, Route, RuleRoute};
use crate::{Effect, World, fault};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddrV4;

/// Tells the shell about every listener that now forwards otherwise than before.
pub(super) fn route(world: &mut World) {
    let (groups, faults) = (&world.elb.groups, &world.setup.faults);
    let targets = groups.values().flat_map(|group| &group.targets);
    let erring = targets.filter(|(_, target)| world.elb.erring.contains(&target.registration));
    let erring: BTreeSet<SocketAddrV4> = erring.map(|(address, _)| *address).collect();
    let backends = |weights: &BTreeMap<String, u32>| -> Vec<Backend> {
        let with_weight = weights.iter().filter(|(_, weight)| **weight > 0);
        let backend = |(name, weight): (&String, &u32)| Backend {
            target_group: name.clone(),
            weight: *weight,
            targets: groups.get(name).map(Group::backends).unwrap_or_default(),
        };
        with_weight.map(backend).collect()
    };
    for (arn, listener) in &mut world.elb.listeners {
        let fault = fault::of_listener(faults, arn);
        let mut rules: Vec<_> = listener.rules.iter().collect();
        rules.sort_by_key(|(_, rule)| rule.priority);
        let rule = |(arn, rule): (&String, &super::Rule)| RuleRoute {
            rule: arn.clone(),
            conditions: rule.conditions.clone(),
            backends: backends(&rule.weights),
            fault: fault::of_listener(faults, arn).or(fault),
        };
        let rules = rules.into_iter().map(rule).collect();
        let backends = backends(&listener.weights);
        let route = Route { listener: arn.clone(), backends, rules, fault, erring: erring.clone() };
        if listener.route.as_ref() != Some(&route) {
            world.effects.push(Effect::Route(route.clone()));
            listener.route = Some(route);
        }
    }
}

impl Group {
    /// Healthy targets; all that are registered if none is healthy (the load balancer fails open).
    fn backends(&self) -> Vec<SocketAddrV4> {
        let in_state = |wanted: &[TargetState]| -> Vec<SocketAddrV4> {
            self.targets
                .iter()
                .filter(|(_, target)| wanted.contains(&target.state))
                .map(|(address, _)| *address)
                .collect()
        };
        let healthy = in_state(&[TargetState::Healthy]);
        if healthy.is_empty() { in_state(&[TargetState::Initial, TargetState::Unhealthy]) } else { healthy }
    }
}
