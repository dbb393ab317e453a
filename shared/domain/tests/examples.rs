//! The examples are what users copy: their files must be right.

use greenlight_domain::appspec::AppSpec;
use greenlight_domain::lifecycle::LifecycleEvent;
use greenlight_domain::plan::Plan;
use greenlight_domain::task_definition::{LogConfiguration, TaskDefinition, check};
use std::path::{Path, PathBuf};

fn django() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/django")
}

fn read(file: &str) -> String {
    std::fs::read_to_string(django().join(file)).unwrap()
}

#[test]
fn the_plans_fit_their_task_definition_and_their_folders() {
    for file in ["greenlight.toml", "greenlight-broken.toml"] {
        let plan = Plan::parse(&read(file), file).unwrap();
        let name = plan.task_definition.clone().unwrap();
        let definition = TaskDefinition::parse(&read(&name), &name).unwrap();
        check(&definition, &plan).unwrap();
        assert_eq!(definition.log_configuration(&plan.container), Some(LogConfiguration::FireLens));
        assert!(plan.embed().unwrap().len() < 1024, "a plan is a small part of a task definition");

        let rehearsal = plan.rehearsal.unwrap();
        for secret in definition.secrets() {
            assert!(rehearsal.secrets.contains_key(secret), "{file}: no value for {secret}");
        }
        for image in rehearsal.images.values() {
            assert!(django().join(&image.directory).join("manage.py").is_file(), "{}", image.directory);
        }
    }
}

#[test]
fn the_appspec_names_the_plans_container() {
    let appspec = AppSpec::parse_named(&read("appspec.json"), "appspec.json").unwrap();
    let plan = Plan::parse(&read("greenlight.toml"), "greenlight.toml").unwrap();
    assert_eq!((appspec.container_name.as_str(), appspec.container_port), (plan.container.as_str(), plan.port));
    assert_eq!(appspec.hook(LifecycleEvent::BeforeInstall), Some("greenlight-migrate"));
}

#[test]
fn the_job_is_a_task_definition() {
    let definition = TaskDefinition::parse(&read("scheduled-job.json"), "scheduled-job.json").unwrap();
    assert_eq!((definition.family(), definition.containers().count()), ("django-scheduled-job", 1));
}
