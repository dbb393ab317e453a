//! `DeregisterTaskDefinition`.

use crate::ecs::task_definition::{self, TaskDefinitionShape};
use crate::operation::Operation;
use crate::{AwsError, Permission, World};
use serde::{Deserialize, Serialize};

pub(crate) struct DeregisterTaskDefinition;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Input {
    task_definition: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    task_definition: TaskDefinitionShape,
}

impl Operation for DeregisterTaskDefinition {
    const SERVICE: &'static str = "ecs";
    const NAME: &'static str = "DeregisterTaskDefinition";
    const CALLERS: &'static [&'static str] = &["tests"];
    type Input = Input;
    type Output = Output;

    fn authorize(_input: &Input, _world: &World) -> Vec<Permission> {
        vec![Permission::new("ecs:DeregisterTaskDefinition", "*")]
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        let name = &input.task_definition;
        // a family alone is not enough: which of its revisions is meant has to be said
        if !name.rsplit('/').next().is_some_and(|name| name.contains(':')) {
            return Err(AwsError::client("InvalidParameterException", format!("The revision of {name} is missing.")));
        }
        let found = task_definition::find(world, name)
            .and_then(|revision| task_definition::deregister(world, &revision))
            .ok_or_else(|| AwsError::client("ClientException", "The specified task definition does not exist."))?;
        Ok(Output { task_definition: found.describe(&world.setup.account) })
    }
}
