//! Services without traffic that follow the revision: their task definitions get its image.

use crate::aws_json::{Call, JsonService};
use crate::{Env, Error, classify};
use greenlight_domain::task_definition::TaskDefinition;
use serde_json::{Value, json};

const ECS: JsonService = JsonService { name: "ecs", target: "AmazonEC2ContainerServiceV20141113" };

/// What became of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Update {
    /// It has the image already.
    Same,
    /// It was told to use this new revision of its task definition; ECS replaces its tasks on its own.
    Told {
        /// The revision's ARN.
        task_definition: String,
    },
}

/// Gives the container of a service a new image: a new revision of its task definition, the same in all else, and
/// `UpdateService`. Only for services that ECS itself deploys; `CodeDeploy`'s refuse another task definition.
///
/// # Errors
/// If the service or the container is not there, or a call fails.
pub async fn set_image(env: &Env, cluster: &str, service: &str, container: &str, image: &str) -> Result<Update, Error> {
    let name = format!("{cluster}/{service}");
    let answer = env.ecs().describe_services().cluster(cluster).services(service).send().await;
    let answer = answer.map_err(|error| classify("ecs:DescribeServices", &name, &error))?;
    let found = answer.services().first().filter(|service| service.status() != Some("INACTIVE"));
    let current = found.and_then(|service| service.task_definition());
    let current = current.ok_or_else(|| {
        Error::Unfit(format!("there is no service {name} with a task definition; correct `finish.services`"))
    })?;
    let mut definition = definition(env, current).await?;
    let unfit = |error: greenlight_domain::task_definition::TaskDefinitionError| Error::Unfit(error.to_string());
    if definition.image(container).map_err(unfit)? == Some(image) {
        return Ok(Update::Same);
    }
    definition.set_image(container, image).map_err(unfit)?;
    let registered = register(env, &definition).await?;
    let answer = env.ecs().update_service().cluster(cluster).service(service).task_definition(&registered).send().await;
    answer.map_err(|error| classify("ecs:UpdateService", &name, &error))?;
    Ok(Update::Told { task_definition: registered })
}

/// The whole task definition with its tags, in the form that takes it back.
async fn definition(env: &Env, arn: &str) -> Result<TaskDefinition, Error> {
    let call = ecs(env, "DescribeTaskDefinition", "ecs:DescribeTaskDefinition", arn);
    let answer = env.call_json(call, &json!({ "taskDefinition": arn, "include": ["TAGS"] })).await?;
    let mut value = answer.get("taskDefinition").cloned().unwrap_or_default();
    let tags = answer.get("tags").and_then(Value::as_array).filter(|tags| !tags.is_empty());
    if let (Some(members), Some(tags)) = (value.as_object_mut(), tags) {
        members.insert("tags".to_owned(), Value::Array(tags.clone()));
    }
    TaskDefinition::from_value(value, arn).map_err(|error| Error::Unfit(error.to_string()))
}

async fn register(env: &Env, definition: &TaskDefinition) -> Result<String, Error> {
    let call = ecs(env, "RegisterTaskDefinition", "ecs:RegisterTaskDefinition", definition.family());
    let answer = env.call_json(call, &definition.to_json()).await?;
    let arn = answer.pointer("/taskDefinition/taskDefinitionArn").and_then(Value::as_str);
    let none = || Error::Unfit(format!("a new revision of {} was registered without an ARN", definition.family()));
    arn.map(str::to_owned).ok_or_else(none)
}

fn ecs<'a>(env: &'a Env, operation: &'static str, action: &'static str, resource: &'a str) -> Call<'a> {
    Call { service: ECS, operation, action, resource, region: &env.settings.region, partition: "aws" }
}
