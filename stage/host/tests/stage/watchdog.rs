//! What happens when the stage does not get to clean up.

use crate::play::{Play, has_ended, setup};
use greenlight_host::Image;
use greenlight_world::FactKind;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::json;
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

/// A stage with a task that names its process and then stays.
#[test]
#[ignore = "not a test: it is started to be killed"]
fn stage_process() {
    if std::env::var_os("STAGE_TO_BE_KILLED").is_none() {
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let image = Image {
            directory: std::env::temp_dir(),
            command: ["sh", "-c", "trap '' TERM; echo $$; while :; do sleep 600; done"].map(Into::into).into(),
            environment: BTreeMap::new(),
        };
        let mut play = Play::start(setup(), BTreeMap::from([("app:v1".into(), image)]), BTreeMap::new()).await;
        play.ecs("CreateCluster", json!({"clusterName": "c"})).await;
        let options = json!({"awslogs-group": "/app", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "ecs"});
        let definition = json!({
            "family": "app",
            "networkMode": "awsvpc",
            "requiresCompatibilities": ["FARGATE"],
            "cpu": "256",
            "memory": "512",
            "executionRoleArn": "arn:aws:iam::123456789012:role/function-role",
            "containerDefinitions": [
                {"name": "web", "image": "app:v1", "logConfiguration": {"logDriver": "awslogs", "options": options}}
            ],
        });
        play.ecs("RegisterTaskDefinition", definition).await;
        let task = json!({
            "cluster": "c",
            "taskDefinition": "app",
            "launchType": "FARGATE",
            "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"]}},
        });
        play.ecs("RunTask", task).await;
        let line = play
            .fact(|fact| match fact {
                FactKind::LogLine { message, .. } => Some(message),
                _ => None,
            })
            .await;
        writeln!(std::io::stdout(), "\nprocess {line}").unwrap();
        std::future::pending::<()>().await;
    });
}

#[test]
fn a_stage_that_is_killed_takes_its_processes_along() {
    let mut stage = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "watchdog::stage_process", "--ignored", "--nocapture"])
        .env("STAGE_TO_BE_KILLED", "yes")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(stage.stdout.take().unwrap()).lines();
    let process = lines.find_map(|line| line.unwrap().strip_prefix("process ").map(|id| id.parse().unwrap())).unwrap();
    let process = Pid::from_raw(process);
    assert_eq!(kill(process, None), Ok(()));
    stage.kill().unwrap();
    stage.wait().unwrap();
    let ended = has_ended(process);
    let _ = kill(process, Signal::SIGKILL);
    assert!(ended, "{process} outlived its stage");
}
