//! `ListServiceDeployments`.

use crate::ecs::ids;
use crate::ecs::service_deployment::{Deployment, Status};
use crate::operation::Operation;
use crate::value::Time;
use crate::{AwsError, Permission, World};
use serde::{Deserialize, Serialize};

/// How many are on a page, unless somebody says otherwise.
const PAGE: usize = 20;
const LARGEST_PAGE: usize = 100;

pub(crate) struct ListServiceDeployments;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Input {
    service: String,
    cluster: Option<String>,
    #[serde(default)]
    status: Vec<String>,
    #[serde(default)]
    created_at: CreatedAt,
    next_token: Option<String>,
    max_results: Option<usize>,
}

/// `CreatedAt`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct CreatedAt {
    before: Option<Time>,
    after: Option<Time>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    service_deployments: Vec<Brief>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

/// `ServiceDeploymentBrief`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Brief {
    service_deployment_arn: String,
    service_arn: String,
    cluster_arn: String,
    created_at: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    started_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    finished_at: Option<Time>,
    target_service_revision_arn: String,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_reason: Option<String>,
}

impl Operation for ListServiceDeployments {
    const SERVICE: &'static str = "ecs";
    const NAME: &'static str = "ListServiceDeployments";
    const CALLERS: &'static [&'static str] = &[
        "migrate",
        "warm-up",
        "smoke-test",
        "validate",
        "finish",
        "rollback",
        "notify",
        "greenlight deploy",
        "greenlight rollback",
        "greenlight approve",
        "greenlight why",
        "greenlight watch",
    ];
    type Input = Input;
    type Output = Output;

    fn authorize(input: &Input, world: &World) -> Vec<Permission> {
        let cluster = input.cluster.as_deref();
        let arn = ids::service_arn(world, &ids::cluster(cluster), &ids::last(&input.service));
        vec![super::in_cluster(world, "ecs:ListServiceDeployments", arn, cluster)]
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        let cluster = super::existing_cluster(world, input.cluster.as_deref())?;
        let key = (cluster, ids::last(&input.service));
        if !world.ecs.services.contains_key(&key) {
            return Err(super::service_not_found());
        }
        if let Some(unknown) = input.status.iter().find(|status| !Status::NAMES.contains(&status.as_str())) {
            let known = Status::NAMES.join(", ");
            return Err(super::invalid_parameter(format!("Invalid status {unknown}: use {known}.")));
        }
        let page = input.max_results.unwrap_or(PAGE);
        if !(1..=LARGEST_PAGE).contains(&page) {
            return Err(super::invalid_parameter(format!("maxResults must be between 1 and {LARGEST_PAGE}.")));
        }
        // the token is the last deployment of the page before: what comes meanwhile moves nothing
        let after = match &input.next_token {
            None => u64::MAX,
            Some(token) => token.parse().map_err(|_| super::invalid_parameter("Invalid token."))?,
        };
        let all = world.ecs.service_deployments.values();
        let mut found: Vec<&Deployment> =
            all.filter(|one| one.service == key && one.number < after && input.wants(one)).collect();
        found.sort_by_key(|deployment| std::cmp::Reverse(deployment.number));
        let next_token = found.get(page).and(found.get(page - 1)).map(|last| last.number.to_string());
        let service_deployments = found.into_iter().take(page).map(|one| brief(world, one)).collect();
        Ok(Output { service_deployments, next_token })
    }
}

impl Input {
    fn wants(&self, deployment: &Deployment) -> bool {
        let CreatedAt { before, after } = self.created_at;
        let created = deployment.created_at.as_millisecond();
        (self.status.is_empty() || self.status.iter().any(|status| status == deployment.status.name()))
            && before.is_none_or(|before| created < milliseconds(before))
            && after.is_none_or(|after| created > milliseconds(after))
    }
}

/// Times travel as seconds with a fraction, which is not exact.
fn milliseconds(at: Time) -> i64 {
    at.0.round(jiff::Unit::Millisecond).unwrap_or(at.0).as_millisecond()
}

fn brief(world: &World, deployment: &Deployment) -> Brief {
    let (cluster, service) = &deployment.service;
    Brief {
        service_deployment_arn: deployment.arn.clone(),
        service_arn: ids::service_arn(world, cluster, service),
        cluster_arn: ids::cluster_arn(world, cluster),
        created_at: Time(deployment.created_at),
        started_at: deployment.started_at.map(Time),
        finished_at: deployment.finished_at.map(Time),
        target_service_revision_arn: deployment.green.revision.clone(),
        status: deployment.status.name(),
        status_reason: deployment.status_reason.clone(),
    }
}
