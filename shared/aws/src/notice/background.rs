//! What people want to know about a deployment beside the news.

use crate::deployment::{self, Deployment};
use crate::{Env, Error, revision};
use greenlight_domain::notice::{About, Notice, Revision};
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
    revision: Option<Revision>,
}

impl Background {
    /// Reads it. News do not wait for what cannot be read: they go without it.
    pub async fn of(env: &Env, deployment_id: &str) -> Self {
        let unread = |what: &str, error: &Error| {
            let reason = error.to_string();
            env.emit("notice.unread", json!({ "deployment_id": deployment_id, "what": what, "reason": reason }));
        };
        let mut background = Self {
            deployment_id: deployment_id.to_owned(),
            region: env.settings.region.clone(),
            install: env.settings.install.clone(),
            ..Self::default()
        };
        match deployment::get(env, deployment_id).await {
            Ok(deployment) => {
                match revision(env, &deployment).await {
                    Ok(revision) => background.revision = Some(revision),
                    Err(error) => unread("revision", &error),
                }
                background.deployment = Some(deployment);
            }
            Err(error) => unread("deployment", &error),
        }
        background
    }

    /// What is known of a deployment that was read before.
    pub async fn of_deployment(env: &Env, deployment: Deployment) -> Self {
        Self {
            deployment_id: deployment.id.clone(),
            region: env.settings.region.clone(),
            install: env.settings.install.clone(),
            revision: revision(env, &deployment).await.ok(),
            deployment: Some(deployment),
        }
    }

    /// The deployment, if it could be read.
    pub fn deployment(&self) -> Option<&Deployment> {
        self.deployment.as_ref()
    }

    /// `application/group`; the deployment's id, if nobody knows.
    pub fn group(&self) -> String {
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
            ..About::default()
        }
    }

    /// How long the deployment has taken until now, or had taken when it ended.
    pub fn duration(&self, now: Timestamp) -> Option<Duration> {
        let deployment = self.deployment.as_ref()?;
        let end = deployment.completed_at.unwrap_or(now);
        Duration::try_from(end.duration_since(deployment.created_at?)).ok()
    }

    /// Adds what is known to a notice that has its own names: revision, who, how to see more.
    #[must_use]
    pub fn onto(&self, mut notice: Notice) -> Notice {
        let id = &self.deployment_id;
        notice.revision = notice.revision.or_else(|| self.revision.clone());
        notice.by = notice.by.or_else(|| self.deployment.as_ref().map(Deployment::by));
        notice
            .step("see what came of it, and why", format!("greenlight why {id}"))
            .link("console", console(&self.region, id))
    }
}

/// The page of a deployment in the AWS console.
pub fn console(region: &str, deployment_id: &str) -> String {
    format!("https://{region}.console.aws.amazon.com/codesuite/codedeploy/deployments/{deployment_id}?region={region}")
}

async fn revision(env: &Env, deployment: &Deployment) -> Result<Revision, Error> {
    let task_definition = deployment::appspec(env, deployment).await?.task_definition;
    let registered = revision::describe(env, &task_definition).await?;
    Ok(Revision {
        task_definition: revision::short(&registered.arn).to_owned(),
        image: Some(registered.image).filter(|image| !image.is_empty()),
        commit: registered.commit,
    })
}
