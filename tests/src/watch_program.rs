//! `greenlight why` and `greenlight watch` as processes, against a stage with the shop and its functions on it.

use crate::approve_program;
use crate::deployments::account;
use crate::processes::{PROGRAM, lines, program};
use crate::shell::{Shell, code, error, with_options, with_the_shop};
use greenlight::rehearse::{Controller, Options, Rehearsal};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

async fn told(shell: &Shell, arguments: &[&str]) -> (i32, Vec<Value>) {
    let output = shell.greenlight(&[arguments, &["--format", "json"]].concat()).await;
    assert_ne!(code(&output), 2, "{arguments:?}: {}", error(&output));
    (code(&output), lines(&output))
}

#[test]
fn a_deployment_is_explained_and_watched() {
    with_the_shop(
        "",
        |_| {},
        async |shell, rehearsal| {
            let output = shell.greenlight(&["why"]).await;
            let page = String::from_utf8_lossy(&output.stdout).into_owned();
            assert_eq!(code(&output), 0, "{page}{}", error(&output));
            let second = format!("{}:2", rehearsal.family());
            assert!(page.contains(&format!("why   every hook let it pass, and {second} got all traffic")), "{page}");
            let (exit, story) = told(&shell, &["why", "--html", "why.html"]).await;
            let browser = std::fs::read_to_string(shell.directory.path().join("why.html")).unwrap();
            assert!(browser.starts_with("<!DOCTYPE html>") && browser.contains("BeforeAllowTraffic"), "{browser}");
            let outcome = story.last().unwrap();
            assert_eq!((exit, &outcome["event"], &outcome["outcome"]), (0, &json!("outcome"), &json!("succeeded")));
            assert!(story.iter().any(|line| line["event"] == "lifecycle.event" && line["name"] == "AllowTraffic"));
            let id = outcome["deployment_id"].as_str().unwrap().to_owned();

            // what has ended is shown, and that is all
            let (exit, seen) = told(&shell, &["watch", &id]).await;
            assert_eq!((exit, &seen.last().unwrap()["outcome"]), (0, &json!("succeeded")), "{seen:?}");
            assert!(seen.iter().any(|line| line["lifecycle_event"] == "AllowTraffic"), "{seen:?}");

            // another deployment of the first revision, watched while it goes
            let first = format!("{}:1", rehearsal.family());
            let rollback = ["rollback", "--emergency", "--to", &first];
            let (rolled, seen) = tokio::join!(shell.greenlight(&rollback), async {
                loop {
                    let (exit, seen) = told(&shell, &["watch", "--until", "AllowTraffic", &id]).await;
                    assert_eq!(exit, 0, "{seen:?}");
                    let (_, story) = told(&shell, &["why", &id]).await;
                    let by = story.last().unwrap()["rolled_back_by"]["deployment_id"].as_str().map(str::to_owned);
                    if let Some(by) = by {
                        break told(&shell, &["watch", &by]).await;
                    }
                }
            });
            assert_eq!(code(&rolled), 0, "{}", error(&rolled));
            let (exit, seen) = seen;
            assert_eq!((exit, &seen.last().unwrap()["outcome"]), (0, &json!("succeeded")), "{seen:?}");

            // the one before is the one that was taken back
            let (exit, story) = told(&shell, &["why", &id]).await;
            assert_eq!((exit, &story.last().unwrap()["outcome"]), (1, &json!("rolled-back")), "{story:?}");
            let (exit, _) = told(&shell, &["watch", &id]).await;
            assert_eq!(exit, 1, "it succeeded, and was taken back");
        },
    );
}

/// Whoever deploys the service: a new image is deployed and followed, and the same again is nothing to do.
#[test]
fn an_image_is_deployed_and_followed() {
    for controller in [Controller::CodeDeploy, Controller::Ecs] {
        let options = Options { controller, ..Options::default() };
        with_options(
            "",
            &options,
            |_| {},
            async |shell, rehearsal| {
                let image = ["deploy", "--image", "web=shop:v1"];
                let (exit, seen) = told(&shell, &[&image[..], &["--dry-run"]].concat()).await;
                assert_eq!((exit, &seen[1]["outcome"]), (0, &json!("planned")), "{seen:?}");
                assert_eq!(seen[0]["changes"][0]["after"], "shop:v1", "{seen:?}");

                let (exit, seen) = told(&shell, &image).await;
                let events: Vec<&str> = seen.iter().filter_map(|line| line["event"].as_str()).collect();
                assert_eq!(events[..3], ["deploy.planned", "revision.registered", "deployment.created"], "{seen:?}");
                let outcome = seen.last().unwrap();
                assert_eq!((exit, &outcome["outcome"]), (0, &json!("succeeded")), "{seen:?}");
                assert_eq!(outcome["deployment_id"], seen[2]["deployment_id"], "{seen:?}");

                let output = shell.greenlight(&image).await;
                let text = String::from_utf8_lossy(&output.stdout).into_owned();
                let third = format!("nothing to do: {}:3 serves, with this plan\n", rehearsal.family());
                assert!(code(&output) == 0 && text.ends_with(&third), "{text}{}", error(&output));

                let output = shell.greenlight(&["deploy", "--image", "shop:v1"]).await;
                assert_eq!(code(&output), 2);
                assert!(error(&output).contains("write CONTAINER=IMAGE"), "{}", error(&output));
            },
        );
    }
}

/// A service that ECS deploys: one that waits is watched while somebody answers, and then explained.
#[test]
fn a_service_deployment_is_watched_and_explained() {
    let options = Options { controller: Controller::Ecs, ..Options::default() };
    with_options(
        "",
        &options,
        |_| {},
        async |shell, rehearsal| {
            let (exit, story) = told(&shell, &["why"]).await;
            assert_eq!((exit, &story.last().unwrap()["outcome"]), (0, &json!("succeeded")), "{story:?}");

            let arn = approve_program::begin(&shell, rehearsal, 1).await;
            let (watch, approve) = (["watch", &arn], ["approve", &arn]);
            let (seen, answered) =
                tokio::join!(told(&shell, &watch), approve_program::until_answered(&shell, &approve));
            assert_eq!(answered["outcome"], "approved", "{answered}");
            let (exit, seen) = seen;
            let ended = seen.last().unwrap();
            let expected = (0, &json!("outcome"), &json!("succeeded"), &json!(arn));
            assert_eq!((exit, &ended["event"], &ended["outcome"], &ended["deployment_id"]), expected, "{seen:?}");
            assert!(seen.iter().any(|line| line["event"] == "lifecycle.event"), "{seen:?}");

            for asked in [&["why"][..], &["why", &arn]] {
                let (exit, story) = told(&shell, asked).await;
                let outcome = story.last().unwrap();
                assert_eq!((exit, &outcome["outcome"]), (0, &json!("succeeded")), "{story:?}");
                assert_eq!(outcome["deployment_id"], json!(arn), "{story:?}");
            }
            let output = shell.greenlight(&["why", "--html", "why.html"]).await;
            let browser = std::fs::read_to_string(shell.directory.path().join("why.html")).unwrap();
            assert!(code(&output) == 0 && browser.contains(&arn), "{browser}{}", error(&output));
        },
    );
}

/// Begins another deployment of the first revision, and does not wait for its end.
async fn begin(shell: &Shell, rehearsal: &Rehearsal) -> String {
    let codedeploy = aws_sdk_codedeploy::Client::new(&shell.sdk());
    let plan = &rehearsal.plan;
    let appspec = account::app_spec(&format!("{}:1", rehearsal.family()), &[]);
    let request = codedeploy.create_deployment().application_name(&plan.application);
    let request = request.deployment_group_name(&plan.deployment_group).revision(account::content(appspec));
    request.send().await.unwrap().deployment_id().unwrap().to_owned()
}

#[test]
fn ctrl_c_ends_the_watching_and_no_deployment() {
    with_the_shop(
        "",
        |_| {},
        async |shell, rehearsal| {
            let id = begin(&shell, rehearsal).await;
            let mut command = shell.beside(program(shell.directory.path()));
            command.args(["watch", &id]).stdout(Stdio::piped()).stderr(Stdio::piped());
            let output = tokio::task::spawn_blocking(move || {
                let mut child = command.spawn().unwrap();
                let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
                assert!(lines.any(|line| line.unwrap().contains("Install: InProgress")));
                assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
                lines.for_each(drop);
                child.wait_with_output().unwrap()
            });
            let output = output.await.unwrap();
            assert_eq!(code(&output), 130);
            assert!(error(&output).contains(&format!("goes on: greenlight watch {id}")), "{}", error(&output));
            let (exit, seen) = told(&shell, &["watch", &id]).await;
            assert_eq!((exit, &seen.last().unwrap()["outcome"]), (0, &json!("succeeded")), "{seen:?}");
        },
    );
}

/// `script` gives a program a terminal.
#[test]
fn in_a_terminal_what_goes_on_is_at_the_foot() {
    with_the_shop(
        "",
        |_| {},
        async |shell, rehearsal| {
            let id = begin(&shell, rehearsal).await;
            let mut command = shell.beside(Command::new("script"));
            command.args(["-qec", &format!("{PROGRAM} watch {id}"), "/dev/null"]).env("TERM", "xterm");
            command.stdin(Stdio::null()).current_dir(shell.directory.path());
            let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
            let seen = String::from_utf8_lossy(&output.stdout).into_owned();
            assert_eq!(code(&output), 0, "{seen}");
            for what in ["\u{1b}[", "Install: ", "tasks run", "the old revision is kept", "left at most", "succeeded: "]
            {
                assert!(seen.contains(what), "{what:?}: {seen}");
            }
        },
    );
}

#[test]
fn wrong_usage_ends_with_2_and_says_what_to_do() {
    with_the_shop(
        "",
        |_| {},
        async |shell, _| {
            for (arguments, told) in [
                (&["why", "d-000000000"][..], "no deployment d-000000000"),
                (&["why", "nonsense"], "no deployment nonsense of service"),
                (&["why", "--plan", "nowhere.toml"], "nowhere.toml"),
                (&["why", "--application", "nobody"], "no deployment group nobody/production"),
                (&["watch", "--until", "AllowTrafic"], "did you mean AllowTraffic?"),
                (&["watch", "arn:aws:ecs:us-east-1:123456789012:service/c/s"], "no ARN of a service deployment"),
            ] {
                let output = shell.greenlight(arguments).await;
                assert_eq!(code(&output), 2, "{arguments:?}: {}", error(&output));
                assert!(error(&output).contains(told), "{arguments:?}: {}", error(&output));
                assert!(output.stdout.is_empty(), "{arguments:?}");
            }
        },
    );
}
