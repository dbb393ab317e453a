//! Rehearsals of another template than the program's own: what a team sees that has changed it.

use crate::processes::{PROGRAM, directory, lines, program, run};
use crate::shop;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const TEMPLATE: &str = include_str!("../../template.yaml");

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Rehearses the shop with this template.
fn rehearse(directory: &Path, template: &str, arguments: &[&str]) -> Output {
    std::fs::write(directory.join("changed.yaml"), template).unwrap();
    let mut command = program(directory);
    command.args(["rehearse", "greenlight.toml", "--template", "changed.yaml", "--speed", "120"]).args(arguments);
    run(command)
}

/// The template with one text in place of another that stands there once.
fn with(old: &str, new: &str) -> String {
    assert_eq!(TEMPLATE.matches(old).count(), 1, "{old} stands once in the template");
    TEMPLATE.replace(old, new)
}

/// Exit code 2, nothing started, and an error with the line of `at` and every one of `says`.
fn is_refused(template: &str, at: &str, says: &[&str]) {
    let directory = directory(shop::MIGRATE);
    let output = rehearse(directory.path(), template, &["--format", "json"]);
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert_eq!(text(&output.stdout), "", "nothing is started");
    let line = 1 + template.lines().position(|line| line.contains(at)).unwrap();
    assert!(error.contains(&format!("changed.yaml:{line}: ")), "line {line}: {error}");
    for said in says {
        assert!(error.contains(said), "`{said}` should stand in: {error}");
    }
}

#[test]
fn a_permission_that_is_missing_fails_the_rehearsal_and_is_named() {
    let directory = directory(shop::MIGRATE);
    let statement =
        |action: &str| format!("          - Sid: RunTasks\n            Effect: Allow\n            Action: {action}\n");
    let template = with(&statement("ecs:RunTask"), &statement("ecs:RunTasks"));
    let output = rehearse(directory.path(), &template, &[]);
    let told = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{told}");
    let lacks = "CodeDeployHook_greenlight-migrate may not ecs:RunTask on \
                 arn:aws:ecs:us-east-1:123456789012:task-definition/shop:2";
    assert!(told.contains(lacks), "{told}");
}

#[test]
fn a_permission_that_only_the_end_misses_fails_a_deployment_that_went_well() {
    let directory = directory(shop::MIGRATE);
    let template = with("[scheduler:DeleteSchedule]", "[scheduler:GetScheduleGroup]");
    let output = rehearse(directory.path(), &template, &["--format", "json"]);
    let outcome = lines(&output).pop().unwrap();
    assert_eq!((output.status.code(), &outcome["outcome"]), (Some(1), &"succeeded".into()), "{outcome}");
    let denied = &outcome["denied"][0];
    assert_eq!(denied["function"], "greenlight-settle", "{outcome}");
    assert_eq!(denied["action"], "scheduler:DeleteSchedule", "{outcome}");
    assert!(denied["resource"].as_str().unwrap().contains(":schedule/greenlight/"), "{outcome}");
}

/// A rehearsal in which `migrate` panics so often over each event: the exit code, and all that is told.
fn panicking(times: u32) -> (Option<i32>, String) {
    let directory = directory(shop::MIGRATE);
    let variable = "        GREENLIGHT_INSTALL: !Ref AWS::StackName\n";
    let template = with(variable, &format!("{variable}        TESTED_PANICS: \"{times}\"\n"));
    let output = rehearse(directory.path(), &template, &["--format", "json"]);
    (output.status.code(), text(&output.stdout))
}

#[test]
fn a_function_that_panics_begins_anew_in_a_fresh_process() {
    let (code, told) = panicking(1);
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(told.matches("hook.panicked").count(), 1, "{told}");
}

#[test]
fn a_hook_that_panics_twice_says_why_it_failed() {
    let (code, told) = panicking(2);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("panicked twice: an index too far; this is a defect in it"), "{told}");
}

#[test]
fn a_typo_in_an_event_pattern_is_refused() {
    is_refused(
        &with("lastStatus: [STOPPED]", "lastStatsu: [STOPPED]"),
        "lastStatsu",
        &["`lastStatsu`", "`lastStatus`"],
    );
    is_refused(
        &with("detail-type: [ECS Task", "detial-type: [ECS Task"),
        "detial-type",
        &["`detial-type`", "`detail-type`"],
    );
}

#[test]
fn an_unknown_function_of_cloudformation_is_refused() {
    let template =
        with("TopicName: !Sub \"${AWS::StackName}-notices\"", "TopicName: !Subb \"${AWS::StackName}-notices\"");
    is_refused(&template, "!Subb", &["`!Subb`", "`Sub`"]);
}

#[test]
fn a_parameter_without_a_value_is_refused() {
    let template =
        with("\nConditions:\n", "  Colour:\n    Type: String\n    Description: the team's colour\n\nConditions:\n");
    is_refused(&template, "  Colour:", &["Colour", "no value was given", "the team's colour"]);
}

#[test]
fn a_property_that_aws_does_not_know_is_refused() {
    is_refused(
        &with("RetentionInDays:", "RetentionDays:"),
        "      RetentionDays:",
        &["`RetentionDays`", "`RetentionInDays`"],
    );
}

#[test]
fn doctor_says_what_rehearsals_never_used() {
    let directory = directory(shop::MIGRATE);
    let output = rehearse(directory.path(), TEMPLATE, &["--format", "json"]);
    assert_eq!(output.status.code(), Some(0));
    std::fs::write(directory.path().join("good.jsonl"), &output.stdout).unwrap();
    let doctor = |file: &str| {
        let mut doctor = Command::new(PROGRAM);
        doctor.args(["doctor", "--template", file]).current_dir(directory.path()).stdin(Stdio::null());
        doctor.output().unwrap()
    };
    let found = doctor("good.jsonl");
    let told = text(&found.stdout);
    assert_eq!(found.status.code(), Some(1), "a single rehearsal does not need everything: {told}");
    let line = 1 + TEMPLATE.lines().position(|line| line.contains("Action: ecs:StopTask")).unwrap();
    assert!(told.contains(&format!("never used  line {line}: ecs:StopTask of greenlight-MigrateRole-")), "{told}");
    assert!(!told.contains("ecs:RunTask of greenlight-MigrateRole"), "{told}");
    assert!(told.contains("not judged  kms:GenerateDataKey: "), "{told}");
    assert!(told.contains("0 calls denied"), "{told}");

    std::fs::write(directory.path().join("text"), "{}\nno JSON\n").unwrap();
    let refused = doctor("text");
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("text:2: is no JSON"), "{}", text(&refused.stderr));
    std::fs::write(directory.path().join("text"), "{}\n").unwrap();
    assert!(text(&doctor("text").stderr).contains("no rehearsal is in these files"));
}
