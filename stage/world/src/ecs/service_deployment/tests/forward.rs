//! Deployments that go well.

use super::*;

#[test]
fn a_blue_green_deployment_goes_through_its_stages() {
    let mut shell = shell(&hooked(&blue_green(), &STAGES));
    answers(&mut shell);
    let from = shell.facts.len();
    let arn = deploy(&mut shell);
    let service = described_service(&mut shell);
    let counts =
        |deployment: &Json| [&deployment["status"], &deployment["desiredCount"]].map(Json::to_string).join(" ");
    let deployments = service["deployments"].as_array().unwrap();
    assert_eq!(deployments.iter().map(counts).collect::<Vec<_>>(), ["\"PRIMARY\" 0", "\"ACTIVE\" 2"]);
    assert_eq!(service["currentServiceRevisions"].as_array().unwrap().len(), 2);
    assert_eq!(status(&mut shell, &arn), "PENDING");
    assert_eq!(until_over(&mut shell, &arn), "SUCCESSFUL");
    assert_eq!(stages(&shell), STAGES);
    assert_eq!(shifts(&shell, from), [(100, 0)]);
    let lasted: Vec<(String, i64)> = shell.facts[from..]
        .iter()
        .filter_map(|fact| match &fact.kind {
            FactKind::LifecycleEnded { lifecycle_event, status, duration_ms, .. } => {
                assert_eq!(status, "Succeeded");
                Some((lifecycle_event.clone(), duration_ms / 1000))
            }
            _ => None,
        })
        .collect();
    let names: Vec<&str> = lasted.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names[0..3], ["PRE_SCALE_UP", "SCALE_UP", "POST_SCALE_UP"]);
    assert_eq!(names[7..], ["POST_PRODUCTION_TRAFFIC_SHIFT", "BAKE_TIME", "CLEAN_UP"]);
    assert_eq!(lasted[8].1, 600);
    // blue is there until the end
    assert!(lasted[9].1 >= 30, "{lasted:?}");
    assert_eq!(serving(&shell, PRODUCTION), all_to("two"));
    assert_eq!(serving(&shell, TEST), all_to("two"));
    assert_eq!((shell.running("shop:v1"), shell.running("shop:v2")), (0, 2));
    let service = described_service(&mut shell);
    assert_eq!(service["deployments"][0]["rolloutState"], "COMPLETED");
    assert_eq!(service["currentServiceDeployment"], json!(null));
    assert!(service["taskDefinition"].as_str().unwrap().ends_with("shop:2"));
}

/// One listener: test traffic is told by a header.
#[test]
fn a_rule_of_the_production_listener_shows_green_before_users_see_it() {
    let arn = crate::rule_arn(PRODUCTION, "test");
    let header = crate::Condition::HttpHeader { name: "x-ecs-test".to_owned(), values: vec!["1".to_owned()] };
    let rule =
        crate::ListenerRule { arn: arn.clone(), priority: 1, conditions: vec![header], target_group: "one".to_owned() };
    let mut world = setup();
    world.infrastructure.load_balancers[0].listeners = vec![Listener { rules: vec![rule], ..listener(PRODUCTION, 80) }];
    let mut balancer = load_balancer();
    balancer["advancedConfiguration"]["testListenerRule"] = json!(arn);
    // the role needs the other permission for it, and gets no more
    let may = ["elasticloadbalancing:ModifyListener", "elasticloadbalancing:ModifyRule"];
    world.stack.roles.retain(|role| role.name != "balancer");
    world.stack.roles.push(role("balancer", &may));

    let mut shell = empty(world);
    let mut service = service(&json!({"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 0}));
    service["loadBalancers"] = json!([balancer]);
    shell.call("ecs", "CreateService", service).unwrap();
    shell.advance(MINUTE * 10);
    let pause = json!({"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 0, "lifecycleHooks": [
        {"targetType": "PAUSE", "lifecycleStages": ["POST_TEST_TRAFFIC_SHIFT"]}]});
    let change = json!({"taskDefinition": "shop:2", "deploymentConfiguration": pause});
    update(&mut shell, change).unwrap();
    shell.advance(MINUTE * 10);
    let to = |backends: &[crate::Backend]| -> Vec<String> {
        backends.iter().filter(|one| one.weight > 0).map(|one| one.target_group.clone()).collect()
    };
    let route = &shell.routes[PRODUCTION];
    assert_eq!((to(&route.backends), to(&route.rules[0].backends)), (vec!["two".to_owned()], vec!["one".to_owned()]));
}

#[test]
fn the_target_groups_swap_their_roles_with_every_deployment() {
    let mut shell = shell(&json!({"bakeTimeInMinutes": 0}));
    for (task_definition, group) in [("shop:2", "two"), ("shop:3", "one"), ("shop:1", "two")] {
        let arn = deploy_revision(&mut shell, task_definition);
        assert_eq!(until_over(&mut shell, &arn), "SUCCESSFUL");
        assert_eq!(serving(&shell, PRODUCTION), all_to(group));
        let described = describe(&mut shell, &arn);
        let revision = described["targetServiceRevision"]["arn"].clone();
        let revision =
            shell.call("ecs", "DescribeServiceRevisions", json!({"serviceRevisionArns": [revision]})).unwrap();
        let resolved = &revision["serviceRevisions"][0]["resolvedConfiguration"]["loadBalancers"][0];
        assert_eq!(resolved["targetGroupArn"], target_group(group).arn);
        assert_eq!(resolved["productionListenerRule"], listener(PRODUCTION, 80).default_rule());
    }
}

#[test]
fn linear_deployments_shift_in_equal_steps() {
    let linear = json!({
        "strategy": "LINEAR", "bakeTimeInMinutes": 0,
        "linearConfiguration": {"stepPercent": 30.0, "stepBakeTimeInMinutes": 2},
    });
    let mut shell = shell(&hooked(&linear, &["PRE_PRODUCTION_TRAFFIC_SHIFT", "PRODUCTION_TRAFFIC_SHIFT"]));
    answers(&mut shell);
    let from = shell.facts.len();
    let arn = deploy(&mut shell);
    assert_eq!(until_over(&mut shell, &arn), "SUCCESSFUL");
    let shifts = shifts(&shell, from);
    assert_eq!(shifts.iter().map(|(green, _)| *green).collect::<Vec<_>>(), [30, 60, 90, 100]);
    assert!(shifts.windows(2).all(|pair| pair[1].1 - pair[0].1 >= 120), "{shifts:?}");
    // both hooks run at every step, and see who has which share
    let pair = ["PRE_PRODUCTION_TRAFFIC_SHIFT", "PRODUCTION_TRAFFIC_SHIFT"];
    assert_eq!(stages(&shell), [pair, pair, pair, pair].concat());
    let green = describe(&mut shell, &arn)["targetServiceRevision"]["arn"].as_str().unwrap().to_owned();
    let share = |event: &Json| event["executionDetails"]["productionTrafficWeights"][&green].as_u64().unwrap();
    assert_eq!(events(&shell).iter().map(share).collect::<Vec<_>>(), [0, 30, 30, 60, 60, 90, 90, 100]);
}

#[test]
fn canary_deployments_shift_a_part_first() {
    let canary = |percent: f64| {
        json!({
            "strategy": "CANARY", "bakeTimeInMinutes": 1,
            "canaryConfiguration": {"canaryPercent": percent, "canaryBakeTimeInMinutes": 15},
        })
    };
    for (percent, weights) in [(10.0, [10, 90]), (0.5, [5, 995])] {
        let mut shell = shell(&canary(percent));
        let arn = deploy(&mut shell);
        until_stage(&mut shell, &arn, "PRODUCTION_TRAFFIC_SHIFT");
        shell.advance(MINUTE);
        let told: Vec<u32> = serving(&shell, PRODUCTION).iter().map(|(_, weight, _)| *weight).collect();
        assert_eq!(told, [weights[1], weights[0]]);
        let described = describe(&mut shell, &arn);
        assert_eq!(described["targetServiceRevision"]["requestedProductionTrafficWeight"], json!(percent));
        assert_eq!(described["sourceServiceRevisions"][0]["requestedProductionTrafficWeight"], json!(100.0 - percent));
        shell.advance(MINUTE * 13);
        assert_eq!(serving(&shell, PRODUCTION).len(), 2);
        assert_eq!(until_over(&mut shell, &arn), "SUCCESSFUL");
        assert_eq!(serving(&shell, PRODUCTION), all_to("two"));
    }
}

#[test]
fn the_creation_of_a_service_runs_hooks_without_blue() {
    for strategy in ["BLUE_GREEN", "LINEAR", "CANARY"] {
        let mut shell = empty(setup());
        answers(&mut shell);
        let configuration = hooked(&json!({"strategy": strategy, "bakeTimeInMinutes": 1}), &STAGES);
        shell.call("ecs", "CreateService", service(&configuration)).unwrap();
        let arn = list(&mut shell).remove(0);
        until_stage(&mut shell, &arn, "POST_SCALE_UP");
        // nobody gets to a revision that has not passed
        assert!(serving(&shell, PRODUCTION).iter().all(|(group, _, targets)| group == "two" && *targets == 0));
        assert_eq!(until_over(&mut shell, &arn), "SUCCESSFUL");
        assert_eq!(stages(&shell), STAGES);
        let described = describe(&mut shell, &arn);
        let green = described["targetServiceRevision"]["arn"].as_str().unwrap();
        assert_eq!(described["sourceServiceRevisions"], json!([]));
        let events = events(&shell);
        assert_eq!(events[4]["executionDetails"]["productionTrafficWeights"], json!({green: 0}));
        assert_eq!(events[5]["executionDetails"]["productionTrafficWeights"], json!({green: 100}));
        assert_eq!(serving(&shell, PRODUCTION), all_to("one"));
    }
}

#[test]
fn a_service_without_load_balancer_has_the_same_stages() {
    let mut shell = empty(setup());
    answers(&mut shell);
    let mut input = service(&hooked(&blue_green(), &STAGES));
    input["loadBalancers"] = json!([]);
    shell.call("ecs", "CreateService", input).unwrap();
    let arn = list(&mut shell).remove(0);
    assert_eq!(until_over(&mut shell, &arn), "SUCCESSFUL");
    let arn = deploy(&mut shell);
    assert_eq!(until_over(&mut shell, &arn), "SUCCESSFUL");
    assert_eq!(stages(&shell), [STAGES, STAGES].concat());
    assert_eq!((shell.running("shop:v1"), shell.running("shop:v2")), (0, 2));
}

#[test]
fn a_rolling_update_is_a_service_deployment_without_stages() {
    let mut shell = shell(&json!({"strategy": "ROLLING"}));
    let facts = shell.facts.len();
    let arn = deploy(&mut shell);
    assert_eq!(status(&mut shell, &arn), "PENDING");
    shell.advance(SECOND * 2);
    let described = describe(&mut shell, &arn);
    assert_eq!((&described["status"], &described["lifecycleStage"]), (&json!("IN_PROGRESS"), &json!(null)));
    shell.advance(MINUTE * 5);
    assert_eq!(status(&mut shell, &arn), "SUCCESSFUL");
    assert_eq!((shell.running("shop:v1"), shell.running("shop:v2")), (0, 2));
    assert_eq!(serving(&shell, PRODUCTION), all_to("one"));
    let told = |fact: &Fact| matches!(fact.kind, FactKind::DeploymentStarted { .. } | FactKind::DeploymentEnded { .. });
    assert!(!shell.facts[facts..].iter().any(told));
}

#[test]
fn the_bus_hears_of_deployments_and_hooks() {
    let mut shell = shell(&hooked(&blue_green(), &["PRE_SCALE_UP"]));
    let before = news(&shell, "ECS Deployment State Change").len();
    answers(&mut shell);
    let arn = deploy(&mut shell);
    until_over(&mut shell, &arn);
    let deployment = &news(&shell, "ECS Deployment State Change")[before..];
    assert_eq!(deployment, ["SERVICE_DEPLOYMENT_IN_PROGRESS", "SERVICE_DEPLOYMENT_COMPLETED"]);
    assert_eq!(news(&shell, "ECS Hook State Change"), ["HOOK_IN_PROGRESS", "HOOK_SUCCEEDED"]);
    let mut notes = shell.invocations.iter().map(|invoke| invoke.payload.clone());
    let note = notes.find(|note| note["detail-type"] == "ECS Hook State Change").unwrap();
    assert_eq!(note["resources"], json!([arn]));
    let detail = &note["detail"];
    assert_eq!((&detail["hookType"], &detail["lifecycleStage"]), (&json!("AWS_LAMBDA"), &json!("PRE_SCALE_UP")));
    assert_eq!(detail["serviceDeploymentArn"], json!(arn));
    let hook = describe(&mut shell, &arn)["lifecycleHookDetails"][0].clone();
    assert_eq!((&hook["hookId"], &hook["status"]), (&detail["hookId"], &json!("SUCCEEDED")));
}
