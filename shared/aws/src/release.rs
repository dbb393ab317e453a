//! From a deployment's id to the [`Release`] that a hook works on.

use crate::controller::CodeDeploy;
use crate::deployment::{self, Deployment, Target};
use crate::service_deployment::{self, ServiceDeployment, ServiceRevision};
use crate::{Env, Error, classify, revision};
use aws_sdk_ecs::types::{
    AssignPublicIp, CapacityProviderStrategyItem, DeploymentRolloutState, LaunchType,
    NetworkConfiguration as EcsNetwork, Service, TaskSet,
};
use greenlight_domain::appspec::{AppSpec, NetworkConfiguration};
use greenlight_domain::release::{Placement, Release, family, on_demand};

/// A release, and what it was read from.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// The release.
    pub release: Release,
    /// The image of the plan's container.
    pub image: String,
}

/// Resolves a deployment at a time when its green task set need not exist yet.
pub async fn resolve(env: &Env, deployment: &Deployment, target: &Target) -> Result<(Resolved, CodeDeploy), Error> {
    let appspec = async {
        let appspec = deployment::appspec(env, deployment).await?;
        let revision = revision::describe(env, &appspec.task_definition).await?;
        Ok::<_, Error>((appspec, revision))
    };
    let ((appspec, revision), service) =
        futures_util::future::try_join(appspec, service(env, &target.cluster, &target.service)).await?;
    let placement = placement(&Wanted::by(&appspec), &service);
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
        cluster: target.cluster.clone(),
        service: target.service.clone(),
        family: family(&revision.arn).to_owned(),
        task_definition: revision.arn,
        container: revision.plan.container.clone(),
        containers: revision.containers,
        placement: Placement { network: placement.network.filter(|_| revision.awsvpc), ..placement },
        plan: revision.plan,
        log_configuration: revision.log_configuration,
    };
    let controller = CodeDeploy {
        application: deployment.application.clone(),
        deployment_group: deployment.deployment_group.clone(),
        appspec,
        target: target.clone(),
        created_at: deployment.created_at,
    };
    Ok((Resolved { release, image }, controller))
}

/// Resolves a service deployment: the release, the revision that it deploys, and the one that served before. Tasks of green need not
/// exist yet.
///
/// # Errors
/// If something of it cannot be read, or is not there.
pub async fn of_service_deployment(
    env: &Env,
    deployment: &ServiceDeployment,
    target: &str,
) -> Result<(Resolved, ServiceRevision, Option<ServiceRevision>), Error> {
    let arns: Vec<String> = std::iter::once(target.to_owned()).chain(deployment.sources.iter().cloned()).collect();
    let mut revisions = service_deployment::revisions(env, &arns).await?;
    let none = || Error::Unfit(format!("there is no service revision {target}"));
    let green = revisions.iter().position(|revision| revision.arn == target).ok_or_else(none)?;
    let green = revisions.swap_remove(green);
    let blue = deployment.sources.first().and_then(|arn| revisions.into_iter().find(|revision| revision.arn == *arn));
    let revision = revision::describe(env, &green.task_definition).await?;
    let network = green.placement.network.clone().filter(|_| revision.awsvpc);
    let release = Release {
        deployment_id: deployment.arn.id.clone(),
        cluster: deployment.arn.cluster.clone(),
        service: deployment.arn.service.clone(),
        family: family(&revision.arn).to_owned(),
        task_definition: revision.arn,
        container: revision.plan.container.clone(),
        containers: revision.containers,
        placement: Placement { network, ..green.placement.clone() },
        plan: revision.plan,
        log_configuration: revision.log_configuration,
    };
    Ok((Resolved { release, image: revision.image }, green, blue))
}

/// What serves in a service, and where its tasks run.
#[derive(Debug, Clone)]
pub struct Live {
    /// ARN of the task definition that serves; `None` if there is none yet.
    pub task_definition: Option<String>,
    /// Whether traffic is still to be shifted to another one.
    pub deploying: bool,
    /// Where its tasks run. A one-off task beside them runs on demand.
    pub placement: Placement,
}

/// Reads what serves in a service.
///
/// # Errors
/// If the service is not there.
pub async fn live(env: &Env, cluster: &str, service: &str) -> Result<Live, Error> {
    let service = self::service(env, cluster, service).await?;
    let sets = service.task_sets();
    let primary = sets.iter().find(|set| set.status() == Some("PRIMARY"));
    let primary_deployment = service.deployments().iter().find(|deployment| deployment.status() == Some("PRIMARY"));
    let serves = primary.and_then(TaskSet::task_definition).or(service.task_definition());
    let since = primary.and_then(TaskSet::created_at);
    // a task set that is younger than the one that serves waits for its traffic; an older one waits for its end
    let waits = |set: &TaskSet| set.status() == Some("ACTIVE") && set.created_at() > since;
    let rolls = primary_deployment.and_then(|deployment| deployment.rollout_state());
    Ok(Live {
        task_definition: serves.filter(|name| !name.is_empty()).map(str::to_owned),
        deploying: sets.iter().any(waits) || rolls == Some(&DeploymentRolloutState::InProgress),
        placement: placement(&Wanted::default(), &service),
    })
}

async fn service(env: &Env, cluster: &str, service: &str) -> Result<Service, Error> {
    let name = format!("{cluster}/{service}");
    let answer = env.ecs().describe_services().cluster(cluster).services(service).send().await;
    let answer = answer.map_err(|error| classify("ecs:DescribeServices", &name, &error))?;
    let found = answer.services().iter().find(|service| service.status() != Some("INACTIVE")).cloned();
    found.ok_or_else(|| Error::Unfit(format!("there is no service {name}")))
}

/// What an `AppSpec` says about where tasks run.
#[derive(Default)]
struct Wanted<'a> {
    network: Option<&'a NetworkConfiguration>,
    platform_version: Option<&'a str>,
    providers: Vec<&'a str>,
}

impl<'a> Wanted<'a> {
    fn by(appspec: &'a AppSpec) -> Self {
        let strategy = appspec.capacity_provider_strategy.iter();
        Self {
            network: appspec.network_configuration.as_ref(),
            platform_version: appspec.platform_version.as_deref(),
            providers: strategy.map(|item| item.capacity_provider.as_str()).collect(),
        }
    }
}

/// What the `AppSpec` says goes before what the service has. Under `CODE_DEPLOY` the task set has what the service may lack.
fn placement(wanted: &Wanted<'_>, service: &Service) -> Placement {
    let sets = || service.task_sets().iter();
    let primary = sets().find(|set| set.status() == Some("PRIMARY")).or_else(|| sets().next());
    let network = wanted.network.cloned().or_else(|| {
        let own = service.network_configuration().and_then(network);
        own.or_else(|| primary.and_then(|set| set.network_configuration()).and_then(network))
    });
    let platform_version = wanted.platform_version.map(str::to_owned).or_else(|| {
        let own = service.platform_version();
        own.or_else(|| primary.and_then(|set| set.platform_version())).map(str::to_owned)
    });
    let launch_type = service.launch_type().or_else(|| primary.and_then(|set| set.launch_type()));
    let mut providers = wanted.providers.clone();
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

pub(crate) fn network(configuration: &EcsNetwork) -> Option<NetworkConfiguration> {
    let awsvpc = configuration.awsvpc_configuration()?;
    Some(NetworkConfiguration {
        subnets: awsvpc.subnets().to_vec(),
        security_groups: awsvpc.security_groups().to_vec(),
        assign_public_ip: awsvpc.assign_public_ip() == Some(&AssignPublicIp::Enabled),
    })
}
