//! Plays a whole deployment, with the calls that a team's pipeline makes: SDK clients and what can be observed, nothing else.
//! It knows no process and no HTTP, so it drives the stage and the simulation alike.

mod deployment;
mod jobs;
mod on_ecs;
mod one_off;
mod revision;
pub(crate) mod seen;
mod service;
mod taken_back;
mod watch;
mod workers;

pub(crate) use jobs::{Account, jobs};

use super::outcome::{Ending, Outcome};
use super::{Controller, Progress, Rehearsal, Step};
use crate::Error;
use aws_sdk_ecs::error::{ProvideErrorMetadata, SdkError};
use aws_types::SdkConfig;
use greenlight_aws::Clock;
use greenlight_world::Fact;
use tokio::sync::mpsc::UnboundedReceiver;
use watch::Watch;

pub(super) struct Driver<'a> {
    ecs: aws_sdk_ecs::Client,
    codedeploy: aws_sdk_codedeploy::Client,
    rehearsal: &'a Rehearsal,
    watch: Watch<'a>,
}

/// Rehearses: creates everything, lets the old revision serve, deploys the new one and follows the deployment to its end (and
/// the end of its rollback, also when an alarm takes it back after its success).
///
/// `sdk` are the operator's credentials for a world that was set up by [`super::setup()`], `facts` are its facts from the
/// beginning, `observer` hears of every fact and step in their order. The outcome's traffic is left for the caller to count.
pub async fn drive(
    sdk: &SdkConfig,
    clock: &Clock,
    facts: UnboundedReceiver<Fact>,
    rehearsal: &Rehearsal,
    observer: &mut dyn FnMut(Progress<'_>),
) -> Result<Outcome, Error> {
    let mut driver = Driver {
        ecs: aws_sdk_ecs::Client::new(sdk),
        codedeploy: aws_sdk_codedeploy::Client::new(sdk),
        rehearsal,
        watch: Watch::new(clock, facts, observer),
    };
    driver.watch.step(&Step::StackDeployed { stack: rehearsal.install.clone(), permissions: rehearsal.permissions() });
    driver.create_cluster().await?;
    let blue = driver.register_blue().await?;
    driver.run_setup(&blue).await?;
    driver.create_service(&blue).await?;
    driver.create_workers().await?;
    let outcome = match rehearsal.controller {
        Controller::CodeDeploy => {
            driver.create_deployment_group().await?;
            if rehearsal.is_taken_back() {
                driver.deploy_blue(&blue).await?;
            }
            let green = driver.register_green().await?;
            let started = clock.now();
            let deployment_id = driver.create_deployment(&green).await?;
            driver.follow(deployment_id, started, &blue, &green).await?
        }
        Controller::Ecs => {
            let green = driver.register_green().await?;
            let started = clock.now();
            let deployment_id = driver.update_service(&green).await?;
            driver.follow_on_ecs(deployment_id, started, &blue, &green).await?
        }
    };
    match rehearsal.jobs {
        Some(_) if outcome.outcome == Ending::Succeeded => {
            let jobs = driver.try_jobs(sdk).await?;
            Ok(Outcome { jobs, ..outcome })
        }
        _ => Ok(outcome),
    }
}

/// Names a call that failed, and says what the service said about it, or why it did not hear of it.
fn refused<E, R>(call: &'static str) -> impl Fn(SdkError<E, R>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug,
{
    move |error| {
        let reason = match (error.code(), error.message()) {
            (Some(code), Some(message)) => format!("{code}: {message}"),
            (Some(code), None) => code.to_owned(),
            _ => causes(&error),
        };
        Error::Call { call, reason }
    }
}

/// An error and everything that lies behind it.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
