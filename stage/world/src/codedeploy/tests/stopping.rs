//! `StopDeployment`, whatever the deployment is doing.

use super::*;
use crate::testing::Play;

const HOOKS: [&str; 5] =
    ["BeforeInstall", "AfterInstall", "AfterAllowTestTraffic", "BeforeAllowTraffic", "AfterAllowTraffic"];

/// Where a deployment can be, in order.
const PLACES: [&str; 11] = [
    "Created",
    "BeforeInstall",
    "Install",
    "AfterInstall",
    "AfterAllowTestTraffic",
    "ready",
    "BeforeAllowTraffic",
    "AllowTraffic",
    "AfterAllowTraffic",
    "termination",
    "the end",
];

fn plan() -> Plan {
    let ready = json!({"actionOnTimeout": "STOP_DEPLOYMENT", "waitTimeInMinutes": 30});
    let and = blue_green(&ready, &json!({"action": "TERMINATE", "terminationWaitTimeInMinutes": 5}));
    Plan { configuration: "CodeDeployDefault.ECSCanary10Percent5Minutes", and, ..Plan::default() }
}

/// Brings a new deployment to a place, by the word of its hooks and `ContinueDeployment`.
fn bring(shell: &mut Shell, place: &str) -> String {
    if place == "Install" {
        shell.play = Box::new(|process| if process.image == "shop:v2" { Play::Sick } else { Play::Serve });
    }
    let id = deploy(shell, &HOOKS);
    let mut reported = 0;
    while !is_at(shell, &id, place) {
        let waits = |shell: &Shell| hook_events(shell).len() > reported;
        if waits(shell) {
            let event = hook_events(shell).remove(reported);
            report(shell, &event, "Succeeded").unwrap();
            reported += 1;
        } else if is_at(shell, &id, "ready") {
            go_on(shell, &id, "READY_WAIT").unwrap();
        }
        shell.advance(SECOND);
    }
    id
}

fn is_at(shell: &mut Shell, id: &str, place: &str) -> bool {
    let (status, _) = outcome(shell, id);
    match place {
        "Created" => true,
        "ready" => status == "Ready",
        "termination" => info(shell, id)["instanceTerminationWaitTimeStarted"] == true,
        "the end" => status == "Succeeded",
        event => status == "InProgress" && statuses(shell, id).contains(&format!("{event} InProgress")),
    }
}

fn stop(shell: &mut Shell, id: &str, rolls_back: Option<bool>) -> Result<Json, crate::AwsError> {
    let mut input = json!({"deploymentId": id});
    if let Some(rolls_back) = rolls_back {
        input["autoRollbackEnabled"] = json!(rolls_back);
    }
    shell.call("codedeploy", "StopDeployment", input)
}

fn wait_until(shell: &mut Shell, mut holds: impl FnMut(&mut Shell) -> bool) {
    for _ in 0..3600 {
        shell.advance(SECOND);
        if holds(shell) {
            return;
        }
    }
    panic!("what was waited for does not come");
}

/// Stops a deployment and does not wait for what runs on: who asks again is told that it is stopped.
fn stop_at_once(shell: &mut Shell, id: &str, rolls_back: Option<bool>) {
    let first = stop(shell, id, rolls_back).unwrap();
    let last = if first["status"] == "Pending" { stop(shell, id, None).unwrap() } else { first };
    assert_eq!(last["status"], "Succeeded", "{last}");
    assert_eq!(outcome(shell, id), is("Stopped", "MANUAL_STOP"));
}

#[test]
fn a_stop_takes_users_back_to_blue_from_everywhere() {
    for place in &PLACES[..10] {
        let mut shell = shell_with(setup(), &plan());
        let id = bring(&mut shell, place);
        let begun = shell.now;
        let answer = stop(&mut shell, &id, Some(true)).unwrap();
        // what a hook's function or ECS does may still be going on
        let waits = !matches!(*place, "Created" | "ready" | "AllowTraffic" | "termination");
        assert_eq!(answer["status"], if waits { "Pending" } else { "Succeeded" }, "{place}");
        if waits {
            assert_eq!(outcome(&mut shell, &id), is("InProgress", ""), "{place}");
            assert!(shell.until(SECOND * 10, |shell| ended(shell, &id)), "{place}");
        }
        assert_eq!(shell.now.duration_since(begun).as_secs(), if waits { 10 } else { 0 }, "{place}");
        assert_eq!(outcome(&mut shell, &id), is("Stopped", "MANUAL_STOP"), "{place}");
        let rollback = rollback_of(&mut shell, &id).unwrap();
        assert_eq!(stop(&mut shell, &id, None).unwrap_err().code, "DeploymentAlreadyCompletedException");
        assert!(shell.until(MINUTE, |shell| ended(shell, &rollback)), "{place}");
        shell.advance(MINUTE * 2);

        assert_eq!(outcome(&mut shell, &rollback), is("Succeeded", ""), "{place}");
        let told = info(&mut shell, &rollback);
        assert_eq!(
            (&told["creator"], &told["deploymentConfigName"]),
            (&json!("codeDeployRollback"), &json!("CodeDeployDefault.ECSAllAtOnce"))
        );
        assert_eq!(told["rollbackInfo"]["rollbackTriggeringDeploymentId"], id.as_str());
        let on_blue: Vec<_> = serving(&shell, PRODUCTION).into_iter().filter(|(_, weight, _)| *weight > 0).collect();
        assert!(matches!(&on_blue[..], [(group, _, 2)] if group == "one"), "{place}: {on_blue:?}");
        assert_eq!((shell.running("shop:v1"), shell.running("shop:v2")), (2, 0), "{place}");
    }
}

#[test]
fn a_stop_without_a_rollback_leaves_everything_where_it_is() {
    // green's share of production traffic, and its tasks
    let left = [
        ("BeforeInstall", 0, 0),
        ("AfterInstall", 0, 2),
        ("ready", 0, 2),
        ("AllowTraffic", 10, 2),
        ("AfterAllowTraffic", 100, 2),
        ("termination", 100, 2),
    ];
    for (place, percent, tasks) in left {
        let mut shell = shell_with(setup(), &plan());
        let id = bring(&mut shell, place);
        // the group rolls back failures only
        stop_at_once(&mut shell, &id, None);
        shell.advance(HOUR);
        assert_eq!(rollback_of(&mut shell, &id), None, "{place}");
        let green = serving(&shell, PRODUCTION).into_iter().find(|(group, _, _)| group == "two");
        assert_eq!(green.map_or(0, |(_, weight, _)| weight), percent, "{place}");
        assert_eq!((shell.running("shop:v1"), shell.running("shop:v2")), (2, tasks), "{place}");
    }
}

#[test]
fn the_event_in_progress_has_failed_and_later_ones_are_skipped() {
    for place in &PLACES[..10] {
        let mut shell = shell_with(setup(), &plan());
        let id = bring(&mut shell, place);
        stop_at_once(&mut shell, &id, Some(false));
        if *place == "Created" {
            shell.advance(MINUTE);
            assert_eq!(shell.told("deployment.started").count(), 0, "it never starts");
            continue;
        }
        let seen = statuses(&mut shell, &id);
        let (before, rest): (Vec<&String>, Vec<&String>) =
            seen.iter().partition(|status| status.ends_with("Succeeded"));
        let failed: Vec<String> =
            rest.iter().filter(|status| status.ends_with("Failed")).map(|status| (*status).clone()).collect();
        let expected = if matches!(*place, "ready" | "termination") { vec![] } else { vec![format!("{place} Failed")] };
        assert_eq!(failed, expected, "{place}: {before:?}");
        assert!(rest.iter().skip(failed.len()).all(|status| status.ends_with("Skipped")), "{place}: {rest:?}");
    }
}

#[test]
fn the_group_or_the_deployment_says_whether_a_stop_rolls_back() {
    // the group's events, the deployment's own, the request, and whether there is a rollback
    let request = json!(["DEPLOYMENT_STOP_ON_REQUEST"]);
    for (group, own, asked, rolls_back) in [
        (json!({"enabled": true, "events": request}), None, None, true),
        (json!({"enabled": true, "events": request}), None, Some(false), false),
        (json!({"enabled": false, "events": request}), None, None, false),
        (json!({"enabled": true, "events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"]}), None, None, false),
        (json!({"enabled": true, "events": request}), Some(json!({"enabled": false})), None, false),
        (json!({"enabled": false}), Some(json!({"enabled": true, "events": request})), None, true),
        (json!({"enabled": false}), None, Some(true), true),
    ] {
        let and = json!({"autoRollbackConfiguration": group});
        let mut shell = shell_with(setup(), &Plan { and, ..Plan::default() });
        let mut input = deployment(&appspec(&["BeforeInstall"]));
        if let Some(own) = own {
            input["autoRollbackConfiguration"] = own;
        }
        let id = shell.call("codedeploy", "CreateDeployment", input).unwrap()["deploymentId"].clone();
        let id = id.as_str().unwrap();
        wait_for_hook(&mut shell, 1);
        stop_at_once(&mut shell, id, asked);
        assert_eq!(rollback_of(&mut shell, id).is_some(), rolls_back, "{group} {asked:?}");
    }
}

#[test]
fn a_hook_that_works_on_is_not_heard_any_more() {
    let mut shell = shell();
    let id = deploy(&mut shell, &["BeforeInstall"]);
    let event = wait_for_hook(&mut shell, 1);
    stop_at_once(&mut shell, &id, None);
    assert_eq!(report(&mut shell, &event, "Succeeded").unwrap_err().code, "LifecycleEventAlreadyCompletedException");
    assert_eq!(shell.told("rollback.started").count(), 0);
}

#[test]
fn what_is_over_cannot_be_stopped() {
    let mut shell = shell_with(setup(), &plan());
    let id = bring(&mut shell, "the end");
    let mut code = |id: Json| shell.call("codedeploy", "StopDeployment", json!({"deploymentId": id})).unwrap_err().code;
    assert_eq!(code(json!(id)), "DeploymentAlreadyCompletedException");
    assert_eq!(code(json!("d-NOSUCHONE")), "DeploymentDoesNotExistException");
    assert_eq!(code(json!("deployment")), "InvalidDeploymentIdException");
    assert_eq!(code(json!("")), "DeploymentIdRequiredException");
}

#[test]
fn a_rollback_can_be_stopped_and_is_not_rolled_back() {
    let mut shell = shell_with(setup(), &plan());
    let id = bring(&mut shell, "AfterAllowTraffic");
    stop_at_once(&mut shell, &id, Some(true));
    let rollback = rollback_of(&mut shell, &id).unwrap();
    shell.advance(SECOND * 2);
    stop(&mut shell, &rollback, Some(true)).unwrap();
    shell.advance(HOUR);
    assert_eq!(outcome(&mut shell, &rollback), is("Stopped", "MANUAL_STOP"));
    assert_eq!(rollback_of(&mut shell, &rollback), None);
    assert_eq!(serving(&shell, PRODUCTION), [("two".to_owned(), 100, 2)], "users are where the stop found them");
}

#[test]
fn what_runs_on_when_a_deployment_is_stopped_ends_as_it_would_have() {
    for status in ["Succeeded", "Failed"] {
        for (rolls_back, again) in [(Some(true), None), (Some(false), None), (None, None), (None, Some(true))] {
            let mut shell = shell();
            let id = deploy(&mut shell, &["BeforeInstall", "AfterInstall"]);
            wait_for_hook(&mut shell, 1);
            assert_eq!(stop(&mut shell, &id, rolls_back).unwrap()["status"], "Pending");
            shell.advance(SECOND * 4);
            assert_eq!(info(&mut shell, &id)["status"], "InProgress");
            let event = hook_events(&shell).remove(0);
            if again.is_none() {
                report(&mut shell, &event, status).unwrap();
            } else {
                assert_eq!(stop(&mut shell, &id, again).unwrap()["status"], "Succeeded");
            }
            assert_eq!(outcome(&mut shell, &id), is("Stopped", "MANUAL_STOP"), "{status}");
            assert_eq!(stop(&mut shell, &id, None).unwrap_err().code, "DeploymentAlreadyCompletedException");
            let expected = if again.is_none() { status } else { "Failed" };
            assert_eq!(
                statuses(&mut shell, &id)[..2],
                [format!("BeforeInstall {expected}"), "Install Skipped".to_owned()]
            );
            // the group rolls back failures; this is none
            let wanted = rolls_back.or(again) == Some(true);
            assert_eq!(rollback_of(&mut shell, &id).is_some(), wanted, "{rolls_back:?} {again:?}");
            shell.advance(HOUR);
            assert_eq!(shell.told("deployment.ended").filter(|fact| fact["deployment_id"] == id.as_str()).count(), 1);
            assert_eq!(hook_events(&shell).len(), 1, "nothing after it begins");
        }
    }
}

#[test]
fn green_that_becomes_steady_while_its_deployment_is_stopped_is_taken_back() {
    // how long the installation takes
    let mut other = shell();
    let id = deploy(&mut other, &[]);
    let steady = |shell: &mut Shell, id: &str| {
        wait_until(shell, |shell| statuses(shell, id)[1] == "Install Succeeded");
        shell.now
    };
    let steady = steady(&mut other, &id);

    let mut shell = shell();
    let id = deploy(&mut shell, &[]);
    wait_until(&mut shell, |shell| steady.duration_since(shell.now).as_secs() <= 5);
    assert_eq!(stop(&mut shell, &id, Some(true)).unwrap()["status"], "Pending");
    shell.advance(SECOND * 6);
    assert_eq!(outcome(&mut shell, &id), is("Stopped", "MANUAL_STOP"));
    assert_eq!(statuses(&mut shell, &id)[1..3], ["Install Succeeded", "AfterInstall Skipped"]);
    shell.advance(MINUTE * 2);
    assert_eq!((shell.running("shop:v1"), shell.running("shop:v2")), (2, 0));
}

#[test]
fn one_that_is_being_stopped_is_still_active() {
    let mut shell = shell();
    let id = deploy(&mut shell, &["BeforeInstall"]);
    wait_for_hook(&mut shell, 1);
    stop(&mut shell, &id, Some(false)).unwrap();
    let second = shell.call("codedeploy", "CreateDeployment", deployment(&appspec(&[])));
    assert_eq!(second.unwrap_err().code, "DeploymentLimitExceededException");
    assert_eq!(go_on(&mut shell, &id, "READY_WAIT").unwrap_err().code, "DeploymentIsNotInReadyStateException");
    shell.advance(SECOND * 10);
    deploy(&mut shell, &[]);
}
