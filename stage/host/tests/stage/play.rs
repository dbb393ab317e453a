//! A stage to play on, and a client that speaks AWS's protocols with nothing but HTTP.

use bytes::Bytes;
use greenlight_host::{HostClock, Image, Options, Program, Stage};
use greenlight_world::{Fact, FactKind, Role, Setup};
use http::{Method, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::sync::mpsc::UnboundedReceiver;

/// Fast enough that the engines' own waits do not matter.
pub(crate) const SPEED: f64 = 50.0;
/// Nothing in these tests takes as long: it is for the day that something hangs.
const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) struct Play {
    pub(crate) stage: Stage,
    pub(crate) clock: HostClock,
    pub(crate) scratch: TempDir,
    facts: UnboundedReceiver<Fact>,
}

/// A setup with one role that may do everything.
pub(crate) fn setup() -> Setup {
    let mut setup = Setup::empty();
    let policy = json!({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
    setup.stack.roles.push(Role {
        name: "function-role".into(),
        access_key: "AKIDFUNCTION".into(),
        policies: vec![serde_json::from_value(policy).unwrap()],
        ..Role::default()
    });
    setup
}

impl Play {
    pub(crate) async fn start(
        setup: Setup,
        images: BTreeMap<String, Image>,
        functions: BTreeMap<String, Program>,
    ) -> Self {
        let scratch = tempfile::tempdir().unwrap();
        let origin = Setup::EPOCH;
        let real = HostClock { origin, speed: 1.0 }.now();
        let clock = HostClock { origin: real, speed: SPEED };
        let options = Options { setup, images, functions, scratch: scratch.path().into(), clock, port: None };
        let mut stage = Stage::start(options).await.unwrap();
        let facts = stage.facts();
        Self { stage, clock, scratch, facts }
    }

    /// The first fact from here on that `pick` takes.
    pub(crate) async fn fact<T>(&mut self, mut pick: impl FnMut(FactKind) -> Option<T>) -> T {
        let search = async {
            loop {
                let fact = self.facts.recv().await.expect("the stage goes on");
                if let Some(found) = pick(fact.kind) {
                    return found;
                }
            }
        };
        tokio::time::timeout(PATIENCE, search).await.expect("the fact comes")
    }

    /// Calls an operation of a service that speaks AWS JSON.
    pub(crate) async fn json(&self, service: &str, target: &str, input: Value) -> Value {
        let headers = [("x-amz-target", target.to_owned()), ("authorization", authorization(service))];
        let (response, body) = self.send(Method::POST, "/", &headers, &input.to_string()).await;
        assert!(response.status().is_success(), "{target}: {}", String::from_utf8_lossy(&body));
        serde_json::from_slice(&body).unwrap()
    }

    pub(crate) async fn ecs(&self, operation: &str, input: Value) -> Value {
        self.json("ecs", &format!("AmazonEC2ContainerServiceV20141113.{operation}"), input).await
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, String)],
        body: &str,
    ) -> (Response<()>, Bytes) {
        let address = self.stage.endpoint().strip_prefix("http://").unwrap().to_owned();
        let mut request = Request::builder().method(method).uri(path);
        if !headers.iter().any(|(name, _)| *name == "host") {
            request = request.header("host", &address);
        }
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        send(&address, request.body(Full::from(body.to_owned())).unwrap()).await
    }
}

pub(crate) async fn send(address: &str, request: Request<Full<Bytes>>) -> (Response<()>, Bytes) {
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let (parts, body) = sender.send_request(request).await.unwrap().into_parts();
    (Response::from_parts(parts, ()), body.collect().await.unwrap().to_bytes())
}

/// Waits until a process that is none of ours has ended. That nobody has asked for its exit status yet does not matter.
pub(crate) fn has_ended(process: Pid) -> bool {
    let ended = || {
        let state = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        kill(process, None) == Err(Errno::ESRCH) || state.contains(") Z ")
    };
    // nothing tells when another process's child ends: there is only looking again
    (0..200).any(|_| ended() || Command::new("sleep").arg("0.05").status().is_err())
}

pub(crate) fn authorization(service: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential=AKIAOPERATOR/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
    )
}
