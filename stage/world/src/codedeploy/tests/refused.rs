//! What is refused before anything happens.

use super::*;

#[test]
fn what_cannot_be_deployed_is_refused() {
    let mut shell = shell();
    let mut check = |change: &dyn Fn(&mut Json), code: &str| {
        let mut input = deployment(&appspec(&[]));
        change(&mut input);
        let error = shell.call("codedeploy", "CreateDeployment", input.clone()).unwrap_err();
        assert_eq!(error.code, code, "{input}: {error}");
    };
    check(&|input| input["applicationName"] = json!("other"), "ApplicationDoesNotExistException");
    check(&|input| input["applicationName"] = json!(""), "ApplicationNameRequiredException");
    check(&|input| input["applicationName"] = json!("a/b"), "InvalidApplicationNameException");
    check(&|input| input["deploymentGroupName"] = json!("other"), "DeploymentGroupDoesNotExistException");
    check(&|input| input["deploymentGroupName"] = Json::Null, "DeploymentGroupNameRequiredException");
    check(&|input| input["deploymentConfigName"] = json!("Mine"), "DeploymentConfigDoesNotExistException");
    check(&|input| input["revision"] = Json::Null, "RevisionRequiredException");
    check(&|input| input["revision"]["revisionType"] = json!("GitHub"), "InvalidRevisionException");
    check(&|input| input["revision"]["appSpecContent"]["content"] = json!("version: 0.0"), "InvalidRevisionException");
    check(&|input| input["revision"]["appSpecContent"]["sha256"] = json!("abc"), "InvalidRevisionException");
    check(
        &|input| input["autoRollbackConfiguration"] = json!({"enabled": true, "events": ["BAD"]}),
        "InvalidAutoRollbackConfigException",
    );
    check(&|input| input["fileExistsBehavior"] = json!("OVERWRITE"), "ValidationException");
}

#[test]
fn a_group_keeps_its_alarms() {
    let mut shell = shell();
    shell
        .call("codedeploy", "CreateApplication", json!({"applicationName": "second", "computePlatform": "ECS"}))
        .unwrap();
    // the service that the first group has not got
    let service = json!({
        "cluster": "shop", "serviceName": "second", "taskDefinition": "shop:1", "desiredCount": 0, "launchType": "FARGATE",
        "deploymentController": {"type": "CODE_DEPLOY"},
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"]}},
        "loadBalancers": [{"targetGroupArn": target_group("one").arn, "containerName": "web", "containerPort": 8000}],
    });
    shell.call("ecs", "CreateService", service).unwrap();
    let mut input = group(&Plan::default());
    input["applicationName"] = json!("second");
    input["ecsServices"][0]["serviceName"] = json!("second");
    let mut refuse = |alarms: Json, code: &str| {
        input["alarmConfiguration"] = alarms;
        assert_eq!(shell.call("codedeploy", "CreateDeploymentGroup", input.clone()).unwrap_err().code, code);
    };
    refuse(json!({"enabled": true}), "InvalidAlarmConfigException");
    refuse(json!({"enabled": true, "alarms": [{"name": ""}]}), "InvalidAlarmConfigException");
    refuse(json!({"alarms": [{"name": "a"}, {"name": "a"}]}), "InvalidAlarmConfigException");
    let eleven: Vec<_> = (0..11).map(|number| json!({"name": format!("alarm-{number}")})).collect();
    refuse(json!({"alarms": eleven}), "AlarmsLimitExceededException");

    let alarms = json!({"enabled": true, "ignorePollAlarmFailure": false, "alarms": [{"name": "shop-5xx"}]});
    input["alarmConfiguration"] = alarms.clone();
    shell.call("codedeploy", "CreateDeploymentGroup", input).unwrap();
    let by = json!({"applicationName": "second", "deploymentGroupName": "production"});
    let output = shell.call("codedeploy", "GetDeploymentGroup", by).unwrap();
    assert_eq!(output["deploymentGroupInfo"]["alarmConfiguration"], alarms);
}

#[test]
fn groups_that_cannot_work_are_refused() {
    let mut shell = shell();
    let mut check = |pointer: &str, value: Json, code: &str| {
        let mut input = group(&Plan::default());
        input["deploymentGroupName"] = json!("second");
        input["ecsServices"][0]["serviceName"] = json!("web");
        *input.pointer_mut(pointer).unwrap() = value;
        let error = shell.call("codedeploy", "CreateDeploymentGroup", input).unwrap_err();
        assert_eq!(error.code, code, "{pointer}: {error}");
    };
    check("/applicationName", json!("other"), "ApplicationDoesNotExistException");
    check("/deploymentGroupName", json!("production"), "DeploymentGroupAlreadyExistsException");
    check("/deploymentConfigName", json!("CodeDeployDefault.OneAtATime"), "DeploymentConfigDoesNotExistException");
    check("/serviceRoleArn", json!("role"), "InvalidRoleException");
    check("/serviceRoleArn", json!(""), "RoleRequiredException");
    check("/deploymentStyle/deploymentType", json!("IN_PLACE"), "InvalidDeploymentStyleException");
    check("/blueGreenDeploymentConfiguration", Json::Null, "InvalidBlueGreenDeploymentConfigurationException");
    check(
        "/blueGreenDeploymentConfiguration/deploymentReadyOption/actionOnTimeout",
        json!("STOP_ON_TIMEOUT"),
        "InvalidBlueGreenDeploymentConfigurationException",
    );
    check("/ecsServices/0/serviceName", json!("none"), "InvalidECSServiceException");
    check("/ecsServices", json!([]), "InvalidECSServiceException");
    check("/ecsServices/0/serviceName", json!("web"), "ECSServiceMappingLimitExceededException");
}
