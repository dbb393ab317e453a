//! The new revision's jobs by the clock, with the calls that a team makes.

use super::Driver;
use super::watch::Watch;
use crate::Error;
use crate::rehearse::jobs::Period;
use crate::rehearse::{Progress, Rehearsal};
use aws_types::SdkConfig;
use greenlight_aws::Clock;
use greenlight_world::Fact;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;

impl Driver<'_> {
    pub(super) async fn try_jobs(&mut self) -> Result<Vec<crate::rehearse::JobOutcome>, Error> {
        Ok(Vec::new())
    }
}

/// Lets the new revision serve, makes the schedules of its jobs, and lets `span` pass, and `after` for what still runs.
pub(crate) async fn jobs(
    sdk: &SdkConfig,
    clock: &Clock,
    facts: UnboundedReceiver<Fact>,
    rehearsal: &Rehearsal,
    span: Duration,
    after: Duration,
    observer: &mut dyn FnMut(Progress<'_>),
) -> Result<Period, Error> {
    let mut driver = Driver {
        ecs: aws_sdk_ecs::Client::new(sdk),
        codedeploy: aws_sdk_codedeploy::Client::new(sdk),
        rehearsal,
        watch: Watch::new(clock, facts, observer),
    };
    driver.create_cluster().await?;
    let green = driver.register_green().await?;
    driver.create_service(&green).await?;
    // APPLY
    let period = Period::of(clock, span);
    driver.watch.pause(span).await?;
    driver.watch.pause(after).await?;
    Ok(period)
}
