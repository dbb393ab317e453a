//! What somebody wants: from the command line, and from the plan if it is needed.

use crate::{Error, arguments, file};
use greenlight_domain::plan::Plan;
use std::fmt;

/// An ECS service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// The cluster's name.
    pub cluster: String,
    /// The service's name.
    pub name: String,
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.cluster, self.name)
    }
}

/// What somebody wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// The `CodeDeploy` application.
    pub application: String,
    /// Its deployment group.
    pub deployment_group: String,
    /// The plan's service: it may be one that ECS itself deploys.
    pub service: Option<Service>,
    /// The revision that is to serve: a task definition, or the id of a deployment. Without it the last good one.
    pub to: Option<String>,
    /// At once, past everything that takes time.
    pub emergency: bool,
    /// Only to say what would be done.
    pub dry_run: bool,
}

impl Wish {
    /// Reads the plan, unless the options name what is in it.
    pub(super) fn read(options: &arguments::Rollback) -> Result<Self, Error> {
        let to = options.to.as_deref().map(str::trim);
        if to == Some("") {
            return Err(usage("--to has no value", "write --to FAMILY:REVISION, or the id of a deployment"));
        }
        let wish = |application: &str, group: &str, service| Self {
            application: application.to_owned(),
            deployment_group: group.to_owned(),
            service,
            to: to.map(str::to_owned),
            emergency: options.emergency,
            dry_run: options.dry_run,
        };
        if let (Some(application), Some(group), None) = (&options.application, &options.deployment_group, &options.plan)
        {
            return Ok(wish(application, group, None));
        }
        let path = options.plan.clone().unwrap_or_else(|| "greenlight.toml".into());
        if options.plan.is_none() && !path.exists() {
            return Err(usage(
                "there is no greenlight.toml here",
                "name the plan, or give --application and --deployment-group",
            ));
        }
        let text = file::text(&path)?;
        let source = path.display().to_string();
        let plan = Plan::parse(&text, &source).map_err(|source| Error::Plan { source, text: text.clone() })?;
        let is_planned = options.application.is_none() && options.deployment_group.is_none();
        let service = is_planned.then(|| Service { cluster: plan.cluster.clone(), name: plan.service.clone() });
        Ok(wish(
            options.application.as_ref().unwrap_or(&plan.application),
            options.deployment_group.as_ref().unwrap_or(&plan.deployment_group),
            service,
        ))
    }
}

/// Wrong usage or configuration.
pub(super) fn usage(problem: impl Into<String>, remedy: &str) -> Error {
    Error::Usage { problem: problem.into(), remedy: remedy.to_owned() }
}
