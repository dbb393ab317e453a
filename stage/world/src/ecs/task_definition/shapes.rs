//! What may stand in a task definition: every member of the service model, so that any other is refused by its name.

use crate::ecs::shapes::{KeyValuePair, Tag};
use serde::Deserialize;
use serde_json::Value as Json;
use std::collections::BTreeMap;

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
    pub(super) requires_compatibilities: Option<Vec<String>>,
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
}
