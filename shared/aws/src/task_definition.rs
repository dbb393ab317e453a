//! Task definitions whole, so that a new revision differs from the last one only where it shall.

use crate::aws_json::{Call, JsonService};
use crate::{Env, Error};
use greenlight_domain::task_definition::TaskDefinition;
use serde_json::{Value, json};

const ECS: JsonService = JsonService { version: "1.1", name: "ecs", target: "AmazonEC2ContainerServiceV20141113" };

/// A revision of a task definition.
#[derive(Debug, Clone)]
pub struct Whole {
    /// The ARN, with the revision's number.
    pub arn: String,
    /// With its tags, in the form that takes it back.
    pub definition: TaskDefinition,
}

/// Reads a revision; of a family that is named without a number the latest that is `ACTIVE`.
///
/// # Errors
/// If it cannot be read.
pub async fn read(env: &Env, name: &str) -> Result<Whole, Error> {
    let call = ecs(env, "DescribeTaskDefinition", "ecs:DescribeTaskDefinition", name);
    let answer = env.call_json(call, &json!({ "taskDefinition": name, "include": ["TAGS"] })).await?;
    let mut value = answer.get("taskDefinition").cloned().unwrap_or_default();
    let arn = value.get("taskDefinitionArn").and_then(Value::as_str).unwrap_or(name).to_owned();
    let tags = answer.get("tags").and_then(Value::as_array).filter(|tags| !tags.is_empty());
    if let (Some(members), Some(tags)) = (value.as_object_mut(), tags) {
        members.insert("tags".to_owned(), Value::Array(tags.clone()));
    }
    let definition = TaskDefinition::from_value(value, &arn).map_err(|error| Error::Unfit(error.to_string()))?;
    Ok(Whole { arn, definition })
}

/// Registers a new revision; its ARN.
///
/// # Errors
/// If ECS does not take it.
pub async fn register(env: &Env, definition: &TaskDefinition) -> Result<String, Error> {
    let call = ecs(env, "RegisterTaskDefinition", "ecs:RegisterTaskDefinition", definition.family());
    let answer = env.call_json(call, &definition.to_json()).await?;
    let arn = answer.pointer("/taskDefinition/taskDefinitionArn").and_then(Value::as_str);
    let none = || Error::Unfit(format!("a new revision of {} was registered without an ARN", definition.family()));
    arn.map(str::to_owned).ok_or_else(none)
}

fn ecs<'a>(env: &'a Env, operation: &'static str, action: &'static str, resource: &'a str) -> Call<'a> {
    Call { service: ECS, operation, action, resource, region: &env.settings.region, partition: "aws" }
}
