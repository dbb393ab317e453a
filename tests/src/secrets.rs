//! Secrets stay secret: a value that a task gets stands in no output, no log, no notice and no answer of AWS.

use crate::deployments::account::{self, Account};
use crate::{processes, shop};
use greenlight_simulation::{Behaviour, Behaviours};
use std::time::Duration;

/// The value, and what the task definition refers to it by.
const VALUE: &str = "correct-horse-battery-staple";
const ARN: &str = "arn:aws:ssm:us-east-1:123456789012:parameter/prod/secret-key";

/// A migration that works only if it has the secret, and one that fails then.
const NEEDS_IT: &str = r#"
[migrate]
command = ["sh", "-c", "test ${#SECRET_KEY} = 28 && exec shop migrate"]
timeout = "5m"
"#;
const FAILS_WITH_IT: &str = r#"
[migrate]
command = ["sh", "-c", "test ${#SECRET_KEY} = 28 && exit 7"]
timeout = "5m"
"#;

/// A migration that writes down everything it should not, and fails.
const TELLS_IT: &str = r#"
[migrate]
command = ["sh", "-c", "echo key $SECRET_KEY, token $SHOP_TOKEN; echo postgres://shop:pa55-w0rd@db/shop; exit 7"]
timeout = "5m"
"#;
/// The value of a variable whose name says that it is secret.
const TOKEN: &str = "token-of-the-shop-1234";

/// What the program prints, on both streams, what it writes as a page, and its exit code.
fn printed(migrate: &str, format: &str) -> (String, i32) {
    let directory = processes::directory(migrate);
    let at = |name: &str| directory.path().join(name);
    let secrets = format!("\"secrets\": [{{ \"name\": \"SECRET_KEY\", \"valueFrom\": \"{ARN}\" }}],\n\"stopTimeout\"");
    let variable = format!("\"environment\": [{{ \"name\": \"SHOP_TOKEN\", \"value\": \"{TOKEN}\" }}],\n{secrets}");
    let definition = shop::TASK_DEFINITION.replace("\"stopTimeout\"", &variable);
    std::fs::write(at("taskdef.json"), definition).unwrap();
    let plan = shop::plan(migrate)
        .replace("[rehearsal]\n", &format!("[rehearsal]\nsecrets = {{ \"{ARN}\" = \"{VALUE}\" }}\n"));
    std::fs::write(at("greenlight.toml"), plan).unwrap();
    let mut command = processes::program(directory.path());
    command.args(["rehearse", "greenlight.toml", "--speed", "240", "--format", format, "--report", "page.html"]);
    let output = processes::run(command);
    let page = std::fs::read(at("page.html")).unwrap();
    let text = [output.stdout, output.stderr, page].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    (text, output.status.code().unwrap())
}

#[test]
fn what_a_task_tells_of_its_secrets_is_not_passed_on() {
    for format in ["json", "text"] {
        let (text, code) = printed(TELLS_IT, format);
        assert_eq!(code, 1, "{text}");
        assert!(
            text.contains("postgres://shop:•••@db/shop") && text.contains("token •••"),
            "its lines are there: {text}"
        );
        for secret in [VALUE, TOKEN, "pa55-w0rd"] {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
    }
}

#[test]
fn the_program_never_prints_the_secrets_of_a_task() {
    for (migrate, format, ends) in [(NEEDS_IT, "json", 0), (FAILS_WITH_IT, "json", 1), (FAILS_WITH_IT, "text", 1)] {
        let (text, code) = printed(migrate, format);
        assert_eq!(code, ends, "{text}");
        assert!(ends == 0 || text.contains("exited with code 7"), "the task got the secret: {text}");
        assert!(!text.contains(VALUE), "{text}");
    }
}

/// The id with which a verdict can be given, in everybody's view: what happened, what the functions wrote, and what tasks,
/// deployments and events show.
#[test]
fn whoever_sees_a_task_cannot_give_its_verdict() {
    let slow = Behaviour::Exit { after: Duration::from_mins(2), code: 9, lines: vec!["no".to_owned()] };
    let behaviours =
        Behaviours::new().command_times("shop migrate", 1, Behaviour::succeeds(&[])).command("shop migrate", slow);
    account::with(
        behaviours,
        |_| {},
        async |account: Account| {
            let deployment = account.deploy_green(Some(shop::MIGRATE)).await;
            let event = account.hook_event(&deployment).await;
            let id = event["LifecycleEventHookExecutionId"].as_str().unwrap().to_owned();
            let mut seen = Vec::new();
            account.pass(Duration::from_mins(1)).await;
            seen.extend(account.described().await);
            account.end_of(&deployment).await;
            seen.extend(account.described().await);
            assert_eq!(account.played().verdicts(&deployment)[0].0, "failed");
            seen.extend(account.played().facts.iter().map(ToString::to_string));
            let events = account.simulation.invocations().into_iter().map(|invoke| invoke.payload);
            let of_tasks: Vec<_> = events.filter(|event| event["detail-type"].is_string()).collect();
            assert!(!of_tasks.is_empty());
            seen.extend(of_tasks.iter().map(ToString::to_string));
            assert!(seen.iter().any(|text| text.contains("/BeforeInstall/")), "the migration is among what is seen");
            for text in seen {
                assert!(!text.contains(&id), "{text}");
            }
        },
    );
}
