//! `greenlight why` and `greenlight watch` as processes, against a stage with the shop and its functions on it.

use crate::processes::lines;
use crate::shell::{Shell, code, error, with_the_shop};
use serde_json::{Value, json};

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

#[test]
fn wrong_usage_ends_with_2_and_says_what_to_do() {
    with_the_shop(
        "",
        |_| {},
        async |shell, _| {
            for (arguments, told) in [
                (&["why", "d-000000000"][..], "no deployment d-000000000"),
                (&["why", "nonsense"], "no deployment nonsense"),
                (&["why", "--plan", "nowhere.toml"], "nowhere.toml"),
                (&["why", "--application", "nobody"], "no deployment group nobody/production"),
                (&["watch", "--until", "AllowTrafic"], "did you mean AllowTraffic?"),
                (&["watch", "d-1", "--plan", "greenlight.toml"], "--plan"),
            ] {
                let output = shell.greenlight(arguments).await;
                assert_eq!(code(&output), 2, "{arguments:?}: {}", error(&output));
                assert!(error(&output).contains(told), "{arguments:?}: {}", error(&output));
                assert!(output.stdout.is_empty(), "{arguments:?}");
            }
        },
    );
}
