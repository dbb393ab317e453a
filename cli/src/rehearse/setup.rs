//! What stands before a rehearsal begins: the functions with their rule, schedules, topic and roles, and the load balancer.
//!
//! The cluster, the service and everything of `CodeDeploy` are made by API calls, as a team makes them.

use super::hooks::{HOOKS, Hook};
use super::names::{arn, role_arn};
use super::{Rehearsal, policies};
use greenlight_world::{
    Alarm, AlarmState, Function, Infrastructure, Listener, LoadBalancer, Pace, Policy, Queue, RetryPolicy, Rule,
    RuleTarget, Setup, Stack, TargetGroup, Topic,
};
use jiff::Timestamp;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

/// Lambda ends `settle` if it runs longer, in real time.
const SETTLE_TIMEOUT: Duration = Duration::from_mins(1);
/// An asynchronous event that is older is given up; a hook's hour allows no more.
const EVENT_AGE: Duration = Duration::from_mins(15);

/// The world of a rehearsal whose time starts at `origin` (the same instant in real time) and goes `speed` times as fast.
pub fn setup(rehearsal: &Rehearsal, origin: Timestamp, speed: f64) -> Setup {
    Setup {
        account: super::names::ACCOUNT.to_owned(),
        region: super::names::REGION.to_owned(),
        pace: Pace { speed },
        stack: stack(rehearsal, &format!("{origin}*{speed}")),
        infrastructure: Infrastructure {
            load_balancers: vec![load_balancer(rehearsal)],
            alarms: rehearsal.script.alarms.iter().map(|name| alarm(name)).collect(),
            ..Infrastructure::default()
        },
        hooks_in_rollback: rehearsal.script.deployment.hooks_in_rollback,
        secrets: rehearsal.script.secrets.clone(),
        images: rehearsal.script.images.keys().cloned().collect(),
        faults: rehearsal.faults.iter().flat_map(|fault| fault.in_world(rehearsal)).collect(),
        ..Setup::empty()
    }
}

fn stack(rehearsal: &Rehearsal, clock: &str) -> Stack {
    let settle = Rehearsal::function_arn(&rehearsal.settle_function());
    let environment = BTreeMap::from([
        ("GREENLIGHT_CLOCK".to_owned(), clock.to_owned()),
        ("GREENLIGHT_INSTALL".to_owned(), rehearsal.install.clone()),
        ("GREENLIGHT_SCHEDULE_GROUP".to_owned(), rehearsal.schedule_group().to_owned()),
        ("GREENLIGHT_SCHEDULE_ROLE_ARN".to_owned(), role_arn(&rehearsal.scheduler_role())),
        ("GREENLIGHT_SETTLE_ARN".to_owned(), settle.clone()),
        ("GREENLIGHT_TOPIC_ARN".to_owned(), rehearsal.topic_arn()),
    ]);
    let function = |name: String, role: String, timeout: Duration, on_failure: Option<String>| Function {
        log_group: Rehearsal::log_group(&name),
        environment: environment.clone(),
        timeout,
        memory: 256,
        maximum_event_age: EVENT_AGE,
        on_failure,
        ..Function::new(name, role)
    };
    let hook = |hook: Hook| {
        let role = policies::hook_role(rehearsal, &hook);
        // a hook that dies outright is settled from its payload
        function(rehearsal.hook_function(&hook), role, hook.timeout, Some(settle.clone()))
    };
    let mut functions: Vec<Function> = HOOKS.into_iter().map(hook).collect();
    let rule = format!("{}-task-stopped", rehearsal.install);
    let from_rule = arn("events", &format!("rule/{rule}"));
    let lets_rule =
        |action, resource: &str| vec![Policy::of_resource("events.amazonaws.com", action, resource, &from_rule)];
    let dead_letters = rehearsal.dead_letters();
    functions.push(Function {
        policies: lets_rule("lambda:InvokeFunction", &settle),
        ..function(rehearsal.settle_function(), policies::settle_role(rehearsal), SETTLE_TIMEOUT, None)
    });
    Stack {
        functions,
        rules: vec![Rule {
            name: rule,
            pattern: json!({
                "source": ["aws.ecs"],
                "detail-type": ["ECS Task State Change"],
                "detail": {
                    "lastStatus": ["STOPPED"],
                    "startedBy": [{ "prefix": format!("{}/", rehearsal.install) }],
                },
            }),
            targets: vec![RuleTarget {
                arn: settle,
                retry: RetryPolicy { maximum_attempts: 185, maximum_age: EVENT_AGE },
                dead_letters: Some(dead_letters.clone()),
            }],
            enabled: true,
        }],
        schedule_groups: vec![rehearsal.schedule_group().to_owned()],
        topics: vec![Topic::new(rehearsal.topic_arn())],
        queues: vec![Queue { policies: lets_rule("sqs:SendMessage", &dead_letters), arn: dead_letters }],
        roles: policies::roles(rehearsal),
        ..Stack::default()
    }
}

fn alarm(name: &str) -> Alarm {
    Alarm { name: name.to_owned(), arn: None, state: AlarmState::Ok }
}

fn load_balancer(rehearsal: &Rehearsal) -> LoadBalancer {
    let target_groups = rehearsal.target_groups();
    let listener = |arn, port| Listener { arn, port, target_group: target_groups[0].clone() };
    let mut listeners = vec![listener(rehearsal.production_listener(), 443)];
    if rehearsal.script.test_listener {
        listeners.push(listener(rehearsal.test_listener(), 8443));
    }
    LoadBalancer {
        name: rehearsal.load_balancer(),
        listeners,
        target_groups: target_groups.iter().map(|name| target_group(rehearsal, name)).collect(),
    }
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
