//! What a hook is told, and what becomes of its answers.

use super::*;

const STAGE: &str = "POST_TEST_TRAFFIC_SHIFT";

fn hook(more: &Json) -> Json {
    let mut hook = json!({"hookTargetArn": HOOK, "roleArn": INVOKE_ROLE, "lifecycleStages": [STAGE]});
    for (key, value) in more.as_object().unwrap() {
        hook[key] = value.clone();
    }
    hook
}

fn with_hooks(hooks: &[Json]) -> Json {
    let mut configuration = blue_green();
    configuration["lifecycleHooks"] = json!(hooks);
    configuration
}

fn hook_statuses(shell: &mut Shell, arn: &str) -> Vec<String> {
    let details = describe(shell, arn)["lifecycleHookDetails"].clone();
    details.as_array().unwrap().iter().map(|hook| hook["status"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_hook_is_told_what_is_deployed() {
    let mut shell = shell(&with_hooks(&[hook(&json!({}))]));
    answers(&mut shell);
    let arn = deploy(&mut shell);
    until_over(&mut shell, &arn);
    let described = describe(&mut shell, &arn);
    let [event] = events(&shell).try_into().unwrap();
    assert_eq!(event["executionId"].as_str().unwrap().len(), 36);
    let expected = json!({
        "executionId": event["executionId"],
        "lifecycleStage": STAGE,
        "resourceArn": arn,
        "executionDetails": {
            "serviceArn": "arn:aws:ecs:us-east-1:123456789012:service/shop/web",
            "targetServiceRevisionArn": described["targetServiceRevision"]["arn"],
            "testTrafficWeights": {},
            "productionTrafficWeights": {},
        },
    });
    assert_eq!(event, expected);
    let told = shell.told("hook.invoked").next().unwrap();
    assert_eq!((&told["function"], &told["lifecycle_event"]), (&json!("hook"), &json!(STAGE)));
}

#[test]
fn weights_are_told_in_the_stages_that_are_about_them() {
    let mut shell = shell(&hooked(&blue_green(), &STAGES));
    answers(&mut shell);
    let arn = deploy(&mut shell);
    until_over(&mut shell, &arn);
    let described = describe(&mut shell, &arn);
    let green = described["targetServiceRevision"]["arn"].as_str().unwrap();
    let blue = described["sourceServiceRevisions"][0]["arn"].as_str().unwrap();
    let (before, after) = (json!({green: 0, blue: 100}), json!({green: 100, blue: 0}));
    for event in events(&shell) {
        let details = &event["executionDetails"];
        let (test, production) = match event["lifecycleStage"].as_str().unwrap() {
            "TEST_TRAFFIC_SHIFT" => (after.clone(), json!({})),
            "PRE_PRODUCTION_TRAFFIC_SHIFT" => (json!({}), before.clone()),
            "PRODUCTION_TRAFFIC_SHIFT" => (json!({}), after.clone()),
            _ => (json!({}), json!({})),
        };
        assert_eq!((&details["testTrafficWeights"], &details["productionTrafficWeights"]), (&test, &production));
    }
}

#[test]
fn a_hook_in_progress_is_called_again_with_what_it_returned() {
    let mut shell = shell(&with_hooks(&[hook(&json!({"hookDetails": {"bucket": "b", "place": 0}}))]));
    let script = answers(&mut shell);
    at(
        &script,
        STAGE,
        &[
            json!({"hookStatus": "IN_PROGRESS"}),
            json!({"hookStatus": "IN_PROGRESS", "callBackDelay": 300, "hookDetails": {"place": 1, "task": "t"}}),
            json!({"hookStatus": "IN_PROGRESS", "callBackDelay": 0, "hookDetails": {"place": 2}}),
            json!({"hookStatus": "SUCCEEDED", "hookDetails": {"place": 9}}),
        ],
    );
    let arn = deploy(&mut shell);
    assert_eq!(until_over(&mut shell, &arn), "SUCCESSFUL");
    let details: Vec<Json> = events(&shell).iter().map(|event| event["hookDetails"].clone()).collect();
    assert_eq!(
        details,
        [
            json!({"bucket": "b", "place": 0}),
            json!({"bucket": "b", "place": 0}),
            json!({"bucket": "b", "place": 1, "task": "t"}),
            json!({"bucket": "b", "place": 2, "task": "t"}),
        ]
    );
    let ids: std::collections::BTreeSet<String> =
        events(&shell).iter().map(|event| event["executionId"].to_string()).collect();
    assert_eq!(ids.len(), 1);
    let invoked: Vec<_> = shell
        .facts
        .iter()
        .filter(|fact| matches!(&fact.kind, FactKind::FunctionInvoked { function, .. } if function == "hook"))
        .collect();
    let pauses: Vec<i64> = invoked.windows(2).map(|pair| pair[1].at.duration_since(pair[0].at).as_secs()).collect();
    // a function of the tests needs a second
    assert_eq!(pauses, [31, 301, 1]);
    assert_eq!(news(&shell, "ECS Hook State Change"), ["HOOK_IN_PROGRESS", "HOOK_SUCCEEDED"]);
}

#[test]
fn what_a_hook_returned_is_given_to_it_in_later_stages_too() {
    let mut shell = shell(&hooked(&blue_green(), &["PRE_SCALE_UP", "POST_SCALE_UP"]));
    let script = answers(&mut shell);
    let waits = json!({"hookStatus": "IN_PROGRESS", "hookDetails": {"place": 1}});
    at(&script, "PRE_SCALE_UP", &[waits, json!({"hookStatus": "SUCCEEDED"})]);
    let arn = deploy(&mut shell);
    until_over(&mut shell, &arn);
    let later = events(&shell).remove(2);
    assert_eq!((&later["lifecycleStage"], &later["hookDetails"]), (&json!("POST_SCALE_UP"), &json!({"place": 1})));
    // and not in the next deployment
    let arn = deploy_revision(&mut shell, "shop:3");
    until_over(&mut shell, &arn);
    assert_eq!(events(&shell)[3].get("hookDetails"), None);
}

#[test]
fn whatever_is_no_answer_rolls_back() {
    let error = InvocationOutcome::Failed { error_type: "Oops".to_owned(), error_message: "it broke".to_owned() };
    for (outcome, reason) in [
        (InvocationOutcome::Returned(Json::Null), "did not return a hookStatus"),
        (InvocationOutcome::Returned(json!({"hookStatus": "DONE"})), "hookStatus DONE"),
        (InvocationOutcome::Returned(json!({"hookStatus": "IN_PROGRESS", "callBackDelay": "soon"})), "callBackDelay"),
        (error, "Oops: it broke"),
        (InvocationOutcome::Crashed("signal: killed".to_owned()), "Runtime.ExitError"),
        (InvocationOutcome::TimedOut, "Task timed out"),
    ] {
        let mut shell = shell(&with_hooks(&[hook(&json!({}))]));
        let script = answers(&mut shell);
        script.borrow_mut().insert(STAGE.to_owned(), vec![outcome]);
        let arn = deploy(&mut shell);
        assert_eq!(until_over(&mut shell, &arn), "ROLLBACK_SUCCESSFUL");
        let told = describe(&mut shell, &arn)["statusReason"].as_str().unwrap().to_owned();
        assert!(told.contains(reason), "{told}");
        // there is no second attempt
        assert_eq!(events(&shell).len(), 1);
        assert_eq!(hook_statuses(&mut shell, &arn), ["FAILED"]);
        blue_serves(&mut shell);
    }
}

#[test]
fn a_function_that_is_not_there_or_not_allowed_rolls_back() {
    let nobody = "arn:aws:lambda:us-east-1:123456789012:function:nobody";
    let roles = || {
        let mut setup = setup();
        setup.stack.roles.push(role("other", &["s3:*"]));
        setup.stack.roles.push(Role { trusted: Vec::new(), ..role("distrustful", &["lambda:*"]) });
        setup
    };
    for (more, reason) in [
        (json!({"hookTargetArn": nobody}), "Function not found"),
        (json!({"roleArn": "arn:aws:iam::123456789012:role/other"}), "lambda:InvokeFunction"),
        (json!({"roleArn": "arn:aws:iam::123456789012:role/distrustful"}), "unable to assume"),
    ] {
        let mut shell = shell_with(roles(), &with_hooks(&[hook(&more)]));
        let arn = deploy(&mut shell);
        assert_eq!(until_over(&mut shell, &arn), "ROLLBACK_SUCCESSFUL");
        let told = describe(&mut shell, &arn)["statusReason"].as_str().unwrap().to_owned();
        assert!(told.contains(reason), "{told}");
        assert!(events(&shell).is_empty());
        blue_serves(&mut shell);
    }
}

#[test]
fn a_function_without_room_is_called_again() {
    let mut setup = setup();
    setup.stack.functions[0].reserved_concurrency = Some(1);
    let mut shell =
        shell_with(setup, &with_hooks(&[hook(&json!({})), hook(&json!({"hookDetails": {"second": true}}))]));
    answers(&mut shell);
    let arn = deploy(&mut shell);
    assert_eq!(until_over(&mut shell, &arn), "SUCCESSFUL");
    assert_eq!(events(&shell).len(), 2);
    assert_eq!(hook_statuses(&mut shell, &arn), ["SUCCEEDED", "SUCCEEDED"]);
}

#[test]
fn hooks_of_a_stage_run_side_by_side_and_the_slowest_ends_it() {
    let mut shell = shell(&with_hooks(&[hook(&json!({"hookDetails": {"slow": true}})), hook(&json!({}))]));
    shell.function = Box::new(|invoke| {
        let slow = invoke.payload["hookDetails"]["slow"] == true;
        let outcome = InvocationOutcome::Returned(json!({"hookStatus": "SUCCEEDED"}));
        Some((if slow { SECOND * 20 } else { SECOND }, outcome))
    });
    let arn = deploy(&mut shell);
    until_stage(&mut shell, &arn, STAGE);
    shell.advance(SECOND * 3);
    assert_eq!(hook_statuses(&mut shell, &arn), ["IN_PROGRESS", "SUCCEEDED"]);
    assert_eq!(describe(&mut shell, &arn)["lifecycleStage"], STAGE);
    assert_eq!(until_over(&mut shell, &arn), "SUCCESSFUL");
    assert_eq!(hook_statuses(&mut shell, &arn), ["SUCCEEDED", "SUCCEEDED"]);
}

#[test]
fn one_of_them_that_fails_is_enough_and_the_others_word_comes_too_late() {
    let mut shell = shell(&with_hooks(&[hook(&json!({"hookDetails": {"slow": true}})), hook(&json!({}))]));
    shell.function = Box::new(|invoke| {
        let slow = invoke.payload["hookDetails"]["slow"] == true;
        let status = if slow { "SUCCEEDED" } else { "FAILED" };
        let outcome = InvocationOutcome::Returned(json!({"hookStatus": status}));
        Some((if slow { SECOND * 20 } else { SECOND }, outcome))
    });
    let arn = deploy(&mut shell);
    assert_eq!(until_over(&mut shell, &arn), "ROLLBACK_SUCCESSFUL");
    assert_eq!(hook_statuses(&mut shell, &arn), ["FAILED", "FAILED"]);
    blue_serves(&mut shell);
}

#[test]
fn a_hook_that_is_never_done_times_out() {
    for (timeout, expected, after) in [
        (json!({}), "ROLLBACK_SUCCESSFUL", HOUR * 24),
        (json!({"timeoutConfiguration": {"timeoutInMinutes": 90}}), "ROLLBACK_SUCCESSFUL", MINUTE * 90),
        (json!({"timeoutConfiguration": {"timeoutInMinutes": 90, "action": "CONTINUE"}}), "SUCCESSFUL", MINUTE * 90),
    ] {
        let mut shell = shell(&with_hooks(&[hook(&timeout)]));
        let script = answers(&mut shell);
        at(&script, STAGE, &[json!({"hookStatus": "IN_PROGRESS", "callBackDelay": 600})]);
        let arn = deploy(&mut shell);
        until_stage(&mut shell, &arn, STAGE);
        shell.advance(after.saturating_sub(MINUTE));
        assert_eq!(status(&mut shell, &arn), "IN_PROGRESS");
        let calls = events(&shell).len();
        assert_eq!(until_over(&mut shell, &arn), expected);
        assert_eq!(hook_statuses(&mut shell, &arn), ["TIMED_OUT"]);
        assert_eq!(events(&shell).len(), calls, "nobody calls it any more");
        assert!(news(&shell, "ECS Hook State Change").contains(&"HOOK_TIMED_OUT".to_owned()));
    }
}

#[test]
fn the_answer_of_a_hook_that_timed_out_is_nobodys() {
    let timeout = json!({"timeoutConfiguration": {"timeoutInMinutes": 1, "action": "CONTINUE"}});
    let mut shell = shell(&with_hooks(&[hook(&timeout)]));
    shell.function = Box::new(|_| Some((MINUTE * 2, InvocationOutcome::Returned(json!({"hookStatus": "FAILED"})))));
    let arn = deploy(&mut shell);
    assert_eq!(until_over(&mut shell, &arn), "SUCCESSFUL");
}
