//! Task definitions: what may stand in one, and what the engine reads from it.

mod check;
mod shapes;

pub(crate) use shapes::{Condition, ContainerDefinition, Definition};

use super::shapes::Tag;
use crate::value::Time;
use crate::{AwsError, World};
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::Value as Json;
use std::sync::Arc;

/// The largest task definition, in bytes of JSON.
const LARGEST: usize = 64 * 1024;

/// The input of `RegisterTaskDefinition`: whole, to be described again unchanged, and typed.
#[derive(Debug, Clone)]
pub(crate) struct Registration {
    whole: serde_json::Map<String, Json>,
    typed: Definition,
}

/// A registered revision.
#[derive(Debug, Clone)]
pub(crate) struct Revision {
    pub(crate) arn: String,
    pub(crate) number: usize,
    pub(crate) definition: Definition,
    whole: serde_json::Map<String, Json>,
    compatibilities: Vec<&'static str>,
    registered_at: Time,
    deregistered_at: Option<Time>,
}

/// `TaskDefinition`, as it is described.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TaskDefinitionShape {
    task_definition_arn: String,
    #[serde(flatten)]
    whole: serde_json::Map<String, Json>,
    revision: usize,
    status: &'static str,
    compatibilities: Vec<&'static str>,
    registered_at: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    deregistered_at: Option<Time>,
    registered_by: String,
}

// === impl Registration ===

impl<'de> Deserialize<'de> for Registration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let whole = serde_json::Map::deserialize(deserializer)?;
        let typed = serde_json::from_value(Json::Object(whole.clone())).map_err(de::Error::custom)?;
        Ok(Self { whole, typed })
    }
}

impl Registration {
    pub(crate) fn definition(&self) -> &Definition {
        &self.typed
    }
}

// === impl Revision ===

impl Revision {
    pub(crate) fn tags(&self) -> Vec<Tag> {
        self.definition.tags.clone().unwrap_or_default()
    }

    /// Whether tasks can be started from it: nobody deregistered it.
    pub(crate) fn is_active(&self) -> bool {
        self.deregistered_at.is_none()
    }

    pub(crate) fn on_fargate(&self) -> bool {
        self.compatibilities.contains(&"FARGATE")
    }

    pub(crate) fn describe(&self, account: &str) -> TaskDefinitionShape {
        TaskDefinitionShape {
            task_definition_arn: self.arn.clone(),
            whole: self.whole.clone(),
            revision: self.number,
            status: if self.is_active() { "ACTIVE" } else { "INACTIVE" },
            compatibilities: self.compatibilities.clone(),
            registered_at: self.registered_at,
            deregistered_at: self.deregistered_at,
            registered_by: format!("arn:aws:iam::{account}:root"),
        }
    }
}

/// Keeps a new revision.
pub(crate) fn register(world: &mut World, registration: Registration) -> Result<Arc<Revision>, AwsError> {
    let Registration { mut whole, typed: definition } = registration;
    let compatibilities = definition.check()?;
    let length = serde_json::to_string(&whole).map_or(usize::MAX, |text| text.len());
    if length > LARGEST {
        return Err(AwsError::client(
            "ClientException",
            format!("Actual length: '{length}'. Max allowed length is '{LARGEST}' bytes."),
        ));
    }
    // tags are answered beside the task definition, not in it
    whole.remove("tags");
    let family = definition.family.clone();
    let number = world.ecs.families.get(&family).map_or(0, Vec::len) + 1;
    let revision = Arc::new(Revision {
        arn: world.arn("ecs", &format!("task-definition/{family}:{number}")),
        number,
        definition,
        whole,
        compatibilities,
        registered_at: Time(world.now),
        deregistered_at: None,
    });
    world.ecs.families.entry(family).or_default().push(Arc::clone(&revision));
    Ok(revision)
}

/// Takes a revision out of use: what runs from it goes on, and nothing is started from it any more.
pub(crate) fn deregister(world: &mut World, found: &Revision) -> Option<Arc<Revision>> {
    let now = Time(world.now);
    let revisions = world.ecs.families.get_mut(&found.definition.family)?;
    let revision = revisions.iter_mut().find(|revision| revision.number == found.number)?;
    Arc::make_mut(revision).deregistered_at.get_or_insert(now);
    Some(Arc::clone(revision))
}

/// Finds a task definition that tasks can be started from.
pub(crate) fn find_active(world: &World, name: &str) -> Option<Arc<Revision>> {
    find(world, name).filter(|revision| revision.is_active())
}

/// Finds a task definition by ARN, `family:revision`, or `family` (its latest revision that is active).
pub(crate) fn find(world: &World, name: &str) -> Option<Arc<Revision>> {
    let short = name.split_once(":task-definition/").map_or(name, |(_, short)| short);
    let (family, revision) = match short.split_once(':') {
        Some((family, revision)) => (family, Some(revision.parse::<usize>().ok()?)),
        None => (short, None),
    };
    let revisions = world.ecs.families.get(family)?;
    let found = match revision {
        Some(revision) => revisions.get(revision.checked_sub(1)?),
        None => revisions.iter().rfind(|revision| revision.is_active()),
    }?;
    // an ARN of another account or region names another task definition
    (!name.starts_with("arn:") || name == found.arn || revision.is_none()).then(|| Arc::clone(found))
}
