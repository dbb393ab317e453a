//! What people want to know about a deployment beside the news.

use crate::deployment::{self, Deployment};
use crate::execution::{Execution, Reply};
use crate::{Env, Error, Settings, revision, service_deployment};
use greenlight_domain::notice::{About, Kind, Notice, Revision};
use greenlight_domain::rollback::rolls_back;
use greenlight_domain::service_deployment::ServiceDeploymentArn;
use jiff::Timestamp;
use serde_json::json;
use std::time::Duration;

/// A deployment's names, what it deploys, and who made it, as far as that could be read.
#[derive(Debug, Clone, Default)]
pub struct Background {
    deployment_id: String,
    region: String,
    install: String,
    deployment: Option<Deployment>,
    /// The service deployment, if ECS deploys.
    service_deployment: Option<ServiceDeploymentArn>,
    revision: Option<Revision>,
    previous: Option<Revision>,
}

impl Background {
    /// Reads what there is to know about the deployment that a hook is part of.
    pub async fn of_execution(env: &Env, execution: &Execution) -> Self {
        match &execution.reply {
            Reply::CodeDeploy { .. } => Self::of(env, &execution.deployment_id).await,
            Reply::Ecs { deployment, .. } => Self::of_service_deployment(env, deployment).await,
        }
    }

    /// Reads what a service deployment of ECS deploys.
    pub async fn of_service_deployment(env: &Env, arn: &ServiceDeploymentArn) -> Self {
        let read = deployed(env, arn).await.inspect_err(|error| unread(env, &arn.id, "revision", error)).ok();
        let (revision, previous) = read.map_or((None, None), |(revision, previous)| (Some(revision), previous));
        Self { service_deployment: Some(arn.clone()), revision, previous, ..Self::bare(env, &arn.id) }
    }

    /// Reads it. News do not wait for what cannot be read: they go without it.
    pub async fn of(env: &Env, deployment_id: &str) -> Self {
        match deployment::get(env, deployment_id).await {
            Ok(deployment) => Self::of_deployment(env, deployment).await,
            Err(error) => {
                unread(env, deployment_id, "deployment", &error);
                Self::bare(env, deployment_id)
            }
        }
    }

    /// What is known of a deployment that was read before.
    pub async fn of_deployment(env: &Env, deployment: Deployment) -> Self {
        let (revision, previous) =
            tokio::join!(Box::pin(revision(env, &deployment)), Box::pin(deployment::appspec_before(env, &deployment)));
        let revision = revision.inspect_err(|error| unread(env, &deployment.id, "revision", error)).ok();
        let previous = previous.inspect_err(|error| unread(env, &deployment.id, "revision before", error));
        let previous = previous.ok().flatten().map(|appspec| named(&appspec.task_definition));
        Self { revision, previous, deployment: Some(deployment.clone()), ..Self::bare(env, &deployment.id) }
    }

    /// Nothing but its id.
    pub fn bare(env: &Env, deployment_id: &str) -> Self {
        let (region, install) = (env.settings.region.clone(), env.settings.install.clone());
        Self { deployment_id: deployment_id.to_owned(), region, install, ..Self::default() }
    }

    /// The deployment, if it could be read.
    pub fn deployment(&self) -> Option<&Deployment> {
        self.deployment.as_ref()
    }

    /// What served before it, if that is known.
    pub fn previous(&self) -> Option<&Revision> {
        self.previous.as_ref()
    }

    /// What it deploys, if that could be read.
    pub fn revision(&self) -> Option<&Revision> {
        self.revision.as_ref()
    }

    /// `application/group`, or `cluster/service` if ECS deploys; the deployment's id, if nobody knows.
    pub fn group(&self) -> String {
        if let Some(arn) = &self.service_deployment {
            return format!("{}/{}", arn.cluster, arn.service);
        }
        self.deployment.as_ref().map_or_else(
            || self.deployment_id.clone(),
            |deployment| format!("{}/{}", deployment.application, deployment.deployment_group),
        )
    }

    /// The names for a notice.
    pub fn about(&self) -> About {
        let deployment = self.deployment.as_ref();
        About {
            install: Some(self.install.clone()),
            application: deployment.map(|deployment| deployment.application.clone()),
            deployment_group: deployment.map(|deployment| deployment.deployment_group.clone()),
            deployment_id: Some(self.deployment_id.clone()),
            cluster: self.service_deployment.as_ref().map(|arn| arn.cluster.clone()),
            service: self.service_deployment.as_ref().map(|arn| arn.service.clone()),
            ..About::default()
        }
    }

    /// How long the deployment has taken until now, or had taken when it ended.
    pub fn duration(&self, now: Timestamp) -> Option<Duration> {
        let deployment = self.deployment.as_ref()?;
        let end = deployment.completed_at.unwrap_or(now);
        Duration::try_from(end.duration_since(deployment.created_at?)).ok()
    }

    /// The same without what it deploys.
    #[must_use]
    pub fn without_revision(self) -> Self {
        Self { revision: None, previous: None, ..self }
    }

    /// Adds what is known to a notice that has its own names: revision, who, how to see more.
    #[must_use]
    pub fn onto(&self, mut notice: Notice) -> Notice {
        notice.revision = notice.revision.or_else(|| self.revision.clone());
        notice.previous = notice.previous.or_else(|| self.previous.clone());
        notice.by = notice.by.or_else(|| self.deployment.as_ref().and_then(by));
        let console = match &self.service_deployment {
            Some(arn) => service_console(&self.region, arn),
            None => console(&self.region, &self.deployment_id),
        };
        let notice = match notice.kind {
            // what there is to be seen of a rollback is that of the release
            Kind::DeploymentRolledBack => notice,
            Kind::DeploymentStarted | Kind::DeploymentWaiting | Kind::TrafficShifting => {
                notice.step("see how it goes", format!("greenlight watch {}{}", self.named(), self.install_argument()))
            }
            _ => self.onto_why(notice),
        };
        notice.link("console", console)
    }

    /// Adds how to see the whole story of the deployment.
    #[must_use]
    pub fn onto_why(&self, notice: Notice) -> Notice {
        let command = format!("greenlight why {}{}", self.named(), self.install_argument());
        notice.step("see what came of it, and why", command)
    }

    /// What the program finds it by.
    fn named(&self) -> &str {
        self.service_deployment.as_ref().map_or(&self.deployment_id, |arn| &arn.arn)
    }

    fn install_argument(&self) -> String {
        if self.install == Settings::INSTALL { String::new() } else { format!(" --install {}", self.install) }
    }
}

/// The page of a deployment in the AWS console.
pub fn console(region: &str, deployment_id: &str) -> String {
    format!("https://{region}.console.aws.amazon.com/codesuite/codedeploy/deployments/{deployment_id}?region={region}")
}

/// Who made a deployment. Whoever takes another one back by himself says so in the description.
fn by(deployment: &Deployment) -> Option<String> {
    let says_so = deployment.creator == "user" && rolls_back(&deployment.description).is_some();
    (!says_so).then(|| deployment.by())
}

fn unread(env: &Env, deployment_id: &str, what: &str, error: &Error) {
    let reason = error.to_string();
    env.emit("notice.unread", json!({ "deployment_id": deployment_id, "what": what, "reason": reason }));
}

/// A revision of which no more is known.
fn named(task_definition: &str) -> Revision {
    Revision { task_definition: revision::short(task_definition).to_owned(), ..Revision::default() }
}

/// The page of a service's deployments in the AWS console.
fn service_console(region: &str, arn: &ServiceDeploymentArn) -> String {
    let ServiceDeploymentArn { cluster, service, .. } = arn;
    format!(
        "https://{region}.console.aws.amazon.com/ecs/v2/clusters/{cluster}/services/{service}/deployments?region={region}"
    )
}

async fn revision(env: &Env, deployment: &Deployment) -> Result<Revision, Error> {
    let appspec = deployment::appspec(env, deployment).await?;
    let shown = revision::show(env, &appspec.task_definition, &appspec.container_name).await;
    let shown = shown.inspect_err(|error| unread(env, &deployment.id, "task definition", error));
    // its name is known
    let Ok(shown) = shown else { return Ok(named(&appspec.task_definition)) };
    let image = shown.image.filter(|image| !image.is_empty());
    Ok(Revision { image, commit: shown.commit, ..named(&shown.arn) })
}

/// The revision that a service deployment deploys, and the one that served before.
async fn deployed(env: &Env, arn: &ServiceDeploymentArn) -> Result<(Revision, Option<Revision>), Error> {
    let none = || Error::Unfit(format!("there is no service deployment {}, or no revision of it", arn.arn));
    let deployment = service_deployment::find(env, arn).await?.ok_or_else(none)?;
    let before = deployment.sources.first().cloned();
    let arns: Vec<String> = std::iter::once(deployment.target.clone()).chain(before.clone()).collect();
    let revisions = service_deployment::revisions(env, &arns).await?;
    let find = |arn: &str| revisions.iter().find(|revision| revision.arn == arn);
    let own = find(&deployment.target).ok_or_else(none)?;
    let previous = before.and_then(|before| find(&before)).map(|before| named(&before.task_definition));
    // its name is known, whatever plan it has
    let shown = revision::show(env, &own.task_definition, own.container.as_deref().unwrap_or_default()).await;
    let shown = shown.inspect_err(|error| unread(env, &arn.id, "task definition", error));
    let Ok(shown) = shown else { return Ok((named(&own.task_definition), previous)) };
    let image = shown.image.filter(|image| !image.is_empty());
    Ok((Revision { image, commit: shown.commit, ..named(&shown.arn) }, previous))
}
