//! AWS that throttles, has no room, or loses its answers: what can be tried again is tried again as long as the function may
//! run, nothing is started twice, and what cannot be done in time is a Failed verdict with AWS's own words.

use super::account::{self, Account};
use super::{MINUTE, PATIENT, migrating, slow};
use crate::played::Played;
use crate::shop;
use greenlight_domain::lifecycle::LifecycleEvent;
use greenlight_domain::one_off::OneOff;
use greenlight_simulation::Behaviours;
use greenlight_world::{CallFault, Fault};

/// The functions whose calls go wrong.
const MIGRATE: &str = "migrate";
const SETTLE: &str = "settle";

/// More calls than any function makes.
const ALWAYS: u32 = 10_000;

fn fault(function: &str, operation: &str, times: u32, answer: CallFault) -> Fault {
    Fault::Call { role: shop::role(function), operation: operation.to_owned(), times, answer }
}

/// Deploys with this fault, and lets an hour pass after the end.
fn deployed(fault: Fault, check: impl AsyncFnOnce(&Account, &str, Played)) {
    account::with(
        Behaviours::new(),
        |setup| setup.faults.push(fault),
        async |account: Account| {
            let id = account.deploy_green(Some(shop::MIGRATE)).await;
            account.end_of(&id).await;
            account.pass(60 * MINUTE).await;
            check(&account, &id, account.played()).await;
        },
    );
}

fn succeeds(fault: Fault) {
    let told = format!("{fault:?}");
    deployed(fault, async |_, id, played| {
        assert_eq!(played.ending(id).0, "Succeeded", "{told}: {:?}", played.verdicts(id));
        assert_eq!(played.migrations().len(), 1, "{told}");
        assert!(played.notices().is_empty(), "{told}: {:?}", played.notices());
    });
}

/// Nothing runs, nothing will, and the reason is kept and told.
fn fails(fault: Fault, reasons: &[&str]) {
    deployed(fault, async |account, id, played| {
        assert_eq!(played.ending(id), ("Failed".to_owned(), Some("HOOK_EXECUTION_FAILURE".to_owned())));
        let verdicts = played.verdicts(id);
        assert_eq!(verdicts.len(), 1, "{verdicts:?}");
        let notices = played.notices();
        assert_eq!(notices.len(), 1, "{notices:?}");
        for reason in reasons {
            assert!(verdicts[0].1.contains(reason) && notices[0].contains(reason), "{reason} in {verdicts:?}");
        }
        assert!(played.migrations().is_empty());
        let first = OneOff::first("greenlight", id, LifecycleEvent::BeforeInstall);
        assert!(!account.has_schedule(&first).await, "its deadline is gone");
        let hook = &played.of(id, "lifecycle.ended")[0];
        assert!(hook["duration_ms"].as_u64().unwrap() < 60_000, "within the function's own minute: {hook}");
    });
}

const NO_ROOM: &str = "RESOURCE:FARGATE";

#[test]
fn run_task_that_is_throttled_for_a_while_is_called_again() {
    succeeds(fault(MIGRATE, "ecs:RunTask", 12, CallFault::Throttled));
}

#[test]
fn run_task_that_has_no_room_for_a_while_is_called_again() {
    succeeds(fault(MIGRATE, "ecs:RunTask", 4, CallFault::NothingStarted(NO_ROOM.to_owned())));
    let capacity = "Capacity is unavailable at this time. Please try again later or in a different availability zone";
    succeeds(fault(MIGRATE, "ecs:RunTask", 4, CallFault::NothingStarted(capacity.to_owned())));
}

#[test]
fn run_task_that_is_always_throttled_fails_the_deployment_in_time() {
    fails(fault(MIGRATE, "ecs:RunTask", ALWAYS, CallFault::Throttled), &["ecs:RunTask", "ThrottlingException"]);
}

#[test]
fn run_task_that_never_has_room_fails_the_deployment_in_time() {
    let answer = CallFault::NothingStarted(NO_ROOM.to_owned());
    fails(fault(MIGRATE, "ecs:RunTask", ALWAYS, answer), &["ecs:RunTask", NO_ROOM]);
}

#[test]
fn a_reason_that_does_not_go_away_fails_the_deployment_at_once() {
    let answer = CallFault::NothingStarted("MISSING".to_owned());
    fails(fault(MIGRATE, "ecs:RunTask", 1, answer), &["ecs:RunTask", "MISSING"]);
}

const OF_MIGRATE: [&str; 10] = [
    "codedeploy:GetDeployment",
    "codedeploy:ListDeploymentTargets",
    "codedeploy:GetDeploymentTarget",
    "codedeploy:GetApplicationRevision",
    "ecs:DescribeTaskDefinition",
    "ecs:DescribeServices",
    "ecs:ListTasks",
    "ecs:DescribeTasks",
    "ecs:RunTask",
    "scheduler:CreateSchedule",
];

const OF_SETTLE: [&str; 4] = [
    "scheduler:GetSchedule",
    "ecs:DescribeTaskDefinition",
    "codedeploy:PutLifecycleEventHookExecutionStatus",
    "scheduler:DeleteSchedule",
];

/// Every call of the functions, with the function that makes it.
fn calls() -> impl Iterator<Item = (&'static str, &'static str)> {
    let of = |function| move |operation| (function, operation);
    OF_MIGRATE.into_iter().map(of(MIGRATE)).chain(OF_SETTLE.into_iter().map(of(SETTLE)))
}

#[test]
fn every_call_may_be_throttled_for_a_while() {
    // the SDK's own three attempts are not enough
    calls().for_each(|(function, operation)| succeeds(fault(function, operation, 5, CallFault::Throttled)));
}

#[test]
fn every_answer_may_be_lost() {
    calls().for_each(|(function, operation)| succeeds(fault(function, operation, 1, CallFault::AnswerLost)));
}

#[test]
fn a_task_whose_start_nobody_confirmed_is_looked_for() {
    account::with(
        migrating(slow()),
        |setup| setup.faults.push(fault(MIGRATE, "ecs:RunTask", ALWAYS, CallFault::AnswerLost)),
        async |account: Account| {
            let id = account.deploy_green(Some(PATIENT)).await;
            let played = account.end_of(&id).await;
            assert_eq!(played.ending(&id).0, "Succeeded", "{:?}", played.verdicts(&id));
            assert_eq!(played.migrations().len(), 1, "one token, one task");
        },
    );
}
