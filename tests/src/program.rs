//! The program's contract: what scripts rely on.

use crate::processes::{PROGRAM, directory, lines, play, program, run};
use crate::shop;
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn rehearse(directory: &Path, arguments: &[&str]) -> Output {
    let mut command = program(directory);
    command.arg("rehearse").args(arguments);
    run(command)
}

#[test]
fn a_canary_serves_every_user() {
    let (played, code) = play(shop::MIGRATE, &["--deployment-config", "CodeDeployDefault.ECSCanary10Percent5Minutes"]);
    let traffic = &played.outcome["traffic"];
    assert_eq!(code, 0);
    assert!(traffic["requests"].as_u64().unwrap() >= 500, "{traffic}");
    assert_eq!(traffic["failed"], 0, "{traffic}");
    assert!(traffic["blue"].as_u64().unwrap() > 0 && traffic["green"].as_u64().unwrap() > 0, "{traffic}");
    let shares: Vec<&Value> = played
        .facts("traffic.shifted")
        .into_iter()
        .filter(|fact| fact["listener"] == "production")
        .map(|fact| &fact["green_percent"])
        .collect();
    assert!(shares.iter().any(|share| **share == 10), "{shares:?}");
    assert_eq!(**shares.last().unwrap(), 100);
}

#[test]
fn the_built_in_example_needs_no_file() {
    let empty = tempfile::tempdir().unwrap();
    let output = rehearse(empty.path(), &["--format", "json", "--speed", "120"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let lines = lines(&output);
    let outcome = lines.last().unwrap();
    assert_eq!(outcome["event"], "outcome");
    assert_eq!(outcome["outcome"], "succeeded");
    assert_eq!(outcome["serving"], "green");
    assert!(outcome["deployment_id"].as_str().unwrap().starts_with("d-"));
    let hook = &outcome["hooks"][0];
    assert_eq!(
        (hook["lifecycle_event"].as_str(), hook["verdict"].as_str()),
        (Some("BeforeInstall"), Some("succeeded"))
    );
    assert!(lines.iter().all(|line| line["event"].is_string()), "every line has its name");
    assert_eq!(std::fs::read_dir(empty.path()).unwrap().count(), 0, "nothing is written where it was called");
}

#[test]
fn every_fault_ends_as_it_is_listed() {
    let directory = directory(shop::MIGRATE);
    let output = rehearse(directory.path(), &["--list-faults"]);
    assert_eq!(output.status.code(), Some(0));
    let list = text(&output.stdout);
    assert!(list.lines().count() >= 2, "{list}");
    for line in list.lines() {
        let [fault, ending] = line.split_whitespace().take(2).collect::<Vec<_>>()[..] else { panic!("{line}") };
        let (played, code) = play(shop::MIGRATE, &["--fault", fault]);
        assert_eq!(played.outcome["outcome"], ending, "{fault}");
        assert_eq!(code, i32::from(ending != "succeeded"), "{fault}");
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
    for arguments in [&["--fault", "gremlins"][..], &["--speed", "0"], &["--no-such-option"], &["--format", "xml"]] {
        let output = rehearse(directory.path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", text(&output.stderr));
        assert!(!output.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn every_verb_explains_itself_with_an_example() {
    for arguments in [&["--help"][..], &["rehearse", "--help"]] {
        let output = Command::new(PROGRAM).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        assert!(text(&output.stdout).contains("greenlight rehearse"), "{arguments:?}");
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
    // every process of a rehearsal, the functions too, has the plan's directory or its scratch in its working directory
    let inside: Vec<_> = std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| std::fs::read_link(entry.ok()?.path().join("cwd")).ok())
        .filter(|cwd| cwd.starts_with(directory.path()))
        .collect();
    assert!(inside.is_empty(), "{inside:?}");
}
