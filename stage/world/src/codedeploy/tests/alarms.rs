//! Deployments that alarms stop.

use super::*;
use crate::{Alarm, AlarmState};

/// A group that watches these alarms; the account has the first two.
fn watching(configuration: &Json, setup: Setup) -> Shell {
    let and = json!({
        "alarmConfiguration": configuration,
        "autoRollbackConfiguration": {"enabled": true, "events": ["DEPLOYMENT_STOP_ON_ALARM"]},
    });
    let mut setup = setup;
    for name in ["5xx", "slow"] {
        setup.infrastructure.alarms.push(Alarm::new(name, AlarmState::Ok));
    }
    shell_with(setup, &Plan { and, ..Plan::default() })
}

fn set(shell: &mut Shell, name: &str, state: &str) {
    let input = json!({"AlarmName": name, "StateValue": state, "StateReason": "test"});
    shell.call("cloudwatch", "SetAlarmState", input).unwrap();
}

fn alarms(names: &[&str]) -> Json {
    let alarms: Vec<_> = names.iter().map(|name| json!({"name": name})).collect();
    json!({"enabled": true, "alarms": alarms})
}

#[test]
fn an_alarm_stops_a_deployment_and_brings_blue_back() {
    for wait in ["a hook", "termination"] {
        let mut shell = watching(&alarms(&["slow", "5xx"]), setup());
        let hooks: &[&str] = if wait == "a hook" { &["AfterInstall"] } else { &[] };
        let id = deploy(&mut shell, hooks);
        if wait == "a hook" {
            wait_for_hook(&mut shell, 1);
        } else {
            wait_for(&mut shell, "termination");
        }
        set(&mut shell, "5xx", "INSUFFICIENT_DATA");
        shell.advance(MINUTE);
        assert_eq!(outcome(&mut shell, &id), is("InProgress", ""));
        set(&mut shell, "5xx", "ALARM");
        assert!(!shell.until(SECOND * 19, |shell| ended(shell, &id)), "{wait}");
        assert!(shell.until(SECOND * 6, |shell| ended(shell, &id)), "{wait}");
        assert_eq!(outcome(&mut shell, &id), is("Stopped", "ALARM_ACTIVE"));
        let message = info(&mut shell, &id)["errorInformation"]["message"].as_str().unwrap().to_owned();
        assert!(message.ends_with("Activated alarms: 5xx"), "{message}");
        shell.advance(MINUTE * 2);
        let rollback = rollback_of(&mut shell, &id).unwrap();
        assert_eq!(outcome(&mut shell, &rollback), is("Succeeded", ""), "though the alarm is active still");
        assert_eq!((shell.running("shop:v1"), shell.running("shop:v2")), (2, 0));
    }
}

#[test]
fn a_deployment_that_somebody_stops_is_stopped_for_that_and_not_for_an_alarm() {
    let mut shell = watching(&alarms(&["5xx"]), setup());
    let id = deploy(&mut shell, &["BeforeInstall"]);
    wait_for_hook(&mut shell, 1);
    // the alarms are asked in between
    shell.advance(SECOND * 10);
    shell.call("codedeploy", "StopDeployment", json!({"deploymentId": id, "autoRollbackEnabled": false})).unwrap();
    set(&mut shell, "5xx", "ALARM");
    assert!(shell.until(SECOND * 10, |shell| ended(shell, &id)));
    assert_eq!(outcome(&mut shell, &id), is("Stopped", "MANUAL_STOP"));
}

#[test]
fn an_alarm_that_was_active_before_stops_a_deployment_at_once() {
    let mut shell = watching(&alarms(&["5xx"]), setup());
    set(&mut shell, "5xx", "ALARM");
    let id = deploy(&mut shell, &["BeforeInstall"]);
    assert!(shell.until(SECOND * 5, |shell| ended(shell, &id)));
    assert_eq!(outcome(&mut shell, &id), is("Stopped", "ALARM_ACTIVE"));
    assert!(statuses(&mut shell, &id).iter().all(|status| status.ends_with("Skipped")));
    assert!(hook_events(&shell).is_empty());
}

#[test]
fn an_alarm_that_is_over_before_it_is_heeded_stops_nothing() {
    let mut shell = watching(&alarms(&["5xx"]), setup());
    let id = deploy(&mut shell, &["AfterInstall"]);
    wait_for_hook(&mut shell, 1);
    set(&mut shell, "5xx", "ALARM");
    shell.advance(SECOND * 15);
    set(&mut shell, "5xx", "OK");
    shell.advance(MINUTE);
    assert_eq!(outcome(&mut shell, &id), is("InProgress", ""));
}

#[test]
fn alarms_that_are_not_watched_stop_nothing() {
    let mut off = alarms(&["5xx"]);
    off["enabled"] = json!(false);
    for (configuration, overriding) in [(off.clone(), None), (alarms(&["slow"]), None), (alarms(&["5xx"]), Some(off))] {
        let mut shell = watching(&configuration, setup());
        set(&mut shell, "5xx", "ALARM");
        let mut input = deployment(&appspec(&[]));
        if let Some(overriding) = overriding {
            input["overrideAlarmConfiguration"] = overriding;
        }
        let id = shell.call("codedeploy", "CreateDeployment", input).unwrap()["deploymentId"].clone();
        assert!(shell.until(HOUR, |shell| ended(shell, id.as_str().unwrap())));
        assert_eq!(outcome(&mut shell, id.as_str().unwrap()), is("Succeeded", ""));
    }
}

#[test]
fn alarms_that_cannot_be_asked_stop_a_deployment_unless_that_is_ignored() {
    let forbidden = || {
        let mut setup = setup();
        setup.stack.roles.push(service_role(&[(&NEEDED, "*")]));
        setup
    };
    for (names, setup, ignored) in [
        (["5xx", "nobody-made-this"], setup(), false),
        (["5xx", "nobody-made-this"], setup(), true),
        (["5xx", "slow"], forbidden(), false),
        (["5xx", "slow"], forbidden(), true),
    ] {
        let mut configuration = alarms(&names);
        configuration["ignorePollAlarmFailure"] = json!(ignored);
        let mut shell = watching(&configuration, setup);
        let id = deploy(&mut shell, &[]);
        assert!(shell.until(HOUR, |shell| ended(shell, &id)));
        let expected = if ignored { is("Succeeded", "") } else { is("Stopped", "ALARM_ACTIVE") };
        assert_eq!(outcome(&mut shell, &id), expected, "{names:?}");
    }
}

#[test]
fn who_overrides_alarms_must_be_allowed_to_change_the_group() {
    let mut setup = setup();
    let mut roles = |name: &str, actions: &[&str]| {
        let policy = json!({"Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]});
        let policies = vec![serde_json::from_value(policy).unwrap()];
        setup.stack.roles.push(Role {
            name: name.to_owned(),
            access_key: name.to_uppercase(),
            policies,
            ..Role::default()
        });
    };
    let deploy = ["codedeploy:CreateDeployment", "codedeploy:GetDeploymentConfig", "codedeploy:*ApplicationRevision"];
    roles("deployer", &deploy);
    roles("maintainer", &[&deploy[..], &["codedeploy:UpdateDeploymentGroup"]].concat());
    let mut shell = shell_with(setup, &Plan::default());
    let mut input = deployment(&appspec(&[]));
    input["overrideAlarmConfiguration"] = json!({"enabled": true});
    let mut code = |key: &str, input: &Json| {
        shell.call_as(key, "codedeploy", "CreateDeployment", input.clone()).err().map(|error| error.code)
    };
    assert_eq!(code("DEPLOYER", &input).as_deref(), Some("AccessDeniedException"));
    assert_eq!(code("MAINTAINER", &input).as_deref(), Some("InvalidAlarmConfigException"));
    input["overrideAlarmConfiguration"] = json!({"enabled": false});
    assert_eq!(code("MAINTAINER", &input), None);
}
