//! `RegisterTaskDefinition`.

use crate::ecs::shapes::Tag;
use crate::ecs::task_definition::{self, Registration, TaskDefinitionShape};
use crate::operation::Operation;
use crate::{AwsError, Permission, World};
use serde::Serialize;

pub(crate) struct RegisterTaskDefinition;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    task_definition: TaskDefinitionShape,
    tags: Vec<Tag>,
}

impl Operation for RegisterTaskDefinition {
    const SERVICE: &'static str = "ecs";
    const NAME: &'static str = "RegisterTaskDefinition";
    const CALLERS: &'static [&'static str] = &[
        "finish",
        "launch-job",
        "greenlight rehearse",
        "greenlight deploy",
        "guide: aws ecs register-task-definition",
    ];
    type Input = Registration;
    type Output = Output;

    fn authorize(input: &Registration, world: &World) -> Vec<Permission> {
        let definition = input.definition();
        let arn = world.arn("ecs", &format!("task-definition/{}:*", definition.family));
        let mut needed = vec![Permission::new("ecs:RegisterTaskDefinition", arn.clone())];
        let roles = [definition.task_role_arn.as_ref(), definition.execution_role_arn.as_ref()];
        needed.extend(super::pass_roles(world, roles));
        if definition.tags.as_ref().is_some_and(|tags| !tags.is_empty()) {
            needed.push(Permission::new("ecs:TagResource", arn).with("ecs:CreateAction", "RegisterTaskDefinition"));
        }
        needed
    }

    fn call(input: Registration, world: &mut World) -> Result<Output, AwsError> {
        let revision = task_definition::register(world, input)?;
        Ok(Output { task_definition: revision.describe(&world.setup.account), tags: revision.tags() })
    }
}
