//! What somebody wants: from the command line, and from the plan if it is needed.

use crate::which::{self, Service};
use crate::{Error, arguments};

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
            return Err(Error::usage("--to has no value", "write --to FAMILY:REVISION, or the id of a deployment"));
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
        let plan = which::plan(options.plan.as_deref(), "name the plan, or give --application and --deployment-group")?;
        let is_planned = options.application.is_none() && options.deployment_group.is_none();
        let service = is_planned.then(|| Service::of(&plan));
        Ok(wish(
            options.application.as_ref().unwrap_or(&plan.application),
            options.deployment_group.as_ref().unwrap_or(&plan.deployment_group),
            service,
        ))
    }
}
