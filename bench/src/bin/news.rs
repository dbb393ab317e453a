//! `bench-news [RUNS] [PROGRAM]`: rehearses the built-in example's release so often with faults that are news, and says how long
//! each piece of news took from its event to the topic. Ends with 1 if one took a second or more of the product's own time.
//!
//! PROGRAM is `greenlight`; it is looked for beside this program.

use greenlight_bench::{measure, table};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

/// A hook that fails; an alarm that takes a release back after its success.
const FAULTS: [&str; 2] = ["smoke-check-fails", "alarm@after"];
/// How much faster the stage's clock goes: the product's own work does not get faster with it.
const SPEED: i64 = 60;
/// Of the product's own time, in milliseconds.
const CLAIMED: i64 = 1000;

/// Milliseconds by the kind of news.
type Took = BTreeMap<String, Vec<i64>>;

fn main() -> io::Result<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    let runs: usize = arguments.next().map_or(Ok(3), |text| text.parse().map_err(io::Error::other))?;
    let program = arguments.next().map_or_else(|| measure::sibling("greenlight"), |path| Ok(PathBuf::from(path)))?;
    let mut took = Took::new();
    for fault in FAULTS {
        for _ in 0..runs {
            rehearse(&program, fault, &mut took)?;
        }
    }
    let mut result = json!({
        "benchmark": "news",
        "profile": if cfg!(debug_assertions) { "debug" } else { "release" },
        "runs": runs,
    });
    let longest = took.values().flatten().copied().max();
    for (kind, mut milliseconds) in took {
        milliseconds.sort_unstable();
        result[format!("{kind} own_ms")] = json!(milliseconds);
    }
    result["own_ms, longest of all"] = json!(longest);
    result["claimed"] = json!(format!("under {CLAIMED} ms"));
    let holds = longest.is_some_and(|longest| longest < CLAIMED);
    result["holds"] = json!(holds);
    table::print(&result)?;
    Ok(ExitCode::from(u8::from(!holds)))
}

/// Rehearses once, and adds how long each piece of news took.
fn rehearse(program: &Path, fault: &str, took: &mut Took) -> io::Result<()> {
    let speed = SPEED.to_string();
    let mut command = Command::new(program);
    command.args(["rehearse", "--fault", fault, "--speed", &speed, "--format", "json"]).stdin(Stdio::null());
    let output = command.output()?;
    let text = String::from_utf8(output.stdout).map_err(io::Error::other)?;
    let facts: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let before: usize = took.values().map(Vec::len).sum();
    for (index, fact) in facts.iter().enumerate().filter(|(_, fact)| fact["event"] == "notice.sent") {
        let Some((kind, key)) = id(fact) else { continue };
        let earlier = facts.get(..index).unwrap_or_default();
        if let Some(event) = earlier.iter().rev().find(|event| is_told(event, kind, key)) {
            let milliseconds = at(fact)?.saturating_sub(at(event)?) / SPEED;
            took.entry(kind.to_owned()).or_default().push(milliseconds);
        }
    }
    let after: usize = took.values().map(Vec::len).sum();
    if after < before + 4 {
        return Err(io::Error::other(format!(
            "the rehearsal with {fault} did not go as it should: {:?}",
            facts.last()
        )));
    }
    Ok(())
}

/// Kind and key of a notice, from its last line.
fn id(fact: &Value) -> Option<(&str, &str)> {
    fact["message"].as_str()?.lines().last()?.strip_prefix("notice: ")?.split_once('/')
}

/// Whether this is the event that a notice tells of.
fn is_told(event: &Value, kind: &str, key: &str) -> bool {
    let is = |name: &str| event["event"] == name;
    let names = |member: &str| event[member].as_str().is_some_and(|value| key.split('/').any(|part| part == value));
    match kind {
        "deployment.started" => is("deployment.started") && names("deployment_id"),
        "deployment.succeeded" | "deployment.failed" | "deployment.stopped" | "deployment.rolled-back" => {
            is("deployment.ended") && names("deployment_id")
        }
        "hook.failed" | "traffic.shifting" => {
            is("lifecycle.ended") && names("deployment_id") && names("lifecycle_event")
        }
        "rollback.started" => is("alarm.changed") && names("alarm") && event["to"] == "ALARM",
        _ => false,
    }
}

/// When it happened, in milliseconds of the stage's time.
fn at(fact: &Value) -> io::Result<i64> {
    let text = fact["at"].as_str().unwrap_or_default();
    let at: jiff::Timestamp = text.parse().map_err(io::Error::other)?;
    Ok(at.as_millisecond())
}
