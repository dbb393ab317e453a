//! `DescribeTaskDefinition`.

use crate::ecs::shapes::Tag;
use crate::ecs::task_definition::{self, TaskDefinitionShape};
use crate::operation::Operation;
use crate::{AwsError, Permission, World};
use serde::{Deserialize, Serialize};

pub(crate) struct DescribeTaskDefinition;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Input {
    task_definition: String,
    #[serde(default)]
    include: Vec<Include>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Include {
    Tags,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    task_definition: TaskDefinitionShape,
    tags: Vec<Tag>,
}

impl Operation for DescribeTaskDefinition {
    const SERVICE: &'static str = "ecs";
    const NAME: &'static str = "DescribeTaskDefinition";
    const CALLERS: &'static [&'static str] = &[
        "migrate",
        "warm-up",
        "smoke-test",
        "validate",
        "finish",
        "settle",
        "rollback",
        "launch-job",
        "notify",
        "greenlight deploy",
        "greenlight jobs",
        "greenlight rollback",
        "greenlight why",
        "greenlight watch",
        "guide: aws ecs describe-task-definition",
    ];
    type Input = Input;
    type Output = Output;

    fn authorize(_input: &Input, _world: &World) -> Vec<Permission> {
        vec![Permission::new("ecs:DescribeTaskDefinition", "*")]
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        let revision = task_definition::find(world, &input.task_definition)
            .ok_or_else(|| AwsError::client("ClientException", "Unable to describe task definition."))?;
        let tags = if input.include.is_empty() { Vec::new() } else { revision.tags() };
        Ok(Output { task_definition: revision.describe(&world.setup.account), tags })
    }
}
