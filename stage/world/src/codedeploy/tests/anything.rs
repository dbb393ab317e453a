//! Whatever hooks, operators and alarms do: what holds all the same.

use super::*;
use crate::testing::Play;
use crate::{Alarm, AlarmState};
use std::collections::{BTreeMap, BTreeSet};

const HOOKS: [&str; 5] =
    ["BeforeInstall", "AfterInstall", "AfterAllowTestTraffic", "BeforeAllowTraffic", "AfterAllowTraffic"];

const CONFIGURATIONS: [&str; 3] = [
    "CodeDeployDefault.ECSAllAtOnce",
    "CodeDeployDefault.ECSCanary10Percent5Minutes",
    "CodeDeployDefault.ECSLinear10PercentEvery1Minutes",
];

/// An account whose group and service are one of many.
fn some_shell(rng: &mut fastrand::Rng) -> Shell {
    let mut setup = setup();
    setup.hooks_in_rollback = rng.bool();
    setup.rollback_before_install = rng.bool();
    setup.infrastructure.alarms.push(Alarm::new("5xx", AlarmState::Ok));
    let ready = if rng.bool() {
        json!({"actionOnTimeout": "STOP_DEPLOYMENT", "waitTimeInMinutes": rng.u32(1..30)})
    } else {
        json!({"actionOnTimeout": "CONTINUE_DEPLOYMENT"})
    };
    let blue = if rng.bool() {
        json!({"action": "TERMINATE", "terminationWaitTimeInMinutes": rng.u32(0..20)})
    } else {
        json!({"action": "KEEP_ALIVE"})
    };
    let mut and = blue_green(&ready, &blue);
    let events = ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"];
    let events: Vec<&str> = events.into_iter().filter(|_| rng.bool()).collect();
    and["autoRollbackConfiguration"] = json!({"enabled": !events.is_empty(), "events": events});
    and["alarmConfiguration"] = json!({"enabled": rng.bool(), "alarms": [{"name": "5xx"}]});
    let configuration = CONFIGURATIONS[rng.usize(..CONFIGURATIONS.len())];
    shell_with(setup, &Plan { configuration, test_listener: rng.bool(), and, ..Plan::default() })
}

/// Somebody does something; much of it is refused.
fn do_something(shell: &mut Shell, rng: &mut fastrand::Rng) {
    let latest = shell.call("codedeploy", "ListDeployments", json!({})).unwrap()["deployments"][0].clone();
    match rng.u32(..10) {
        0..=2 => {
            let hooks: Vec<&str> = HOOKS.into_iter().filter(|_| rng.bool()).collect();
            let _ = shell.call("codedeploy", "CreateDeployment", deployment(&appspec(&hooks)));
        }
        3..=6 => {
            if let Some(event) = hook_events(shell).last().cloned() {
                let _ = report(shell, &event, if rng.u32(..8) == 0 { "Failed" } else { "Succeeded" });
            }
        }
        7 => {
            let wait = if rng.bool() { "READY_WAIT" } else { "TERMINATION_WAIT" };
            let _ = shell.call(
                "codedeploy",
                "ContinueDeployment",
                json!({"deploymentId": latest, "deploymentWaitType": wait}),
            );
        }
        8 if rng.u32(..3) == 0 => {
            let input = json!({"deploymentId": latest, "autoRollbackEnabled": rng.bool()});
            let _ = shell.call("codedeploy", "StopDeployment", input);
        }
        9 => {
            let state = if rng.u32(..4) == 0 { "ALARM" } else { "OK" };
            let input = json!({"AlarmName": "5xx", "StateValue": state, "StateReason": "test"});
            shell.call("cloudwatch", "SetAlarmState", input).unwrap();
        }
        _ => {}
    }
}

/// Tasks fail, new ones are sick for a while, and their number changes.
fn disturb(shell: &mut Shell, rng: &mut fastrand::Rng) {
    match rng.u32(..6) {
        0 => {
            let image = if rng.bool() { "shop:v1" } else { "shop:v2" };
            shell.kill(|process| process.image == image, 1);
        }
        1 => shell.play = Box::new(|process| if process.image == "shop:v2" { Play::Sick } else { Play::Serve }),
        2 => shell.play = Box::new(|_| Play::Serve),
        3 => {
            let input = json!({"cluster": "shop", "service": "web", "desiredCount": rng.u32(..5)});
            shell.call("ecs", "UpdateService", input).unwrap();
        }
        _ => {}
    }
}

/// Users always reach somebody, whichever side the load balancer chooses for them.
fn check_users(shell: &Shell) {
    let serving = serving(shell, PRODUCTION);
    assert!(!serving.is_empty());
    assert!(serving.iter().all(|(_, _, targets)| *targets > 0), "{serving:?}");
}

/// What was told of each deployment is a story with one beginning and one end, and no two of them overlap.
fn check_story(shell: &Shell) {
    let mut active: Option<&str> = None;
    let mut seen: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for fact in &shell.facts {
        match &fact.kind {
            FactKind::DeploymentStarted { deployment_id, .. } => {
                assert_eq!(active.replace(deployment_id), None, "two at once");
            }
            FactKind::LifecycleStarted { deployment_id, lifecycle_event } => {
                assert_eq!(active, Some(&**deployment_id));
                assert!(seen.entry(deployment_id).or_default().insert(lifecycle_event), "{lifecycle_event} again");
            }
            FactKind::LifecycleEnded { deployment_id, .. }
            | FactKind::HookInvoked { deployment_id, .. }
            | FactKind::DeploymentWaiting { deployment_id, .. }
            | FactKind::TrafficShifted { deployment_id: Some(deployment_id), .. } => {
                assert_eq!(active, Some(&**deployment_id), "{fact:?}");
            }
            // one that was stopped before its start has an end only
            FactKind::DeploymentEnded { deployment_id, .. } => {
                assert!(active.take().is_none_or(|active| active == deployment_id));
            }
            _ => {}
        }
    }
}

/// Users get to green while `AllowTraffic` is in progress and not before; a success leaves them all on one side.
fn check_traffic(shell: &Shell) {
    let mut event = None;
    let (mut is_rollback, mut share) = (false, 0);
    for fact in &shell.facts {
        match &fact.kind {
            FactKind::DeploymentStarted { creator, .. } => {
                is_rollback = creator == "codeDeployRollback";
                share = if is_rollback { share } else { 0 };
            }
            FactKind::LifecycleStarted { lifecycle_event, .. } => event = Some(lifecycle_event.as_str()),
            FactKind::LifecycleEnded { .. } => event = None,
            FactKind::TrafficShifted { listener: Side::Production, green_percent, .. } => {
                assert!(*green_percent == 0 || event == Some("AllowTraffic") && *green_percent > share, "{fact:?}");
                share = *green_percent;
            }
            FactKind::DeploymentEnded { status, .. } if status == "Succeeded" => {
                assert_eq!(share, if is_rollback { 0 } else { 100 }, "{fact:?}");
            }
            _ => {}
        }
    }
}

/// A deployment that is over has nothing pending, and says why it is over; a rollback is not rolled back.
fn check_told(shell: &mut Shell) {
    let listed = shell.call("codedeploy", "ListDeployments", json!({})).unwrap();
    let ids: Vec<String> = serde_json::from_value(listed["deployments"].clone()).unwrap();
    for id in ids {
        let told = info(shell, &id);
        let status = told["status"].as_str().unwrap();
        let over = matches!(status, "Succeeded" | "Failed" | "Stopped");
        assert_eq!(told.get("completeTime").is_some(), over, "{told}");
        assert_eq!(told.get("errorInformation").is_some(), matches!(status, "Failed" | "Stopped"), "{told}");
        if told["creator"] == "codeDeployRollback" {
            assert_eq!(told["rollbackInfo"].get("rollbackDeploymentId"), None);
        }
        if over && told.get("startTime").is_some() {
            let open = |status: &String| status.ends_with("Pending") || status.ends_with("InProgress");
            assert!(!statuses(shell, &id).iter().any(open), "{told}");
        }
    }
}

/// Half an hour of anything, and then as much time as hooks that stay silent, waits and sick revisions have; answers how
/// deployments ended.
fn play(seed: u64, rough: bool) -> Vec<(String, String)> {
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut shell = some_shell(&mut rng);
    let check_users = |shell: &Shell| {
        if !rough {
            check_users(shell);
        }
    };
    for _ in 0..60 {
        do_something(&mut shell, &mut rng);
        if rough {
            disturb(&mut shell, &mut rng);
        }
        for _ in 0..rng.u32(1..20) {
            shell.advance(SECOND * rng.u32(1..20));
            check_users(&shell);
        }
    }
    shell.advance(HOUR * 3);
    check_users(&shell);
    check_story(&shell);
    check_traffic(&shell);
    check_told(&mut shell);
    let active = json!({"includeOnlyStatuses": ["Created", "InProgress", "Ready"]});
    assert_eq!(shell.call("codedeploy", "ListDeployments", active).unwrap()["deployments"], json!([]), "{seed}");
    let listed = shell.call("codedeploy", "ListDeployments", json!({})).unwrap();
    let ids: Vec<String> = serde_json::from_value(listed["deployments"].clone()).unwrap();
    ids.iter().map(|id| outcome(&mut shell, id)).collect()
}

#[test]
fn whatever_is_decided_users_are_served_and_every_deployment_ends() {
    let outcomes: BTreeSet<_> = (0..25).flat_map(|seed| play(seed, false)).collect();
    let expected = [
        is("Failed", "HOOK_EXECUTION_FAILURE"),
        is("Stopped", "ALARM_ACTIVE"),
        is("Stopped", "MANUAL_STOP"),
        is("Stopped", "TIMEOUT"),
        is("Succeeded", ""),
    ];
    assert!(expected.iter().all(|expected| outcomes.contains(expected)), "not everything was tried: {outcomes:?}");
}

#[test]
fn whatever_tasks_do_every_deployment_ends() {
    let outcomes: BTreeSet<_> = (100..115).flat_map(|seed| play(seed, true)).collect();
    assert!(outcomes.contains(&is("Failed", "TIMEOUT")), "not everything was tried: {outcomes:?}");
}
