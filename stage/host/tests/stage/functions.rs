//! Functions behind the Runtime API. The function is this test program itself, in the role of [`function_process`].

use crate::play::{Play, setup};
use greenlight_host::Program;
use greenlight_world::{Fact, FactKind, Function};
use http::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// What a runtime does: asks for an event, obeys it, asks for the next.
#[test]
#[ignore = "not a test: it is started as a function"]
fn function_process() {
    let Ok(api) = std::env::var("AWS_LAMBDA_RUNTIME_API") else { return };
    let exchange = |request: &str| -> (String, String) {
        let mut stream = TcpStream::connect(&api).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.to_owned(), body.to_owned())
    };
    let post = |path: &str, body: &str| {
        let length = body.len();
        let head =
            format!("POST {path} HTTP/1.1\r\nhost: {api}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
        exchange(&(head + body)).0
    };
    let base = "/2018-06-01/runtime";
    for turn in 1.. {
        let next = format!("GET {base}/invocation/next HTTP/1.1\r\nhost: {api}\r\nconnection: close\r\n\r\n");
        let (head, body) = exchange(&next);
        let header = |name: &str| {
            let line = head.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.strip_prefix(": ").unwrap().to_owned()
        };
        let request_id = header("lambda-runtime-aws-request-id");
        let event: Value = serde_json::from_str(&body).unwrap();
        let said = json!({
            "turn": turn,
            "arn": header("lambda-runtime-invoked-function-arn"),
            "deadline": header("lambda-runtime-deadline-ms"),
            "key": std::env::var("AWS_ACCESS_KEY_ID").unwrap(),
            "install": std::env::var("GREENLIGHT_INSTALL").unwrap(),
            "stream": std::env::var("AWS_LAMBDA_LOG_STREAM_NAME").unwrap(),
        });
        // the test harness's own words would stand before it on the line
        writeln!(std::io::stdout(), "\n{said}").unwrap();
        match event["do"].as_str() {
            Some("return") => {
                assert!(post(&format!("{base}/invocation/not-this-one/response"), "{}").contains(" 400 "));
                assert!(post(&format!("{base}/invocation/{request_id}/response"), "{}").contains(" 202 "));
            }
            Some("fail") => {
                let error = r#"{"errorType":"Boom","errorMessage":"as told"}"#;
                assert!(post(&format!("{base}/invocation/{request_id}/error"), error).contains(" 202 "));
            }
            Some("crash") => std::process::exit(1),
            _ => std::thread::park(),
        }
    }
}

async fn play() -> Play {
    let mut setup = setup();
    setup.stack.functions.push(Function {
        environment: BTreeMap::from([("GREENLIGHT_INSTALL".into(), "test".into())]),
        timeout: Duration::from_secs(5),
        maximum_retry_attempts: 0,
        ..Function::new("obey", "function-role")
    });
    let program = Program {
        program: std::env::current_exe().unwrap(),
        arguments: ["--exact", "functions::function_process", "--ignored", "--nocapture"].map(Into::into).into(),
    };
    Play::start(setup, BTreeMap::new(), BTreeMap::from([("obey".into(), program)])).await
}

impl Play {
    /// Has the function invoked by a schedule.
    async fn invoke(&self, name: &str, event: Value) {
        let at = self.clock.now().strftime("at(%Y-%m-%dT%H:%M:%S)").to_string();
        let body = json!({
            "ScheduleExpression": at,
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": {
                "Arn": "arn:aws:lambda:us-east-1:123456789012:function:obey",
                "RoleArn": "arn:aws:iam::123456789012:role/function-role",
                "Input": event.to_string(),
            },
        });
        let headers = [("authorization", crate::play::authorization("scheduler"))];
        let (response, answer) =
            self.send(Method::POST, &format!("/schedules/{name}"), &headers, &body.to_string()).await;
        assert!(response.status().is_success(), "{}", String::from_utf8_lossy(&answer));
    }

    /// What the function said, and how the invocation ended.
    async fn end(&mut self) -> (Option<Value>, String) {
        let mut said = None;
        let outcome = self
            .fact(|fact| match fact {
                FactKind::LogLine { message, .. } if message.starts_with('{') => {
                    said = serde_json::from_str(&message).ok();
                    None
                }
                FactKind::FunctionEnded { outcome, .. } => Some(outcome),
                _ => None,
            })
            .await;
        (said, outcome)
    }
}

#[tokio::test]
async fn a_process_is_used_again_while_it_is_idle() {
    let mut play = play().await;
    play.invoke("one", json!({"do": "return"})).await;
    let (said, outcome) = play.end().await;
    assert_eq!(outcome, "returned");
    let said = said.unwrap();
    assert_eq!(said["turn"], 1);
    assert_eq!(said["arn"], "arn:aws:lambda:us-east-1:123456789012:function:obey");
    assert_eq!((&said["key"], &said["install"]), (&json!("AKIDFUNCTION"), &json!("test")));
    assert!(said["stream"].as_str().unwrap().contains("[$LATEST]"));
    // five real seconds are more than two of the stage's minutes, and the function's clock is the stage's
    let deadline: i64 = said["deadline"].as_str().unwrap().parse().unwrap();
    let left = deadline - play.clock.now().as_millisecond();
    assert!((0..=250_000).contains(&left), "{left}");

    // a process is idle when it has asked for its next event, which may be after the next event has come
    for number in 2..=100 {
        play.invoke(&format!("again-{number}"), json!({"do": "fail"})).await;
        let (said, outcome) = play.end().await;
        assert_eq!(outcome, "failed");
        if said.unwrap()["turn"] != 1 {
            return play.stage.stop().await;
        }
    }
    panic!("no process was used twice");
}

#[tokio::test]
async fn a_process_that_dies_is_replaced() {
    let mut play = play().await;
    play.invoke("one", json!({"do": "crash"})).await;
    assert_eq!(play.end().await.1, "crashed");
    play.invoke("two", json!({"do": "return"})).await;
    let (said, outcome) = play.end().await;
    assert_eq!((said.unwrap()["turn"].clone(), outcome.as_str()), (json!(1), "returned"));
    play.stage.stop().await;
}

#[tokio::test]
async fn a_process_that_takes_too_long_is_killed() {
    let mut play = play().await;
    play.invoke("one", json!({"do": "hang"})).await;
    assert_eq!(play.end().await.1, "timed-out");
    play.stage.stop().await;
}

#[tokio::test]
async fn events_at_once_have_a_process_each() {
    let mut play = play().await;
    play.invoke("one", json!({"do": "hang"})).await;
    play.invoke("two", json!({"do": "return"})).await;
    let (_, outcome) = play.end().await;
    assert_eq!(outcome, "returned");
    play.stage.stop().await;
}

#[tokio::test]
async fn a_function_that_cannot_be_started_fails() {
    let mut setup = setup();
    setup.stack.functions.push(Function {
        timeout: Duration::from_secs(5),
        maximum_retry_attempts: 0,
        ..Function::new("obey", "function-role")
    });
    for programs in [
        BTreeMap::new(),
        BTreeMap::from([("obey".into(), Program { program: "/no/such/bootstrap".into(), arguments: Vec::new() })]),
    ] {
        let mut play = Play::start(setup.clone(), BTreeMap::new(), programs).await;
        play.invoke("one", json!({})).await;
        assert_eq!(play.end().await.1, "failed");
        play.stage.stop().await;
    }
}

/// Facts can be sent between threads, so that whoever watches may live on another one.
#[test]
fn facts_travel() {
    fn assert_send<T: Send>() {}
    assert_send::<Fact>();
}
