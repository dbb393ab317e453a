//! Services that leave `CODE_DEPLOY`.

use super::*;

/// A service under `CODE_DEPLOY`.
fn code_deploy() -> Shell {
    let mut shell = empty(setup());
    let mut input = service(&json!({}));
    input["deploymentController"] = json!({"type": "CODE_DEPLOY"});
    input["loadBalancers"][0].as_object_mut().unwrap().remove("advancedConfiguration");
    shell.call("ecs", "CreateService", input).unwrap();
    shell.advance(MINUTE * 5);
    shell
}

fn leave() -> Json {
    json!({
        "deploymentController": {"type": "ECS"}, "deploymentConfiguration": blue_green(),
        "loadBalancers": [load_balancer()], "taskDefinition": "shop:2",
    })
}

#[test]
fn a_service_leaves_with_a_deployment_that_can_go_back() {
    for stops in [false, true] {
        let mut shell = code_deploy();
        let service = update(&mut shell, leave()).unwrap();
        assert_eq!((&service["deploymentController"]["type"], &service["taskSets"]), (&json!("ECS"), &json!([])));
        let arn = service["currentServiceDeployment"].as_str().unwrap().to_owned();
        assert_eq!(describe(&mut shell, &arn)["sourceServiceRevisions"].as_array().unwrap().len(), 1);
        until_stage(&mut shell, &arn, "BAKE_TIME");
        assert_eq!(serving(&shell, PRODUCTION), all_to("two"));
        if stops {
            shell.call("ecs", "StopServiceDeployment", json!({"serviceDeploymentArn": arn})).unwrap();
            assert_eq!(until_over(&mut shell, &arn), "ROLLBACK_SUCCESSFUL");
            blue_serves(&mut shell);
        } else {
            assert_eq!(until_over(&mut shell, &arn), "SUCCESSFUL");
            assert_eq!((shell.running("shop:v1"), shell.running("shop:v2")), (0, 2));
        }
    }
}

#[test]
fn there_is_no_other_way() {
    let mut shell = code_deploy();
    let mut other = leave();
    other["deploymentController"] = json!({"type": "EXTERNAL"});
    assert_eq!(update(&mut shell, other).unwrap_err().code, "UnsupportedFeatureException");
    let same = json!({"deploymentController": {"type": "CODE_DEPLOY"}, "desiredCount": 2});
    update(&mut shell, same.clone()).unwrap();
    let arn = update(&mut shell, leave()).unwrap()["currentServiceDeployment"].as_str().unwrap().to_owned();
    until_over(&mut shell, &arn);
    assert_eq!(update(&mut shell, same).unwrap_err().code, "UnsupportedFeatureException");
}
