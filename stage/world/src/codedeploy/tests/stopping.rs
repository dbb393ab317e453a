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

#[test]
fn a_stop_takes_users_back_to_blue_from_everywhere() {
    for place in &PLACES[..10] {
        let mut shell = shell_with(setup(), &plan());
        let id = bring(&mut shell, place);
        let answer = stop(&mut shell, &id, Some(true)).unwrap();
        assert_eq!(answer["status"], "Succeeded", "{place}");
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
        stop(&mut shell, &id, None).unwrap();
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
        stop(&mut shell, &id, Some(false)).unwrap();
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
        stop(&mut shell, id, asked).unwrap();
        assert_eq!(rollback_of(&mut shell, id).is_some(), rolls_back, "{group} {asked:?}");
    }
}

#[test]
fn a_hook_that_works_on_is_not_heard_any_more() {
    let mut shell = shell();
    let id = deploy(&mut shell, &["BeforeInstall"]);
    let event = wait_for_hook(&mut shell, 1);
    stop(&mut shell, &id, None).unwrap();
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
    stop(&mut shell, &id, Some(true)).unwrap();
    let rollback = rollback_of(&mut shell, &id).unwrap();
    shell.advance(SECOND * 2);
    stop(&mut shell, &rollback, Some(true)).unwrap();
    shell.advance(HOUR);
    assert_eq!(outcome(&mut shell, &rollback), is("Stopped", "MANUAL_STOP"));
    assert_eq!(rollback_of(&mut shell, &rollback), None);
    assert_eq!(serving(&shell, PRODUCTION), [("two".to_owned(), 100, 2)], "users are where the stop found them");
}
