//! `greenlight plan` as a process.

use crate::processes::{directory, finish, program};
use crate::shell::{code, error};
use crate::shop;
use greenlight_domain::plan::Plan;
use greenlight_domain::task_definition::TaskDefinition;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Output;

fn plan(directory: &Path, arguments: &[&str]) -> Output {
    let mut command = program(directory);
    command.arg("plan").args(arguments);
    finish(command)
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_good_plan_is_good_and_says_what_it_is_for() {
    let directory = directory(shop::MIGRATE);
    let output = plan(directory.path(), &["check"]);
    let told = text(&output);
    assert_eq!(code(&output), 0, "{}", error(&output));
    assert!(told.starts_with("greenlight.toml is good and fits taskdef.json\n  hooks with work  migrate\n"), "{told}");
    let output = plan(directory.path(), &["check", "greenlight.toml", "--format", "json"]);
    let told: Value = serde_json::from_str(&text(&output)).unwrap();
    assert_eq!((&told["outcome"], &told["hooks"], &told["jobs"]), (&json!("good"), &json!(["migrate"]), &json!([])));
}

#[test]
fn a_task_definition_gets_the_plan_and_keeps_the_rest() {
    let directory = directory(shop::MIGRATE);
    let output = plan(directory.path(), &["embed", "taskdef.json"]);
    assert_eq!(code(&output), 0, "{}", error(&output));
    let embedded = TaskDefinition::parse(&text(&output), "embedded").unwrap();
    let label = embedded.plan_label("web").unwrap().unwrap().to_owned();
    let expected = Plan::parse(&shop::plan(shop::MIGRATE), "greenlight.toml").unwrap();
    assert_eq!(Plan::from_label(&label).unwrap().migrate, expected.migrate);
    let mut whole = TaskDefinition::parse(shop::TASK_DEFINITION, "taskdef.json").unwrap();
    whole.embed_plan("web", &label).unwrap();
    assert_eq!(embedded.to_json(), whole.to_json());
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    let directory = directory(shop::MIGRATE);
    let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
    write("wrong.toml", &shop::plan(&shop::MIGRATE.replace("\"5m\"", "\"soon\"")));
    write("port.toml", &shop::plan("").replace("8000", "9000"));
    write("broken.json", "{\n  \"family\": shop }");
    for (arguments, expected) in [
        (&["check", "wrong.toml"][..], "wrong.toml:12"),
        (&["check", "port.toml"], "expected containerPort 9000"),
        (&["check", "nowhere.toml"], "nowhere.toml"),
        (&["embed", "broken.json"], "broken.json:2"),
        (&["embed", "taskdef.json", "--plan", "port.toml"], "expected containerPort 9000"),
        (&["embed"], "TASK_DEFINITION"),
    ] {
        let output = plan(directory.path(), arguments);
        assert_eq!((code(&output), text(&output)), (2, String::new()), "{arguments:?}");
        assert!(error(&output).contains(expected), "{expected}: {}", error(&output));
    }
}
