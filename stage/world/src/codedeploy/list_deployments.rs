//! `ListDeployments`. AWS does not say in which order; here the newest comes first.

use super::deployment::Deployment;
use super::lookup;
use crate::operation::Operation;
use crate::value::Time;
use crate::{AwsError, Permission, World};
use serde::{Deserialize, Serialize};

/// How many deployments one page has.
const PAGE: usize = 100;

/// `DeploymentStatus`.
const STATUSES: [&str; 8] = ["Created", "Queued", "InProgress", "Baking", "Succeeded", "Failed", "Stopped", "Ready"];

pub(crate) struct ListDeployments;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Input {
    application_name: Option<String>,
    deployment_group_name: Option<String>,
    #[serde(default)]
    include_only_statuses: Vec<String>,
    create_time_range: Option<TimeRange>,
    external_id: Option<String>,
    next_token: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct TimeRange {
    start: Option<Time>,
    end: Option<Time>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    deployments: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

impl Operation for ListDeployments {
    const SERVICE: &'static str = "codedeploy";
    const NAME: &'static str = "ListDeployments";
    const CALLERS: &'static [&'static str] = &["rollback", "greenlight rollback", "greenlight why", "greenlight watch"];
    type Input = Input;
    type Output = Output;

    fn authorize(input: &Input, world: &World) -> Vec<Permission> {
        let any = |name: &Option<String>| name.clone().unwrap_or_else(|| "*".to_owned());
        let arn = lookup::group_arn(world, &any(&input.application_name), &any(&input.deployment_group_name));
        vec![Permission::new("codedeploy:ListDeployments", arn)]
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        input.check(world)?;
        let mut found: Vec<&Deployment> =
            world.codedeploy.deployments.values().filter(|deployment| input.wants(deployment)).collect();
        found.sort_by_key(|deployment| std::cmp::Reverse(deployment.number));
        // the token is the last deployment of the page before: what comes meanwhile moves nothing
        let after = match &input.next_token {
            None => u64::MAX,
            Some(token) => token.parse().map_err(|_| {
                AwsError::client("InvalidNextTokenException", "The next token was specified in an invalid format")
            })?,
        };
        let mut rest = found.into_iter().filter(|deployment| deployment.number < after);
        let page: Vec<&Deployment> = rest.by_ref().take(PAGE).collect();
        let next_token = rest.next().and(page.last()).map(|last| last.number.to_string());
        Ok(Output { deployments: page.iter().map(|deployment| deployment.id.clone()).collect(), next_token })
    }
}

impl Input {
    fn check(&self, world: &World) -> Result<(), AwsError> {
        match (&self.application_name, &self.deployment_group_name) {
            (Some(application), Some(group)) => drop(lookup::group(world, application, group)?),
            (Some(application), None) => {
                lookup::application(world, application)?;
                lookup::check_group_name("")?;
            }
            (None, Some(_)) => lookup::check_application_name("")?,
            (None, None) => {}
        }
        if let Some(unknown) = self.include_only_statuses.iter().find(|status| !STATUSES.contains(&status.as_str())) {
            return Err(AwsError::client(
                "InvalidDeploymentStatusException",
                format!("{unknown} is not a deployment status; use {}", STATUSES.join(", ")),
            ));
        }
        // CloudFormation makes such ids; what it writes into them is not documented
        if self.external_id.as_ref().is_some_and(|id| id.is_empty() || id.contains(char::is_whitespace)) {
            return Err(AwsError::client("InvalidExternalIdException", "An external id is a text without white space"));
        }
        match &self.create_time_range {
            Some(TimeRange { start: Some(start), end: Some(end) }) if start > end => {
                Err(AwsError::client("InvalidTimeRangeException", "The time range ends before it begins"))
            }
            _ => Ok(()),
        }
    }

    fn wants(&self, deployment: &Deployment) -> bool {
        let is = |wanted: &Option<String>, name: &str| wanted.as_ref().is_none_or(|wanted| wanted == name);
        let statuses = &self.include_only_statuses;
        let (start, end) = self.create_time_range.as_ref().map_or((None, None), |range| (range.start, range.end));
        // no deployment of the stage was made by an external resource
        self.external_id.is_none()
            && is(&self.application_name, &deployment.application)
            && is(&self.deployment_group_name, &deployment.group)
            && (statuses.is_empty() || statuses.iter().any(|status| status == deployment.status.as_str()))
            && start.is_none_or(|start| deployment.created >= start.0)
            && end.is_none_or(|end| deployment.created <= end.0)
    }
}
