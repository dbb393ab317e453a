//! Who hears of deployments.

use super::*;

const NEWS: &str = "arn:aws:sns:us-east-1:123456789012:news";
const TROUBLE: &str = "arn:aws:sns:us-east-1:123456789012:trouble";

fn trigger(name: &str, topic: &str, events: &[&str]) -> Json {
    json!({"triggerName": name, "triggerTargetArn": topic, "triggerEvents": events})
}

fn triggered(mut setup: Setup, triggers: &[Json]) -> Shell {
    setup.stack.topics = vec![Topic::new(NEWS), Topic::new(TROUBLE)];
    let mut and = blue_green(
        &json!({"actionOnTimeout": "STOP_DEPLOYMENT", "waitTimeInMinutes": 30}),
        &json!({"action": "TERMINATE", "terminationWaitTimeInMinutes": 5}),
    );
    and["triggerConfigurations"] = json!(triggers);
    shell_with(setup, &Plan { and, ..Plan::default() })
}

/// What a topic was told: trigger and status.
fn heard(shell: &Shell, topic: &str) -> Vec<(String, String)> {
    let publications = shell.world.publications().iter().filter(|publication| publication.topic == topic);
    let messages = publications.map(|publication| serde_json::from_str::<Json>(&publication.message).unwrap());
    let text = |message: &Json, key: &str| message[key].as_str().unwrap().to_owned();
    messages.map(|message| (text(&message, "eventTriggerName"), text(&message, "status"))).collect()
}

fn pair(trigger: &str, status: &str) -> (String, String) {
    (trigger.to_owned(), status.to_owned())
}

#[test]
fn topics_hear_what_they_want_to_hear() {
    let triggers = [
        trigger("start", NEWS, &["DeploymentStart"]),
        trigger("ready", NEWS, &["DeploymentReady", "InstanceReady"]),
        trigger("good", NEWS, &["DeploymentSuccess"]),
        trigger("bad", TROUBLE, &["DeploymentFailure", "DeploymentStop", "DeploymentRollback"]),
    ];
    let mut shell = triggered(setup(), &triggers);
    let group = json!({"applicationName": "shop", "deploymentGroupName": "production"});
    let told = shell.call("codedeploy", "GetDeploymentGroup", group).unwrap();
    assert_eq!(told["deploymentGroupInfo"]["triggerConfigurations"], json!(triggers));

    let id = deploy(&mut shell, &[]);
    wait_for(&mut shell, "ready");
    go_on(&mut shell, &id, "READY_WAIT").unwrap();
    assert!(shell.until(HOUR, |shell| ended(shell, &id)));
    assert_eq!(heard(&shell, NEWS), [pair("start", "InProgress"), pair("ready", "Ready"), pair("good", "Succeeded")]);
    assert_eq!(heard(&shell, TROUBLE), []);

    deploy(&mut shell, &["BeforeInstall"]);
    let event = wait_for_hook(&mut shell, 1);
    report(&mut shell, &event, "Failed").unwrap();
    shell.advance(MINUTE);
    // the failure, and then that it is rolled back; the rollback itself has good news
    assert_eq!(heard(&shell, TROUBLE), [pair("bad", "Failed"), pair("bad", "Failed")]);
    assert_eq!(
        heard(&shell, NEWS)[3..],
        [pair("start", "InProgress"), pair("start", "InProgress"), pair("good", "Succeeded")]
    );

    let stopped = deploy(&mut shell, &["BeforeInstall"]);
    shell.call("codedeploy", "StopDeployment", json!({"deploymentId": stopped})).unwrap();
    assert_eq!(heard(&shell, TROUBLE).last(), Some(&pair("bad", "Stopped")));
}

#[test]
fn a_message_says_why() {
    let mut shell = triggered(setup(), &[trigger("bad", TROUBLE, &["DeploymentRollback"])]);
    let begun = shell.now.as_second();
    let id = deploy(&mut shell, &["BeforeInstall"]);
    let event = wait_for_hook(&mut shell, 1);
    report(&mut shell, &event, "Failed").unwrap();
    let message: Json = serde_json::from_str(&shell.world.publications()[0].message).unwrap();
    let rollback = rollback_of(&mut shell, &id).unwrap();
    let completed = shell.now.as_millisecond();
    assert_eq!(
        message,
        json!({
            "region": "us-east-1", "accountId": "123456789012", "eventTriggerName": "bad",
            "applicationName": "shop", "deploymentGroupName": "production", "deploymentId": id,
            "createTime": format!("{begun}.000"),
            "completeTime": format!("{}.{:03}", completed / 1000, completed % 1000),
            "deploymentOverview": {"Failed": "1", "InProgress": "0", "Pending": "0", "Skipped": "0", "Succeeded": "0"},
            "status": "Failed",
            "errorInformation": {
                "ErrorCode": "HOOK_EXECUTION_FAILURE",
                "ErrorMessage": "The hook of the lifecycle event BeforeInstall reported that it failed.",
            },
            "rollbackInformation": {
                "RollbackDeploymentId": rollback,
                "RollbackTriggeringDeploymentId": null,
                "RollbackMessage": format!("Deployment {id} terminated. Automatic rollback is triggered with a DeploymentId {rollback}."),
            },
        })
    );
}

#[test]
fn only_topics_that_the_service_role_may_publish_to_hear_anything() {
    let mut setup = setup();
    setup.stack.roles.push(service_role(&[(&NEEDED, "*"), (&["sns:Publish"], NEWS)]));
    let both = [trigger("one", NEWS, &["DeploymentStart"]), trigger("two", TROUBLE, &["DeploymentStart"])];
    let mut shell = triggered(setup, &both);
    deploy(&mut shell, &[]);
    shell.advance(MINUTE);
    assert_eq!((heard(&shell, NEWS).len(), heard(&shell, TROUBLE).len()), (1, 0));
    assert_eq!(shell.told("call.denied").map(|fact| fact["action"].clone()).collect::<Vec<_>>(), ["sns:Publish"]);
}

#[test]
fn triggers_that_cannot_work_are_refused() {
    let mut shell = shell();
    let mut check = |triggers: &[Json], code: &str| {
        let mut input = group(&Plan { and: json!({"triggerConfigurations": triggers}), ..Plan::default() });
        input["deploymentGroupName"] = json!("second");
        assert_eq!(shell.call("codedeploy", "CreateDeploymentGroup", input).unwrap_err().code, code, "{triggers:?}");
    };
    let invalid = "InvalidTriggerConfigException";
    check(&[trigger("", NEWS, &["DeploymentStart"])], invalid);
    check(&[trigger("one", "arn:aws:sqs:us-east-1:123456789012:news", &["DeploymentStart"])], invalid);
    check(&[trigger("one", NEWS, &[])], invalid);
    check(&[trigger("one", NEWS, &["DeploymentPaused"])], invalid);
    check(&[json!({"triggerName": "one"})], invalid);
    check(&[trigger("one", NEWS, &["DeploymentStart"]), trigger("one", NEWS, &["DeploymentStop"])], invalid);
    let eleven: Vec<Json> = (0..11).map(|number| trigger(&number.to_string(), NEWS, &["DeploymentStart"])).collect();
    check(&eleven, "TriggerTargetsLimitExceededException");
}

#[test]
fn events_on_the_bus_can_get_lost() {
    let mut setup = setup();
    setup.loses_best_effort_events = true;
    let mut shell = triggered(setup, &[trigger("start", NEWS, &["DeploymentStart"])]);
    deploy(&mut shell, &[]);
    wait_for(&mut shell, "ready");
    assert!(states(&shell).is_empty(), "CodeDeploy promises its best effort only");
    assert_eq!(heard(&shell, NEWS), [pair("start", "InProgress")], "topics are told");
}
