//! The program's contract: what scripts rely on.

use crate::played::Played;
use crate::processes::{PROGRAM, directory, lines, play, program, run};
use crate::shop;
use greenlight::rehearse::Controller;
use greenlight::rehearse::faults::{FAULTS, Fault};
use serde_json::{Value, json};
use std::fs::Permissions;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn rehearse(directory: &Path, arguments: &[&str]) -> Output {
    let mut command = program(directory);
    command.arg("rehearse").args(arguments);
    run(command)
}

/// As `sam build` leaves them: a folder for each function of the template, with a program `bootstrap`.
#[test]
fn functions_that_were_built_before_are_found_from_where_the_program_is_started() {
    let directory = directory(shop::MIGRATE);
    let parts = ["Migrate", "WarmUp", "SmokeTest", "Validate", "Finish", "Settle", "Rollback", "LaunchJob", "Notify"];
    for part in parts {
        let folder = directory.path().join("build").join(format!("{part}Function"));
        std::fs::create_dir_all(&folder).unwrap();
        let name = part.replace("Up", "-up").replace("Test", "-test").replace("Job", "-job").to_lowercase();
        let bootstrap = folder.join("bootstrap");
        std::fs::write(&bootstrap, format!("#!/bin/sh\nexec {PROGRAM} function {name}\n")).unwrap();
        std::fs::set_permissions(&bootstrap, Permissions::from_mode(0o755)).unwrap();
    }
    let output = rehearse(directory.path(), &["--functions", "build", "--format", "json", "--speed", "120"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(lines(&output).pop().unwrap()["hooks"][0]["verdict"], "succeeded");
}

#[test]
fn the_built_in_example_is_a_canary_that_serves_every_user() {
    let empty = tempfile::tempdir().unwrap();
    let output = rehearse(empty.path(), &["--format", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let mut facts = lines(&output);
    assert!(facts.iter().all(|line| line["event"].is_string()), "every line has its name");
    let outcome = facts.pop().unwrap();
    let played = Played { facts, outcome };
    let outcome = &played.outcome;
    assert_eq!(outcome["event"], "outcome");
    assert_eq!(outcome["outcome"], "succeeded");
    assert_eq!(outcome["serving"], "green");
    assert!(outcome["deployment_id"].as_str().unwrap().starts_with("d-"));
    let hook = &outcome["hooks"][0];
    assert_eq!(
        (hook["lifecycle_event"].as_str(), hook["verdict"].as_str()),
        (Some("BeforeInstall"), Some("succeeded"))
    );

    let traffic = &outcome["traffic"];
    assert!(traffic["requests"].as_u64().unwrap() >= 500, "{traffic}");
    assert_eq!(traffic["failed"], 0, "{traffic}");
    assert!(traffic["blue"].as_u64().unwrap() > 0 && traffic["green"].as_u64().unwrap() > 0, "{traffic}");
    let shifts = played.facts("traffic.shifted");
    let production = shifts.iter().filter(|fact| fact["listener"] == "production");
    let shares: Vec<u64> = production.map(|fact| fact["green_percent"].as_u64().unwrap()).collect();
    assert!(shares.ends_with(&[10, 100]), "{shares:?}");
    assert_eq!(std::fs::read_dir(empty.path()).unwrap().count(), 0, "nothing is written where it was called");
}

/// Every member that a script may rely on, whatever the outcome.
fn keeps_the_contract(outcome: &Value) {
    let text = |name: &str| outcome[name].as_str().unwrap_or_else(|| panic!("{name}: {outcome}"));
    assert_eq!(text("event"), "outcome");
    assert!(["succeeded", "rolled-back", "failed"].contains(&text("outcome")), "{outcome}");
    assert!(["blue", "green"].contains(&text("serving")), "{outcome}");
    assert!(text("deployment_id").starts_with("d-"), "{outcome}");
    assert!(text("at").parse::<jiff::Timestamp>().is_ok(), "{outcome}");
    let hooks = outcome["hooks"].as_array().unwrap();
    assert!(!hooks.is_empty(), "{outcome}");
    for hook in hooks {
        assert!(hook["lifecycle_event"].is_string() && hook["function"].is_string(), "{hook}");
        assert!(["succeeded", "failed", "skipped"].contains(&hook["verdict"].as_str().unwrap()), "{hook}");
        assert!(hook["reason"].is_string() && hook["duration_ms"].is_u64(), "{hook}");
    }
    assert!(outcome["traffic"]["requests"].is_u64() && outcome["traffic"]["failed"].is_u64(), "{outcome}");
    assert!(outcome["notifications"].is_u64(), "{outcome}");
}

#[test]
fn the_last_line_says_how_a_good_deployment_ended() {
    let (played, code) = play(shop::MIGRATE, &[]);
    keeps_the_contract(&played.outcome);
    assert_eq!((code, &played.outcome["notifications"]), (0, &json!(2)), "it started, and it succeeded");
}

#[test]
fn the_last_line_says_how_a_bad_deployment_ended() {
    let (played, code) = play(shop::MIGRATE, &["--fault", "migration-fails"]);
    keeps_the_contract(&played.outcome);
    let hook = &played.outcome["hooks"][0];
    assert!(hook["reason"].as_str().unwrap().contains("exited with code 1"), "{hook}");
    // the hook failed; the deployment started and failed, and so did its rollback, which succeeded
    assert_eq!((code, &played.outcome["notifications"]), (1, &json!(5)));
}

#[test]
fn users_ask_for_the_pages_of_the_plan() {
    let paths = "[rehearsal]\npaths = [\"/products\", \"/nowhere\"]\n";
    let plan = shop::plan(shop::MIGRATE).replace("[rehearsal]\n", paths);
    let directory = directory(shop::MIGRATE);
    std::fs::write(directory.path().join("greenlight.toml"), plan).unwrap();
    let output = rehearse(directory.path(), &["greenlight.toml", "--format", "json", "--speed", "120"]);
    let traffic = lines(&output).pop().unwrap()["traffic"].clone();
    assert_eq!(traffic["first_failure"], "status 404", "{traffic}");
    let [requests, failed] = ["requests", "failed"].map(|name| traffic[name].as_u64().unwrap());
    assert!(requests.abs_diff(2 * failed) <= 1, "every other one is for the page that is not there: {traffic}");
}

#[test]
fn jobs_run_once_and_then_by_their_schedules() {
    let job = shop::MIGRATE.to_owned()
        + "[jobs.sync]\nschedule = \"rate(1 hour)\"\ncommand = [\"shop\", \"count\"]\nretry = { times = 1 }\n";
    let (played, code) = play(&job, &["--jobs", "6h"]);
    assert_eq!((code, &played.outcome["outcome"]), (0, &json!("succeeded")), "{}", played.outcome);
    let sync = &played.outcome["jobs"][0];
    assert_eq!((&sync["job"], &sync["tried"]["exit_code"]), (&json!("sync"), &json!(0)), "{sync}");
    assert_eq!((&sync["firings"], &sync["succeeded"], &sync["tasks"]), (&json!(6), &json!(6), &json!(6)), "{sync}");
    assert_eq!(played.facts("job.tried").len(), 1);
    let started = played.facts("jobs.played")[0]["from"].as_str().unwrap().to_owned();
    assert!(
        played.facts("job.started").iter().filter(|line| line["at"].as_str().unwrap() > started.as_str()).count() >= 5
    );
    let (played, code) = play(&job.replace("count", "no-such-command"), &["--jobs", "2h"]);
    let sync = &played.outcome["jobs"][0];
    assert_eq!((code, &sync["failed"], &sync["tasks"]), (1, &json!(2), &json!(4)), "{sync}");
    assert_ne!(sync["tried"]["exit_code"], 0, "{sync}");
}

#[test]
fn every_fault_is_listed_with_its_outcome() {
    let directory = directory(shop::MIGRATE);
    for (arguments, controller) in
        [(&["--list-faults"][..], Controller::CodeDeploy), (&["--list-faults", "--controller", "ecs"], Controller::Ecs)]
    {
        let output = rehearse(directory.path(), arguments);
        assert_eq!(output.status.code(), Some(0));
        let list = text(&output.stdout);
        assert_eq!(list.lines().count(), FAULTS.len(), "{list}");
        for (line, fault) in list.lines().zip(FAULTS) {
            let words: Vec<&str> = line.split_whitespace().take(2).collect();
            assert_eq!(words, [fault.name, fault.outcome.under(controller)], "{line}");
        }
    }
}

#[test]
fn every_fault_is_documented() {
    let documented = include_str!("../../docs/verbs.md");
    let (_, table) = documented.split_once("### Faults").unwrap();
    let (table, _) = table.split_once("\n### ").unwrap();
    let rows: Vec<&str> = table.lines().filter(|line| line.starts_with("| `")).collect();
    assert_eq!(rows.len(), FAULTS.len());
    for (row, Fault { name, outcome, about, needs, .. }) in rows.iter().zip(FAULTS) {
        assert_eq!(*row, format!("| `{name}` | {outcome} | {about} | {needs} |"));
    }
}

#[test]
fn a_fault_ends_as_it_is_listed() {
    let plan = format!("{}[finish]\ncommand = [\"shop\", \"count\"]\n", shop::MIGRATE);
    for (faults, ending) in [
        (&["--fault", "finish-fails"][..], "succeeded"),
        (&["--fault", "finish-fails", "--fault", "events-doubled"], "succeeded"),
        (&["--fault", "migration-fails", "--fault", "events-doubled"], "rolled-back"),
    ] {
        let (played, code) = play(&plan, faults);
        assert_eq!(played.outcome["outcome"], ending, "{faults:?}");
        assert_eq!(code, i32::from(ending != "succeeded"), "{faults:?}");
    }
}

#[test]
fn a_fault_whose_cause_the_plan_lacks_is_refused() {
    let directory = directory(shop::MIGRATE);
    for fault in ["warm-up-500", "smoke-check-fails", "target-unhealthy", "finish-fails", "alarm@after", "alarm-storm"]
    {
        let output = rehearse(directory.path(), &["greenlight.toml", "--fault", "events-lost", "--fault", fault]);
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains(&format!("`{fault}` needs")), "{error}");
    }
}

#[test]
fn a_wrong_plan_is_shown_with_its_place_and_nothing_is_started() {
    let directory = directory("[migrate]\ncomand = [\"shop\", \"migrate\"]\n");
    let output = rehearse(directory.path(), &["greenlight.toml", "--format", "json"]);
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{error}");
    let plan = std::fs::read_to_string(directory.path().join("greenlight.toml")).unwrap();
    let line = 1 + plan.lines().position(|line| line.starts_with("comand")).unwrap();
    assert!(error.contains("greenlight.toml") && error.contains(&format!(":{line}")), "file and line: {error}");
    assert!(error.contains("comand") && error.contains("command"), "the nearest key: {error}");
    assert_eq!(text(&output.stdout), "");
}

#[test]
fn a_plan_that_is_not_there_is_wrong_usage() {
    let directory = directory(shop::MIGRATE);
    let output = rehearse(directory.path(), &["nowhere/greenlight.toml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("nowhere/greenlight.toml"));
}

#[test]
fn an_impossible_size_is_refused_with_the_possible_ones() {
    let directory = directory(shop::MIGRATE);
    let definition = shop::TASK_DEFINITION.replace("\"memory\": \"512\"", "\"memory\": \"8192\"");
    std::fs::write(directory.path().join("taskdef.json"), definition).unwrap();
    let output = rehearse(directory.path(), &["greenlight.toml"]);
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("taskdef.json") && error.contains("2048"), "{error}");
}

#[test]
fn wrong_usage_ends_with_2() {
    let directory = directory(shop::MIGRATE);
    for arguments in [
        &["--fault", "gremlins"][..],
        &["--speed", "0"],
        &["--no-such-option"],
        &["--format", "xml"],
        &["--jobs", "soon"],
        &["--jobs", "40d"],
    ] {
        let output = rehearse(directory.path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", text(&output.stderr));
        assert!(!output.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn every_verb_explains_itself_with_an_example() {
    let verbs = ["rehearse", "smoke-test", "doctor", "rollback", "stage"].map(|verb| (vec![verb, "--help"], verb));
    for (arguments, verb) in [(vec!["--help"], "rehearse")].into_iter().chain(verbs) {
        let output = Command::new(PROGRAM).args(&arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        assert!(text(&output.stdout).contains(&format!("greenlight {verb}")), "{arguments:?}");
    }
}

/// Every process of a rehearsal, the functions too, works in the plan's directory or in its scratch.
fn processes_in(directory: &Path) -> Vec<PathBuf> {
    let processes = std::fs::read_dir("/proc").unwrap();
    let directories = processes.filter_map(|entry| std::fs::read_link(entry.ok()?.path().join("cwd")).ok());
    directories.filter(|working| working.starts_with(directory)).collect()
}

#[test]
fn an_interrupted_rehearsal_leaves_nothing_behind() {
    let directory = directory(shop::MIGRATE);
    let temporary = directory.path().join("tmp");
    std::fs::create_dir(&temporary).unwrap();
    let mut command = program(directory.path());
    command.env("TMPDIR", &temporary).args(["rehearse", "greenlight.toml", "--format", "json", "--speed", "30"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    // users are served: there are processes to end, and a deployment in the middle
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("deployment.started")));
    assert!(!processes_in(directory.path()).is_empty());
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    drop(lines);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(std::fs::read_dir(&temporary).unwrap().count(), 0, "the scratch directory is gone");
    assert_eq!(processes_in(directory.path()), [] as [PathBuf; 0]);
}

#[test]
fn a_rehearsal_that_is_killed_leaves_nothing_behind() {
    let directory = directory(shop::MIGRATE);
    let temporary = directory.path().join("tmp");
    std::fs::create_dir(&temporary).unwrap();
    let mut command = program(directory.path());
    command.env("TMPDIR", &temporary).args(["rehearse", "greenlight.toml", "--format", "json", "--speed", "30"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("deployment.started")));
    assert_eq!(std::fs::read_dir(&temporary).unwrap().count(), 1);
    child.kill().unwrap();
    child.wait().unwrap();
    // nobody is left to ask: what is left goes a moment later
    while std::fs::read_dir(&temporary).unwrap().count() > 0 || !processes_in(directory.path()).is_empty() {
        std::thread::yield_now();
    }
}

#[test]
fn text_is_for_people_and_ends_with_the_outcome() {
    let directory = directory(shop::MIGRATE);
    let output = rehearse(directory.path(), &["greenlight.toml", "--speed", "240", "--fault", "migration-fails"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let shown = text(&output.stdout);
    assert!(!shown.contains('\u{1b}'), "no colours and no cursor without a terminal");
    for word in ["BeforeInstall", "exited with code 1", "rolled back", "blue"] {
        assert!(shown.contains(word), "{word} is missing in:\n{shown}");
    }
}

#[test]
fn nothing_is_left_behind() {
    let directory = directory(shop::MIGRATE);
    let temporary = directory.path().join("tmp");
    std::fs::create_dir(&temporary).unwrap();
    let mut command = program(directory.path());
    command.env("TMPDIR", &temporary).args(["rehearse", "greenlight.toml", "--format", "json", "--speed", "240"]);
    let output = run(command);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(std::fs::read_dir(&temporary).unwrap().count(), 0, "the scratch directory is gone");
    assert_eq!(processes_in(directory.path()), [] as [PathBuf; 0]);
}
