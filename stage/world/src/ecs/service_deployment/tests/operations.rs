//! What the operations answer.

use super::*;

fn code(answer: Result<Json, crate::AwsError>) -> String {
    answer.unwrap_err().code
}

#[test]
fn deployments_are_listed_newest_first_page_by_page() {
    let mut shell = shell(&json!({"bakeTimeInMinutes": 0}));
    let mut expected = list(&mut shell);
    for revision in ["shop:2", "shop:3"] {
        let arn = deploy_revision(&mut shell, revision);
        until_over(&mut shell, &arn);
        expected.insert(0, arn);
    }
    expected.insert(0, deploy(&mut shell));
    assert_eq!(list(&mut shell), expected);
    let all = |more: Json| {
        let mut input = json!({"cluster": "shop", "service": "arn:aws:ecs:us-east-1:123456789012:service/shop/web"});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    let page = shell.call("ecs", "ListServiceDeployments", all(json!({"maxResults": 3}))).unwrap();
    assert_eq!(page["serviceDeployments"].as_array().unwrap().len(), 3);
    let rest = all(json!({"maxResults": 3, "nextToken": page["nextToken"]}));
    let rest = shell.call("ecs", "ListServiceDeployments", rest).unwrap();
    assert_eq!(rest["serviceDeployments"][0]["serviceDeploymentArn"], expected[3]);
    assert_eq!(rest.get("nextToken"), None);
    let running = all(json!({"status": ["PENDING", "IN_PROGRESS"]}));
    let running = shell.call("ecs", "ListServiceDeployments", running).unwrap();
    let [brief] = running["serviceDeployments"].as_array().unwrap().as_slice() else { panic!("{running}") };
    assert_eq!((&brief["serviceDeploymentArn"], &brief["status"]), (&json!(expected[0]), &json!("PENDING")));
    let created = brief["createdAt"].as_f64().unwrap();
    for (range, count) in [(json!({"before": created}), 3), (json!({"after": created - 1.0}), 1)] {
        let listed = shell.call("ecs", "ListServiceDeployments", all(json!({"createdAt": range}))).unwrap();
        assert_eq!(listed["serviceDeployments"].as_array().unwrap().len(), count);
    }
    for (bad, expected) in [
        (json!({"service": "nothing"}), "ServiceNotFoundException"),
        (json!({"cluster": "nothing"}), "ClusterNotFoundException"),
        (json!({"status": ["RUNNING"]}), "InvalidParameterException"),
        (json!({"nextToken": "x"}), "InvalidParameterException"),
        (json!({"maxResults": 0}), "InvalidParameterException"),
        (json!({"maxResults": 101}), "InvalidParameterException"),
    ] {
        assert_eq!(code(shell.call("ecs", "ListServiceDeployments", all(bad))), expected);
    }
}

#[test]
fn deployments_and_revisions_are_described_in_full() {
    let mut shell = shell(&hooked(&blue_green(), &["POST_SCALE_UP"]));
    answers(&mut shell);
    let arn = deploy(&mut shell);
    until_stage(&mut shell, &arn, "BAKE_TIME");
    let described = describe(&mut shell, &arn);
    assert_eq!(described["serviceArn"], "arn:aws:ecs:us-east-1:123456789012:service/shop/web");
    assert_eq!(described["clusterArn"], "arn:aws:ecs:us-east-1:123456789012:cluster/shop");
    assert_eq!(described["deploymentConfiguration"]["strategy"], "BLUE_GREEN");
    assert_eq!(described["deploymentConfiguration"]["lifecycleHooks"][0]["hookTargetArn"], HOOK);
    assert_eq!(described.get("rollback"), None);
    let target = &described["targetServiceRevision"];
    assert_eq!((&target["requestedTaskCount"], &target["runningTaskCount"]), (&json!(2), &json!(2)));
    assert_eq!(target["requestedTestTrafficWeight"], json!(100.0));
    let revision = target["arn"].clone();
    let input = json!({"serviceRevisionArns": [revision]});
    let revision = shell.call("ecs", "DescribeServiceRevisions", input).unwrap()["serviceRevisions"][0].clone();
    assert!(revision["taskDefinition"].as_str().unwrap().ends_with("shop:2"));
    assert_eq!(revision["containerImages"], json!([{"containerName": "web", "image": "shop:v2"}]));
    assert_eq!(revision["loadBalancers"], json!([load_balancer()]));
    assert_eq!(revision["networkConfiguration"]["awsvpcConfiguration"]["subnets"], json!(["subnet-1"]));
    let service = described_service(&mut shell);
    assert_eq!(service["loadBalancers"], json!([load_balancer()]));
    assert_eq!(service["deploymentConfiguration"]["bakeTimeInMinutes"], 10);
}

#[test]
fn what_is_not_there_is_missing() {
    let mut shell = shell(&blue_green());
    for (operation, member, kind) in [
        ("DescribeServiceDeployments", "serviceDeploymentArns", "service-deployment"),
        ("DescribeServiceRevisions", "serviceRevisionArns", "service-revision"),
    ] {
        let arn = format!("arn:aws:ecs:us-east-1:123456789012:{kind}/shop/web/1");
        let output = shell.call("ecs", operation, json!({member: [arn]})).unwrap();
        assert_eq!(output["failures"], json!([{"arn": arn, "reason": "MISSING"}]));
        for bad in [json!([]), json!(["nothing"]), json!(vec![arn; 21])] {
            assert_eq!(code(shell.call("ecs", operation, json!({member: bad}))), "InvalidParameterException");
        }
    }
}

#[test]
fn every_call_needs_its_permission_on_its_own_resource() {
    let narrow = |action: &str, resource: &str| {
        let mut setup = setup();
        let policy = json!({"Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]});
        let policies = vec![serde_json::from_value(policy).unwrap()];
        setup.stack.roles.push(Role { policies, ..role("narrow", &[]) });
        shell_with(setup, &blue_green())
    };
    let deployments = "arn:aws:ecs:us-east-1:123456789012:service-deployment/shop/web/*";
    let revisions = "arn:aws:ecs:us-east-1:123456789012:service-revision/shop/web/*";
    for (operation, resource) in [
        ("ListServiceDeployments", "arn:aws:ecs:us-east-1:123456789012:service/shop/web"),
        ("DescribeServiceDeployments", deployments),
        ("DescribeServiceRevisions", revisions),
        ("StopServiceDeployment", deployments),
        ("ContinueServiceDeployment", deployments),
    ] {
        for (resource, allowed) in [(resource, true), ("arn:aws:ecs:us-east-1:123456789012:cluster/shop", false)] {
            let mut shell = narrow(&format!("ecs:{operation}"), resource);
            let arn = list(&mut shell).remove(0);
            let revision = describe(&mut shell, &arn)["targetServiceRevision"]["arn"].clone();
            let input = match operation {
                "ListServiceDeployments" => json!({"cluster": "shop", "service": "web"}),
                "DescribeServiceDeployments" => json!({"serviceDeploymentArns": [arn]}),
                "DescribeServiceRevisions" => json!({"serviceRevisionArns": [revision]}),
                "StopServiceDeployment" => json!({"serviceDeploymentArn": arn}),
                _ => json!({"serviceDeploymentArn": arn, "hookId": "x"}),
            };
            let answer = shell.call_as("NARROW", "ecs", operation, input);
            let denied = answer.is_err_and(|error| error.code == "AccessDeniedException");
            assert_eq!(denied, !allowed, "{operation} on {resource}");
        }
    }
}

#[test]
fn whoever_names_roles_has_to_pass_them() {
    let mut setup = setup();
    setup.stack.roles.push(role("narrow", &["ecs:*"]));
    let mut shell = shell_with(setup, &blue_green());
    let update = json!({"cluster": "shop", "service": "web", "deploymentConfiguration": hooked(&blue_green(), &["PRE_SCALE_UP"])});
    assert_eq!(code(shell.call_as("NARROW", "ecs", "UpdateService", update)), "AccessDeniedException");
    let plain = json!({"cluster": "shop", "service": "web", "taskDefinition": "shop:2"});
    shell.call_as("NARROW", "ecs", "UpdateService", plain).unwrap();
}
