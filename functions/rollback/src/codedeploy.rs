//! The way for deployment groups: `CodeDeploy` stops a deployment and rolls it back, or makes one of an earlier revision.

mod act;
mod gather;
mod group;

pub(crate) use group::Group;

use crate::AT_ONCE;
use crate::outcome::Answer;
use crate::place::Place;
use crate::tell;
use futures_util::StreamExt as _;
use greenlight_aws::{Env, Error, retry};
use greenlight_domain::alarm::Alarm;
use jiff::Timestamp;

/// Answers an alarm for every deployment group that it is about.
pub(crate) async fn answers(
    env: &Env,
    groups: &[Group],
    alarm: &Alarm,
    until: Timestamp,
) -> Result<Vec<Answer>, Error> {
    let concerned = retry::until(env, until, async || gather::concerned(env, groups, alarm).await).await?;
    let answers = concerned.into_iter().map(|(group, info)| async move {
        let outcome = Box::pin(act::answer(env, &group, &info, alarm, until)).await;
        let place = Place::Group(group);
        tell::log(env, &place, alarm, &outcome);
        (place, outcome)
    });
    Ok(futures_util::stream::iter(answers).buffer_unordered(AT_ONCE).collect().await)
}
