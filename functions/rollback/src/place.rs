//! Where releases are taken back.

use crate::codedeploy::Group;
use crate::on_ecs::Service;
use greenlight_aws::notice::Background;
use greenlight_aws::{Env, Error, Settings};
use greenlight_domain::notice::{About, Notice};
use greenlight_domain::service_deployment::ServiceDeploymentArn;
use std::fmt;

/// Where releases are taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// In a deployment group of `CodeDeploy`.
    Group(Group),
    /// In a service that ECS itself deploys.
    Service(Service),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Group(group) => group.fmt(f),
            Self::Service(service) => service.fmt(f),
        }
    }
}

impl Place {
    /// The places that the stack was given.
    pub(crate) fn all(settings: &Settings) -> Result<(Vec<Group>, Vec<Service>), Error> {
        let (groups, services) = (&settings.deployment_groups, &settings.services);
        if groups.is_empty() && services.is_empty() {
            return Err(Error::Setting {
                name: "GREENLIGHT_DEPLOYMENT_GROUPS",
                reason:
                    "and GREENLIGHT_SERVICES are not set; name the deployment groups, or the services that ECS itself \
                         deploys, that alarms may roll back (parameters DeploymentGroupArns and ServiceArns)"
                        .to_owned(),
            });
        }
        Ok((Group::all(groups)?, Service::all(services)?))
    }

    /// The field of log lines with its name.
    pub(crate) fn field(&self) -> &'static str {
        match self {
            Self::Group(_) => "deployment_group",
            Self::Service(_) => "service",
        }
    }

    /// The dimension of metrics with its name.
    pub(crate) fn dimension(&self) -> &'static str {
        match self {
            Self::Group(_) => "DeploymentGroup",
            Self::Service(_) => "Service",
        }
    }

    /// What people can know about a deployment of it.
    pub(crate) async fn background(&self, env: &Env, deployment: &str) -> Background {
        match (self, ServiceDeploymentArn::parse(deployment)) {
            (Self::Service(_), Some(arn)) => Background::of_service_deployment(env, &arn).await,
            _ => Background::of(env, deployment).await,
        }
    }

    /// The names for a notice about a deployment of it.
    pub(crate) fn about(&self, deployment: Option<&str>) -> About {
        let about = About { deployment_id: deployment.map(|deployment| id(deployment).to_owned()), ..About::default() };
        match self {
            Self::Group(group) => About {
                application: Some(group.application.clone()),
                deployment_group: Some(group.name.clone()),
                ..about
            },
            Self::Service(service) => {
                About { cluster: Some(service.cluster.clone()), service: Some(service.name.clone()), ..about }
            }
        }
    }

    /// Adds what somebody can do when nothing was done.
    pub(crate) fn by_hand(&self, notice: Notice) -> Notice {
        let (back, list) = match self {
            Self::Group(Group { application, name, .. }) => (
                format!("greenlight rollback --application {application} --deployment-group {name}"),
                format!("aws deploy list-deployments --application-name {application} --deployment-group-name {name}"),
            ),
            Self::Service(Service { cluster, name, .. }) => (
                "greenlight rollback greenlight.toml".to_owned(),
                format!("aws ecs list-service-deployments --cluster {cluster} --service {name}"),
            ),
        };
        notice.step("take the last release back by hand", back).step("see what is deployed", list)
    }
}

/// What people call a deployment: its id, or the last part of its ARN.
pub(crate) fn id(deployment: &str) -> &str {
    deployment.rsplit('/').next().unwrap_or(deployment)
}

#[cfg(test)]
mod tests {
    use super::{Place, Settings};
    use std::collections::BTreeMap;

    #[test]
    fn some_place_must_be_named() {
        let all = |variables: &[(&str, &str)]| {
            let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
            let variables: BTreeMap<String, String> = variables.iter().map(owned).collect();
            Place::all(&Settings::from_map(&variables).unwrap())
                .map(|(groups, services)| (groups.len(), services.len()))
        };
        let group = ("GREENLIGHT_DEPLOYMENT_GROUPS", "arn:aws:codedeploy:us-east-1:1:deploymentgroup:shop/production");
        let service = ("GREENLIGHT_SERVICES", "arn:aws:ecs:us-east-1:1:service/production-cluster/shop-web");
        assert_eq!(all(&[group]).unwrap(), (1, 0));
        assert_eq!(all(&[service]).unwrap(), (0, 1));
        assert_eq!(all(&[group, service]).unwrap(), (1, 1));
        for nothing in [&[][..], &[(group.0, ""), (service.0, "")]] {
            let message = all(nothing).unwrap_err().to_string();
            assert!(message.contains("DeploymentGroupArns and ServiceArns"), "{message}");
        }
    }
}
