use super::*;
use crate::connections::{full, listen, serve};
use bytes::Bytes;
use greenlight_world::{Backend, Condition, RuleRoute};
use http_body_util::Full;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinSet;

/// A listener in front of nothing yet.
struct Play {
    listener: Listener,
    address: SocketAddr,
    accesses: UnboundedReceiver<Access>,
    servers: JoinSet<()>,
}

impl Play {
    async fn start() -> Self {
        let log = AccessLog::new(tokio::sync::mpsc::channel(64).0);
        let (sender, accesses) = unbounded_channel();
        log.read(sender);
        let listener = Listener::new("arn:listener".into(), 80, log);
        let (socket, address) = listen("listener", 0).await.unwrap();
        let mut servers = JoinSet::new();
        let serving = listener.clone();
        servers.spawn(serve(socket, move |request, client| serving.clone().handle(request, client)));
        Self { listener, address, accesses, servers }
    }

    /// A target that answers with its name, the path, and the headers of the request.
    async fn target(&mut self, name: &'static str) -> SocketAddrV4 {
        let (socket, address) = listen("target", 0).await.unwrap();
        self.servers.spawn(serve(socket, move |request: Request<Incoming>, _| async move {
            let mut text = format!("{name} {}\n", request.uri());
            for (name, value) in request.headers() {
                writeln!(text, "{name}: {}", value.to_str().unwrap()).unwrap();
            }
            let body = request.into_body().collect().await.unwrap().to_bytes();
            writeln!(text, "body: {}", body.len()).unwrap();
            let mut response = Response::new(full(text));
            response.headers_mut().insert("connection", HeaderValue::from_static("x-private"));
            response.headers_mut().insert("x-private", HeaderValue::from_static("1"));
            response
        }));
        v4(address)
    }

    async fn send(&self, request: Request<Full<Bytes>>) -> (http::response::Parts, String) {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let (parts, body) = sender.send_request(request).await.unwrap().into_parts();
        (parts, String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap())
    }

    async fn get(&self, path: &str) -> (u16, String) {
        let request = Request::builder().uri(path).header("host", "shop.example.com");
        let (parts, body) = self.send(request.body(Full::default()).unwrap()).await;
        (parts.status.as_u16(), body)
    }
}

fn v4(address: SocketAddr) -> SocketAddrV4 {
    match address {
        SocketAddr::V4(address) => address,
        SocketAddr::V6(_) => panic!("{address}"),
    }
}

fn backend(name: &str, weight: u32, targets: &[SocketAddrV4]) -> Backend {
    Backend { target_group: name.into(), weight, targets: targets.to_vec() }
}

/// All requests go here.
fn to(backends: Vec<Backend>) -> Route {
    let listener = "arn:listener".to_owned();
    Route { listener, backends, rules: Vec::new(), fault: None, erring: BTreeSet::new() }
}

#[tokio::test]
async fn requests_are_shared_out_by_weight() {
    let mut play = Play::start().await;
    let (blue, green) = (play.target("blue").await, play.target("green").await);
    play.listener.route(to(vec![backend("blue", 90, &[blue]), backend("green", 10, &[green])]));
    let mut counts = BTreeMap::<String, u32>::new();
    for _ in 0..50 {
        let (_, body) = play.get("/").await;
        *counts.entry(body.split(' ').next().unwrap().to_owned()).or_default() += 1;
    }
    assert_eq!(counts, BTreeMap::from([("blue".to_owned(), 45), ("green".to_owned(), 5)]));
    play.listener.route(to(vec![backend("green", 100, &[green])]));
    assert!(play.get("/").await.1.starts_with("green"));

    let access = play.accesses.recv().await.unwrap();
    assert_eq!((access.target_group.as_deref(), access.target, access.status), (Some("blue"), Some(blue), 200));
}

#[tokio::test]
async fn the_target_sees_whom_it_serves() {
    let mut play = Play::start().await;
    let target = play.target("blue").await;
    play.listener.route(to(vec![backend("blue", 1, &[target])]));
    let request = Request::post("/a?b=c")
        .header("host", "shop.example.com")
        .header("connection", "keep-alive, x-hop")
        .header("x-hop", "1")
        .header("x-forwarded-for", "203.0.113.9");
    let (parts, body) = play.send(request.body(Full::from(vec![b'x'; 300_000])).unwrap()).await;
    for expected in [
        "blue /a?b=c\n",
        "host: shop.example.com\n",
        "x-forwarded-for: 203.0.113.9, 127.0.0.1\n",
        "x-forwarded-proto: http\n",
        "x-forwarded-port: 80\n",
        "body: 300000\n",
    ] {
        assert!(body.contains(expected), "{expected} is not in\n{body}");
    }
    assert!(!body.contains("x-hop"), "{body}");
    assert!(!parts.headers.contains_key("x-private"));
}

#[tokio::test]
async fn trouble_has_the_status_of_a_load_balancer() {
    let play = Play::start().await;
    assert_eq!(play.get("/").await.0, 503);
    play.listener.route(to(vec![backend("empty", 1, &[])]));
    assert_eq!(play.get("/").await.0, 503);

    // a port that was free a moment ago
    let (socket, address) = listen("target", 0).await.unwrap();
    drop(socket);
    play.listener.route(to(vec![backend("gone", 1, &[v4(address)])]));
    assert_eq!(play.get("/").await.0, 502);

    // a target that hangs up without a word
    let (socket, address) = listen("target", 0).await.unwrap();
    let hangs_up = tokio::spawn(async move { drop(socket.accept().await) });
    play.listener.route(to(vec![backend("rude", 1, &[v4(address)])]));
    assert_eq!(play.get("/").await.0, 502);
    hangs_up.await.unwrap();
}

#[tokio::test]
async fn a_request_under_way_is_not_moved() {
    let mut play = Play::start().await;
    let green = play.target("green").await;
    let (socket, address) = listen("target", 0).await.unwrap();
    let (arrived, waits) = tokio::sync::oneshot::channel();
    let (answer, told) = tokio::sync::oneshot::channel::<()>();
    let arrived = Arc::new(Mutex::new(Some((arrived, told))));
    play.servers.spawn(serve(socket, move |_: Request<Incoming>, _| {
        let first = arrived.lock().unwrap().take();
        async move {
            let (arrived, told) = first.unwrap();
            arrived.send(()).unwrap();
            told.await.unwrap();
            Response::new(full("blue, at last"))
        }
    }));
    play.listener.route(to(vec![backend("blue", 1, &[v4(address)])]));
    let slow = play.get("/slow");
    let shift = async {
        waits.await.unwrap();
        play.listener.route(to(vec![backend("green", 1, &[green])]));
        assert!(play.get("/").await.1.starts_with("green"));
        answer.send(()).unwrap();
    };
    let ((status, body), ()) = tokio::join!(slow, shift);
    assert_eq!((status, body.as_str()), (200, "blue, at last"));
}

#[tokio::test]
async fn a_broken_listener_answers_by_itself() {
    let mut play = Play::start().await;
    let target = play.target("blue").await;
    let broken = |fault| Route { fault, ..to(vec![backend("blue", 1, &[target])]) };
    play.listener.route(broken(None));
    assert_eq!(play.get("/").await.0, 200);
    play.listener.route(broken(Some(ListenerFault::Slow(Duration::from_millis(1)))));
    assert_eq!(play.get("/").await.0, 200, "late is not never");
    play.listener.route(broken(Some(ListenerFault::Status(500))));
    assert_eq!(play.get("/").await.0, 500);
}

#[tokio::test]
async fn a_target_that_errs_is_asked_and_answers_with_500() {
    let mut play = Play::start().await;
    let (blue, green) = (play.target("blue").await, play.target("green").await);
    let both = to(vec![backend("blue", 1, &[blue]), backend("green", 1, &[green])]);
    play.listener.route(Route { erring: BTreeSet::from([green]), ..both });
    for _ in 0..4 {
        let (status, body) = play.get("/").await;
        assert_eq!(status, if body.starts_with("green") { 500 } else { 200 }, "{body}");
        let access = play.accesses.recv().await.unwrap();
        assert_eq!(access.target_status, Some(status), "it counts as the target's own");
    }
}

#[tokio::test]
async fn a_request_with_the_header_of_a_rule_goes_elsewhere() {
    let mut play = Play::start().await;
    let (blue, green) = (play.target("blue").await, play.target("green").await);
    let rule = |rule: &str, condition| RuleRoute {
        rule: rule.to_owned(),
        conditions: vec![condition],
        backends: vec![backend("green", 1, &[green])],
        fault: None,
    };
    let header = Condition::HttpHeader { name: "X-Ecs-Test".to_owned(), values: vec!["1".to_owned()] };
    let host = Condition::HostHeader(vec!["green.example.com".to_owned()]);
    let rules = vec![rule("arn:header", header), rule("arn:host", host)];
    play.listener.route(Route { rules, ..to(vec![backend("blue", 1, &[blue])]) });
    for (header, host, expected, rule) in [
        ("0", "shop.example.com", "blue", None),
        ("1", "shop.example.com", "green", Some("arn:header")),
        ("0", "green.example.com:8443", "green", Some("arn:host")),
    ] {
        let request = Request::get("/").header("host", host).header("x-ecs-test", header);
        let (_, body) = play.send(request.body(Full::default()).unwrap()).await;
        assert!(body.starts_with(expected), "{header} {host}: {body}");
        let access = play.accesses.recv().await.unwrap();
        assert_eq!((access.rule.as_deref(), access.target_group.as_deref()), (rule, Some(expected)));
    }
}
