//! What stands before a rehearsal begins: the functions as their template deploys them, and the load balancer.
//!
//! The cluster, the service and everything of `CodeDeploy` are made by API calls, as a team makes them.

use super::{Controller, Rehearsal, ecs_roles, service_role};
use greenlight_aws::Clock;
use greenlight_domain::plan::TestRule;
use greenlight_world::{
    Condition, Infrastructure, Listener, ListenerRule, LoadBalancer, Pace, Setup, Stack, TargetGroup, Topic,
};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::time::Duration;

/// The world of a rehearsal whose time starts at `origin` (the same instant in real time) and goes `speed` times as fast.
pub fn setup(rehearsal: &Rehearsal, origin: Timestamp, speed: f64) -> Setup {
    Setup {
        account: super::names::ACCOUNT.to_owned(),
        region: super::names::REGION.to_owned(),
        pace: Pace { speed },
        stack: stack(rehearsal, &format!("{origin}*{speed}")),
        infrastructure: Infrastructure {
            load_balancers: vec![load_balancer(rehearsal)],
            alarms: rehearsal.alarms_in_world(),
            topics: topics(rehearsal),
            ..Infrastructure::default()
        },
        hooks_in_rollback: rehearsal.script.deployment.hooks_in_rollback,
        secrets: rehearsal.script.secrets.clone(),
        images: rehearsal.script.images.keys().cloned().collect(),
        faults: rehearsal.faults.iter().flat_map(|fault| fault.in_world(rehearsal)).collect(),
        // the one that makes blue a revision to go back to
        spared_deployments: u64::from(rehearsal.is_taken_back()),
        ..Setup::empty()
    }
}

/// What the template deploys, on the clock of the stage; and the roles of whoever deploys.
fn stack(rehearsal: &Rehearsal, clock: &str) -> Stack {
    let mut stack = rehearsal.deployed.stack.clone();
    for function in &mut stack.functions {
        function.environment.insert(Clock::VARIABLE.to_owned(), clock.to_owned());
    }
    match rehearsal.controller {
        Controller::CodeDeploy => stack.roles.push(service_role::role(rehearsal)),
        Controller::Ecs => stack.roles.push(ecs_roles::load_balancers()),
    }
    stack
}

/// Topics that the template's functions listen to, and that it does not make.
fn topics(rehearsal: &Rehearsal) -> Vec<Topic> {
    let stack = &rehearsal.deployed.stack;
    let foreign = stack.subscriptions.iter().filter(|one| stack.topics.iter().all(|topic| topic.arn != one.topic));
    let arns: BTreeSet<&str> = foreign.map(|one| one.topic.as_str()).collect();
    arns.into_iter().map(Topic::new).collect()
}

fn load_balancer(rehearsal: &Rehearsal) -> LoadBalancer {
    let target_groups = rehearsal.target_groups();
    let listener = |arn, port, rules| Listener { arn, port, target_group: target_groups[0].clone(), rules };
    let rule = |rule| ListenerRule {
        arn: rehearsal.test_entrance(),
        priority: 1,
        conditions: conditions(rule),
        target_group: target_groups[0].clone(),
    };
    let rules: Vec<_> = rehearsal.test_rule().map(rule).into_iter().collect();
    let has_test_listener = rehearsal.script.test_listener && rules.is_empty();
    let mut listeners = vec![listener(rehearsal.production_listener(), 443, rules)];
    if has_test_listener {
        listeners.push(listener(rehearsal.test_listener(), 8443, Vec::new()));
    }
    LoadBalancer {
        name: rehearsal.load_balancer(),
        listeners,
        target_groups: target_groups.iter().map(|name| target_group(rehearsal, name)).collect(),
    }
}

fn conditions(rule: &TestRule) -> Vec<Condition> {
    let header =
        |(name, value): &(String, String)| Condition::HttpHeader { name: name.clone(), values: vec![value.clone()] };
    let host = rule.host.iter().map(|host| Condition::HostHeader(vec![host.clone()]));
    let path = rule.path.iter().map(|path| Condition::PathPattern(vec![path.clone()]));
    rule.header.iter().map(header).chain(host).chain(path).collect()
}

fn target_group(rehearsal: &Rehearsal, name: &str) -> TargetGroup {
    TargetGroup {
        name: name.to_owned(),
        arn: Rehearsal::target_group_arn(name),
        port: rehearsal.plan.port,
        health_check_path: rehearsal.script.health_check_path.clone(),
        health_check_interval: Duration::from_secs(30),
        health_check_timeout: Duration::from_secs(5),
        healthy_threshold: 2,
        unhealthy_threshold: 3,
        matcher: "200".to_owned(),
        deregistration_delay: Duration::from_secs(30),
    }
}
