//! The built-in example with alarms that take its release back, with real processes.

use crate::played::Played;
use crate::processes::{lines, program, run};
use serde_json::Value;

/// Rehearses with a fault; the exit code beside it.
fn play(fault: &str, arguments: &[&str]) -> (Played, i32) {
    let empty = tempfile::tempdir().unwrap();
    let mut command = program(empty.path());
    command.args(["rehearse", "--fault", fault, "--format", "json"]).args(arguments);
    let output = run(command);
    let mut facts = lines(&output);
    let outcome = facts.pop().unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    (Played { facts, outcome }, output.status.code().unwrap())
}

/// The alarm really went off, the function heard of it, and took the release back once.
fn was_taken_back(played: &Played) {
    let outcome = &played.outcome;
    assert_eq!((&outcome["outcome"], &outcome["serving"]), (&"rolled-back".into(), &"blue".into()), "{outcome}");
    assert!(played.facts("alarm.changed").iter().any(|fact| fact["to"] == "ALARM"));
    assert!(played.denied().is_empty(), "{:?}", played.denied());
    let by = outcome["rollback_deployment_id"].as_str().unwrap();
    assert_eq!(played.ending(by).0, "Succeeded");
    let after: Vec<&str> = played.facts("deployment.started").iter().map(|fact| text(fact, "deployment_id")).collect();
    assert_eq!(after[1..], [played.deployment_id(), by], "blue's own, the release, and one rollback");
    let measured = played.facts("rollback.measured");
    assert_eq!((measured.len(), &measured[0]["rollback_deployment_id"]), (1, &by.into()));
    let rollback = &outcome["rollback"];
    let number = |name: &str| rollback[name].as_i64().unwrap();
    assert_eq!(number("own_ms") + number("aws_ms"), number("total_ms"), "{rollback}");
    assert!(number("own_ms") > 0, "{rollback}");
    assert!(played.notices().iter().any(|notice| notice.contains(played.deployment_id())), "{:?}", played.notices());
}

fn text<'a>(fact: &'a Value, name: &str) -> &'a str {
    fact[name].as_str().unwrap()
}

#[test]
fn an_alarm_after_the_success_takes_the_release_back() {
    let all_at_once = ["--speed", "120", "--deployment-config", "CodeDeployDefault.ECSAllAtOnce"];
    let (played, code) = play("alarm@after", &all_at_once);
    was_taken_back(&played);
    assert_eq!(code, 1);
    assert_eq!(played.ending(played.deployment_id()), ("Succeeded".to_owned(), None));
    assert_eq!(played.outcome["rollback"]["how"], "redeployed");
    assert_eq!(played.outcome["traffic"]["failed"], 0, "{}", played.outcome);
}

/// Users' own requests bring the metric about that the alarm watches.
#[test]
fn a_revision_that_fails_its_users_is_taken_back_by_what_they_got() {
    let (played, code) = play("green-500-under-load", &[]);
    was_taken_back(&played);
    assert_eq!(code, 1);
    let changed = played.facts("alarm.changed");
    let went_off = changed.iter().find(|fact| fact["to"] == "ALARM").unwrap();
    assert!(text(went_off, "reason").starts_with("Threshold Crossed"), "{went_off}");
    let traffic = &played.outcome["traffic"];
    let [requests, failed, green] = ["requests", "failed", "green"].map(|name| traffic[name].as_u64().unwrap());
    assert!(failed > 10 && failed <= green, "only what green answered failed: {traffic}");
    assert_eq!(traffic["first_failure"], "status 500");
    assert!(green < requests / 2, "a canary shows it to few: {traffic}");
}

#[test]
fn people_read_how_long_it_took() {
    let empty = tempfile::tempdir().unwrap();
    let mut command = program(empty.path());
    command.args(["rehearse", "--fault", "alarm@shift"]);
    let output = run(command);
    let shown = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{shown}");
    for line in ["blue is deployed", "alarm shop-5xx: the deployment was stopped", "  rollback   ", "20 to 25 s"] {
        assert!(shown.contains(line), "{line} is missing in:\n{shown}");
    }
}
