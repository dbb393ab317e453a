//! `greenlight jobs` as a process, against a stage with the shop and its functions on it.

use crate::processes::lines;
use crate::shell::{Shell, code, error, with_the_shop};
use crate::shop;
use serde_json::{Value, json};
use std::process::Output;

const TABLES: &str = r#"
[jobs.greet]
schedule = "cron(30 2 * * ? *)"
time-zone = "Europe/Berlin"
command = ["sh", "-c", "echo good; echo morning"]
expected-by = "1h"
[jobs.fail]
schedule = "rate(12 hours)"
start = "2099-01-01"
command = ["sh", "-c", "echo it broke; exit 7"]
"#;

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

async fn json_of(shell: &Shell, arguments: &[&str]) -> (i32, Vec<Value>) {
    let output = shell.greenlight(&[arguments, &["--format", "json"]].concat()).await;
    assert_ne!(code(&output), 2, "{arguments:?}: {}", error(&output));
    (code(&output), lines(&output))
}

#[test]
fn jobs_are_applied_run_and_looked_at() {
    with_the_shop(
        TABLES,
        |_| {},
        async |shell, _| {
            let output = shell.greenlight(&["jobs", "diff"]).await;
            let told = text(&output);
            assert_eq!(code(&output), 1, "{told}{}", error(&output));
            for line in [
                "+ greet  at 02:30 every day (Europe/Berlin)\n    next: ",
                "+ fail  every 12 hours",
                "differs: 2 to add, 0 to change, 0 to remove",
                "expected: a success of the firing of",
            ] {
                assert!(told.contains(line), "{line}: {told}");
            }
            let output = shell.greenlight(&["jobs", "apply"]).await;
            assert!(
                code(&output) == 0 && text(&output).contains("applied: 2 added"),
                "{}{}",
                text(&output),
                error(&output)
            );
            let output = shell.greenlight(&["jobs", "diff"]).await;
            assert_eq!((code(&output), text(&output).ends_with("nothing differs\n")), (0, true), "{}", text(&output));

            let (exit, told) = json_of(&shell, &["jobs", "run", "greet"]).await;
            let logged: Vec<&str> = told
                .iter()
                .filter(|line| line["event"] == "job.line")
                .map(|line| line["line"].as_str().unwrap())
                .collect();
            assert_eq!((exit, logged), (0, vec!["good", "morning"]), "{told:?}");
            assert_eq!(told.last().unwrap()["outcome"], "succeeded");
            let output = shell.greenlight(&["jobs", "run", "fail"]).await;
            assert_eq!(code(&output), 7, "{}{}", text(&output), error(&output));
            assert!(text(&output).contains("\nit broke\n"), "{}", text(&output));

            let (exit, told) = json_of(&shell, &["jobs", "history", "fail"]).await;
            assert_eq!((exit, told.len()), (0, 1), "{told:?}");
            assert_eq!((&told[0]["outcome"], &told[0]["exit_code"]), (&json!("failed"), &json!(7)), "{told:?}");
            let (_, told) = json_of(&shell, &["jobs", "list"]).await;
            assert_eq!((&told[1]["job"], &told[1]["state"]), (&json!("greet"), &json!("enabled")), "{told:?}");
            assert_eq!(told[1]["last"]["outcome"], "succeeded");
            assert!(told[1]["next"].is_string(), "{told:?}");

            let output = shell.greenlight(&["jobs", "pause", "greet"]).await;
            assert!(text(&output).contains("greet is paused"), "{}{}", text(&output), error(&output));
            let output = shell.greenlight(&["jobs", "list"]).await;
            assert!(text(&output).contains("(paused; greenlight jobs resume)"), "{}", text(&output));
            let output = shell.greenlight(&["jobs", "resume", "greet"]).await;
            assert_eq!(code(&output), 0, "{}", error(&output));

            std::fs::write(shell.directory.path().join("greenlight.toml"), shop::plan("")).unwrap();
            let output = shell.greenlight(&["jobs", "apply"]).await;
            let left = "left: the schedules of fail, greet; delete them: greenlight jobs apply --delete";
            assert!(code(&output) == 0 && text(&output).contains(left), "{}", text(&output));
            let output = shell.greenlight(&["jobs", "apply", "--delete"]).await;
            assert!(text(&output).contains("2 removed"), "{}", text(&output));
            let output = shell.greenlight(&["jobs", "redrive"]).await;
            assert_eq!((code(&output), text(&output).as_str()), (0, "0 handed over, 0 left\n"), "{}", error(&output));
        },
    );
}

#[test]
fn bad_input_is_refused_with_its_line_before_anything_is_changed() {
    with_the_shop(
        TABLES,
        |_| {},
        async |shell, _| {
            let schedule = "schedule = \"rate(1 hour)\"\ncommand = [\"true\"]";
            for (table, told) in [
                (
                    "[jobs.never]\nschedule = \"cron(0 0 30 2 ? *)\"\ncommand = [\"true\"]".to_owned(),
                    "jobs.never.schedule",
                ),
                (format!("[jobs.zone]\n{schedule}\ntime-zone = \"Europe/Berln\""), "Europe/Berlin"),
                ("[jobs.idle]\nschedule = \"rate(1 hour)\"".to_owned(), "command = ["),
                (format!("[jobs.\"night work\"]\n{schedule}"), "letters, digits, hyphens and underscores"),
            ] {
                let plan = shop::plan(&format!("{TABLES}{table}"));
                std::fs::write(shell.directory.path().join("wrong.toml"), plan).unwrap();
                for verb in ["diff", "apply"] {
                    let output = shell.greenlight(&["jobs", verb, "wrong.toml"]).await;
                    let said = error(&output);
                    assert_eq!(code(&output), 2, "{table}: {said}");
                    assert!(said.contains("wrong.toml:") && said.contains(told), "{table}: {said}");
                    assert!(output.stdout.is_empty(), "{table}");
                }
            }
            for (arguments, told) in [
                (&["jobs", "run", "gret"][..], "did you mean greet?"),
                (&["jobs", "pause", "nothing-like-it"], "the plan has fail, greet"),
                (&["jobs", "history", "gret"], "did you mean greet?"),
                (&["jobs", "resume", "greet"], "greenlight jobs apply"),
                (&["jobs", "list", "--since", "soon"], "as in 7d or 36h"),
                (&["jobs", "list", "--install", "other"], "there is no function other-launch-job"),
                (&["jobs", "diff", "nowhere.toml"], "nowhere.toml"),
            ] {
                let output = shell.greenlight(arguments).await;
                assert_eq!(code(&output), 2, "{arguments:?}: {}", error(&output));
                assert!(error(&output).contains(told), "{arguments:?}: {}", error(&output));
            }
            let (_, told) = json_of(&shell, &["jobs", "list"]).await;
            assert!(told.iter().all(|line| line["state"] == "not-applied"), "nothing was changed: {told:?}");
        },
    );
}
