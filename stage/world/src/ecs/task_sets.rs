//! What `CodeDeploy` does with a service: task sets come, one of them is primary, and they go.

use super::NetworkConfiguration;
use crate::{AwsError, World};

/// A task set that `CodeDeploy` wants, with as many tasks as the service desires.
#[derive(Debug, Clone)]
pub(crate) struct NewTaskSet {
    /// Cluster: name or ARN.
    pub(crate) cluster: String,
    /// Service: name or ARN.
    pub(crate) service: String,
    /// Task definition: ARN, or `family:revision`.
    pub(crate) task_definition: String,
    /// The deployment's id.
    pub(crate) external_id: String,
    /// The name of the target group that its tasks register in.
    pub(crate) target_group: String,
    /// The container that takes traffic.
    pub(crate) container_name: String,
    /// The port it takes traffic on.
    pub(crate) container_port: u16,
    /// The service's own, if absent.
    pub(crate) network_configuration: Option<NetworkConfiguration>,
    /// The service's own, if absent.
    pub(crate) platform_version: Option<String>,
}

/// A task set as `CodeDeploy` sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TaskSetView {
    /// `ecs-svc/…`.
    pub(crate) id: String,
    /// `PRIMARY`, `ACTIVE` or `DRAINING`.
    pub(crate) status: &'static str,
    /// The deployment that made it; `None` for the one that `CreateService` made.
    pub(crate) external_id: Option<String>,
    /// The task definition's ARN.
    pub(crate) task_definition: String,
    /// The name of its target group.
    pub(crate) target_group: String,
    /// How many tasks it shall have.
    pub(crate) desired: u32,
    /// How many are `RUNNING`.
    pub(crate) running: u32,
    /// How many are on their way there.
    pub(crate) pending: u32,
    /// `STEADY_STATE`: all of them run and are healthy, in the container's eyes and the load balancer's.
    pub(crate) steady: bool,
    /// How many of its tasks failed so far.
    pub(crate) failed_tasks: u32,
    /// Why the last of them stopped.
    pub(crate) last_failure: Option<String>,
}

/// A service as `CodeDeploy` sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServiceView {
    /// The service's ARN.
    pub(crate) arn: String,
    /// Whether its deployment controller is `CODE_DEPLOY`.
    pub(crate) code_deploy: bool,
    /// How many tasks it shall have.
    pub(crate) desired: u32,
    /// The container that takes traffic.
    pub(crate) container_name: String,
    /// The port it takes traffic on.
    pub(crate) container_port: u16,
    /// The primary task set's id.
    pub(crate) primary: Option<String>,
    /// All task sets, oldest first.
    pub(crate) task_sets: Vec<TaskSetView>,
}

/// Creates a task set and starts its tasks; answers its id. [`crate::codedeploy::task_set_changed`] tells of its progress.
pub(crate) fn create_task_set(_world: &mut World, _new: NewTaskSet) -> Result<String, AwsError> {
    Err(AwsError::client("ServiceNotFoundException", "Service not found."))
}

/// Makes a task set the service's primary one.
pub(crate) fn make_primary(_world: &mut World, _cluster: &str, _service: &str, _task_set: &str) -> Result<(), AwsError> {
    Err(AwsError::client("ServiceNotFoundException", "Service not found."))
}

/// Drains a task set: its targets are deregistered, its tasks stopped when that is done, and then it is gone
/// ([`task_set_view`] answers `None`, and [`crate::codedeploy::task_set_changed`] is called a last time).
pub(crate) fn delete_task_set(_world: &mut World, _cluster: &str, _service: &str, _task_set: &str) -> Result<(), AwsError> {
    Err(AwsError::client("ServiceNotFoundException", "Service not found."))
}

/// A task set, as long as it is there.
pub(crate) fn task_set_view(_world: &World, _cluster: &str, _service: &str, _task_set: &str) -> Option<TaskSetView> {
    None
}

/// A service, by names or ARNs.
pub(crate) fn service_view(_world: &World, _cluster: &str, _service: &str) -> Option<ServiceView> {
    None
}
