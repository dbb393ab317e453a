//! Who is answered.

use crate::play::{Play, authorization, setup};
use http::Method;
use serde_json::json;
use std::collections::BTreeMap;

#[tokio::test]
async fn calls_are_answered_over_their_protocol() {
    let play = Play::start(setup(), BTreeMap::new(), BTreeMap::new()).await;
    let output = play.ecs("CreateCluster", json!({"clusterName": "shop"})).await;
    assert_eq!(output["cluster"]["clusterName"], "shop");

    let schedule = "/schedules/none?groupName=default";
    let (response, _) = play.send(Method::GET, schedule, &[("authorization", authorization("scheduler"))], "").await;
    assert_eq!(response.headers()["x-amzn-errortype"], "ResourceNotFoundException");
    play.stage.stop().await;
}

#[tokio::test]
async fn what_is_unknown_is_named() {
    let play = Play::start(setup(), BTreeMap::new(), BTreeMap::new()).await;
    let target = |target: &str| [("x-amz-target", target.to_owned()), ("authorization", authorization("ecs"))];
    for (headers, body, name) in [
        (target("AmazonEC2ContainerServiceV20141113.RunEverything"), "{}", "RunEverything"),
        (target("AmazonEC2ContainerServiceV20141113.CreateCluster"), r#"{"clusterName":"c","colour":"red"}"#, "colour"),
        (target("Kinesis_20131202.PutRecord"), "{}", "Kinesis_20131202"),
    ] {
        let (response, answer) = play.send(Method::POST, "/", &headers, body).await;
        assert_eq!(response.status(), 400);
        let answer = String::from_utf8(answer.to_vec()).unwrap();
        assert!(answer.contains(name), "{answer}");
    }
}

#[tokio::test]
async fn web_pages_and_strangers_are_not_answered() {
    let play = Play::start(setup(), BTreeMap::new(), BTreeMap::new()).await;
    let call = [
        ("x-amz-target", "AmazonEC2ContainerServiceV20141113.ListTasks".to_owned()),
        ("authorization", authorization("ecs")),
    ];
    for header in [("origin", "https://example.com"), ("host", "stage.example.com")] {
        let mut headers = call.to_vec();
        headers.push((header.0, header.1.to_owned()));
        assert_eq!(play.send(Method::POST, "/", &headers, "{}").await.0.status(), 403, "{header:?}");
    }
    let unsigned = play.send(Method::POST, "/", &call[..1], "{}").await.0;
    assert_eq!(unsigned.headers()["x-amzn-errortype"], "MissingAuthenticationTokenException");
}

#[tokio::test]
async fn a_body_without_end_is_refused() {
    let play = Play::start(setup(), BTreeMap::new(), BTreeMap::new()).await;
    let headers = [
        ("x-amz-target", "AmazonEC2ContainerServiceV20141113.CreateCluster".to_owned()),
        ("authorization", authorization("ecs")),
    ];
    let (response, _) = play.send(Method::POST, "/", &headers, &" ".repeat(1024 * 1024 + 1)).await;
    assert_eq!(response.status(), 413);
}
