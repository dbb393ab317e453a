//! The life of containers as processes.

use crate::play::{Play, has_ended, send, setup};
use greenlight_host::Image;
use greenlight_world::{ContainerFault, FactKind, Fault, TaskFault, Tasks};
use http::Request;
use http_body_util::Full;
use nix::unistd::Pid;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How a task ended: stop code, reason and the exit code of its container.
type Ending = (String, String, Option<i32>);

fn images() -> BTreeMap<String, Image> {
    let image = Image {
        directory: std::env::temp_dir(),
        command: vec!["sh".into(), "-c".into(), "echo at {ip}:{port}; echo $GREETING; exec sleep 600".into()],
        environment: BTreeMap::from([("GREETING".into(), "from the image".into())]),
    };
    BTreeMap::from([("app:v1".into(), image)])
}

impl Play {
    async fn register(&self, container: Value) {
        let mut whole = json!({
            "name": "web",
            "image": "app:v1",
            "portMappings": [{"containerPort": 8000}],
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {"awslogs-group": "/app", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "ecs"}
            },
        });
        whole.as_object_mut().unwrap().extend(container.as_object().unwrap().clone());
        let definition = json!({
            "family": "app",
            "networkMode": "awsvpc",
            "requiresCompatibilities": ["FARGATE"],
            "cpu": "256",
            "memory": "512",
            "executionRoleArn": "arn:aws:iam::123456789012:role/function-role",
            "containerDefinitions": [whole],
        });
        self.ecs("CreateCluster", json!({"clusterName": "c"})).await;
        self.ecs("RegisterTaskDefinition", definition).await;
    }

    async fn run_task(&self, command: Option<&[&str]>) -> String {
        let overrides =
            command.map_or(json!({}), |command| json!({"containerOverrides": [{"name": "web", "command": command}]}));
        let input = json!({
            "cluster": "c",
            "taskDefinition": "app",
            "launchType": "FARGATE",
            "startedBy": "greenlight/test",
            "overrides": overrides,
            "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"]}},
        });
        let output = self.ecs("RunTask", input).await;
        output["tasks"][0]["taskArn"].as_str().unwrap_or_else(|| panic!("{output}")).to_owned()
    }

    async fn ending(&mut self) -> Ending {
        self.fact(|fact| match fact {
            FactKind::TaskStopped { stop_code, reason, exit_codes, .. } => Some((stop_code, reason, exit_codes["web"])),
            _ => None,
        })
        .await
    }

    async fn line(&mut self) -> String {
        self.fact(|fact| match fact {
            FactKind::LogLine { message, .. } => Some(message),
            _ => None,
        })
        .await
    }
}

async fn play() -> Play {
    Play::start(setup(), images(), BTreeMap::new()).await
}

#[tokio::test]
async fn a_command_runs_to_its_end() {
    let mut play = play().await;
    play.register(json!({"environment": [{"name": "GREETING", "value": "from the task definition"}]})).await;
    play.run_task(Some(&["sh", "-c", "echo $GREETING; echo fine >&2; exit 3"])).await;
    let mut lines = [play.line().await, play.line().await];
    lines.sort();
    assert_eq!(lines, ["fine", "from the image"]);
    let (stop_code, _, exit_code) = play.ending().await;
    assert_eq!((stop_code.as_str(), exit_code), ("EssentialContainerExited", Some(3)));
    play.stage.stop().await;
}

#[tokio::test]
async fn an_image_has_an_address_of_its_own_and_ends_when_told_to() {
    let mut play = play().await;
    play.register(json!({})).await;
    let task = play.run_task(None).await;
    let line = play.line().await;
    assert!(line.starts_with("at 127.") && line.ends_with(":8000"), "{line}");
    play.ecs("StopTask", json!({"cluster": "c", "task": task, "reason": "enough"})).await;
    let (_, reason, exit_code) = play.ending().await;
    assert_eq!((reason.as_str(), exit_code), ("enough", Some(128 + 15)));
    play.stage.stop().await;
}

#[tokio::test]
async fn who_ignores_sigterm_is_killed_after_the_stop_timeout() {
    let mut play = play().await;
    play.register(json!({"stopTimeout": 2})).await;
    let task = play.run_task(Some(&["sh", "-c", "trap '' TERM; echo deaf; while :; do sleep 600; done"])).await;
    assert_eq!(play.line().await, "deaf");
    play.ecs("StopTask", json!({"cluster": "c", "task": task})).await;
    assert_eq!(play.ending().await.2, Some(128 + 9));
    play.stage.stop().await;
}

#[tokio::test]
async fn a_program_that_is_not_there_is_named() {
    let mut play = play().await;
    play.register(json!({})).await;
    play.run_task(Some(&["no-such-program"])).await;
    let (_, reason, exit_code) = play.ending().await;
    assert_eq!(exit_code, None);
    assert!(reason.contains("no-such-program") || reason.contains("failed to start"), "{reason}");
    play.stage.stop().await;
}

fn one_off(behaviour: ContainerFault) -> Fault {
    let which = Tasks::OneOff { started_by: ("greenlight/".into(), String::new()) };
    Fault::Tasks { which, what: TaskFault::Container(behaviour) }
}

#[tokio::test]
async fn a_broken_container_is_a_real_process() {
    let mut setup = setup();
    let behaviour = ContainerFault::Exits { code: 7, line: "django.db.utils.OperationalError: it's \"locked\"".into() };
    setup.faults.push(one_off(behaviour));
    let mut play = Play::start(setup, images(), BTreeMap::new()).await;
    play.register(json!({})).await;
    play.run_task(Some(&["true"])).await;
    assert_eq!(play.line().await, "django.db.utils.OperationalError: it's \"locked\"");
    assert_eq!(play.ending().await.2, Some(7));
    play.stage.stop().await;
}

#[tokio::test]
async fn a_container_that_answers_with_errors_can_be_asked() {
    let mut setup = setup();
    setup.faults.push(one_off(ContainerFault::Answers { paths: vec!["/a".into()], status: 500 }));
    let mut play = Play::start(setup, images(), BTreeMap::new()).await;
    play.register(json!({})).await;
    let task = play.run_task(Some(&["true"])).await;
    let ip = play
        .fact(|fact| match fact {
            FactKind::TaskStarted { ip, .. } => Some(ip),
            _ => None,
        })
        .await;
    for (path, status) in [("/a", 500), ("/a?b", 500), ("/", 200), ("/a/b", 200)] {
        let request = Request::get(path).header("host", "app").body(Full::default()).unwrap();
        assert_eq!(send(&format!("{ip}:8000"), request).await.0.status().as_u16(), status, "{path}");
    }
    play.ecs("StopTask", json!({"cluster": "c", "task": task})).await;
    assert_eq!(play.ending().await.2, Some(143));
    play.stage.stop().await;
}

#[tokio::test]
async fn a_container_that_hangs_ends_on_sigterm() {
    let mut setup = setup();
    setup.faults.push(one_off(ContainerFault::Hangs));
    let mut play = Play::start(setup, images(), BTreeMap::new()).await;
    play.register(json!({})).await;
    let task = play.run_task(Some(&["true"])).await;
    play.fact(|fact| matches!(fact, FactKind::TaskStarted { .. }).then_some(())).await;
    play.ecs("StopTask", json!({"cluster": "c", "task": task})).await;
    assert_eq!(play.ending().await.2, Some(143));
    play.stage.stop().await;
}

#[tokio::test]
async fn health_checks_run_beside_the_container() {
    let mut play = play().await;
    let check = r#"echo "$GREETING localhost:8000" > {checked}"#
        .replace("{checked}", play.scratch.path().join("checked").to_str().unwrap());
    play.register(json!({"healthCheck": {"command": ["CMD-SHELL", check], "interval": 5, "retries": 1}})).await;
    let task = play.run_task(None).await;
    let ip = play
        .fact(|fact| match fact {
            FactKind::TaskStarted { ip, .. } => Some(ip),
            _ => None,
        })
        .await;
    loop {
        let output = play.ecs("DescribeTasks", json!({"cluster": "c", "tasks": [task]})).await;
        match output["tasks"][0]["healthStatus"].as_str() {
            Some("HEALTHY") => break,
            Some("UNKNOWN") => tokio::task::yield_now().await,
            other => panic!("{other:?}"),
        }
    }
    let checked = std::fs::read_to_string(play.scratch.path().join("checked")).unwrap();
    assert_eq!(checked, format!("from the image {ip}:8000\n"));
    play.stage.stop().await;
}

#[tokio::test]
async fn nothing_is_left_when_the_stage_has_stopped() {
    let mut play = play().await;
    play.register(json!({})).await;
    // the container's process starts another one, and names both
    play.run_task(Some(&["sh", "-c", "trap '' TERM; sleep 600 & echo $$ $!; wait"])).await;
    let line = play.line().await;
    play.stage.stop().await;
    for id in line.split(' ') {
        assert!(has_ended(Pid::from_raw(id.parse().unwrap())), "{line}");
    }
}
