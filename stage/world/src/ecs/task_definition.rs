//! Task definitions: what may stand in one, and what the engine reads from it.

use super::shapes::{KeyValuePair, Tag};
use super::{fargate, invalid_parameter};
use crate::value::Time;
use crate::{AwsError, World};
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The largest task definition, in bytes of JSON.
const LARGEST: usize = 64 * 1024;

/// The input of `RegisterTaskDefinition`: whole, to be described again unchanged, and typed.
#[derive(Debug, Clone)]
pub(crate) struct Registration {
    whole: serde_json::Map<String, Json>,
    typed: Definition,
}

/// A registered revision.
#[derive(Debug)]
pub(crate) struct Revision {
    pub(crate) arn: String,
    pub(crate) revision: usize,
    pub(crate) definition: Definition,
    whole: serde_json::Map<String, Json>,
    compatibilities: Vec<&'static str>,
    registered_at: Time,
}

/// `TaskDefinition`, as it is described.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TaskDefinitionShape {
    task_definition_arn: String,
    #[serde(flatten)]
    whole: serde_json::Map<String, Json>,
    revision: usize,
    status: &'static str,
    compatibilities: Vec<&'static str>,
    registered_at: Time,
    registered_by: String,
}

/// `RegisterTaskDefinitionRequest`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "every member is named, so that any other is refused")]
pub(crate) struct Definition {
    pub(crate) family: String,
    pub(crate) task_role_arn: Option<String>,
    pub(crate) execution_role_arn: Option<String>,
    pub(crate) network_mode: Option<String>,
    pub(crate) container_definitions: Vec<ContainerDefinition>,
    volumes: Option<Vec<Volume>>,
    placement_constraints: Option<Vec<Json>>,
    requires_compatibilities: Option<Vec<String>>,
    pub(crate) cpu: Option<String>,
    pub(crate) memory: Option<String>,
    pub(crate) tags: Option<Vec<Tag>>,
    pid_mode: Option<String>,
    ipc_mode: Option<String>,
    proxy_configuration: Option<Json>,
    inference_accelerators: Option<Vec<Json>>,
    ephemeral_storage: Option<EphemeralStorage>,
    runtime_platform: Option<RuntimePlatform>,
    enable_fault_injection: Option<bool>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "see Definition")]
pub(crate) struct ContainerDefinition {
    pub(crate) name: String,
    pub(crate) image: String,
    repository_credentials: Option<RepositoryCredentials>,
    pub(crate) cpu: Option<u32>,
    memory: Option<u32>,
    memory_reservation: Option<u32>,
    links: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) port_mappings: Vec<PortMapping>,
    essential: Option<bool>,
    restart_policy: Option<Json>,
    pub(crate) entry_point: Option<Vec<String>>,
    pub(crate) command: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) environment: Vec<KeyValuePair>,
    environment_files: Option<Vec<Json>>,
    mount_points: Option<Vec<MountPoint>>,
    volumes_from: Option<Vec<VolumeFrom>>,
    linux_parameters: Option<LinuxParameters>,
    #[serde(default)]
    pub(crate) secrets: Vec<Secret>,
    #[serde(default)]
    pub(crate) depends_on: Vec<ContainerDependency>,
    start_timeout: Option<u64>,
    pub(crate) stop_timeout: Option<u64>,
    version_consistency: Option<String>,
    hostname: Option<String>,
    user: Option<String>,
    working_directory: Option<String>,
    disable_networking: Option<bool>,
    privileged: Option<bool>,
    readonly_root_filesystem: Option<bool>,
    dns_servers: Option<Vec<String>>,
    dns_search_domains: Option<Vec<String>>,
    extra_hosts: Option<Vec<Json>>,
    docker_security_options: Option<Vec<String>>,
    interactive: Option<bool>,
    pseudo_terminal: Option<bool>,
    docker_labels: Option<BTreeMap<String, String>>,
    ulimits: Option<Vec<Ulimit>>,
    pub(crate) log_configuration: Option<LogConfiguration>,
    pub(crate) health_check: Option<HealthCheck>,
    system_controls: Option<Vec<Json>>,
    resource_requirements: Option<Vec<Json>>,
    firelens_configuration: Option<FirelensConfiguration>,
    credential_specs: Option<Vec<String>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "see Definition")]
struct Volume {
    name: String,
    host: Option<Json>,
    docker_volume_configuration: Option<Json>,
    efs_volume_configuration: Option<Json>,
    configured_at_launch: Option<bool>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "see Definition")]
struct EphemeralStorage {
    #[serde(rename = "sizeInGiB")]
    size_in_gib: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "see Definition")]
struct RuntimePlatform {
    cpu_architecture: Option<String>,
    operating_system_family: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "see Definition")]
struct RepositoryCredentials {
    credentials_parameter: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "see Definition")]
pub(crate) struct PortMapping {
    pub(crate) container_port: Option<u16>,
    host_port: Option<u16>,
    protocol: Option<String>,
    name: Option<String>,
    app_protocol: Option<String>,
    container_port_range: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "see Definition")]
struct MountPoint {
    source_volume: Option<String>,
    container_path: Option<String>,
    read_only: Option<bool>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "see Definition")]
struct VolumeFrom {
    source_container: Option<String>,
    read_only: Option<bool>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "see Definition")]
struct LinuxParameters {
    capabilities: Option<Json>,
    devices: Option<Vec<Json>>,
    init_process_enabled: Option<bool>,
    shared_memory_size: Option<u32>,
    tmpfs: Option<Vec<Json>>,
    max_swap: Option<u32>,
    swappiness: Option<u32>,
}

/// `Secret`: an environment variable whose value is kept elsewhere.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Secret {
    pub(crate) name: String,
    pub(crate) value_from: String,
}

/// `ContainerDependency`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ContainerDependency {
    pub(crate) container_name: String,
    pub(crate) condition: Condition,
}

/// `ContainerCondition`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Condition {
    Start,
    Complete,
    Success,
    Healthy,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "see Definition")]
struct Ulimit {
    name: String,
    soft_limit: i64,
    hard_limit: i64,
}

/// `LogConfiguration`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "see Definition")]
pub(crate) struct LogConfiguration {
    pub(crate) log_driver: String,
    #[serde(default)]
    pub(crate) options: BTreeMap<String, String>,
    secret_options: Option<Vec<Secret>>,
}

/// `HealthCheck`; times in seconds.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct HealthCheck {
    pub(crate) command: Vec<String>,
    pub(crate) interval: Option<u64>,
    pub(crate) timeout: Option<u64>,
    pub(crate) retries: Option<u32>,
    pub(crate) start_period: Option<u64>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "see Definition")]
struct FirelensConfiguration {
    r#type: String,
    options: Option<BTreeMap<String, String>>,
}

// === impl Registration ===

impl<'de> Deserialize<'de> for Registration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let whole = serde_json::Map::deserialize(deserializer)?;
        let typed = serde_json::from_value(Json::Object(whole.clone())).map_err(de::Error::custom)?;
        Ok(Self { whole, typed })
    }
}

impl Registration {
    pub(crate) fn definition(&self) -> &Definition {
        &self.typed
    }
}

// === impl ContainerDefinition ===

impl ContainerDefinition {
    pub(crate) fn is_essential(&self) -> bool {
        self.essential.unwrap_or(true)
    }

    pub(crate) fn port(&self) -> Option<u16> {
        self.port_mappings.iter().find_map(|mapping| mapping.container_port)
    }
}

// === impl Definition ===

impl Definition {
    pub(crate) fn container(&self, name: &str) -> Option<&ContainerDefinition> {
        self.container_definitions.iter().find(|container| container.name == name)
    }

    fn check(&self) -> Result<Vec<&'static str>, AwsError> {
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
        if container.health_check.as_ref().is_some_and(|check| check.command.is_empty()) {
            return refuse(format!("Invalid health check of container '{name}'. The command must not be empty."));
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

// === impl Revision ===

impl Revision {
    pub(crate) fn tags(&self) -> Vec<Tag> {
        self.definition.tags.clone().unwrap_or_default()
    }

    pub(crate) fn on_fargate(&self) -> bool {
        self.compatibilities.contains(&"FARGATE")
    }

    pub(crate) fn describe(&self, account: &str) -> TaskDefinitionShape {
        TaskDefinitionShape {
            task_definition_arn: self.arn.clone(),
            whole: self.whole.clone(),
            revision: self.revision,
            status: "ACTIVE",
            compatibilities: self.compatibilities.clone(),
            registered_at: self.registered_at,
            registered_by: format!("arn:aws:iam::{account}:root"),
        }
    }
}

/// Keeps a new revision.
pub(crate) fn register(world: &mut World, registration: Registration) -> Result<Arc<Revision>, AwsError> {
    let Registration { mut whole, typed: definition } = registration;
    let compatibilities = definition.check()?;
    let length = serde_json::to_string(&whole).map_or(usize::MAX, |text| text.len());
    if length > LARGEST {
        return Err(AwsError::client(
            "ClientException",
            format!("Actual length: '{length}'. Max allowed length is '{LARGEST}' bytes."),
        ));
    }
    // tags are answered beside the task definition, not in it
    whole.remove("tags");
    let family = definition.family.clone();
    let number = world.ecs.families.get(&family).map_or(0, Vec::len) + 1;
    let revision = Arc::new(Revision {
        arn: world.arn("ecs", &format!("task-definition/{family}:{number}")),
        revision: number,
        definition,
        whole,
        compatibilities,
        registered_at: Time(world.now),
    });
    world.ecs.families.entry(family).or_default().push(Arc::clone(&revision));
    Ok(revision)
}

/// Finds a task definition by ARN, `family:revision`, or `family` (its latest revision).
pub(crate) fn find(world: &World, name: &str) -> Option<Arc<Revision>> {
    let short = name.split_once(":task-definition/").map_or(name, |(_, short)| short);
    let (family, revision) = match short.split_once(':') {
        Some((family, revision)) => (family, Some(revision.parse::<usize>().ok()?)),
        None => (short, None),
    };
    let revisions = world.ecs.families.get(family)?;
    let found = match revision {
        Some(revision) => revisions.get(revision.checked_sub(1)?),
        None => revisions.last(),
    }?;
    // an ARN of another account or region names another task definition
    (!name.starts_with("arn:") || name == found.arn || revision.is_none()).then(|| Arc::clone(found))
}
