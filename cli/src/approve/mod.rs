//! `greenlight approve` and `greenlight reject`: somebody answers a deployment that waits for an answer.
//!
//! ECS's own deployments wait in pause hooks, those of `CodeDeploy` before traffic shifts. Both are answered by the same two verbs.

pub(crate) mod arguments;
mod on_codedeploy;
mod on_ecs;
mod verb;

pub(crate) use verb::run;

use crate::Error;
use crate::which::Which;
use greenlight_aws::Env;
use jiff::{SignedDuration, Timestamp};

/// The answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It goes on.
    Approve,
    /// It is rolled back.
    Reject,
}

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The answer.
    pub decision: Decision,
    /// Somebody had given the same answer before.
    pub already: bool,
    /// The id of `CodeDeploy`'s deployment, or the ARN of the service deployment.
    pub deployment: String,
    /// The pause hook.
    pub hook: Option<String>,
    /// The lifecycle stage.
    pub stage: Option<String>,
    /// How much time was left, if there is an end.
    pub left: Option<SignedDuration>,
    /// What would have become of it after that.
    pub otherwise: Option<String>,
    /// The command that shows how it goes on.
    pub watch: String,
}

/// Answers a deployment that waits for an answer.
///
/// # Errors
/// [`Error::CannotAnswer`] if nothing waits, or not any more; [`Error::Usage`] if it is not clear what is meant.
pub async fn answer(env: &Env, which: Which, hook: Option<&str>, decision: Decision) -> Result<Answered, Error> {
    let arn = match which.by_controller(env).await? {
        Which::CodeDeploy(id) => return Box::pin(on_codedeploy::answer(env, &id, hook, decision)).await,
        Which::Group { application, deployment_group } | Which::Plan { application, deployment_group, .. } => {
            let id = Box::pin(on_codedeploy::find(env, &application, &deployment_group)).await?;
            return Box::pin(on_codedeploy::answer(env, &id, hook, decision)).await;
        }
        Which::ServiceDeployment(arn) => arn.arn,
        Which::InService { service, id } => Box::pin(on_ecs::find(env, &service, id.as_deref())).await?,
    };
    Box::pin(on_ecs::answer(env, &arn, hook, decision)).await
}

fn left(env: &Env, until: Option<Timestamp>) -> Option<SignedDuration> {
    until.map(|until| until.duration_since(env.clock.now()).max(SignedDuration::ZERO))
}
