//! A task definition family of a job's own: its latest revision, with the image of the revision that serves.
//!
//! A revision that is registered here differs from the one before it in the image of the job's container and in that container's
//! labels: what it was made for, and the plan of what serves. So whoever reads it later need not read what serves.

use crate::revision::{Revision, plan};
use crate::task_definition::{self, Whole};
use crate::{Env, Error, retry};
use greenlight_domain::job::JobId;
use greenlight_domain::plan::{LABEL, Plan};
use greenlight_domain::task_definition::TaskDefinitionError;
use jiff::Timestamp;
use serde_json::json;
use std::fmt;

/// The label that says what a revision was made for.
const FOLLOWS: &str = "dev.greenlight.follows";

/// The latest revision of a family.
#[derive(Debug, Clone)]
pub struct Family(Whole);

/// What a revision was made for: `cluster/service`, the revision that serves there, and the image.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Follows<'a> {
    service: String,
    task_definition: &'a str,
    image: &'a str,
}

impl<'a> Follows<'a> {
    fn parse(label: &'a str) -> Option<Self> {
        let (service, rest) = label.split_once(' ')?;
        let (task_definition, image) = rest.split_once(' ')?;
        Some(Self { service: service.to_owned(), task_definition, image })
    }
}

impl fmt::Display for Follows<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { service, task_definition, image } = self;
        write!(f, "{service} {task_definition} {image}")
    }
}

impl Family {
    /// Reads the latest revision of a family.
    ///
    /// # Errors
    /// If there is none, or it cannot be read.
    pub async fn latest(env: &Env, name: &str) -> Result<Self, Error> {
        match task_definition::read(env, name).await {
            Ok(whole) => Ok(Self(whole)),
            // what ECS says of one that does not exist
            Err(Error::Fault(fault)) if fault.code.as_deref() == Some("ClientException") => Err(Error::Unfit(format!(
                "there is no task definition {name} with an ACTIVE revision; register one, or correct `task-definition` of the job"
            ))),
            Err(error) => Err(error),
        }
    }

    /// The ARN of the revision.
    pub fn arn(&self) -> &str {
        &self.0.arn
    }

    /// Whether its tasks have network interfaces of their own.
    pub fn is_awsvpc(&self) -> bool {
        self.0.definition.is_awsvpc()
    }

    /// The plan of what serves, if this revision was made for it.
    ///
    /// # Errors
    /// If the plan cannot be read.
    pub fn plan(&self, env: &Env, id: &JobId, serves: &str) -> Result<Option<Plan>, Error> {
        let definition = &self.0.definition;
        let Some(container) = definition.containers().find(|container| self.was_made_for(container, id, serves)) else {
            return Ok(None);
        };
        let label = definition.plan_label(container).map_err(|error| unfit(&error))?;
        plan(env, serves, label).map(Some)
    }

    /// Whether the container has the image of what serves.
    fn was_made_for(&self, container: &str, id: &JobId, serves: &str) -> bool {
        let image = self.0.definition.image(container).ok().flatten();
        self.follows(container).is_some_and(|follows| {
            follows.service == service(id) && follows.task_definition == serves && Some(follows.image) == image
        })
    }

    fn follows(&self, container: &str) -> Option<Follows<'_>> {
        Follows::parse(self.0.definition.label(container, FOLLOWS).ok()??)
    }

    /// Whether the job runs what serves if it is started from this revision, without a look at what serves.
    pub fn is_for(&self, name: &str, container: &str, id: &JobId, serves: &str) -> bool {
        self.0.definition.family() == name && self.was_made_for(container, id, serves)
    }
}

/// The revision of a family whose container has the image of what serves. If the latest is none, one is registered; of two who do
/// that at once both may. `found` is the latest, if it is known.
///
/// # Errors
/// If there is no such family or container, if the family follows another service, or a call fails.
pub async fn follow(
    env: &Env,
    wanted: (&str, &str),
    id: &JobId,
    serves: &Revision,
    found: Option<Family>,
    until: Timestamp,
) -> Result<Family, Error> {
    let (name, container) = wanted;
    let mut found = found.filter(|family| family.0.definition.family() == name);
    retry::until(env, until, async || {
        let latest = match found.take() {
            Some(latest) => latest,
            None => Family::latest(env, name).await?,
        };
        let Whole { arn, definition } = &latest.0;
        let has_image = definition.image(container).map_err(|error| unfit(&error))? == Some(serves.image.as_str());
        if let Some(other) = latest.follows(container).filter(|other| other.service != service(id)) {
            // two services that take turns would register revisions for ever
            return if has_image { Ok(latest) } else { Err(taken(arn, &other)) };
        }
        if latest.was_made_for(container, id, &serves.arn) {
            return Ok(latest);
        }
        let mut definition = definition.clone();
        let follows = Follows { service: service(id), task_definition: &serves.arn, image: &serves.image };
        definition.set_image(container, &serves.image).map_err(|error| unfit(&error))?;
        definition.set_label(container, FOLLOWS, Some(&follows.to_string())).map_err(|error| unfit(&error))?;
        definition.set_label(container, LABEL, serves.label.as_deref()).map_err(|error| unfit(&error))?;
        let registered = task_definition::register(env, &definition).await?;
        env.emit(
            "job.registered",
            json!({ "job": id.job, "service": id.service, "task_definition": registered, "made_from": arn,
                "follows": serves.arn, "image": serves.image }),
        );
        Ok(Family(Whole { arn: registered, definition }))
    })
    .await
}

/// The family belongs to another service.
fn taken(arn: &str, other: &Follows<'_>) -> Error {
    Error::Unfit(format!(
        "task definition {arn} follows service {}, which has another image; give the job a family of its own, or register a \
         revision without the label {FOLLOWS}",
        other.service
    ))
}

fn unfit(error: &TaskDefinitionError) -> Error {
    Error::Unfit(format!("{error}; correct `container` of the job"))
}

fn service(id: &JobId) -> String {
    format!("{}/{}", id.cluster, id.service)
}
