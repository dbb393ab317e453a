//! What is told of deployments.

use super::*;

fn list(shell: &mut Shell, input: Json) -> Result<Vec<String>, crate::AwsError> {
    let output = shell.call("codedeploy", "ListDeployments", input)?;
    Ok(output["deployments"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect())
}

/// Three deployments, ten minutes apart: one that succeeded, one that failed, and its rollback; and now one that is in progress.
fn history(shell: &mut Shell) -> [String; 4] {
    let first = deploy(shell, &[]);
    shell.advance(MINUTE * 10);
    let second = deploy(shell, &["BeforeInstall"]);
    let event = wait_for_hook(shell, 1);
    report(shell, &event, "Failed").unwrap();
    let third = rollback_of(shell, &second).unwrap();
    shell.advance(MINUTE * 10);
    let fourth = deploy(shell, &["BeforeInstall"]);
    wait_for_hook(shell, 2);
    [first, second, third, fourth]
}

#[test]
fn deployments_are_listed_by_group_status_and_time() {
    let mut shell = shell();
    let epoch = shell.now.as_second();
    let [first, second, third, fourth] = history(&mut shell);
    let of_group = json!({"applicationName": "shop", "deploymentGroupName": "production"});
    let all = [&fourth, &third, &second, &first];
    for (and, expected) in [
        (json!({}), &all[..]),
        (of_group.clone(), &all),
        (json!({"includeOnlyStatuses": ["InProgress", "Ready", "Created"]}), &[&fourth]),
        (json!({"includeOnlyStatuses": ["Succeeded"]}), &[&third, &first]),
        (json!({"includeOnlyStatuses": ["Failed", "InProgress"]}), &[&fourth, &second]),
        (json!({"includeOnlyStatuses": ["Queued"]}), &[]),
        (json!({"createTimeRange": {"start": epoch, "end": epoch}}), &[&first]),
        (json!({"createTimeRange": {"start": epoch + 1}}), &all[..3]),
        (json!({"createTimeRange": {"end": epoch + 60}}), &all[3..]),
        (json!({"createTimeRange": {"start": epoch + 1}, "includeOnlyStatuses": ["Failed"]}), &[&second]),
        (json!({"externalId": "stack"}), &[]),
    ] {
        let found = list(&mut shell, and.clone()).unwrap();
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{and}");
    }
}

#[test]
fn what_cannot_be_listed_is_refused() {
    let mut shell = shell();
    let mut check = |input: Json, code: &str| {
        assert_eq!(list(&mut shell, input.clone()).unwrap_err().code, code, "{input}");
    };
    check(json!({"applicationName": "shop"}), "DeploymentGroupNameRequiredException");
    check(json!({"deploymentGroupName": "production"}), "ApplicationNameRequiredException");
    check(json!({"applicationName": "other", "deploymentGroupName": "production"}), "ApplicationDoesNotExistException");
    check(json!({"applicationName": "a/b", "deploymentGroupName": "production"}), "InvalidApplicationNameException");
    check(json!({"applicationName": "shop", "deploymentGroupName": "other"}), "DeploymentGroupDoesNotExistException");
    check(json!({"applicationName": "shop", "deploymentGroupName": "a/b"}), "InvalidDeploymentGroupNameException");
    check(json!({"includeOnlyStatuses": ["Running"]}), "InvalidDeploymentStatusException");
    check(json!({"createTimeRange": {"start": 2, "end": 1}}), "InvalidTimeRangeException");
    check(json!({"nextToken": "next"}), "InvalidNextTokenException");
    check(json!({"externalId": ""}), "InvalidExternalIdException");
}

#[test]
fn long_lists_come_in_pages() {
    let mut shell = shell();
    let mut made = Vec::new();
    for _ in 0..120 {
        let id = deploy(&mut shell, &[]);
        shell.call("codedeploy", "StopDeployment", json!({"deploymentId": id})).unwrap();
        made.insert(0, id);
    }
    let first = shell.call("codedeploy", "ListDeployments", json!({})).unwrap();
    deploy(&mut shell, &[]);
    let second = shell.call("codedeploy", "ListDeployments", json!({"nextToken": first["nextToken"]})).unwrap();
    assert_eq!(second.get("nextToken"), None);
    let pages = [&first, &second].into_iter().flat_map(|page| page["deployments"].as_array().unwrap());
    assert_eq!(pages.map(|id| id.as_str().unwrap()).collect::<Vec<_>>(), made, "each once, though one came between");
}

#[test]
fn several_deployments_are_told_at_once() {
    let mut shell = shell();
    let [first, second, ..] = history(&mut shell);
    let mut get = |ids: Json| shell.call("codedeploy", "BatchGetDeployments", json!({"deploymentIds": ids}));
    let told = get(json!([second, "d-NOSUCHONE", first])).unwrap();
    let told: Vec<_> = told["deploymentsInfo"].as_array().unwrap().iter().map(|info| &info["deploymentId"]).collect();
    assert_eq!(told, [&json!(second), &json!(first)]);
    let single = info(&mut shell, &first);
    let mut get = |ids: Json| shell.call("codedeploy", "BatchGetDeployments", json!({"deploymentIds": ids}));
    assert_eq!(get(json!([first])).unwrap()["deploymentsInfo"][0], single);
    assert_eq!(get(json!([])).unwrap_err().code, "DeploymentIdRequiredException");
    assert_eq!(get(json!(["first"])).unwrap_err().code, "InvalidDeploymentIdException");
    assert_eq!(get(json!(vec![first; 26])).unwrap_err().code, "BatchLimitExceededException");
}

#[test]
fn a_group_is_all_that_a_role_can_list() {
    let mut setup = setup();
    let policy = json!({"Statement": [{"Effect": "Allow", "Action": "codedeploy:*", "Resource": GROUP}]});
    let policies = vec![serde_json::from_value(policy).unwrap()];
    setup.stack.roles.push(Role { name: "one".to_owned(), access_key: "ONE".to_owned(), policies, ..Role::default() });
    let mut shell = shell_with(setup, &Plan::default());
    let id = deploy(&mut shell, &[]);
    let mut code = |operation: &str, input: Json| {
        shell.call_as("ONE", "codedeploy", operation, input).err().map(|error| error.code)
    };
    let denied = Some("AccessDeniedException".to_owned());
    assert_eq!(code("ListDeployments", json!({"applicationName": "shop", "deploymentGroupName": "production"})), None);
    assert_eq!(code("ListDeployments", json!({})), denied);
    assert_eq!(code("BatchGetDeployments", json!({"deploymentIds": [id]})), None);
    let name = json!({"deploymentConfigName": "CodeDeployDefault.ECSAllAtOnce"});
    assert_eq!(code("GetDeploymentConfig", name), denied);
}

#[test]
fn the_one_target_is_a_service() {
    let mut shell = shell();
    let id = deploy(&mut shell, &["BeforeInstall"]);
    let mut code = |operation: &str, input: Json| {
        shell.call("codedeploy", operation, input.clone()).err().map(|error| error.code).unwrap_or_default()
    };
    let get = |target: &str| json!({"deploymentId": id, "targetId": target});
    assert_eq!(code("GetDeploymentTarget", get("shop:web")), "DeploymentNotStartedException");
    assert_eq!(code("ListDeploymentTargets", json!({"deploymentId": id})), "DeploymentNotStartedException");
    wait_for_hook(&mut shell, 1);

    let mut code = |operation: &str, input: Json| {
        shell.call("codedeploy", operation, input.clone()).err().map(|error| error.code).unwrap_or_default()
    };
    assert_eq!(code("GetDeploymentTarget", get("shop:web")), "");
    assert_eq!(code("GetDeploymentTarget", json!({"deploymentId": id})), "DeploymentTargetIdRequiredException");
    assert_eq!(code("GetDeploymentTarget", get("web")), "InvalidDeploymentTargetIdException");
    assert_eq!(code("GetDeploymentTarget", get("shop:other")), "DeploymentTargetDoesNotExistException");
    let with = |filters: Json| json!({"deploymentId": id, "targetFilters": filters});
    let list = "ListDeploymentTargets";
    assert_eq!(code(list, json!({"deploymentId": id, "nextToken": "x"})), "InvalidNextTokenException");
    assert_eq!(code(list, with(json!({"TargetColour": ["Green"]}))), "InvalidTargetFilterNameException");
    assert_eq!(code(list, with(json!({"ServerInstanceLabel": ["Green"]}))), "InvalidDeploymentInstanceTypeException");
    assert_eq!(code(list, with(json!({"ServerInstanceLabel": ["Red"]}))), "InvalidInstanceTypeException");
    assert_eq!(code(list, with(json!({"TargetStatus": ["Running"]}))), "InvalidInstanceStatusException");
    for (statuses, found) in [(json!(["InProgress"]), 1), (json!(["Failed", "Succeeded"]), 0)] {
        let output = shell.call("codedeploy", list, with(json!({"TargetStatus": statuses}))).unwrap();
        assert_eq!(output["targetIds"].as_array().unwrap().len(), found);
    }
}
