//! Whatever hooks, operators and alarms do: what holds all the same.

use super::*;
use crate::testing::Play;

/// Hooks of any kind at some stages.
fn some_hooks(rng: &mut fastrand::Rng) -> Json {
    let timeout = |rng: &mut fastrand::Rng| {
        let action = if rng.bool() { "CONTINUE" } else { "ROLLBACK" };
        json!({"timeoutInMinutes": rng.u32(1..90), "action": action})
    };
    let mut hooks = Vec::new();
    for _ in 0..rng.u32(..3) {
        let stages: Vec<&str> = STAGES.into_iter().chain(["RECONCILE_SERVICE"]).filter(|_| rng.bool()).collect();
        if !stages.is_empty() {
            hooks.push(json!({
                "hookTargetArn": HOOK, "roleArn": INVOKE_ROLE, "lifecycleStages": stages,
                "timeoutConfiguration": timeout(rng),
            }));
        }
    }
    if rng.bool() {
        let stage = ["PRE_SCALE_UP", "POST_TEST_TRAFFIC_SHIFT", "PRE_PRODUCTION_TRAFFIC_SHIFT"][rng.usize(..3)];
        hooks.push(json!({
            "targetType": "PAUSE", "lifecycleStages": [stage], "timeoutConfiguration": timeout(rng),
        }));
    }
    json!(hooks)
}

fn some_configuration(rng: &mut fastrand::Rng) -> Json {
    let mut configuration = json!({
        "bakeTimeInMinutes": rng.u32(..20),
        "alarms": {"alarmNames": ["errors"], "enable": rng.bool(), "rollback": rng.bool()},
        "deploymentCircuitBreaker": {"enable": rng.bool(), "rollback": rng.bool()},
        "lifecycleHooks": some_hooks(rng),
    });
    match rng.u32(..4) {
        0 => configuration["strategy"] = json!("BLUE_GREEN"),
        1 => {
            configuration["strategy"] = json!("LINEAR");
            configuration["linearConfiguration"] =
                json!({"stepPercent": rng.u32(10..100), "stepBakeTimeInMinutes": rng.u32(..4)});
        }
        2 => {
            configuration["strategy"] = json!("CANARY");
            configuration["canaryConfiguration"] =
                json!({"canaryPercent": f64::from(rng.u32(1..1000)) / 10.0, "canaryBakeTimeInMinutes": rng.u32(..9)});
        }
        _ => {
            configuration["strategy"] = json!("ROLLING");
            configuration["lifecycleHooks"] = json!([]);
        }
    }
    configuration
}

/// Somebody does something; much of it is refused. Tasks only break where they may.
fn do_something(shell: &mut Shell, rng: &mut fastrand::Rng, tasks_break: bool) {
    let latest = list(shell).remove(0);
    match rng.u32(..12) {
        0 | 1 => {
            let revision = ["shop:1", "shop:2", "shop:3"][rng.usize(..3)];
            let mut change = json!({"taskDefinition": revision, "forceNewDeployment": rng.bool()});
            if rng.bool() {
                change["deploymentConfiguration"] = some_configuration(rng);
            }
            update(shell, change).unwrap();
        }
        2 if rng.u32(..3) == 0 => {
            let _ = shell.call("ecs", "StopServiceDeployment", json!({"serviceDeploymentArn": latest}));
        }
        3 => {
            let hooks = describe(shell, &latest)["lifecycleHookDetails"].clone();
            if let Some(hook) = hooks.as_array().and_then(|hooks| hooks.last()) {
                let action = if rng.u32(..4) == 0 { "ROLLBACK" } else { "CONTINUE" };
                let input = json!({"serviceDeploymentArn": latest, "hookId": hook["hookId"], "action": action});
                let _ = shell.call("ecs", "ContinueServiceDeployment", input);
            }
        }
        4 => {
            let state = if rng.u32(..4) == 0 { "ALARM" } else { "OK" };
            let input = json!({"AlarmName": "errors", "StateValue": state, "StateReason": "test"});
            shell.call("cloudwatch", "SetAlarmState", input).unwrap();
        }
        5 => {
            update(shell, json!({"desiredCount": rng.u32(1..4)})).unwrap();
        }
        6 if tasks_break => {
            let image = ["shop:v1", "shop:v2", "shop:v3"][rng.usize(..3)];
            shell.kill(|process| process.image == image, 1);
        }
        7 if tasks_break => {
            shell.play = Box::new(|process| if process.image == "shop:v2" { Play::Sick } else { Play::Serve });
        }
        8 => shell.play = Box::new(|_| Play::Serve),
        _ => {}
    }
}

/// What a function says, if it says anything.
fn some_answers(shell: &mut Shell, mut rng: fastrand::Rng) {
    shell.function = Box::new(move |_| {
        let answer = match rng.u32(..12) {
            0 => json!({"hookStatus": "FAILED"}),
            1 => json!({"hookStatus": "DONE"}),
            2..=4 => json!({"hookStatus": "IN_PROGRESS", "callBackDelay": rng.u32(..120), "hookDetails": {"n": 1}}),
            _ => json!({"hookStatus": "SUCCEEDED"}),
        };
        let outcome = match rng.u32(..30) {
            0 => InvocationOutcome::Crashed("gone".to_owned()),
            1 => InvocationOutcome::TimedOut,
            _ => InvocationOutcome::Returned(answer),
        };
        Some((Duration::from_millis(rng.u64(1..20_000)), outcome))
    });
}

/// Production traffic goes to one of two sides, or both, and to tasks that are there, unless they all broke at once.
fn check_users(shell: &Shell, tasks_break: bool) {
    let serving = serving(shell, PRODUCTION);
    assert!((1..=2).contains(&serving.len()), "{serving:?}");
    assert!(tasks_break || serving.iter().all(|(_, _, targets)| *targets > 0), "{serving:?}");
}

/// What was told of each deployment is a story with one beginning and one end, and no two of them overlap.
fn check_story(shell: &Shell) {
    let mut active: Option<&str> = None;
    let mut stage: Option<&str> = None;
    for fact in &shell.facts {
        match &fact.kind {
            FactKind::DeploymentStarted { deployment_id, .. } => {
                assert_eq!((active.replace(deployment_id), stage), (None, None), "two at once");
            }
            FactKind::LifecycleStarted { deployment_id, lifecycle_event } => {
                assert_eq!((active, stage.replace(lifecycle_event)), (Some(&**deployment_id), None));
            }
            FactKind::LifecycleEnded { deployment_id, lifecycle_event, .. } => {
                assert_eq!((active, stage.take()), (Some(&**deployment_id), Some(&**lifecycle_event)));
            }
            FactKind::DeploymentEnded { deployment_id, .. } => {
                // one that is stopped before it starts has no beginning
                assert!(active.take().is_none_or(|active| active == deployment_id));
                assert_eq!(stage, None);
            }
            _ => {}
        }
    }
    assert_eq!((active, stage), (None, None));
}

/// When everybody has calmed down: every deployment is over, and one revision has all tasks and all traffic, unless a deployment
/// was stopped where it was.
fn check_end(shell: &mut Shell) {
    for arn in list(shell) {
        assert!(describe(shell, &arn)["finishedAt"].is_f64(), "{}", describe(shell, &arn));
    }
    let arn = update(
        shell,
        json!({"taskDefinition": "shop:3", "forceNewDeployment": true, "deploymentConfiguration": {
            "strategy": "BLUE_GREEN", "bakeTimeInMinutes": 0, "lifecycleHooks": [],
        }}),
    )
    .unwrap()["currentServiceDeployment"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(until_over(shell, &arn), "SUCCESSFUL");
    let service = described_service(shell);
    let desired = usize::try_from(service["desiredCount"].as_u64().unwrap()).unwrap();
    assert_eq!(["shop:v1", "shop:v2", "shop:v3"].map(|image| shell.running(image)), [0, 0, desired]);
    let [(_, weight, targets)] = serving(shell, PRODUCTION).try_into().unwrap();
    assert_eq!((weight, targets), (100, desired));
    assert_eq!(service["currentServiceDeployment"], json!(null));
}

#[test]
fn whatever_happens_it_ends_well() {
    for seed in 0..60 {
        let mut rng = fastrand::Rng::with_seed(seed);
        let tasks_break = seed % 2 == 0;
        let mut setup = setup();
        setup.seed = seed;
        let mut shell = shell_with(setup, &some_configuration(&mut rng));
        some_answers(&mut shell, rng.fork());
        for _ in 0..40 {
            do_something(&mut shell, &mut rng, tasks_break);
            for _ in 0..rng.u32(..8) {
                shell.advance(Duration::from_secs(rng.u64(..120)));
                check_users(&shell, tasks_break);
            }
        }
        shell.play = Box::new(|_| Play::Serve);
        let calm = json!({"AlarmName": "errors", "StateValue": "OK", "StateReason": "test"});
        shell.call("cloudwatch", "SetAlarmState", calm).unwrap();
        for _ in 0..48 {
            if described_service(&mut shell)["currentServiceDeployment"].is_null() {
                break;
            }
            shell.advance(HOUR);
        }
        check_end(&mut shell);
        check_story(&shell);
    }
}
