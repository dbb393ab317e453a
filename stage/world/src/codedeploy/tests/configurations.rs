//! How traffic is shifted.

use super::*;

fn create(shell: &mut Shell, name: &str, routing: &Json) -> Result<Json, crate::AwsError> {
    let input = json!({"deploymentConfigName": name, "computePlatform": "ECS", "trafficRoutingConfig": routing});
    shell.call("codedeploy", "CreateDeploymentConfig", input)
}

fn canary(percentage: u32, interval: u32) -> Json {
    json!({"type": "TimeBasedCanary", "timeBasedCanary": {"canaryPercentage": percentage, "canaryInterval": interval}})
}

fn linear(percentage: u32, interval: u32) -> Json {
    json!({"type": "TimeBasedLinear", "timeBasedLinear": {"linearPercentage": percentage, "linearInterval": interval}})
}

/// Ten steps of a tenth, so many seconds apart.
fn tenths(seconds: i64) -> Vec<(u32, i64)> {
    (1..=10).map(|tenth| (10 * tenth, i64::from(tenth - 1) * seconds)).collect()
}

#[test]
fn predefined_configurations_take_their_time() {
    for (configuration, expected) in [
        ("CodeDeployDefault.ECSAllAtOnce", vec![(100, 0)]),
        ("CodeDeployDefault.ECSCanary10Percent5Minutes", vec![(10, 0), (100, 300)]),
        ("CodeDeployDefault.ECSCanary10Percent15Minutes", vec![(10, 0), (100, 900)]),
        ("CodeDeployDefault.ECSLinear10PercentEvery1Minutes", tenths(60)),
        ("CodeDeployDefault.ECSLinear10PercentEvery3Minutes", tenths(180)),
    ] {
        let mut shell = shell_with(setup(), &Plan { configuration, ..Plan::default() });
        let id = deploy(&mut shell, &[]);
        assert!(shell.until(HOUR, |shell| ended(shell, &id)));
        assert_eq!(outcome(&mut shell, &id), is("Succeeded", ""));
        assert_eq!(shifts(&shell), expected, "{configuration}");
    }
}

#[test]
fn an_accounts_own_configurations_are_obeyed() {
    for (routing, expected) in [
        (canary(30, 2), vec![(30, 0), (100, 120)]),
        (linear(40, 3), vec![(40, 0), (80, 180), (100, 360)]),
        (json!({"type": "AllAtOnce"}), vec![(100, 0)]),
    ] {
        let mut shell = shell();
        create(&mut shell, "ours", &routing).unwrap();
        let told = shell.call("codedeploy", "GetDeploymentConfig", json!({"deploymentConfigName": "ours"})).unwrap();
        assert_eq!(told["deploymentConfigInfo"]["trafficRoutingConfig"], routing);
        let mut input = deployment(&appspec(&[]));
        input["deploymentConfigName"] = json!("ours");
        let id = shell.call("codedeploy", "CreateDeployment", input).unwrap()["deploymentId"].clone();
        let id = id.as_str().unwrap();
        assert!(shell.until(HOUR, |shell| ended(shell, id)));
        assert_eq!((info(&mut shell, id)["deploymentConfigName"].as_str(), shifts(&shell)), (Some("ours"), expected));
    }
}

#[test]
fn every_share_in_between_is_served() {
    let configuration = "CodeDeployDefault.ECSLinear10PercentEvery1Minutes";
    let mut shell = shell_with(setup(), &Plan { configuration, ..Plan::default() });
    let id = deploy(&mut shell, &[]);
    for percent in [10, 20, 50, 90] {
        assert!(shell.until(HOUR, |shell| shifts(shell).last().is_some_and(|(green, _)| *green == percent)));
        let rest = 100 - percent;
        assert_eq!(serving(&shell, PRODUCTION), [("one".to_owned(), rest, 2), ("two".to_owned(), 100 - rest, 2)]);
        let task_sets = target(&mut shell, &id)["taskSetsInfo"].clone();
        assert_eq!(
            (&task_sets[0]["trafficWeight"], &task_sets[0]["status"]),
            (&json!(f64::from(rest)), &json!("PRIMARY"))
        );
    }
}

#[test]
fn configurations_that_cannot_be_made_are_refused() {
    let mut shell = shell();
    create(&mut shell, "ours", &canary(1, 1)).unwrap();
    let mut check = |name: &str, routing: Json, code: &str| {
        assert_eq!(create(&mut shell, name, &routing).unwrap_err().code, code, "{name} {routing}");
    };
    let routing = "InvalidTrafficRoutingConfigurationException";
    check("", canary(1, 1), "DeploymentConfigNameRequiredException");
    check("CodeDeployDefault.Mine", canary(1, 1), "InvalidDeploymentConfigNameException");
    check(&"x".repeat(101), canary(1, 1), "InvalidDeploymentConfigNameException");
    check("a b", canary(1, 1), "InvalidDeploymentConfigNameException");
    check("ours", canary(2, 2), "DeploymentConfigAlreadyExistsException");
    check("other", Json::Null, routing);
    check("other", json!({"type": "Sometimes"}), routing);
    check("other", json!({"type": "TimeBasedLinear"}), routing);
    for (percentage, interval) in [(0, 5), (100, 5), (10, 0), (10, 2881)] {
        check("other", canary(percentage, interval), routing);
        check("other", linear(percentage, interval), routing);
    }
    let mut input =
        json!({"deploymentConfigName": "other", "computePlatform": "Lambda", "trafficRoutingConfig": canary(1, 1)});
    let mut code = |input: &Json| shell.call("codedeploy", "CreateDeploymentConfig", input.clone()).unwrap_err().code;
    assert_eq!(code(&input), "InvalidComputePlatformException");
    input["minimumHealthyHosts"] = json!({"type": "HOST_COUNT", "value": 1});
    assert_eq!(code(&input), "ValidationException", "it is for servers");
}

#[test]
fn an_account_has_fifty_configurations_of_its_own() {
    let mut shell = shell();
    for number in 0..50 {
        create(&mut shell, &format!("ours-{number}"), &canary(10, 5)).unwrap();
    }
    let error = create(&mut shell, "one-more", &canary(10, 5)).unwrap_err();
    assert_eq!(error.code, "DeploymentConfigLimitExceededException");
}

#[test]
fn predefined_configurations_can_be_looked_up() {
    let mut shell = shell();
    let mut get = |name: &str| shell.call("codedeploy", "GetDeploymentConfig", json!({"deploymentConfigName": name}));
    let told = get("CodeDeployDefault.ECSLinear10PercentEvery3Minutes").unwrap();
    assert_eq!(told["deploymentConfigInfo"]["trafficRoutingConfig"], linear(10, 3));
    assert_eq!(told["deploymentConfigInfo"]["computePlatform"], "ECS");
    assert_eq!(get("").unwrap_err().code, "DeploymentConfigNameRequiredException");
    assert_eq!(get("none").unwrap_err().code, "DeploymentConfigDoesNotExistException");
    assert_eq!(get(&"x".repeat(101)).unwrap_err().code, "InvalidDeploymentConfigNameException");
}
