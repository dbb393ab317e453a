//! What the team hears of every fault: a person who was not there can name the cause and the next step.
//!
//! Kind, subject and mail are held in `tests/snapshots/notices`.

use super::HOUR;
use crate::snapshots::{held, without_ids};
use crate::{faults, simulated};
use greenlight::rehearse::faults::FAULTS;
use greenlight::rehearse::{Controller, setup};
use greenlight_world::Setup;
use serde_json::Value;
use std::collections::BTreeSet;

/// Faults with which functions are invoked twice at once: so do their news come, with one id.
const TWICE: [&str; 2] = ["alarm-storm", "function-invoked-twice"];

/// All news since the release began, and two hours later: kind, subject and mail.
fn told(fault: &str) -> Vec<String> {
    let rehearsal = faults::rehearsal(&[fault], Controller::CodeDeploy);
    let world = Setup { seed: 1, ..setup(&rehearsal, Setup::EPOCH, 1.0) };
    let played = simulated::play_with_users_then(
        world,
        &rehearsal,
        async |_| {},
        async |_, _| tokio::time::sleep(2 * HOUR).await,
    );
    let release = played.deployment_id();
    let begun = |fact: &&Value| !(fact["event"] == "deployment.started" && fact["deployment_id"] == release);
    let since = played.facts.iter().skip_while(begun).filter(|fact| fact["event"] == "notice.sent");
    let of_release = |fact: &&Value| {
        // the old revision's own deployment ends before, but may be told of after
        !fact["message"].as_str().unwrap().contains("deployment.succeeded/") || is_about(fact, release)
    };
    since.filter(of_release).map(shown).collect()
}

fn is_about(fact: &Value, deployment: &str) -> bool {
    fact["message"].as_str().unwrap().contains(deployment)
}

fn shown(fact: &Value) -> String {
    let text = |name: &str| fact[name].as_str().unwrap_or_default();
    let at = text("at").split(['T', '.']).nth(1).unwrap_or_default().trim_end_matches('Z');
    let kind = id(text("message")).split('/').next().unwrap_or_default();
    format!("== {at}Z  {kind}\nSubject: {}\n\n{}\n", text("subject"), text("message"))
}

fn id(message: &str) -> &str {
    message.lines().last().and_then(|line| line.strip_prefix("notice: ")).unwrap_or("an alarm")
}

#[test]
fn every_fault_is_told_so_that_somebody_who_was_not_there_understands_it() {
    let mut wrong = Vec::new();
    for fault in FAULTS {
        let told = told(fault.name);
        let ids: Vec<&str> = told.iter().map(|one| id(one.trim_end())).collect();
        if !TWICE.contains(&fault.name) {
            let once: BTreeSet<&&str> = ids.iter().collect();
            assert_eq!(once.len(), ids.len(), "{}: {ids:?}", fault.name);
        }
        let all = format!("{}\n", told.join("\n"));
        wrong.extend(held(&format!("notices/{}", fault.name), &without_ids(&all)).err());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
