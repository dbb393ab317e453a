//! The Django example, rehearsed with a real Django, its real migrations and its real database.

use crate::played::Played;
use crate::processes::{PROGRAM, lines, run};
use greenlight_domain::plan::Plan;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// A rehearsal of one of the example's plans whose database outlives it.
struct Rehearsed {
    played: Played,
    code: i32,
    directory: TempDir,
}

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/django").canonicalize().unwrap()
}

fn rehearse(plan: &str, options: &[&str]) -> Rehearsed {
    let example = example();
    let directory = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(example.join(plan)).unwrap();
    let mut text = text
        .replace("{scratch}", directory.path().to_str().unwrap())
        .replace("directory = \"", &format!("directory = \"{}/", example.display()));
    for file in ["taskdef.json", "worker.json", "scheduled-job.json"] {
        text = text.replace(&format!("\"{file}\""), &format!("\"{}/{file}\"", example.display()));
    }
    let plan = directory.path().join(plan);
    std::fs::write(&plan, text).unwrap();
    let mut command = Command::new(PROGRAM);
    command.arg("rehearse").arg(plan).args(["--format", "json"]).args(options).stdin(Stdio::null());
    let output = run(command);
    let mut facts = lines(&output);
    let outcome = facts.pop().unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    Rehearsed { played: Played { facts, outcome }, code: output.status.code().unwrap(), directory }
}

impl Rehearsed {
    /// What Django's own table says about the migrations of the example's application: a name per time it was applied.
    fn applied(&self) -> Vec<String> {
        let script = "import sqlite3, sys; print('\\n'.join(row[0] for row in sqlite3.connect(sys.argv[1])\
                      .execute(\"select name from django_migrations where app = 'catalog' order by id\")))";
        let database = self.directory.path().join("shop.sqlite3");
        let output = Command::new("python").args(["-c", script]).arg(database).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().lines().map(ToOwned::to_owned).collect()
    }

    /// The exit code of the application's container in each task that the hook started.
    fn exit_codes(&self) -> Vec<&Value> {
        let stopped = self.played.facts("task.stopped");
        let migrations = stopped.into_iter().filter(|fact| {
            fact["started_by"].as_str().is_some_and(|started_by| started_by.contains("/BeforeInstall/"))
        });
        migrations.map(|fact| &fact["exit_codes"]["web"]).collect()
    }
}

#[test]
#[ignore = "needs Django on PATH: .ci/run installs it"]
fn the_new_release_serves_after_its_migration_ran_once() {
    let rehearsed = rehearse("greenlight.toml", &["--jobs", "1d"]);
    let outcome = &rehearsed.played.outcome;
    assert_eq!((rehearsed.code, outcome["outcome"].as_str()), (0, Some("succeeded")), "{outcome}");
    assert_eq!(outcome["serving"], "green");
    assert_eq!(outcome["traffic"]["failed"], 0, "{outcome}");
    assert!(outcome["traffic"]["requests"].as_u64().unwrap() >= 500, "{outcome}");
    assert_eq!(rehearsed.played.migrations().len(), 1);
    assert_eq!(rehearsed.exit_codes(), [&json!(0)]);
    assert_eq!(rehearsed.applied(), ["0001_initial", "0002_product_discount_price"]);
    let jobs = outcome["jobs"].as_array().unwrap().iter();
    let ran: Vec<Value> =
        jobs.map(|job| json!([job["job"], job["firings"], job["succeeded"], job["tried"]["exit_code"]])).collect();
    let expected = [json!(["clear-sessions", 1, 1, 0]), json!(["sync-external-data", 96, 96, 0])];
    assert_eq!(ran, expected, "{outcome}");
}

#[test]
#[ignore = "needs Django on PATH: .ci/run installs it"]
fn a_migration_that_fails_on_the_data_leaves_the_old_release_serving() {
    let rehearsed = rehearse("greenlight-broken.toml", &[]);
    let outcome = &rehearsed.played.outcome;
    assert_eq!((rehearsed.code, outcome["outcome"].as_str()), (1, Some("rolled-back")), "{outcome}");
    assert_eq!(outcome["serving"], "blue");
    assert_eq!(outcome["traffic"]["failed"], 0, "{outcome}");
    assert_eq!(outcome["traffic"]["green"], 0, "{outcome}");
    assert_eq!(rehearsed.played.migrations().len(), 1);
    assert_ne!(rehearsed.exit_codes(), [&json!(0)]);
    assert_eq!(rehearsed.applied(), ["0001_initial", "0002_product_discount_price"]);
}

/// The jobs of the plan, in each version: a job may be tried again, so a second run must do no harm.
#[test]
#[ignore = "needs Django on PATH: .ci/run installs it"]
fn the_jobs_do_no_harm_when_they_run_twice() {
    let text = std::fs::read_to_string(example().join("greenlight.toml")).unwrap();
    let plan = Plan::parse(&text, "greenlight.toml").unwrap();
    assert_eq!(plan.jobs.keys().collect::<Vec<_>>(), ["clear-sessions", "sync-external-data"]);
    for version in ["v1", "v2"] {
        let directory = tempfile::tempdir().unwrap();
        let manage = |command: &[String]| {
            let output = Command::new(&command[0])
                .args(&command[1..])
                .current_dir(example().join(version))
                .env("PYTHONPATH", "../common")
                .env("DATABASE_URL", format!("sqlite:///{}/shop.sqlite3", directory.path().display()))
                .env_remove("EXTERNAL_DATA_URL")
                .output()
                .unwrap();
            assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8(output.stdout).unwrap()
        };
        let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
        manage(&words("python manage.py migrate --noinput"));
        manage(&words("python manage.py loaddata products"));
        let told = plan.jobs.values().map(|job| [manage(&job.command), manage(&job.command)]);
        let told: Vec<[String; 2]> = told.collect();
        assert_eq!(told[0], ["", ""], "clearsessions says nothing");
        let told = told[1].each_ref().map(|line| line.trim_end());
        assert_eq!(told[0], "3 prices read: 1 products added, 3 changed");
        assert_eq!(told[1], "3 prices read: 0 products added, 0 changed");
    }
}
