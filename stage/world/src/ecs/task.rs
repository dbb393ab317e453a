//! A task and its containers, as the engine knows them.

use super::shapes::{
    Attachment, ContainerShape, KeyValuePair, NetworkConfiguration, NetworkInterface, Tag, TaskDetails, TaskOverride,
    TaskShape,
};
use super::task_definition::{ContainerDefinition, Revision};
use crate::input::ProcessId;
use crate::value::Time;
use jiff::Timestamp;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::Arc;

/// A task, in the order in which tasks came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TaskId(pub(crate) u64);

/// `lastStatus` of a task. `ACTIVATING` is left out: registering in one target group takes no time here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Provisioning,
    Pending,
    Running,
    Deactivating,
    Stopping,
    Deprovisioning,
    Stopped,
}

/// `TaskStopCode`, those that happen here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StopCode {
    TaskFailedToStart,
    EssentialContainerExited,
    UserInitiated,
    ServiceSchedulerInitiated,
    SpotInterruption,
}

/// How far a container is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ContainerState {
    /// Waits for the task or for other containers.
    Pending,
    /// The shell was asked to start its process.
    Starting,
    Running,
    /// The shell was asked to stop its process.
    Stopping,
    Stopped,
}

/// `HealthStatus`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HealthStatus {
    Unknown,
    Healthy,
    Unhealthy,
}

/// A container's health, if its definition has a health check.
#[derive(Debug, Clone)]
pub(crate) struct Health {
    pub(crate) status: HealthStatus,
    pub(crate) failures: u32,
}

/// A container.
#[derive(Debug, Clone)]
pub(crate) struct Container {
    pub(crate) arn: String,
    pub(crate) runtime_id: Option<String>,
    pub(crate) state: ContainerState,
    pub(crate) exit_code: Option<i32>,
    pub(crate) reason: Option<String>,
    /// A stub has none.
    pub(crate) process: Option<ProcessId>,
    pub(crate) health: Option<Health>,
    pub(crate) started_at: Option<Timestamp>,
    /// Whether it reached [`ContainerState::Running`] at some time.
    pub(crate) ran: bool,
}

/// Who or what a task runs for.
#[derive(Debug, Clone)]
#[expect(clippy::struct_field_names, reason = "the service model's names")]
pub(crate) struct Launch {
    /// The cluster's name.
    pub(crate) cluster: String,
    pub(crate) revision: Arc<Revision>,
    pub(crate) started_by: Option<String>,
    pub(crate) group: String,
    pub(crate) overrides: TaskOverride,
    pub(crate) launch_type: Option<String>,
    pub(crate) capacity_provider: Option<String>,
    pub(crate) platform_version: Option<String>,
    pub(crate) network: NetworkConfiguration,
    pub(crate) tags: Vec<Tag>,
    pub(crate) enable_execute_command: bool,
    /// The task set's id; a task of `RunTask` has none.
    pub(crate) task_set: Option<String>,
}

/// Why a task stops.
#[derive(Debug, Clone)]
pub(crate) struct Stop {
    pub(crate) code: StopCode,
    pub(crate) reason: String,
}

/// A task.
#[derive(Debug, Clone)]
pub(crate) struct Task {
    /// 32 hexadecimal digits.
    pub(crate) name: String,
    pub(crate) arn: String,
    pub(crate) cluster_arn: String,
    pub(crate) zone: String,
    pub(crate) launch: Launch,
    pub(crate) status: Status,
    pub(crate) version: u64,
    pub(crate) ip: Ipv4Addr,
    pub(crate) attachment: String,
    pub(crate) interface: String,
    pub(crate) mac: String,
    /// In the order of the task definition's containers.
    pub(crate) containers: Vec<Container>,
    pub(crate) stop: Option<Stop>,
    /// The target it is registered as: target group and address.
    pub(crate) target: Option<(String, SocketAddrV4)>,
    pub(crate) created_at: Timestamp,
    pub(crate) connectivity_at: Option<Timestamp>,
    pub(crate) pull_started_at: Option<Timestamp>,
    pub(crate) pull_stopped_at: Option<Timestamp>,
    pub(crate) started_at: Option<Timestamp>,
    pub(crate) stopping_at: Option<Timestamp>,
    pub(crate) execution_stopped_at: Option<Timestamp>,
    pub(crate) stopped_at: Option<Timestamp>,
}

// === impl Status ===

impl Status {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Provisioning => "PROVISIONING",
            Self::Pending => "PENDING",
            Self::Running => "RUNNING",
            Self::Deactivating => "DEACTIVATING",
            Self::Stopping => "STOPPING",
            Self::Deprovisioning => "DEPROVISIONING",
            Self::Stopped => "STOPPED",
        }
    }
}

// === impl StopCode ===

impl StopCode {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::TaskFailedToStart => "TaskFailedToStart",
            Self::EssentialContainerExited => "EssentialContainerExited",
            Self::UserInitiated => "UserInitiated",
            Self::ServiceSchedulerInitiated => "ServiceSchedulerInitiated",
            Self::SpotInterruption => "SpotInterruption",
        }
    }
}

// === impl HealthStatus ===

impl HealthStatus {
    fn name(self) -> &'static str {
        match self {
            Self::Unknown => "UNKNOWN",
            Self::Healthy => "HEALTHY",
            Self::Unhealthy => "UNHEALTHY",
        }
    }
}

// === impl Container ===

impl Container {
    /// A container that waits. `runs` is whether a process will stand for it.
    pub(crate) fn new(arn: String, definition: &ContainerDefinition) -> Self {
        Self {
            arn,
            runtime_id: None,
            state: ContainerState::Pending,
            exit_code: None,
            reason: None,
            process: None,
            health: definition.health_check.is_some().then_some(Health { status: HealthStatus::Unknown, failures: 0 }),
            started_at: None,
            ran: false,
        }
    }

    fn last_status(&self) -> &'static str {
        match self.state {
            ContainerState::Pending | ContainerState::Starting => "PENDING",
            ContainerState::Running | ContainerState::Stopping => "RUNNING",
            ContainerState::Stopped => "STOPPED",
        }
    }

    pub(crate) fn health_status(&self) -> HealthStatus {
        self.health.as_ref().map_or(HealthStatus::Unknown, |health| health.status)
    }
}

// === impl Task ===

impl Task {
    /// The definition of the container at this index.
    pub(crate) fn definition(&self, container: usize) -> Option<&ContainerDefinition> {
        self.launch.revision.definition.container_definitions.get(container)
    }

    /// Every container with its definition.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&Container, &ContainerDefinition)> {
        self.containers.iter().zip(&self.launch.revision.definition.container_definitions)
    }

    pub(crate) fn desired_status(&self) -> &'static str {
        if self.stop.is_some() { "STOPPED" } else { "RUNNING" }
    }

    /// `HEALTHY` if every essential container with a health check is, `UNHEALTHY` if one of them is.
    pub(crate) fn health_status(&self) -> HealthStatus {
        let checked = || {
            self.pairs()
                .filter(|(container, definition)| definition.is_essential() && container.health.is_some())
                .map(|(container, _)| container.health_status())
        };
        if checked().any(|status| status == HealthStatus::Unhealthy) {
            HealthStatus::Unhealthy
        } else if checked().next().is_some() && checked().all(|status| status == HealthStatus::Healthy) {
            HealthStatus::Healthy
        } else {
            HealthStatus::Unknown
        }
    }

    /// Runs, and every container that has a health check passes it.
    pub(crate) fn is_sound(&self) -> bool {
        let sound =
            |container: &Container| container.health.is_none() || container.health_status() == HealthStatus::Healthy;
        self.status == Status::Running && self.stop.is_none() && self.containers.iter().all(sound)
    }

    /// The network interface. Answers and events name its type and the address differently in part.
    pub(crate) fn attachment(&self, r#type: &'static str) -> Attachment {
        let status = match self.status {
            Status::Provisioning => "PRECREATED",
            Status::Stopped => "DELETED",
            _ => "ATTACHED",
        };
        Attachment {
            id: self.attachment.clone(),
            r#type,
            status,
            details: vec![
                KeyValuePair::new("subnetId", self.launch.network.subnet()),
                KeyValuePair::new("networkInterfaceId", &self.interface),
                KeyValuePair::new("macAddress", &self.mac),
                KeyValuePair::new(
                    "privateDnsName",
                    format!("ip-{}.ec2.internal", self.ip.to_string().replace('.', "-")),
                ),
                KeyValuePair::new("privateIPv4Address", self.ip.to_string()),
            ],
        }
    }

    pub(crate) fn container_shapes(&self, with_health: bool) -> Vec<ContainerShape> {
        let networked = self.connectivity_at.is_some();
        let interface =
            || NetworkInterface { attachment_id: self.attachment.clone(), private_ipv4_address: self.ip.to_string() };
        self.pairs()
            .map(|(container, definition)| ContainerShape {
                container_arn: container.arn.clone(),
                task_arn: self.arn.clone(),
                name: definition.name.clone(),
                image: definition.image.clone(),
                runtime_id: container.runtime_id.clone(),
                last_status: container.last_status(),
                exit_code: container.exit_code,
                reason: container.reason.clone(),
                network_interfaces: if networked { vec![interface()] } else { Vec::new() },
                health_status: with_health.then(|| container.health_status().name()),
                cpu: definition.cpu.unwrap_or(0).to_string(),
            })
            .collect()
    }

    /// The task as the API shows it.
    pub(crate) fn shape(&self) -> TaskShape {
        let launch = &self.launch;
        let definition = &launch.revision.definition;
        let details = TaskDetails {
            attachments: vec![self.attachment("ElasticNetworkInterface")],
            availability_zone: self.zone.clone(),
            capacity_provider_name: launch.capacity_provider.clone(),
            cluster_arn: self.cluster_arn.clone(),
            connectivity: self.connectivity_at.map(|_| "CONNECTED"),
            connectivity_at: self.connectivity_at.map(Time),
            containers: self.container_shapes(true),
            cpu: launch.overrides.cpu.clone().or_else(|| definition.cpu.clone()),
            created_at: Time(self.created_at),
            enable_execute_command: launch.enable_execute_command,
            execution_stopped_at: self.execution_stopped_at.map(Time),
            group: launch.group.clone(),
            health_status: self.health_status().name(),
            launch_type: launch.launch_type.clone(),
            memory: launch.overrides.memory.clone().or_else(|| definition.memory.clone()),
            overrides: launch.overrides.clone(),
            platform_version: self.platform_version(),
            platform_family: "Linux",
            pull_started_at: self.pull_started_at.map(Time),
            pull_stopped_at: self.pull_stopped_at.map(Time),
            started_at: self.started_at.map(Time),
            started_by: launch.started_by.clone(),
            stop_code: self.stop.as_ref().map(|stop| stop.code.name()),
            stopped_at: self.stopped_at.map(Time),
            stopped_reason: self.stop.as_ref().map(|stop| stop.reason.clone()),
            stopping_at: self.stopping_at.map(Time),
            // tags of a stopped task are not to be counted on
            tags: if self.status == Status::Stopped { Vec::new() } else { launch.tags.clone() },
            task_definition_arn: launch.revision.arn.clone(),
            version: self.version,
        };
        TaskShape { more: Some(details), ..self.reduced_shape() }
    }

    /// What an idempotent `RunTask` answers about a task that has stopped.
    pub(crate) fn reduced_shape(&self) -> TaskShape {
        TaskShape {
            task_arn: self.arn.clone(),
            last_status: self.status.name(),
            desired_status: self.desired_status(),
            more: None,
        }
    }

    /// `LATEST` is 1.4.0.
    pub(crate) fn platform_version(&self) -> String {
        match self.launch.platform_version.as_deref() {
            None | Some("LATEST") => "1.4.0".to_owned(),
            Some(version) => version.to_owned(),
        }
    }
}
