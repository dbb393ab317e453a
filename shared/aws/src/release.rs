//! From a deployment's id to the [`Release`] that a hook works on.

use crate::deployment::{self, Deployment, Target};
use crate::{Env, Error, classify, revision};
use aws_sdk_ecs::types::{
    AssignPublicIp, CapacityProviderStrategyItem, LaunchType, NetworkConfiguration as EcsNetwork, Service, TaskSet,
};
use greenlight_domain::appspec::{AppSpec, NetworkConfiguration};
use greenlight_domain::release::{Placement, Release, family, on_demand};

/// A release, and what it was read from.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// The release.
    pub release: Release,
    /// The deployment's `AppSpec`.
    pub appspec: AppSpec,
    /// The image of the plan's container.
    pub image: String,
}

/// Resolves a deployment at a time when its green task set need not exist yet.
pub async fn resolve(env: &Env, deployment: &Deployment, target: &Target) -> Result<Resolved, Error> {
    let appspec = async {
        let appspec = deployment::appspec(env, deployment).await?;
        let revision = revision::describe(env, &appspec.task_definition).await?;
        Ok::<_, Error>((appspec, revision))
    };
    let ((appspec, revision), service) = futures_util::future::try_join(appspec, service(env, target)).await?;
    let placement = placement(&appspec, &service);
    if revision.awsvpc && placement.network.is_none() {
        return Err(Error::Unfit(format!(
            "neither the AppSpec nor service {} has a network configuration, which tasks of {} need; add \
             NetworkConfiguration to the AppSpec",
            target.service, revision.arn
        )));
    }
    let image = revision.image.clone();
    let release = Release {
        deployment_id: deployment.id.clone(),
        application: deployment.application.clone(),
        deployment_group: deployment.deployment_group.clone(),
        cluster: target.cluster.clone(),
        service: target.service.clone(),
        family: family(&revision.arn).to_owned(),
        task_definition: revision.arn,
        container: revision.plan.container.clone(),
        containers: revision.containers,
        placement: Placement { network: placement.network.filter(|_| revision.awsvpc), ..placement },
        is_rollback: deployment.is_rollback,
        plan: revision.plan,
        log_configuration: revision.log_configuration,
    };
    Ok(Resolved { release, appspec, image })
}

async fn service(env: &Env, target: &Target) -> Result<Service, Error> {
    let name = format!("{}/{}", target.cluster, target.service);
    let answer = env.ecs().describe_services().cluster(&target.cluster).services(&target.service).send().await;
    let answer = answer.map_err(|error| classify("ecs:DescribeServices", &name, &error))?;
    let found = answer.services().first().cloned();
    found.ok_or_else(|| Error::Unfit(format!("there is no service {name}")))
}

/// What the `AppSpec` says goes before what the service has. Under `CODE_DEPLOY` the task set has what the service may lack.
fn placement(appspec: &AppSpec, service: &Service) -> Placement {
    let sets = || service.task_sets().iter();
    let primary = sets().find(|set| set.status() == Some("PRIMARY")).or_else(|| sets().next());
    let network = appspec.network_configuration.clone().or_else(|| {
        let own = service.network_configuration().and_then(network);
        own.or_else(|| primary.and_then(|set| set.network_configuration()).and_then(network))
    });
    let platform_version = appspec.platform_version.clone().or_else(|| {
        let own = service.platform_version();
        own.or_else(|| primary.and_then(|set| set.platform_version())).map(str::to_owned)
    });
    let launch_type = service.launch_type().or_else(|| primary.and_then(|set| set.launch_type()));
    let mut providers: Vec<&str> =
        appspec.capacity_provider_strategy.iter().map(|item| item.capacity_provider.as_str()).collect();
    if providers.is_empty() {
        providers =
            service.capacity_provider_strategy().iter().map(CapacityProviderStrategyItem::capacity_provider).collect();
    }
    if providers.is_empty() {
        let strategy = primary.map(TaskSet::capacity_provider_strategy).unwrap_or_default();
        providers = strategy.iter().map(CapacityProviderStrategyItem::capacity_provider).collect();
    }
    let launch = on_demand(launch_type.map(LaunchType::as_str), &providers);
    Placement { network, platform_version, launch }
}

fn network(configuration: &EcsNetwork) -> Option<NetworkConfiguration> {
    let awsvpc = configuration.awsvpc_configuration()?;
    Some(NetworkConfiguration {
        subnets: awsvpc.subnets().to_vec(),
        security_groups: awsvpc.security_groups().to_vec(),
        assign_public_ip: awsvpc.assign_public_ip() == Some(&AssignPublicIp::Enabled),
    })
}
