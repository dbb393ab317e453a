//! Services without traffic that follow the revision: their task definitions get its image.

use crate::task_definition::{self, Whole};
use crate::{Env, Error, classify};

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
    let Whole { mut definition, .. } = task_definition::read(env, current).await?;
    let unfit = |error: greenlight_domain::task_definition::TaskDefinitionError| Error::Unfit(error.to_string());
    if definition.image(container).map_err(unfit)? == Some(image) {
        return Ok(Update::Same);
    }
    definition.set_image(container, image).map_err(unfit)?;
    let registered = task_definition::register(env, &definition).await?;
    let answer = env.ecs().update_service().cluster(cluster).service(service).task_definition(&registered).send().await;
    answer.map_err(|error| classify("ecs:UpdateService", &name, &error))?;
    Ok(Update::Told { task_definition: registered })
}
