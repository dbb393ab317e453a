//! The examples are what users copy: their files must be right.

use greenlight_domain::appspec::AppSpec;
use greenlight_domain::lifecycle::LifecycleEvent;
use greenlight_domain::plan::Plan;
use greenlight_domain::task_definition::{TaskDefinition, check};
use std::path::{Path, PathBuf};

fn folder(example: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(example)
}

#[expect(clippy::unwrap_used, reason = "a test without its files has failed")]
fn read(example: &str, file: &str) -> String {
    std::fs::read_to_string(folder(example).join(file)).unwrap()
}

#[test]
fn the_plans_fit_their_task_definitions_and_their_folders() {
    let examples = [("django", "greenlight.toml"), ("django", "greenlight-broken.toml"), ("shop", "greenlight.toml")];
    for (example, file) in examples {
        let plan = Plan::parse(&read(example, file), file).unwrap();
        let name = plan.task_definition.clone().unwrap();
        let definition = TaskDefinition::parse(&read(example, &name), &name).unwrap();
        check(&definition, &plan).unwrap();
        assert_ne!(definition.containers().next(), Some(plan.container.as_str()), "the first container is another one");
        assert!(plan.embed().unwrap().len() < 4096, "a plan is a small part of a task definition");

        let rehearsal = plan.rehearsal.unwrap();
        for secret in definition.secrets() {
            assert!(rehearsal.secrets.contains_key(secret), "{file}: no value for {secret}");
        }
        for image in rehearsal.images.values() {
            assert!(folder(example).join(&image.directory).is_dir(), "{file}: no folder {}", image.directory);
        }
    }
}

#[test]
fn the_appspec_names_the_plans_container() {
    use LifecycleEvent::{AfterAllowTestTraffic, AfterAllowTraffic, AfterInstall, BeforeAllowTraffic, BeforeInstall};
    let appspec = AppSpec::parse_named(&read("django", "appspec.json"), "appspec.json").unwrap();
    let plan = Plan::parse(&read("django", "greenlight.toml"), "greenlight.toml").unwrap();
    assert_eq!((appspec.container_name.as_str(), appspec.container_port), (plan.container.as_str(), plan.port));
    for (event, function) in [
        (BeforeInstall, "migrate"),
        (AfterInstall, "warm-up"),
        (AfterAllowTestTraffic, "smoke-test"),
        (BeforeAllowTraffic, "validate"),
        (AfterAllowTraffic, "finish"),
    ] {
        assert_eq!(appspec.hook(event), Some(format!("CodeDeployHook_greenlight-{function}").as_str()));
    }
}

#[test]
fn jobs_and_workers_are_task_definitions() {
    for (example, file, family) in [
        ("django", "scheduled-job.json", "django-scheduled-job"),
        ("django", "worker.json", "django-worker"),
        ("shop", "worker.json", "shop-worker"),
    ] {
        let definition = TaskDefinition::parse(&read(example, file), file).unwrap();
        assert_eq!((definition.family(), definition.containers().count()), (family, 1));
    }
}
