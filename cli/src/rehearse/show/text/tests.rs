use super::*;
use crate::rehearse::{Colour, TrafficOutcome};

#[test]
fn durations_read_well() {
    let said = [0, 940, 9_999, 10_000, 59_999, 60_000, 302_000, 3_660_000].map(span);
    assert_eq!(said, ["0.0 s", "0.9 s", "9.9 s", "10 s", "59 s", "1 m 00 s", "5 m 02 s", "1 h 01 m"]);
}

#[test]
fn a_migration_can_be_read_and_other_tasks_are_silent() {
    let mut lines = Lines::new(false);
    let at = jiff::Timestamp::UNIX_EPOCH;
    let started = FactKind::TaskStarted {
        task: "arn:aws:ecs:us-east-1:123456789012:task/cluster/one".to_owned(),
        group: "family:shop".to_owned(),
        task_definition: "shop:2".to_owned(),
        ip: "127.100.0.1".to_owned(),
        started_by: Some("greenlight/d-1/BeforeInstall/0/0".to_owned()),
    };
    assert!(lines.on(Progress::Fact(&Fact { at, kind: started })).is_empty());
    let mut logged = |stream: &str| {
        let kind = FactKind::LogLine {
            log_group: "/ecs/shop".to_owned(),
            log_stream: stream.to_owned(),
            function: None,
            message: "applied".to_owned(),
        };
        lines.on(Progress::Fact(&Fact { at, kind }))
    };
    assert_eq!(logged("ecs/web/one"), ["    │ applied"]);
    assert!(logged("ecs/web/two").is_empty());
}

#[test]
fn a_dead_letter_is_told_and_a_used_permission_is_not() {
    let mut lines = Lines::new(false);
    let mut said = |kind| lines.on(Progress::Fact(&Fact { at: jiff::Timestamp::UNIX_EPOCH, kind }));
    let letter = FactKind::DeadLetterSent {
        queue: "arn:aws:sqs:us-east-1:123456789012:dead".to_owned(),
        from: "arn:aws:events:us-east-1:123456789012:rule/stopped".to_owned(),
        reason: "MaximumRetryAttempts".to_owned(),
    };
    let line = "  ✗ an event of rule/stopped was given up (MaximumRetryAttempts): it lies in the queue dead";
    assert_eq!(said(letter), [line]);
    let used = FactKind::PermissionUsed {
        role: "role".to_owned(),
        policy: 0,
        statement: 0,
        sid: None,
        action: "ecs:*".to_owned(),
        resource: "*".to_owned(),
    };
    assert!(said(used).is_empty());
}

#[test]
fn a_failed_deployment_ends_with_the_whole_reason_and_who_serves() {
    let outcome = Outcome {
        event: "outcome",
        outcome: Ending::RolledBack,
        deployment_id: "d-1".to_owned(),
        rollback_deployment_id: Some("d-2".to_owned()),
        error_code: Some("HOOK_EXECUTION_FAILURE".to_owned()),
        message: None,
        rollback: None,
        serving: Some(Colour::Blue),
        hooks: vec![HookOutcome {
            deployment_id: "d-1".to_owned(),
            lifecycle_event: "BeforeInstall".to_owned(),
            function: "migrate".to_owned(),
            verdict: "failed".to_owned(),
            reason: Some("exit code 1; last lines:\nduplicate key".to_owned()),
            duration_ms: Some(38_000),
        }],
        denied: Vec::new(),
        jobs: Vec::new(),
        traffic: TrafficOutcome { requests: 200, failed: 0, blue: 200, green: 0, first_failure: None },
        notifications: 0,
        duration_ms: 62_000,
        at: jiff::Timestamp::UNIX_EPOCH,
    };
    let said = [
        "",
        "  ✗ rolled back after 1 m 02 s of the stage's time; why:",
        "    migrate at BeforeInstall: exit code 1; last lines:",
        "    duplicate key",
        "  serving    blue",
        "  requests   200: 200 answered by blue, 0 by green, none failed",
    ];
    assert_eq!(Lines::new(false).end(&outcome), said);
}
