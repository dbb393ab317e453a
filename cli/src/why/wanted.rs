//! Which deployment somebody asks about.

use super::arguments::Asked;
use crate::rollback::calmly;
use crate::{Error, aws, file};
use greenlight_aws::deployment::{self, Deployment};
use greenlight_aws::{Env, deployment_target};
use greenlight_domain::plan::Plan;
use greenlight_domain::rollback::rolls_back;
use std::path::Path;

/// Which deployment, and where the functions are that know of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The deployment.
    pub which: Which,
    /// The stack of the functions.
    pub install: String,
}

/// Which deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// The one with this id.
    Id(String),
    /// The last release of a group: if that is being taken back, or was, the one that is taken back.
    Latest {
        /// The application.
        application: String,
        /// The deployment group.
        deployment_group: String,
    },
}

/// What was found.
pub(crate) struct Found {
    pub(crate) deployment: Deployment,
    /// `cluster:service`; `None` before the deployment has started.
    pub(crate) target_id: Option<String>,
    /// What was tried later, as far as it may take this one back; `None` if nobody asked.
    pub(crate) newer: Option<Vec<Deployment>>,
}

impl Wanted {
    /// Reads the plan, if it is needed.
    pub(crate) fn read(asked: &Asked) -> Result<Self, Error> {
        let which = match &asked.deployment {
            Some(id) => Which::Id(id.trim().to_owned()),
            None => latest(asked)?,
        };
        Ok(Self { which, install: asked.install.clone() })
    }

    /// Finds the deployment.
    pub(crate) async fn find(&self, env: &Env) -> Result<Found, Error> {
        match &self.which {
            Which::Id(id) => {
                let (deployment, target) = tokio::join!(by_id(env, id), deployment_target::id(env, id));
                Ok(Found { deployment: deployment?, target_id: target?, newer: None })
            }
            Which::Latest { application, deployment_group } => {
                let group = aws::deployment_group(env, application, deployment_group).await?;
                let Some(last) = group.last_attempted else {
                    return Err(usage(
                        format!("nothing was ever deployed to {application}/{deployment_group}"),
                        "name another group, or the id of a deployment",
                    ));
                };
                let target_id = group.service.map(|(cluster, service)| format!("{cluster}:{service}"));
                let newest = by_id(env, &last.id).await?;
                let Some(release) = taken_back(&newest) else {
                    return Ok(Found { deployment: newest, target_id, newer: Some(Vec::new()) });
                };
                let deployment = by_id(env, release).await?;
                Ok(Found { deployment, target_id, newer: Some(vec![newest]) })
            }
        }
    }
}

/// The id of the deployment that this one takes back, if it is a rollback.
pub(crate) fn taken_back(deployment: &Deployment) -> Option<&str> {
    deployment.undoes.as_deref().or_else(|| rolls_back(&deployment.description))
}

fn latest(asked: &Asked) -> Result<Which, Error> {
    let (application, group) = (&asked.application, &asked.deployment_group);
    if let (Some(application), Some(group)) = (application, group) {
        return Ok(Which::Latest { application: application.clone(), deployment_group: group.clone() });
    }
    let path = asked.plan.as_deref().unwrap_or(Path::new("greenlight.toml"));
    if asked.plan.is_none() && !path.exists() {
        return Err(usage(
            "there is no greenlight.toml here",
            "name a deployment, a plan with --plan, or give --application and --deployment-group",
        ));
    }
    let text = file::text(path)?;
    let plan = Plan::parse(&text, &path.display().to_string());
    let plan = plan.map_err(|source| Error::Plan { source, text: text.clone() })?;
    Ok(Which::Latest {
        application: application.clone().unwrap_or(plan.application),
        deployment_group: group.clone().unwrap_or(plan.deployment_group),
    })
}

async fn by_id(env: &Env, id: &str) -> Result<Deployment, Error> {
    calmly(env, async || deployment::get(env, id).await).await.map_err(|error| {
        let is_missing = |code: &str| code.ends_with("DoesNotExistException") || code.starts_with("Invalid");
        if error.fault().and_then(|fault| fault.code.as_deref()).is_some_and(is_missing) {
            return usage(
                format!("there is no deployment {id} in {}", env.settings.region),
                "correct the id, or AWS_REGION; aws deploy list-deployments shows them",
            );
        }
        error.into()
    })
}

fn usage(problem: impl Into<String>, remedy: &str) -> Error {
    Error::Usage { problem: problem.into(), remedy: remedy.to_owned() }
}
