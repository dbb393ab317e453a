//! The way for services that ECS itself deploys: a service deployment is stopped, and ECS brings back what served; or the service gets
//! what was good before, by a deployment like any other.
//!
//! The alarm is active when that deployment begins, so ECS does not ask the alarms about it. Nothing of the service is changed but its
//! task definition.

mod act;
mod gather;
mod service;

pub(crate) use service::Service;

use crate::AT_ONCE;
use crate::outcome::Answer;
use crate::place::Place;
use crate::tell;
use futures_util::StreamExt as _;
use greenlight_aws::{Env, Error, retry};
use greenlight_domain::alarm::Alarm;
use jiff::Timestamp;

/// Answers an alarm for every service that it is about.
pub(crate) async fn answers(
    env: &Env,
    services: &[Service],
    alarm: &Alarm,
    until: Timestamp,
) -> Result<Vec<Answer>, Error> {
    let concerned = retry::until(env, until, async || gather::concerned(env, services, alarm).await).await?;
    let answers = concerned.into_iter().map(|(service, watched)| async move {
        let outcome = Box::pin(act::answer(env, &service, &watched, alarm, until)).await;
        let place = Place::Service(service);
        tell::log(env, &place, alarm, &outcome);
        (place, outcome)
    });
    Ok(futures_util::stream::iter(answers).buffer_unordered(AT_ONCE).collect().await)
}
