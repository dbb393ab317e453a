//! What a hook works on: the new revision of a service, free of the controller that deploys it.

use crate::appspec::NetworkConfiguration;
use crate::plan::Plan;
use crate::task_definition::LogConfiguration;

/// A revision on its way into a service.
#[derive(Debug, Clone, PartialEq)]
pub struct Release {
    /// The deployment's id.
    pub deployment_id: String,
    /// The cluster's name or ARN.
    pub cluster: String,
    /// The service's name.
    pub service: String,
    /// ARN of the new task definition.
    pub task_definition: String,
    /// Its family.
    pub family: String,
    /// The application's container, as the plan names it.
    pub container: String,
    /// All containers of the task definition.
    pub containers: Vec<String>,
    /// Where tasks of the service run.
    pub placement: Placement,
    /// What the hooks do.
    pub plan: Plan,
    /// Where the application's container logs to.
    pub log_configuration: Option<LogConfiguration>,
}

/// Where and how tasks of a service run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// Subnets and security groups; only tasks in `awsvpc` mode have them.
    pub network: Option<NetworkConfiguration>,
    /// The Fargate platform version, if one is named.
    pub platform_version: Option<String>,
    /// On what a task is launched.
    pub launch: Launch,
}

/// On what a one-off task is launched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Launch {
    /// `FARGATE`, `EC2` or `EXTERNAL`.
    Type(String),
    /// A capacity provider of the cluster's own.
    CapacityProvider(String),
}

/// The launch of a one-off task beside a service that has this launch type and these capacity providers.
///
/// It is always on demand: a migration that a spot interruption stops half-way is worse than one that costs more.
pub fn on_demand(launch_type: Option<&str>, capacity_providers: &[&str]) -> Launch {
    if let Some(launch_type) = launch_type {
        return Launch::Type(launch_type.to_owned());
    }
    match capacity_providers.iter().find(|provider| !provider.starts_with("FARGATE")) {
        Some(provider) => Launch::CapacityProvider((*provider).to_owned()),
        None => Launch::Type("FARGATE".to_owned()),
    }
}

/// The family in a task definition's ARN or `family:revision`.
pub fn family(task_definition: &str) -> &str {
    let name = task_definition.rsplit('/').next().unwrap_or(task_definition);
    name.split(':').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::{Launch, family, on_demand};

    #[test]
    fn one_off_tasks_run_on_demand() {
        let fargate = Launch::Type("FARGATE".to_owned());
        let table: [(Option<&str>, &[&str], Launch); 5] = [
            (Some("FARGATE"), &[], fargate.clone()),
            (Some("EC2"), &[], Launch::Type("EC2".to_owned())),
            (None, &["FARGATE_SPOT", "FARGATE"], fargate.clone()),
            (None, &["own"], Launch::CapacityProvider("own".to_owned())),
            (None, &[], fargate),
        ];
        for (launch_type, providers, expected) in table {
            assert_eq!(on_demand(launch_type, providers), expected);
        }
    }

    #[test]
    fn a_family_is_read_from_every_form() {
        for form in ["arn:aws:ecs:us-east-1:123456789012:task-definition/django-web:7", "django-web:7", "django-web"] {
            assert_eq!(family(form), "django-web");
        }
    }
}
