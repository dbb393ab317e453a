//! What ECS refuses to register.

use super::shapes::{Condition, ContainerDefinition, Definition, HealthCheck};
use crate::AwsError;
use crate::ecs::{fargate, invalid_parameter};
use std::collections::BTreeSet;

impl Definition {
    /// Refuses what ECS refuses; answers what the task definition is compatible with.
    pub(super) fn check(&self) -> Result<Vec<&'static str>, AwsError> {
        let refuse = |message: String| Err(AwsError::client("ClientException", message));
        let valid = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if self.family.is_empty() || self.family.len() > 255 || !self.family.chars().all(valid) {
            return refuse("Family contains invalid characters, is empty, or has more than 255 characters.".to_owned());
        }
        if self.container_definitions.is_empty() {
            return refuse("Container list cannot be empty.".to_owned());
        }
        let mut names = BTreeSet::new();
        for container in &self.container_definitions {
            if container.name.is_empty() || container.image.is_empty() {
                return refuse("Container.name and Container.image should not be null or empty.".to_owned());
            }
            if !names.insert(container.name.as_str()) {
                return refuse(format!("Duplicate container name '{}'.", container.name));
            }
        }
        if !self.container_definitions.iter().any(ContainerDefinition::is_essential) {
            return refuse("Invalid setting for container list. At least one container must be essential.".to_owned());
        }
        for container in &self.container_definitions {
            self.check_container(container)?;
        }
        self.check_order()?;
        self.compatibilities()
    }

    fn check_container(&self, container: &ContainerDefinition) -> Result<(), AwsError> {
        let refuse = |message: String| Err(AwsError::client("ClientException", message));
        let name = &container.name;
        for dependency in &container.depends_on {
            let Some(other) = self.container(&dependency.container_name) else {
                return refuse(format!(
                    "Invalid 'dependsOn' setting for container '{name}'. Container '{}' does not exist.",
                    dependency.container_name
                ));
            };
            if dependency.condition == Condition::Healthy && other.health_check.is_none() {
                return refuse(format!(
                    "Invalid 'dependsOn' setting for container '{name}'. Container '{}' has no health check.",
                    other.name
                ));
            }
            if matches!(dependency.condition, Condition::Complete | Condition::Success) && other.is_essential() {
                return refuse(format!(
                    "Invalid 'dependsOn' setting for container '{name}'. Container '{}' is essential and must not end.",
                    other.name
                ));
            }
        }
        if !container.secrets.is_empty() && self.execution_role_arn.is_none() {
            return refuse(
                "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'."
                    .to_owned(),
            );
        }
        if let Some(log) = container.log_configuration.as_ref().filter(|log| log.log_driver == "awslogs") {
            if self.execution_role_arn.is_none() && self.wants_fargate() {
                return refuse(
                    "Fargate requires task definition to have execution role ARN to support log driver awslogs."
                        .to_owned(),
                );
            }
            if !log.options.contains_key("awslogs-group") || !log.options.contains_key("awslogs-region") {
                return refuse(format!(
                    "Log driver awslogs of container '{name}' requires options: awslogs-group, awslogs-region."
                ));
            }
        }
        if let Some(check) = &container.health_check {
            check_health_check(name, check)?;
        }
        if container.stop_timeout.is_some_and(|seconds| seconds > 120) && self.wants_fargate() {
            return refuse(format!(
                "Invalid 'stopTimeout' setting for container '{name}'. On Fargate it is 120 seconds at most."
            ));
        }
        Ok(())
    }

    /// Containers that wait for each other would never start.
    fn check_order(&self) -> Result<(), AwsError> {
        let mut settled: BTreeSet<&str> = BTreeSet::new();
        loop {
            let before = settled.len();
            for container in &self.container_definitions {
                if container.depends_on.iter().all(|dependency| settled.contains(dependency.container_name.as_str())) {
                    settled.insert(&container.name);
                }
            }
            if settled.len() == self.container_definitions.len() {
                return Ok(());
            }
            if settled.len() == before {
                return Err(AwsError::client(
                    "ClientException",
                    "Invalid 'dependsOn' setting. The containers form a cycle.",
                ));
            }
        }
    }

    fn wants_fargate(&self) -> bool {
        self.requires_compatibilities.iter().flatten().any(|wanted| wanted == "FARGATE")
    }

    fn compatibilities(&self) -> Result<Vec<&'static str>, AwsError> {
        for wanted in self.requires_compatibilities.iter().flatten() {
            if !matches!(wanted.as_str(), "EC2" | "FARGATE" | "EXTERNAL") {
                return Err(invalid_parameter(format!("'{wanted}' is not a valid value of requiresCompatibilities.")));
            }
        }
        let awsvpc = self.network_mode.as_deref() == Some("awsvpc");
        let size = fargate::check(self.cpu.as_deref(), self.memory.as_deref());
        if self.wants_fargate() {
            if !awsvpc {
                return Err(AwsError::client("ClientException", "Fargate only supports network mode 'awsvpc'."));
            }
            size?;
            return Ok(vec!["EC2", "FARGATE"]);
        }
        Ok(if awsvpc && size.is_ok() { vec!["EC2", "FARGATE"] } else { vec!["EC2"] })
    }
}

fn check_health_check(container: &str, check: &HealthCheck) -> Result<(), AwsError> {
    let refuse = |message: String| Err(AwsError::client("ClientException", message));
    if check.command.is_empty() {
        return refuse(format!("Invalid health check of container '{container}'. The command must not be empty."));
    }
    for (name, value, range) in [
        ("interval", check.interval, 5..=300),
        ("timeout", check.timeout, 2..=60),
        ("retries", check.retries.map(u64::from), 1..=10),
        ("startPeriod", check.start_period, 0..=300),
    ] {
        if value.is_some_and(|value| !range.contains(&value)) {
            return refuse(format!(
                "Invalid health check of container '{container}'. '{name}' must be between {} and {}.",
                range.start(),
                range.end()
            ));
        }
    }
    Ok(())
}
