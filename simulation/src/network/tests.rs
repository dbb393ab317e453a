use super::*;
use crate::behaviour::{Behaviour, Behaviours};
use greenlight_world::{Backend, Listener, LoadBalancer, ProcessId, StartProcess};
use serde_json::json;
use std::cell::RefCell;
use std::rc::Rc;

const BALANCER: &str = "shop-1234567890.us-east-1.elb.amazonaws.com";
const LISTENER: &str = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/shop/1/2";

fn address(last: u8) -> SocketAddrV4 {
    SocketAddrV4::new(Ipv4Addr::new(127, 100, 0, last), 8000)
}

/// Two servers of `shop:v1` at the addresses 1 and 2, one of `shop:v2` at 3; a story with them, after their start.
fn with(behaviours: Behaviours, story: impl AsyncFnOnce(Network)) {
    let listener =
        Listener { arn: LISTENER.to_owned(), port: 8443, target_group: "blue".to_owned(), rules: Vec::new() };
    let mut setup = Setup::empty();
    let balancer = LoadBalancer { name: "shop".to_owned(), listeners: vec![listener], target_groups: Vec::new() };
    setup.infrastructure.load_balancers.push(balancer);
    crate::run(async {
        let (inbox, _messages) = mpsc::unbounded_channel();
        let processes = Processes::new(Rc::new(RefCell::new(behaviours)), inbox);
        for (id, image) in [(1, "shop:v1"), (2, "shop:v1"), (3, "shop:v2")] {
            processes.start(&StartProcess {
                id: ProcessId(u64::from(id)),
                task: String::new(),
                container: "web".to_owned(),
                image: image.to_owned(),
                ip: *address(id).ip(),
                port: Some(8000),
                command: None,
                environment: BTreeMap::new(),
                fault: None,
            });
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        story(Network::new(&setup, processes, mpsc::unbounded_channel().0)).await;
    })
    .unwrap();
}

async fn get(network: &mut Network, url: &str) -> Result<Response, HttpError> {
    let (reply, answer) = oneshot::channel();
    network.request(&Request::get(url), reply, Duration::from_millis(1));
    answer.await.unwrap()
}

async fn status(network: &mut Network, url: &str) -> u16 {
    get(network, url).await.unwrap().status
}

fn route(backends: &[(&str, u32, &[u8])]) -> Route {
    let backend = |(group, weight, targets): &(&str, u32, &[u8])| Backend {
        target_group: (*group).to_owned(),
        weight: *weight,
        targets: targets.iter().map(|last| address(*last)).collect(),
    };
    Route {
        listener: LISTENER.to_owned(),
        backends: backends.iter().map(backend).collect(),
        rules: Vec::new(),
        fault: None,
        erring: std::collections::BTreeSet::new(),
    }
}

#[test]
fn a_server_answers_at_its_address_and_nobody_elsewhere() {
    with(Behaviours::new(), async |mut network| {
        let answer = get(&mut network, "http://127.100.0.3:8000/any?thing").await.unwrap();
        assert_eq!((answer.status, answer.header("Content-Type")), (200, Some("application/json")));
        let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(body, json!({ "database": true, "version": "shop:v2" }));
        for url in ["http://127.100.0.3:8001/", "http://127.100.0.4:8000/", "http://127.100.0.3/"] {
            assert_eq!(get(&mut network, url).await, Err(refused()), "{url}");
        }
        let stranger = get(&mut network, "http://shop.example.com/").await.unwrap_err().to_string();
        assert!(stranger.contains("shop.example.com"), "{stranger}");
    });
}

#[test]
fn a_server_refuses_until_it_listens_and_says_when_it_is_not_healthy() {
    let slow = Behaviour::Serve { healthy_after: Duration::from_mins(1), healthy: false };
    with(Behaviours::new().image("shop:v2", slow), async |mut network| {
        let url = "http://127.100.0.3:8000/";
        assert_eq!(get(&mut network, url).await, Err(refused()));
        tokio::time::sleep(Duration::from_mins(1)).await;
        assert_eq!(status(&mut network, url).await, 503);
    });
}

#[test]
fn a_listener_forwards_by_weight_as_it_was_told_last() {
    with(Behaviours::new(), async |mut network| {
        let url = format!("http://{BALANCER}:8443/");
        assert_eq!(status(&mut network, &url).await, 503);
        network.route(route(&[("blue", 90, &[1, 2]), ("green", 10, &[3])]));
        let mut green = 0;
        for _ in 0..20 {
            let answer = get(&mut network, &url).await.unwrap();
            green += u32::from(String::from_utf8(answer.body).unwrap().contains("shop:v2"));
        }
        assert_eq!(green, 2);
        network.route(route(&[("blue", 1, &[])]));
        assert_eq!(status(&mut network, &url).await, 503);
        network.route(route(&[("blue", 1, &[9])]));
        assert_eq!(status(&mut network, &url).await, 502);
        assert_eq!(get(&mut network, &format!("http://{BALANCER}:80/")).await, Err(refused()));
    });
}

#[test]
fn scripted_answers_take_their_time() {
    let behaviours = Behaviours::new()
        .answer_times("shop:v1", "/", 1, Answer::text(404, "no").taking(Duration::from_secs(3)))
        .answer("shop:v2", "/", Answer::Never);
    with(behaviours, async |mut network| {
        let began = tokio::time::Instant::now();
        let url = "http://127.100.0.1:8000/";
        assert_eq!(status(&mut network, url).await, 404);
        assert_eq!(began.elapsed(), Duration::from_millis(3001));
        assert_eq!(status(&mut network, url).await, 200);
        let never = get(&mut network, "http://127.100.0.3:8000/");
        assert!(tokio::time::timeout(Duration::from_hours(1), never).await.is_err());
        network.route(route(&[("green", 1, &[3])]));
        assert_eq!(status(&mut network, &format!("http://{BALANCER}:8443/")).await, 504);
    });
}

#[test]
fn a_server_that_ends_meanwhile_answers_nothing() {
    let slow = Answer::text(200, "late").taking(Duration::from_mins(1));
    with(Behaviours::new().answer("shop:v1", "/", slow), async |mut network| {
        let processes = network.processes.clone();
        tokio::task::spawn_local(async move {
            tokio::time::sleep(Duration::from_secs(1)).await;
            processes.stop(ProcessId(1));
        });
        let broken = get(&mut network, "http://127.100.0.1:8000/").await;
        assert!(matches!(broken, Err(HttpError::Broken(_))), "{broken:?}");
    });
}
