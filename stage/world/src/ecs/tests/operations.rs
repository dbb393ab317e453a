//! What operations answer, refuse and need to be allowed.

use super::*;

#[test]
fn a_task_definition_is_described_as_it_was_registered() {
    let mut shell = shell();
    let described = shell.call("ecs", "DescribeTaskDefinition", json!({"taskDefinition": "shop"})).unwrap();
    let described = &described["taskDefinition"];
    for (member, value) in definition("shop:v1").as_object().unwrap() {
        assert_eq!(&described[member], value);
    }
    assert_eq!(described["revision"], 1);
    assert_eq!(described["taskDefinitionArn"], "arn:aws:ecs:us-east-1:123456789012:task-definition/shop:1");
    assert_eq!(described["status"], "ACTIVE");
    assert_eq!(described["compatibilities"], json!(["EC2", "FARGATE"]));
    let missing = shell.call("ecs", "DescribeTaskDefinition", json!({"taskDefinition": "shop:7"})).unwrap_err();
    assert_eq!(missing.code, "ClientException");
}

#[test]
fn what_is_wrong_is_refused_by_name() {
    let mut shell = shell();
    let with = |path: &str, value: Json| {
        let mut definition = definition("shop:v1");
        let (parent, key) = path.rsplit_once('/').unwrap();
        let parent = definition.pointer_mut(parent).unwrap();
        match key.parse::<usize>() {
            Ok(index) => parent[index] = value,
            Err(_) => parent[key] = value,
        }
        definition
    };
    for (input, part) in [
        (with("/colour", json!("blue")), "`colour`"),
        (with("/containerDefinitions/1/imagee", json!("x")), "`imagee`"),
        (with("/containerDefinitions/1/healthCheck", json!({"command": [], "period": 1})), "`period`"),
        (with("/containerDefinitions/1/healthCheck", json!({"command": ["x"], "interval": 1})), "'interval'"),
        (with("/containerDefinitions/1/stopTimeout", json!(u64::MAX)), "'stopTimeout'"),
        (with("/memory", json!("512")), "No Fargate configuration exists for given values"),
        (with("/networkMode", json!("bridge")), "awsvpc"),
        (with("/executionRoleArn", Json::Null), "executionRoleArn"),
        (with("/containerDefinitions/1/dependsOn", json!([{"containerName": "x", "condition": "START"}])), "'x'"),
        (with("/containerDefinitions/0/dependsOn", json!([{"containerName": "web", "condition": "START"}])), "cycle"),
        (with("/containerDefinitions", json!([])), "Container list cannot be empty"),
    ] {
        let error = shell.call("ecs", "RegisterTaskDefinition", input).unwrap_err();
        assert!(error.message.contains(part), "{} should name {part}", error.message);
    }
    let run_with = |member: &str, value: Json| {
        let mut input = run_input("x");
        input[member] = value;
        input
    };
    let long = json!({"containerOverrides": [{"name": "web", "command": ["x".repeat(9000)]}]});
    for (input, code) in [
        (run_with("colour", json!(1)), "ValidationException"),
        (run_with("cluster", json!("none")), "ClusterNotFoundException"),
        (run_with("taskDefinition", json!("none")), "ClientException"),
        (run_with("startedBy", json!("a b")), "InvalidParameterException"),
        (run_with("startedBy", json!("a".repeat(129))), "InvalidParameterException"),
        (run_with("count", json!(11)), "InvalidParameterException"),
        (run_with("overrides", long), "InvalidParameterException"),
        (run_with("overrides", json!({"containerOverrides": [{"name": "none"}]})), "InvalidParameterException"),
        (run_with("networkConfiguration", Json::Null), "InvalidParameterException"),
        (run_with("launchType", json!("EC2")), "UnsupportedFeatureException"),
        (run_with("propagateTags", json!("SERVICE")), "InvalidParameterException"),
        (run_with("platformVersion", json!("9.9")), "PlatformUnknownException"),
    ] {
        let error = shell.call("ecs", "RunTask", input.clone()).unwrap_err();
        assert_eq!(error.code, code, "{input}: {}", error.message);
    }
    assert!(shell.started.is_empty());
}

#[test]
fn a_service_under_another_controller_is_refused() {
    let mut shell = shell();
    let input = json!({"cluster": "shop", "serviceName": "web", "taskDefinition": "shop", "deploymentController": {"type": "EXTERNAL"}});
    let error = shell.call("ecs", "CreateService", input).unwrap_err();
    assert_eq!(error.code, "UnsupportedFeatureException");
    assert!(error.message.contains("CODE_DEPLOY"));
    let missing = shell.call("ecs", "DescribeServices", json!({"cluster": "shop", "services": ["web"]})).unwrap();
    assert_eq!(missing["failures"][0]["reason"], "MISSING");
}

#[test]
fn run_task_needs_to_pass_both_roles_and_to_tag() {
    use crate::operation::Operation as _;
    let shell = shell();
    let mut input = run_input("x");
    input["tags"] = json!([{"key": "a", "value": "b"}]);
    let input = serde_json::from_value(input).unwrap();
    let needed = crate::ecs::operations::RunTask::authorize(&input, &shell.world);
    let told: Vec<_> = needed.iter().map(|one| (one.action.as_str(), one.resource.as_str())).collect();
    assert_eq!(
        told,
        [
            ("ecs:RunTask", "arn:aws:ecs:us-east-1:123456789012:task-definition/shop:1"),
            ("iam:PassRole", "arn:aws:iam::123456789012:role/execution"),
            ("iam:PassRole", "arn:aws:iam::123456789012:role/task"),
            ("ecs:TagResource", "arn:aws:ecs:us-east-1:123456789012:task/shop/*"),
        ]
    );
    assert_eq!(needed[0].context["ecs:cluster"], "arn:aws:ecs:us-east-1:123456789012:cluster/shop");
    assert_eq!(needed[1].context["iam:PassedToService"], "ecs-tasks.amazonaws.com");
    assert_eq!(needed[3].context["ecs:CreateAction"], "RunTask");
}

#[test]
fn update_service_needs_to_pass_both_roles_of_another_task_definition() {
    use crate::operation::Operation as _;
    let shell = shell();
    for (input, roles) in [
        (json!({"cluster": "shop", "service": "web", "taskDefinition": "shop:1"}), 2),
        (json!({"cluster": "shop", "service": "web", "desiredCount": 3}), 0),
    ] {
        let input = serde_json::from_value(input).unwrap();
        let needed = crate::ecs::operations::UpdateService::authorize(&input, &shell.world);
        assert_eq!(needed[0].action, "ecs:UpdateService");
        let passed = needed.iter().filter(|one| one.action == "iam:PassRole");
        let of_tasks = passed.filter(|one| one.context["iam:PassedToService"] == "ecs-tasks.amazonaws.com");
        assert_eq!(of_tasks.count(), roles);
    }
}

#[test]
fn the_largest_task_definition_has_64_kib() {
    let mut shell = shell();
    for (length, registers) in [(48 * 1024, true), (64 * 1024, false)] {
        let mut definition = definition("shop:v1");
        definition["containerDefinitions"][1]["dockerLabels"]["plan"] = json!("x".repeat(length));
        assert_eq!(shell.call("ecs", "RegisterTaskDefinition", definition).is_ok(), registers, "{length}");
    }
}
