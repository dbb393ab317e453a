//! What is wrong with tasks, their events and what is read of them.

use super::*;
use crate::{EventFault, FunctionFault, ListenerFault, Role, TaskFault, Tasks};

fn with(fault: Fault) -> Shell {
    let mut setup = setup();
    setup.faults.push(fault);
    shell_with(setup, definition("shop:v1"))
}

/// How often somebody heard that the task has stopped, and after how many seconds last.
fn heard_of_the_end(what: EventFault) -> (usize, i64) {
    let detail_type = "ECS Task State Change".to_owned();
    let mut shell = with(Fault::Event { detail_type, times: Fault::ALWAYS, what });
    let begun = shell.now;
    run(&mut shell);
    let is_end = |invoke: &&crate::Invoke| invoke.payload["detail"]["lastStatus"] == "STOPPED";
    let (mut heard, mut last) = (0, 0);
    for _ in 0..120 {
        shell.advance(SECOND);
        let now = shell.invocations.iter().filter(is_end).count();
        if now > heard {
            (heard, last) = (now, shell.now.duration_since(begun).as_secs());
        }
    }
    (heard, last)
}

#[test]
fn events_are_lost_late_or_doubled() {
    assert_eq!(heard_of_the_end(EventFault::Lost), (0, 0));
    let (once, at) = heard_of_the_end(EventFault::Late(Duration::ZERO));
    assert_eq!(once, 1);
    assert_eq!(heard_of_the_end(EventFault::Late(MINUTE)), (1, at + 60));
    assert_eq!(heard_of_the_end(EventFault::Doubled(MINUTE)), (2, at + 60));
}

#[test]
fn a_function_crashes_as_often_as_it_is_told_to() {
    for (what, outcome) in [(FunctionFault::Crashes, "crashed"), (FunctionFault::TimesOut, "timed-out")] {
        let mut shell = with(Fault::Function { function: "watch".to_owned(), times: 1, what });
        run(&mut shell);
        shell.advance(MINUTE * 2);
        let outcomes: Vec<String> = shell
            .told("function.ended")
            .filter_map(|fact| serde_json::to_value(fact).unwrap()["outcome"].as_str().map(str::to_owned))
            .collect();
        assert_eq!(outcomes.iter().filter(|ended| *ended == outcome).count(), 1, "{outcomes:?}");
        assert_eq!(shell.invocations.len() + 1, outcomes.len(), "the shell never heard of the first");
    }
}

#[test]
fn a_function_is_invoked_twice_with_one_request_id() {
    let what = FunctionFault::Doubled;
    let mut shell = with(Fault::Function { function: "watch".to_owned(), times: Fault::ALWAYS, what });
    run(&mut shell);
    let ids: Vec<_> = shell.invocations.iter().map(|invoke| invoke.request_id.clone()).collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], ids[1]);
}

#[test]
fn what_a_role_reads_of_tasks_is_old() {
    let mut setup = setup();
    setup.faults.push(Fault::StaleReads { by: SECOND * 5 });
    let policy = json!({ "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }] });
    let policies = vec![serde_json::from_value(policy).unwrap()];
    setup.stack.roles.push(Role { name: "r".to_owned(), access_key: "R".to_owned(), policies, ..Role::default() });
    let mut shell = shell_with(setup, definition("shop:v1"));
    shell.advance(MINUTE);
    run(&mut shell);
    let mut seen = |by: &str| {
        let output = shell.call_as(by, "ecs", "ListTasks", json!({"cluster": "shop"})).unwrap();
        let seen = output["taskArns"].as_array().unwrap().len();
        shell.advance(SECOND * 3);
        seen
    };
    assert_eq!(["operator", "R", "R", "operator"].map(&mut seen), [1, 0, 1, 1]);
}

#[test]
fn a_task_whose_image_is_not_there_never_starts() {
    let which = Tasks::WithImage("shop:v1".to_owned());
    let mut shell = with(Fault::Tasks { which, what: TaskFault::NotPulled });
    let task = run(&mut shell);
    shell.advance(MINUTE);
    let described = describe(&mut shell, &task);
    assert_eq!(described["stopCode"], "TaskFailedToStart");
    assert!(described["stoppedReason"].as_str().unwrap().starts_with("CannotPullContainerError"), "{described}");
    assert!(shell.started.is_empty());
}

#[test]
fn a_task_is_taken_back_while_it_works() {
    let which = Tasks::OneOff { started_by: ("greenlight/".to_owned(), "/BeforeInstall/".to_owned()) };
    let mut shell = with(Fault::Tasks { which, what: TaskFault::Interrupted(SECOND * 20) });
    let task = run(&mut shell);
    shell.advance(SECOND * 25);
    assert_eq!(describe(&mut shell, &task)["lastStatus"], "RUNNING");
    shell.advance(MINUTE);
    let described = describe(&mut shell, &task);
    assert_eq!((&described["lastStatus"], &described["stopCode"]), (&json!("STOPPED"), &json!("SpotInterruption")));
}

#[test]
fn a_broken_listener_is_told_to_the_shell() {
    let answer = ListenerFault::Status(500);
    let shell = with(Fault::Listener { listener: LISTENER.to_owned(), answer });
    assert_eq!(shell.routes[LISTENER].fault, Some(answer));
}
