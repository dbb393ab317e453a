//! Services that ECS does not take.

use super::*;

fn refusal(configuration: &Json) -> crate::AwsError {
    empty(setup()).call("ecs", "CreateService", service(configuration)).unwrap_err()
}

#[expect(clippy::needless_pass_by_value, reason = "callers write `json!({…})`")]
fn with_hook(hook: Json) -> Json {
    let mut configuration = blue_green();
    configuration["lifecycleHooks"] = json!([hook]);
    configuration
}

#[test]
fn configurations_that_make_no_sense_are_refused() {
    let lambda = || json!({"hookTargetArn": HOOK, "roleArn": INVOKE_ROLE, "lifecycleStages": ["PRE_SCALE_UP"]});
    let changed = |name: &str, value: Json| {
        let mut hook = lambda();
        hook[name] = value;
        with_hook(hook)
    };
    let pause = |stage: &str| with_hook(json!({"targetType": "PAUSE", "lifecycleStages": [stage]}));
    let mut many = blue_green();
    many["lifecycleHooks"] = json!(vec![lambda(); 11]);
    let mut rolling = with_hook(lambda());
    rolling["strategy"] = json!("ROLLING");
    for (configuration, told) in [
        (json!({"strategy": "BLUE_GREEN"}), "bakeTimeInMinutes is required"),
        (json!({"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 1441}), "between 0 and 1440"),
        (json!({"strategy": "CANARY", "linearConfiguration": {"stepPercent": 10}}), "strategy LINEAR"),
        (json!({"strategy": "LINEAR", "canaryConfiguration": {"canaryPercent": 10}}), "strategy CANARY"),
        (json!({"strategy": "LINEAR", "linearConfiguration": {"stepPercent": 2.9}}), "between 3.0 and 100.0"),
        (json!({"strategy": "LINEAR", "linearConfiguration": {"stepPercent": 33.33}}), "multiple of 0.1"),
        (json!({"strategy": "CANARY", "canaryConfiguration": {"canaryPercent": 0}}), "between 0.1 and 100.0"),
        (json!({"strategy": "CANARY", "canaryConfiguration": {"canaryBakeTimeInMinutes": 1441}}), "1440"),
        (json!({"alarms": {"alarmNames": [], "enable": true, "rollback": true}}), "alarmNames"),
        (rolling, "BLUE_GREEN, LINEAR or CANARY"),
        (many, "at most 10"),
        (changed("lifecycleStages", json!([])), "at least one lifecycle stage"),
        (changed("lifecycleStages", json!(["BAKE_TIME"])), "BAKE_TIME can have no hooks"),
        (changed("hookTargetArn", Json::Null), "hookTargetArn and roleArn"),
        (changed("roleArn", Json::Null), "hookTargetArn and roleArn"),
        (changed("targetType", json!("PAUSE")), "neither hookTargetArn nor roleArn"),
        (changed("timeoutConfiguration", json!({"timeoutInMinutes": 1441})), "between 1 and 1440"),
        (changed("timeoutConfiguration", json!({"timeoutInMinutes": 0})), "between 1 and 1440"),
        (pause("TEST_TRAFFIC_SHIFT"), "not supported at TEST_TRAFFIC_SHIFT"),
        (pause("PRODUCTION_TRAFFIC_SHIFT"), "not supported at PRODUCTION_TRAFFIC_SHIFT"),
    ] {
        let error = refusal(&configuration);
        assert_eq!(error.code, "InvalidParameterException", "{configuration}");
        assert!(error.message.contains(told), "{}", error.message);
    }
}

#[test]
fn a_pause_may_last_two_weeks() {
    let hook = |minutes: u32| {
        with_hook(json!({
            "targetType": "PAUSE", "lifecycleStages": ["PRE_PRODUCTION_TRAFFIC_SHIFT"],
            "timeoutConfiguration": {"timeoutInMinutes": minutes},
        }))
    };
    empty(setup()).call("ecs", "CreateService", service(&hook(20160))).unwrap();
    assert!(refusal(&hook(20161)).message.contains("between 1 and 20160"));
}

#[test]
fn traffic_needs_a_load_balancer_that_can_shift_it() {
    let refused = |strategy: &str, balancers: Json| {
        let mut input = service(&json!({"strategy": strategy, "bakeTimeInMinutes": 0}));
        input["loadBalancers"] = balancers;
        let error = empty(setup()).call("ecs", "CreateService", input).unwrap_err();
        assert_eq!(error.code, "InvalidParameterException");
        error.message
    };
    let mut plain = load_balancer();
    plain.as_object_mut().unwrap().remove("advancedConfiguration");
    assert!(refused("LINEAR", json!([])).contains("need a load balancer"));
    assert!(refused("BLUE_GREEN", json!([plain])).contains("advancedConfiguration"));
    let with = |name: &str, value: &str| {
        let mut balancer = load_balancer();
        balancer["advancedConfiguration"][name] = json!(value);
        json!([balancer])
    };
    assert!(refused("BLUE_GREEN", with("alternateTargetGroupArn", "nothing")).contains("target group nothing"));
    assert!(refused("BLUE_GREEN", with("alternateTargetGroupArn", &target_group("one").arn)).contains("another one"));
    assert!(refused("BLUE_GREEN", with("productionListenerRule", "nothing")).contains("listener rule nothing"));
    assert!(refused("BLUE_GREEN", with("testListenerRule", PRODUCTION)).contains("listener rule"));
}

#[test]
fn code_deploy_has_a_configuration_of_its_own() {
    let mut input = service(&json!({"maximumPercent": 200}));
    input["deploymentController"] = json!({"type": "CODE_DEPLOY"});
    let mut shell = empty(setup());
    assert!(shell.call("ecs", "CreateService", input.clone()).unwrap_err().message.contains("advancedConfiguration"));
    input["loadBalancers"][0].as_object_mut().unwrap().remove("advancedConfiguration");
    let mut strategic = input.clone();
    strategic["deploymentConfiguration"] = blue_green();
    let error = shell.call("ecs", "CreateService", strategic).unwrap_err();
    assert!(error.message.contains("strategy is not supported"), "{}", error.message);
    shell.call("ecs", "CreateService", input).unwrap();
    let error = update(&mut shell, json!({"deploymentConfiguration": blue_green()})).unwrap_err();
    assert!(error.message.contains("strategy is not supported"), "{}", error.message);
    let error = update(&mut shell, json!({"loadBalancers": [load_balancer()]})).unwrap_err();
    assert!(error.message.contains("update load balancers"), "{}", error.message);
    assert!(list(&mut shell).is_empty());
}

#[test]
fn an_update_is_checked_with_what_the_service_has() {
    let mut shell = shell(&blue_green());
    let error = update(&mut shell, json!({"deploymentConfiguration": {"bakeTimeInMinutes": 2000}})).unwrap_err();
    assert_eq!(error.code, "InvalidParameterException");
    let linear = json!({"strategy": "LINEAR", "linearConfiguration": {"stepPercent": 20.0}});
    let service = update(&mut shell, json!({"deploymentConfiguration": linear})).unwrap();
    assert_eq!(service["deploymentConfiguration"]["linearConfiguration"], json!({"stepPercent": 20.0}));
    assert_eq!(service["deploymentConfiguration"]["bakeTimeInMinutes"], 10);
    // the steps of a strategy go with it
    let service = update(&mut shell, json!({"deploymentConfiguration": {"strategy": "CANARY"}})).unwrap();
    assert_eq!(service["deploymentConfiguration"].get("linearConfiguration"), None);
    assert_eq!(service["currentServiceDeployment"], json!(null));
    assert!(update(&mut shell, json!({"loadBalancers": []})).unwrap_err().message.contains("need a load balancer"));
}
