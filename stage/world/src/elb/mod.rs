//! Elastic Load Balancing: listeners and their rules that forward by weight, target groups and the health of their targets.
//!
//! Every target group is checked all the time. AWS checks only groups that some listener forwards to: the others' targets are
//! described as `unused` here too.

mod describe_listeners;
mod describe_load_balancers;
mod describe_rules;
mod describe_target_groups;
mod describe_target_health;
mod metrics;
mod modify_listener;
mod routing;
mod rules;
#[cfg(test)]
mod tests;

use crate::effect::{Probe, ProbeKind, Route};
use crate::forwarding::Condition;
use crate::input::ProbeId;
use crate::operation::{Entry, entry};
use crate::{AwsError, Effect, FactKind, World, ecs, setup};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddrV4;
use std::time::Duration;

pub(crate) use metrics::{accessed, report_hosts};
use routing::route;
pub use rules::{default_rule, rule_arn};
pub(crate) use rules::{has_rule, needed_to_change, rule_weights, set_rule_weights};

pub(crate) const OPERATIONS: &[Entry] = &[
    entry::<describe_listeners::DescribeListeners>(),
    entry::<describe_load_balancers::DescribeLoadBalancers>(),
    entry::<describe_rules::DescribeRules>(),
    entry::<describe_target_groups::DescribeTargetGroups>(),
    entry::<describe_target_health::DescribeTargetHealth>(),
    entry::<modify_listener::ModifyListener>(),
];

/// However much time is compressed, a target is not checked more often than this (in real time).
const SHORTEST_INTERVAL: Duration = Duration::from_millis(100);

/// What the checks of a target say that somebody broke.
const BROKEN: &str = "Health checks failed with these codes: [503]";

#[derive(Debug, Clone, Default)]
pub(crate) struct Elb {
    /// By ARN.
    listeners: BTreeMap<String, Listener>,
    /// By name.
    groups: BTreeMap<String, Group>,
    /// In the order of the setup.
    balancers: Vec<Balancer>,
    probes: BTreeMap<ProbeId, Registration>,
    registrations: u64,
    /// Registrations whose checks fail whatever the target answers.
    failing: BTreeSet<u64>,
    /// Registrations whose answers come with status 500 whatever the target says.
    erring: BTreeSet<u64>,
}

#[derive(Debug, Clone)]
struct Listener {
    /// Where it really listens, or its port as AWS would show it.
    port: u16,
    /// The load balancer's ARN.
    balancer: String,
    /// Those of its default rule.
    weights: BTreeMap<String, u32>,
    /// The rules that come before it, by ARN.
    rules: BTreeMap<String, Rule>,
    /// What the shell was told last.
    route: Option<Route>,
}

#[derive(Debug, Clone)]
struct Rule {
    priority: u32,
    conditions: Vec<Condition>,
    weights: BTreeMap<String, u32>,
}

#[derive(Debug, Clone)]
struct Balancer {
    name: String,
    arn: String,
    dns_name: String,
}

#[derive(Debug, Clone)]
struct Group {
    settings: setup::TargetGroup,
    /// The load balancer's ARN.
    balancer: String,
    targets: BTreeMap<SocketAddrV4, Target>,
}

#[derive(Debug, Clone)]
struct Target {
    /// Which registration of the address this is: timers and answers for an earlier one are void.
    registration: u64,
    state: TargetState,
    /// What the last check that failed said.
    failure: Option<String>,
    successes: u32,
    failures: u32,
}

/// One registration of a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Registration {
    group: String,
    target: SocketAddrV4,
    number: u64,
}

/// What the load balancer has to do later.
#[derive(Debug, Clone)]
pub(crate) enum Timer {
    /// Check a target's health.
    Check(Registration),
    /// The deregistration delay is over.
    Drained(Registration),
}

/// The state of a target, as `DescribeTargetHealth` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TargetState {
    Initial,
    Healthy,
    Unhealthy,
    Draining,
}

impl TargetState {
    fn name(self) -> &'static str {
        match self {
            Self::Initial => "initial",
            Self::Healthy => "healthy",
            Self::Unhealthy => "unhealthy",
            Self::Draining => "draining",
        }
    }
}

/// Sets up what [`crate::Infrastructure`] describes.
pub(crate) fn install(world: &mut World) {
    for balancer in world.setup.infrastructure.load_balancers.clone() {
        let arn = balancer_arn(world, &balancer);
        let dns_name = world.setup.dns_name(&balancer);
        for settings in balancer.target_groups {
            let group = Group { settings, balancer: arn.clone(), targets: BTreeMap::new() };
            world.elb.groups.insert(group.settings.name.clone(), group);
        }
        for listener in balancer.listeners {
            let port = world.setup.port(&listener);
            let rule = |rule: setup::ListenerRule| {
                let weights = BTreeMap::from([(rule.target_group, 1)]);
                (rule.arn, Rule { priority: rule.priority, conditions: rule.conditions, weights })
            };
            let rules = listener.rules.into_iter().map(rule).collect();
            let weights = BTreeMap::from([(listener.target_group, 1)]);
            let entry = Listener { port, balancer: arn.clone(), weights, rules, route: None };
            world.elb.listeners.insert(listener.arn, entry);
        }
        world.elb.balancers.push(Balancer { name: balancer.name, arn, dns_name });
    }
    route(world);
}

/// A load balancer's ARN: that of a listener without its last part, with another resource type.
fn balancer_arn(world: &World, balancer: &setup::LoadBalancer) -> String {
    let of = |listener: &setup::Listener| {
        let (balancer, _) = listener.arn.rsplit_once('/')?;
        Some(balancer.replacen(":listener/", ":loadbalancer/", 1))
    };
    let arn = || world.arn("elasticloadbalancing", &format!("loadbalancer/app/{}/0000000000000000", balancer.name));
    balancer.listeners.iter().find_map(of).unwrap_or_else(arn)
}

pub(crate) fn fire(world: &mut World, timer: Timer) {
    match timer {
        Timer::Check(registration) => check(world, registration),
        Timer::Drained(registration) => drained(world, &registration),
    }
}

/// What a listener forwards to, by target group name. Empty for a listener that does not exist.
pub(crate) fn weights(world: &World, listener: &str) -> BTreeMap<String, u32> {
    world.elb.listeners.get(listener).map(|listener| listener.weights.clone()).unwrap_or_default()
}

/// Makes a listener (by ARN) forward like this.
pub(crate) fn set_weights(world: &mut World, listener: &str, weights: BTreeMap<String, u32>) {
    if let Some(listener) = world.elb.listeners.get_mut(listener) {
        listener.weights = weights;
        route(world);
    }
}

/// Whether a listener with this ARN exists.
pub(crate) fn has_listener(world: &World, listener: &str) -> bool {
    world.elb.listeners.contains_key(listener)
}

/// Whether a target group with this name exists.
pub(crate) fn has_target_group(world: &World, target_group: &str) -> bool {
    world.elb.groups.contains_key(target_group)
}

/// The name of the target group with this ARN.
pub(crate) fn target_group_name(world: &World, arn: &str) -> Option<String> {
    world.elb.groups.values().find(|group| group.settings.arn == arn).map(|group| group.settings.name.clone())
}

/// The ARN of the target group with this name.
pub(crate) fn target_group_arn(world: &World, name: &str) -> Option<String> {
    world.elb.groups.get(name).map(|group| group.settings.arn.clone())
}

/// How long a target of the group may fail its checks before it counts as unhealthy.
pub(crate) fn time_to_unhealthy(world: &World, target_group: &str) -> Duration {
    world.elb.groups.get(target_group).map_or(Duration::ZERO, |group| {
        group.settings.health_check_interval.saturating_mul(group.settings.unhealthy_threshold)
    })
}

/// Registers a target in a target group (by name).
pub(crate) fn register(world: &mut World, target_group: &str, target: SocketAddrV4) {
    world.elb.registrations += 1;
    let number = world.elb.registrations;
    let Some(group) = world.elb.groups.get_mut(target_group) else { return };
    let entry = Target { registration: number, state: TargetState::Initial, failure: None, successes: 0, failures: 0 };
    group.targets.insert(target, entry);
    tell(world, target_group, target, TargetState::Initial, Some("Elb.RegistrationInProgress".to_owned()));
    route(world);
    check(world, Registration { group: target_group.to_owned(), target, number });
}

/// Takes a target out: it gets no new requests, and is gone after the deregistration delay.
/// [`ecs::target_drained`] is called then.
pub(crate) fn deregister(world: &mut World, target_group: &str, target: SocketAddrV4) {
    let Some(group) = world.elb.groups.get_mut(target_group) else { return };
    let delay = group.settings.deregistration_delay;
    let Some(entry) = group.targets.get_mut(&target) else { return };
    if entry.state == TargetState::Draining {
        return;
    }
    entry.state = TargetState::Draining;
    let registration = Registration { group: target_group.to_owned(), target, number: entry.registration };
    let reason = Some("Target.DeregistrationInProgress".to_owned());
    tell(world, target_group, target, TargetState::Draining, reason);
    route(world);
    world.after(delay, crate::timers::Timer::Elb(Timer::Drained(registration)));
}

/// A registered target's state.
pub(crate) fn health(world: &World, target_group: &str, target: SocketAddrV4) -> Option<TargetState> {
    Some(world.elb.groups.get(target_group)?.targets.get(&target)?.state)
}

/// From now on a target fails its checks, and it has failed as many as it takes to be unhealthy.
pub(crate) fn make_unhealthy(world: &mut World, target_group: &str, target: SocketAddrV4) {
    let Some(group) = world.elb.groups.get_mut(target_group) else { return };
    let threshold = group.settings.unhealthy_threshold;
    let Some(entry) = group.targets.get_mut(&target).filter(|entry| entry.state != TargetState::Draining) else {
        return;
    };
    entry.state = TargetState::Unhealthy;
    entry.failure = Some(BROKEN.to_owned());
    (entry.successes, entry.failures) = (0, threshold);
    world.elb.failing.insert(entry.registration);
    let reason = format!("Target.FailedHealthChecks: {BROKEN}");
    tell(world, target_group, target, TargetState::Unhealthy, Some(reason));
    route(world);
    ecs::target_health_changed(world, target_group, target);
}

/// From now on a target's answers come with status 500.
pub(crate) fn make_erring(world: &mut World, target_group: &str, target: SocketAddrV4) {
    let group = world.elb.groups.get(target_group);
    let Some(entry) = group.and_then(|group| group.targets.get(&target)) else { return };
    world.elb.erring.insert(entry.registration);
    route(world);
}

/// A health check came back.
pub(crate) fn probe_result(world: &mut World, id: ProbeId, outcome: &Result<(), String>) {
    let Some(registration) = world.elb.probes.remove(&id) else { return };
    let failing = world.elb.failing.contains(&registration.number);
    let Some((settings, entry)) = find(world, &registration) else { return };
    let (interval, healthy, unhealthy) =
        (settings.health_check_interval, settings.healthy_threshold, settings.unhealthy_threshold);
    let before = entry.state;
    let broken = Err(BROKEN.to_owned());
    let outcome = if failing { &broken } else { outcome };
    if outcome.is_ok() {
        entry.failures = 0;
        entry.failure = None;
        entry.successes = entry.successes.saturating_add(1);
        // a new target needs one passed check only; the threshold is for those that were unhealthy
        if before == TargetState::Initial || before == TargetState::Unhealthy && entry.successes >= healthy {
            entry.state = TargetState::Healthy;
        }
    } else {
        entry.successes = 0;
        entry.failure = outcome.as_ref().err().cloned();
        entry.failures = entry.failures.saturating_add(1);
        if entry.failures >= unhealthy {
            entry.state = TargetState::Unhealthy;
        }
    }
    let after = entry.state;
    let again = interval.max(world.setup.pace.real(SHORTEST_INTERVAL));
    world.after(again, crate::timers::Timer::Elb(Timer::Check(registration.clone())));
    if after != before {
        let reason = outcome.as_ref().err().map(|error| format!("Target.FailedHealthChecks: {error}"));
        tell(world, &registration.group, registration.target, after, reason);
        route(world);
    }
    if after != before || after == TargetState::Unhealthy {
        ecs::target_health_changed(world, &registration.group, registration.target);
    }
}

/// The target that was registered, unless it is draining or gone.
fn find<'a>(world: &'a mut World, registration: &Registration) -> Option<(&'a setup::TargetGroup, &'a mut Target)> {
    let group = world.elb.groups.get_mut(&registration.group)?;
    let entry = group.targets.get_mut(&registration.target)?;
    (entry.registration == registration.number && entry.state != TargetState::Draining)
        .then_some((&group.settings, entry))
}

fn check(world: &mut World, registration: Registration) {
    let Some((settings, _)) = find(world, &registration) else { return };
    let kind = ProbeKind::Http {
        target: registration.target,
        path: settings.health_check_path.clone(),
        matcher: settings.matcher.clone(),
    };
    let timeout = settings.health_check_timeout;
    let id = ecs::new_probe(world);
    world.elb.probes.insert(id, registration);
    world.effects.push(Effect::Probe(Probe { id, kind, timeout }));
}

fn drained(world: &mut World, registration: &Registration) {
    let Some(group) = world.elb.groups.get_mut(&registration.group) else { return };
    if group.targets.get(&registration.target).is_some_and(|entry| entry.registration == registration.number) {
        group.targets.remove(&registration.target);
        ecs::target_drained(world, &registration.group, registration.target);
    }
}

fn tell(world: &mut World, target_group: &str, target: SocketAddrV4, state: TargetState, reason: Option<String>) {
    world.tell(FactKind::TargetHealth {
        target_group: target_group.to_owned(),
        target: target.to_string(),
        state: state.name().to_owned(),
        reason,
    });
    metrics::report_hosts_of(world, target_group);
}

fn invalid(message: &str) -> AwsError {
    AwsError::client("ValidationException", message)
}
