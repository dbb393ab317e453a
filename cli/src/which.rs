//! Which deployment somebody means: what the verbs that speak of one read from their command line, and from the plan if it is needed.

use crate::{Error, aws, file};
use clap::Args;
use greenlight_aws::Env;
use greenlight_domain::plan::Plan;
use greenlight_domain::service_deployment::ServiceDeploymentArn;
use greenlight_domain::task_definition::{self, TaskDefinition};
use std::fmt;
use std::path::{Path, PathBuf};

/// An ECS service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// The cluster's name.
    pub cluster: String,
    /// The service's name.
    pub name: String,
}

impl Service {
    pub(crate) fn of(plan: &Plan) -> Self {
        Self { cluster: plan.cluster.clone(), name: plan.service.clone() }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.cluster, self.name)
    }
}

/// Which deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// The one of `CodeDeploy` with this id.
    CodeDeploy(String),
    /// The last release of a deployment group.
    Group {
        /// The application.
        application: String,
        /// The deployment group.
        deployment_group: String,
    },
    /// The one of ECS with this ARN.
    ServiceDeployment(ServiceDeploymentArn),
    /// One of a service that ECS deploys: with this id, or else the newest.
    InService {
        /// The service.
        service: Service,
        /// The last part of the deployment's ARN.
        id: Option<String>,
    },
    /// What a plan names: the service says who deploys it.
    Plan {
        /// The service.
        service: Service,
        /// The application.
        application: String,
        /// The deployment group.
        deployment_group: String,
    },
}

/// The part of a command line that names a deployment.
#[derive(Debug, Args)]
pub(crate) struct Named {
    /// The deployment: `CodeDeploy`'s id, or the ARN of a service deployment, or its last part, which is looked for in the plan's
    /// service. Without it the newest
    pub(crate) deployment: Option<String>,
    /// The plan, for its service, application and deployment group; greenlight.toml, unless something else says which deployment
    #[arg(long, value_name = "FILE")]
    pub(crate) plan: Option<PathBuf>,
    /// The CodeDeploy application, in place of the plan's
    #[arg(long, value_name = "NAME", conflicts_with = "deployment")]
    pub(crate) application: Option<String>,
    /// The deployment group, in place of the plan's
    #[arg(long, value_name = "NAME", conflicts_with = "deployment")]
    pub(crate) deployment_group: Option<String>,
}

impl Which {
    /// Reads what is named, and the plan if it is needed.
    pub(crate) fn read(named: &Named) -> Result<Self, Error> {
        match named.deployment.as_deref().map(str::trim) {
            Some("") => Err(Error::usage("the deployment has no name", "give its id or ARN, or leave it out")),
            Some(id) if is_codedeploy_id(id) => Ok(Self::CodeDeploy(id.to_owned())),
            Some(arn) if arn.starts_with("arn:") => {
                ServiceDeploymentArn::parse(arn).map(Self::ServiceDeployment).ok_or_else(|| {
                    Error::usage(
                        format!("{arn} is no ARN of a service deployment"),
                        "it looks like arn:aws:ecs:REGION:ACCOUNT:service-deployment/CLUSTER/SERVICE/ID",
                    )
                })
            }
            Some(id) => {
                let plan = plan(named.plan.as_deref(), ELSE)?;
                Ok(Self::InService { service: Service::of(&plan), id: Some(id.to_owned()) })
            }
            None => Self::newest(named),
        }
    }

    fn newest(named: &Named) -> Result<Self, Error> {
        let (application, group) = (named.application.clone(), named.deployment_group.clone());
        if let (Some(application), Some(deployment_group), None) = (&application, &group, &named.plan) {
            let (application, deployment_group) = (application.clone(), deployment_group.clone());
            return Ok(Self::Group { application, deployment_group });
        }
        let plan = plan(named.plan.as_deref(), ELSE)?;
        let service = Service::of(&plan);
        let is_planned = application.is_none() && group.is_none();
        let application = application.unwrap_or(plan.application);
        let deployment_group = group.unwrap_or(plan.deployment_group);
        Ok(if is_planned {
            Self::Plan { service, application, deployment_group }
        } else {
            Self::Group { application, deployment_group }
        })
    }

    /// Whoever deploys the plan's service says whose deployment it is.
    pub(crate) async fn by_controller(self, env: &Env) -> Result<Self, Error> {
        let Self::Plan { service, application, deployment_group } = self else { return Ok(self) };
        Ok(if aws::service(env, &service).await?.is_codedeploy {
            Self::Group { application, deployment_group }
        } else {
            Self::InService { service, id: None }
        })
    }
}

const ELSE: &str =
    "name a deployment by its id or ARN, a plan with --plan, or give --application and --deployment-group";

/// Reads a plan: this one, or greenlight.toml. If there is none, `otherwise` says what to do.
pub(crate) fn plan(path: Option<&Path>, otherwise: &str) -> Result<Plan, Error> {
    let default = Path::new("greenlight.toml");
    if path.is_none() && !default.exists() {
        return Err(Error::usage("there is no greenlight.toml here", otherwise));
    }
    let path = path.unwrap_or(default);
    let text = file::text(path)?;
    Plan::parse(&text, &path.display().to_string()).map_err(|source| Error::Plan { source, text })
}

/// Reads a task definition that the plan can go into.
pub(crate) fn fitting(path: &Path, plan: &Plan) -> Result<TaskDefinition, Error> {
    let definition = TaskDefinition::parse(&file::text(path)?, &path.display().to_string())?;
    task_definition::check(&definition, plan)?;
    Ok(definition)
}

/// `d-` and nine letters or digits.
fn is_codedeploy_id(text: &str) -> bool {
    let is_upper = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
    text.strip_prefix("d-").is_some_and(|rest| rest.len() < 12 && rest.chars().all(is_upper))
}

#[cfg(test)]
mod tests {
    use super::is_codedeploy_id;

    #[test]
    fn an_id_of_codedeploy_is_told_from_one_of_ecs() {
        for (text, expected) in [
            ("d-4K2XJ9QAB", true),
            ("d-RPCR1U3TW", true),
            ("EZe5RNVLH6PPzHXINuP28", false),
            ("d-Ze5RNVLH6PPzHXINuP28", false),
        ] {
            assert_eq!(is_codedeploy_id(text), expected, "{text}");
        }
    }
}
