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
#[derive(Debug)]
pub(crate) struct Revision {
    pub(crate) arn: String,
    pub(crate) number: usize,
    pub(crate) definition: Definition,
    whole: serde_json::Map<String, Json>,
    compatibilities: Vec<&'static str>,
    registered_at: Time,
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

    pub(crate) fn on_fargate(&self) -> bool {
        self.compatibilities.contains(&"FARGATE")
    }

    pub(crate) fn describe(&self, account: &str) -> TaskDefinitionShape {
        TaskDefinitionShape {
            task_definition_arn: self.arn.clone(),
            whole: self.whole.clone(),
            revision: self.number,
            status: "ACTIVE",
            compatibilities: self.compatibilities.clone(),
            registered_at: self.registered_at,
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
    });
    world.ecs.families.entry(family).or_default().push(Arc::clone(&revision));
    Ok(revision)
}

/// Finds a task definition by ARN, `family:revision`, or `family` (its latest revision).
pub(crate) fn find(world: &World, name: &str) -> Option<Arc<Revision>> {
    let short = name.split_once(":task-definition/").map_or(name, |(_, short)| short);
    let (family, revision) = match short.split_once(':') {
        Some((family, revision)) => (family, Some(revision.parse::<usize>().ok()?)),
        None => (short, None),
    };
    let revisions = world.ecs.families.get(family)?;
    let found = match revision {
        Some(revision) => revisions.get(revision.checked_sub(1)?),
        None => revisions.last(),
    }?;
    // an ARN of another account or region names another task definition
    (!name.starts_with("arn:") || name == found.arn || revision.is_none()).then(|| Arc::clone(found))
}
