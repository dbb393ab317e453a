//! Real SDK clients against the stage over HTTP.

use crate::shop;
use aws_sdk_ecs::error::DisplayErrorContext;
use aws_types::SdkConfig;
use greenlight::rehearse::{Options, setup};
use greenlight_host::{HostClock, Stage};
use greenlight_world::Setup;
use std::collections::BTreeMap;
use tempfile::TempDir;

/// An access key that is no role's.
const OPERATOR: &str = "AKIAOPERATOR";

/// Runs a story against a stage without images and functions.
fn on_a_stage(story: impl AsyncFnOnce(&dyn Fn(&str) -> SdkConfig)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let scratch = TempDir::new().unwrap();
        let rehearsal = shop::rehearsal(shop::MIGRATE, &Options::default());
        let stage = Stage::start(greenlight_host::Options {
            setup: setup(&rehearsal, Setup::EPOCH, 1.0),
            images: BTreeMap::new(),
            functions: BTreeMap::new(),
            scratch: scratch.path().to_owned(),
            clock: HostClock { origin: Setup::EPOCH, speed: 1.0 },
            port: None,
        });
        let stage = stage.await.unwrap();
        let endpoint = stage.endpoint();
        story(&|access_key| greenlight_aws::sdk_config(&endpoint, access_key, "secret")).await;
        stage.stop().await;
    });
}

#[test]
fn what_was_created_can_be_described() {
    on_a_stage(async |sdk| {
        let ecs = aws_sdk_ecs::Client::new(&sdk(OPERATOR));
        ecs.create_cluster().cluster_name("production-cluster").send().await.unwrap();
        let answer = ecs.describe_services().cluster("production-cluster").services("nowhere").send().await.unwrap();
        assert_eq!(answer.failures()[0].reason(), Some("MISSING"));
    });
}

#[test]
fn an_unknown_operation_is_named() {
    on_a_stage(async |sdk| {
        let ecs = aws_sdk_ecs::Client::new(&sdk(OPERATOR));
        let error = ecs.list_attributes().send().await.unwrap_err();
        let message = DisplayErrorContext(&error).to_string();
        assert!(message.contains("UnknownOperationException") && message.contains("ListAttributes"), "{message}");
    });
}

#[test]
fn an_unknown_parameter_is_named() {
    on_a_stage(async |sdk| {
        let ecs = aws_sdk_ecs::Client::new(&sdk(OPERATOR));
        let error = ecs
            .create_cluster()
            .cluster_name("production-cluster")
            .customize()
            .mutate_request(|request| {
                let body = r#"{"clusterName":"production-cluster","colour":"blue"}"#;
                request.headers_mut().insert("content-length", body.len().to_string());
                *request.body_mut() = body.into();
            })
            .send()
            .await
            .unwrap_err();
        let message = DisplayErrorContext(&error).to_string();
        assert!(message.contains("colour") && message.contains("CreateCluster"), "{message}");
    });
}

/// The access key of the role that `migrate` has.
fn migrate() -> String {
    let rehearsal = shop::rehearsal(shop::MIGRATE, &Options::default());
    let role = rehearsal.function_role("migrate");
    let mut roles = rehearsal.deployed.stack.roles.into_iter();
    roles.find(|one| one.name == role).unwrap().access_key
}

#[test]
fn a_role_without_the_permission_is_denied_by_name() {
    on_a_stage(async |sdk| {
        let ecs = aws_sdk_ecs::Client::new(&sdk(&migrate()));
        let error = ecs.create_cluster().cluster_name("production-cluster").send().await.unwrap_err();
        let message = DisplayErrorContext(&error).to_string();
        assert!(message.contains("AccessDenied") && message.contains("ecs:CreateCluster"), "{message}");
    });
}

#[test]
fn a_service_error_arrives_as_its_own_type() {
    on_a_stage(async |sdk| {
        let ecs = aws_sdk_ecs::Client::new(&sdk(OPERATOR));
        let error = ecs.describe_services().cluster("nowhere").services("shop-web").send().await.unwrap_err();
        assert!(error.into_service_error().is_cluster_not_found_exception());
        let codedeploy = aws_sdk_codedeploy::Client::new(&sdk(OPERATOR));
        let error = codedeploy.get_deployment().deployment_id("d-000000000").send().await.unwrap_err();
        assert!(error.into_service_error().is_deployment_does_not_exist_exception());
    });
}
