//! Which deployment somebody asks about.

use super::arguments::Asked;
use crate::which::{Service, Which};
use crate::{Error, aws};
use greenlight_aws::deployment::Deployment;
use greenlight_aws::service_course::{self, Course};
use greenlight_aws::{Env, deployment_target};
use greenlight_domain::rollback::rolls_back;
use greenlight_domain::service_deployment::ServiceDeploymentArn;

/// Which deployment, and where the functions are that know of it. The last release of a group is the one that is taken back, if its
/// newest deployment is a rollback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The deployment.
    pub which: Which,
    /// The stack of the functions.
    pub install: String,
}

/// What was found.
pub(crate) enum Found {
    /// A deployment of `CodeDeploy`.
    OnCodeDeploy(Box<OnCodeDeploy>),
    /// A service deployment of ECS.
    OnEcs(Box<OnEcs>),
}

/// A service deployment of ECS, with its name.
pub(crate) struct OnEcs {
    pub(crate) arn: ServiceDeploymentArn,
    pub(crate) course: Course,
}

/// A deployment of `CodeDeploy`.
pub(crate) struct OnCodeDeploy {
    pub(crate) deployment: Deployment,
    /// `cluster:service`; `None` before the deployment has started.
    pub(crate) target_id: Option<String>,
    /// What was tried later, as far as it may take this one back; `None` if nobody asked.
    pub(crate) newer: Option<Vec<Deployment>>,
}

impl Wanted {
    /// Reads the plan, if it is needed.
    pub(crate) fn read(asked: &Asked) -> Result<Self, Error> {
        Ok(Self { which: Which::read(&asked.named)?, install: asked.install.clone() })
    }

    /// Finds the deployment.
    pub(crate) async fn find(&self, env: &Env) -> Result<Found, Error> {
        match self.which.clone().by_controller(env).await? {
            Which::CodeDeploy(id) => {
                let (deployment, target) = tokio::join!(aws::deployment(env, &id), deployment_target::id(env, &id));
                let found = OnCodeDeploy { deployment: deployment?, target_id: target?, newer: None };
                Ok(Found::OnCodeDeploy(Box::new(found)))
            }
            Which::Group { application, deployment_group } | Which::Plan { application, deployment_group, .. } => {
                let found = Box::pin(latest(env, &application, &deployment_group)).await?;
                Ok(Found::OnCodeDeploy(Box::new(found)))
            }
            Which::ServiceDeployment(arn) => on_ecs(env, arn).await,
            Which::InService { service, id } => {
                let arn = newest(env, &service, id.as_deref()).await?;
                on_ecs(env, arn).await
            }
        }
    }
}

async fn latest(env: &Env, application: &str, deployment_group: &str) -> Result<OnCodeDeploy, Error> {
    let group = aws::deployment_group(env, application, deployment_group).await?;
    let Some(last) = group.last_attempted else {
        return Err(Error::usage(
            format!("nothing was ever deployed to {application}/{deployment_group}"),
            "name another group, or the id of a deployment",
        ));
    };
    let target_id = group.service.map(|(cluster, service)| format!("{cluster}:{service}"));
    let newest = aws::deployment(env, &last.id).await?;
    let Some(release) = taken_back(&newest) else {
        return Ok(OnCodeDeploy { deployment: newest, target_id, newer: Some(Vec::new()) });
    };
    let deployment = aws::deployment(env, release).await?;
    Ok(OnCodeDeploy { deployment, target_id, newer: Some(vec![newest]) })
}

/// The service deployment with this id, or else the newest one.
async fn newest(env: &Env, of: &Service, id: Option<&str>) -> Result<ServiceDeploymentArn, Error> {
    let listed = aws::service_deployments(env, of).await?;
    let arns = listed.iter().filter_map(|one| ServiceDeploymentArn::parse(&one.arn));
    let found = arns.into_iter().find(|arn| id.is_none_or(|id| arn.id == id));
    found.ok_or_else(|| match id {
        Some(id) => Error::usage(
            format!("there is no deployment {id} of service {of}"),
            "correct the id; `greenlight rollback --list` shows them",
        ),
        None => Error::usage(
            format!("ECS knows of no deployment of service {of} in the last 90 days"),
            "name another plan, or a deployment by its id or ARN",
        ),
    })
}

async fn on_ecs(env: &Env, arn: ServiceDeploymentArn) -> Result<Found, Error> {
    let course = aws::service_deployment(env, &arn.arn, async || service_course::read(env, &arn.arn).await).await?;
    Ok(Found::OnEcs(Box::new(OnEcs { arn, course })))
}

/// The id of the deployment that this one takes back, if it is a rollback.
pub(crate) fn taken_back(deployment: &Deployment) -> Option<&str> {
    deployment.undoes.as_deref().or_else(|| rolls_back(&deployment.description))
}
