//! Tasks of `RunTask`.

use super::*;
use crate::{CallFault, Role, TaskFault, Tasks};

#[test]
fn a_one_off_task_runs_its_command_and_ends_with_its_exit_code() {
    let mut shell = shell();
    shell.play = Box::new(|_| Play::Exit { after: SECOND * 2, code: 3, lines: vec!["no such table".to_owned()] });
    let task = run(&mut shell);
    shell.advance(MINUTE);

    let process = shell.started[0].clone();
    assert_eq!(shell.started.len(), 1, "the log router is a stub");
    assert_eq!(process.command, Some(vec!["migrate".to_owned()]));
    assert_eq!(process.environment["MODE"], "migration");
    assert_eq!(process.environment["KEY"], "hush");

    let described = describe(&mut shell, &task);
    assert_eq!(described["lastStatus"], "STOPPED");
    assert_eq!(described["stopCode"], "EssentialContainerExited");
    assert_eq!(described["stoppedReason"], "Essential container in task exited");
    assert_eq!(described["containers"][1]["exitCode"], 3);
    assert_eq!(described["startedBy"], "greenlight/d-1/BeforeInstall/1/1");
    assert_eq!(described["group"], "family:shop");
    assert_eq!(described["containers"][1]["networkInterfaces"][0]["privateIpv4Address"], process.ip.to_string());

    let stages = ["PROVISIONING", "PENDING", "RUNNING", "STOPPING", "DEPROVISIONING", "STOPPED"];
    assert_eq!(event_statuses(&shell), stages);
    let line = shell.told("log.line").find(|line| line["log_group"] == "/ecs/shop").unwrap();
    assert_eq!(line["message"], "no such table");
    assert_eq!(line["log_stream"], format!("web/web/{}", task.rsplit('/').next().unwrap()));
    assert_eq!(shell.told("task.stopped").next().unwrap()["exit_codes"]["web"], 3);
}

#[test]
fn events_echo_overrides_and_never_secrets() {
    let mut shell = shell();
    run(&mut shell);
    shell.advance(MINUTE);
    let stopped = shell.invocations.iter().find(|invoke| invoke.payload["detail"]["lastStatus"] == "STOPPED").unwrap();
    let detail = &stopped.payload["detail"];
    assert_eq!(detail["overrides"]["containerOverrides"][0]["command"], json!(["migrate"]));
    assert_eq!(detail["containers"][1]["exitCode"], 0);
    assert_eq!(detail["attachments"][0]["type"], "eni");
    assert_eq!(detail["createdAt"], "2026-01-01T00:00:00.000Z");
    assert_eq!(stopped.payload["resources"], json!([detail["taskArn"]]));
    assert!(shell.invocations.iter().all(|invoke| !invoke.payload.to_string().contains("hush")));
}

#[test]
fn a_client_token_starts_one_task_only() {
    let mut shell = shell();
    let first = run(&mut shell);
    assert_eq!(run(&mut shell), first);
    let mut other = run_input("t");
    other["startedBy"] = json!("other");
    let conflict = shell.call("ecs", "RunTask", other).unwrap_err();
    assert_eq!(conflict.code, "ConflictException");
    assert!(conflict.message.contains(&first));
    shell.advance(MINUTE);
    let again = shell.call("ecs", "RunTask", run_input("t")).unwrap();
    assert_eq!(again["tasks"][0], json!({"taskArn": first, "lastStatus": "STOPPED", "desiredStatus": "STOPPED"}));
    // one hour after the task has stopped, the token is worth nothing
    shell.advance(MINUTE * 61);
    assert_ne!(run(&mut shell), first);
    let missing = shell.call("ecs", "DescribeTasks", json!({"cluster": "shop", "tasks": [first]})).unwrap();
    assert_eq!(missing["failures"][0]["reason"], "MISSING");
}

#[test]
fn a_stopped_task_tells_who_stopped_it() {
    let mut shell = shell();
    shell.play = Box::new(|_| Play::Hang);
    let task = run(&mut shell);
    shell.advance(SECOND * 20);
    assert_eq!(describe(&mut shell, &task)["lastStatus"], "RUNNING");
    shell.call("ecs", "StopTask", json!({"cluster": "shop", "task": task, "reason": "too long"})).unwrap();
    shell.advance(SECOND * 20);
    assert_eq!(describe(&mut shell, &task)["lastStatus"], "STOPPING");
    shell.advance(MINUTE);
    let described = describe(&mut shell, &task);
    assert_eq!(described["stopCode"], "UserInitiated");
    assert_eq!(described["stoppedReason"], "too long");
    assert_eq!(described["containers"][1]["exitCode"], 137);
    assert_eq!(described["containers"][0]["exitCode"], 0);
}

#[test]
fn a_task_stopped_before_it_ran_has_no_exit_code() {
    let mut shell = shell();
    let task = run(&mut shell);
    shell.call("ecs", "StopTask", json!({"cluster": "shop", "task": task})).unwrap();
    shell.advance(MINUTE);
    let described = describe(&mut shell, &task);
    assert_eq!(described["lastStatus"], "STOPPED");
    assert_eq!(described["containers"][1].get("exitCode"), None);
    assert!(shell.started.is_empty());
}

#[test]
fn a_missing_secret_is_named() {
    let mut setup = setup();
    setup.secrets.clear();
    let mut shell = shell_with(setup, definition("shop:v1"));
    let task = run(&mut shell);
    shell.advance(MINUTE);
    let described = describe(&mut shell, &task);
    assert_eq!(described["stopCode"], "TaskFailedToStart");
    let reason = described["stoppedReason"].as_str().unwrap();
    assert!(reason.starts_with("ResourceInitializationError") && reason.contains(":parameter/key"), "{reason}");
}

#[test]
fn a_container_that_cannot_start_fails_its_task() {
    let mut shell = shell();
    shell.play = Box::new(|_| Play::FailToStart("no such file".to_owned()));
    let task = run(&mut shell);
    shell.advance(MINUTE);
    let described = describe(&mut shell, &task);
    assert_eq!(described["stopCode"], "TaskFailedToStart");
    assert_eq!(described["stoppedReason"], "CannotStartContainerError: no such file");
    assert_eq!(described["containers"][1]["reason"], "CannotStartContainerError: no such file");
    assert_eq!(shell.told("task.started").count(), 0);
}

#[test]
fn containers_wait_for_each_other() {
    let mut definition = definition("shop:v1");
    let containers = definition["containerDefinitions"].as_array_mut().unwrap();
    containers.push(json!({"name": "init", "image": "shop:v2", "essential": false, "command": ["prepare"]}));
    containers[1]["dependsOn"] = json!([{"containerName": "init", "condition": "SUCCESS"}]);
    for (code, outcome) in [(0, "RUNNING"), (1, "STOPPED")] {
        let mut shell = shell_with(setup(), definition.clone());
        shell.play = Box::new(move |process| if process.image == "shop:v2" { Play::exit(code) } else { Play::Serve });
        let task = run(&mut shell);
        shell.advance(SECOND * 11);
        assert_eq!(shell.started.len(), 1, "web waits");
        assert_eq!(describe(&mut shell, &task)["lastStatus"], "PENDING");
        shell.advance(SECOND * 10);
        let described = describe(&mut shell, &task);
        assert_eq!(described["lastStatus"], outcome);
        if outcome == "STOPPED" {
            assert_eq!(described["stopCode"], "TaskFailedToStart");
            assert_eq!(shell.started.len(), 1);
        }
    }
}

#[test]
fn a_fault_takes_the_place_of_the_overridden_container() {
    let mut setup = setup();
    setup.faults.push(Fault::Tasks {
        which: Tasks::OneOff { started_by: ("greenlight".to_owned(), "/BeforeInstall/".to_owned()) },
        what: TaskFault::Container(ContainerFault::Exits { code: 9, line: "broken".to_owned() }),
    });
    let mut shell = shell_with(setup, definition("shop:v1"));
    let task = run(&mut shell);
    shell.advance(MINUTE);
    assert_eq!(describe(&mut shell, &task)["containers"][1]["exitCode"], 9);
    let mut other = run_input("u");
    other["startedBy"] = json!("somebody");
    let output = shell.call("ecs", "RunTask", other).unwrap();
    shell.advance(MINUTE);
    assert_eq!(describe(&mut shell, output["tasks"][0]["taskArn"].as_str().unwrap())["containers"][1]["exitCode"], 0);
}

#[test]
fn calls_of_a_role_go_wrong_as_often_as_they_are_told_to() {
    let fault =
        |times, answer| Fault::Call { role: "r".to_owned(), operation: "ecs:RunTask".to_owned(), times, answer };
    let mut setup = setup();
    let policy = json!({ "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }] });
    let policies = vec![serde_json::from_value(policy).unwrap()];
    setup.stack.roles.push(Role { name: "r".to_owned(), access_key: "R".to_owned(), policies, ..Role::default() });
    setup.faults.push(fault(1, CallFault::Throttled));
    setup.faults.push(fault(1, CallFault::NothingStarted("RESOURCE:CPU".to_owned())));
    setup.faults.push(fault(1, CallFault::AnswerLost));
    let mut shell = shell_with(setup, definition("shop:v1"));
    assert!(shell.call("ecs", "RunTask", run_input("operator")).is_ok(), "nobody else's calls");
    let mut call = || shell.call_as("R", "ecs", "RunTask", run_input("role"));
    assert_eq!(call().unwrap_err().code, "ThrottlingException");
    let nothing = call().unwrap();
    assert_eq!((&nothing["tasks"], &nothing["failures"][0]["reason"]), (&json!([]), &json!("RESOURCE:CPU")));
    assert_eq!(call().unwrap_err().status, 500);
    assert_eq!(call().unwrap()["tasks"].as_array().unwrap().len(), 1);
    assert_eq!(shell.world.ecs.tasks.len(), 2, "the lost answer was about the same task");
}
