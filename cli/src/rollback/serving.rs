//! Which revision users reach.

use super::Place;
use greenlight_aws::{Env, Error, deployment, fresh, service};
use jiff::{SignedDuration, Timestamp};

/// All of it, in percent. What is told is a floating-point number.
const ALL: f64 = 99.5;
/// What is looked at may be old; and calls may be throttled.
const LONGEST: SignedDuration = SignedDuration::from_mins(1);

/// What users reach, as far as ECS and `CodeDeploy` say.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Serving {
    /// The primary task set's task definition.
    pub(super) task_definition: Option<String>,
    /// Its share of production traffic in percent, if a deployment tells it.
    pub(super) percent: Option<f64>,
}

impl Serving {
    /// Whether this revision serves everybody.
    pub(super) fn is_all(&self, task_definition: &str) -> bool {
        self.task_definition.as_deref() == Some(task_definition) && self.percent.is_none_or(|percent| percent >= ALL)
    }
}

/// Looks once, with the eyes of a deployment.
pub(super) async fn look(env: &Env, place: &Place, deployment: Option<&str>) -> Result<Serving, Error> {
    let service = service::read(env, &place.service.cluster, &place.service.name).await?;
    let Some(primary) = service.primary() else { return Ok(Serving { task_definition: None, percent: None }) };
    let weights = match deployment {
        Some(id) => deployment::progress(env, id, &place.target()).await?.weights,
        None => Vec::new(),
    };
    let percent = weights.iter().find(|(id, _)| *id == primary.id).map(|(_, percent)| *percent);
    Ok(Serving { task_definition: Some(primary.task_definition.clone()), percent })
}

/// Looks until this revision serves everybody, or what is seen cannot be old any more.
pub(super) async fn settled(
    env: &Env,
    place: &Place,
    deployment: Option<&str>,
    wanted: &str,
) -> Result<Serving, Error> {
    let until = env.clock.now().checked_add(LONGEST).unwrap_or(Timestamp::MAX);
    fresh::look(env, until, async || look(env, place, deployment).await, |seen: &Serving| seen.is_all(wanted)).await
}
