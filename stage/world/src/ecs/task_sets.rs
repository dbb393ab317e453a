//! What `CodeDeploy` does with a service: task sets come, one of them is primary, and they go.

use super::service::{self, Controller, NewSet, Service, TaskSet, Traffic};
use super::shapes::LoadBalancer;
use super::{NetworkConfiguration, ids, invalid_parameter, operations, scheduler, service_event, task_definition};
use crate::{AwsError, Permission, World, elb};

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
    /// The primary task set's id.
    pub(crate) primary: Option<String>,
    /// All task sets, oldest first.
    pub(crate) task_sets: Vec<TaskSetView>,
}

/// What creating this task set needs, making it the primary one, and taking it away again.
pub(crate) fn needed_for(world: &World, new: &NewTaskSet) -> Vec<Permission> {
    let (cluster, service) = key(&new.cluster, &new.service);
    let sets = world.arn("ecs", &format!("task-set/{cluster}/{service}/*"));
    let mut needed = vec![
        Permission::new("ecs:CreateTaskSet", sets.clone()),
        Permission::new("ecs:UpdateServicePrimaryTaskSet", ids::service_arn(world, &cluster, &service)),
        Permission::new("ecs:DeleteTaskSet", sets),
    ];
    if let Some(revision) = task_definition::find_active(world, &new.task_definition) {
        let definition = &revision.definition;
        let roles = [definition.task_role_arn.as_ref(), definition.execution_role_arn.as_ref()];
        needed.extend(operations::pass_roles(world, roles));
    }
    needed
}

impl ServiceView {
    /// The name of the target group that the primary task set's tasks register in.
    pub(crate) fn target_group_of_primary(&self) -> Option<&str> {
        let primary = self.task_sets.iter().find(|set| Some(&set.id) == self.primary.as_ref())?;
        Some(&primary.target_group)
    }
}

/// Creates a task set and starts its tasks; answers its id. [`crate::codedeploy::task_set_changed`] tells of its progress.
pub(crate) fn create_task_set(world: &mut World, new: NewTaskSet) -> Result<String, AwsError> {
    let key = key(&new.cluster, &new.service);
    let service = world.ecs.services.get(&key).ok_or_else(operations::service_not_found)?;
    let load_balancer = LoadBalancer {
        target_group_arn: elb::target_group_arn(world, &new.target_group)
            .ok_or_else(|| invalid_parameter(format!("Unable to find target group {}.", new.target_group)))?,
        advanced_configuration: None,
        container_name: new.container_name,
        container_port: new.container_port,
    };
    let revision = task_definition::find_active(world, &new.task_definition)
        .ok_or_else(|| AwsError::client("ClientException", "TaskDefinition not found."))?;
    operations::check_load_balancer(&revision, &load_balancer)?;
    let network = new.network_configuration.unwrap_or_else(|| service.network.clone());
    let platform_version = new.platform_version.or_else(|| service.platform_version.clone());
    let of = NewSet {
        external_id: Some(new.external_id),
        service_revision: None,
        revision,
        traffic: Some(Traffic { target_group: new.target_group, load_balancer }),
        network,
        platform_version,
    };
    let set = TaskSet::new(world, &key, of);
    let id = set.id.clone();
    add(world, &key, set);
    Ok(id)
}

/// Adds a task set to its service and starts its tasks.
pub(super) fn add(world: &mut World, key: &(String, String), set: TaskSet) {
    let id = set.id.clone();
    if let Some(service) = world.ecs.services.get_mut(key) {
        service.task_sets.push(set);
    }
    service_event::deployment_began(world, &id);
    scheduler::reconcile(world, &id);
}

/// Makes a task set the service's primary one.
pub(crate) fn make_primary(world: &mut World, cluster: &str, service: &str, task_set: &str) -> Result<(), AwsError> {
    let now = world.now;
    let service = world.ecs.services.get_mut(&key(cluster, service)).ok_or_else(operations::service_not_found)?;
    let set = service.task_sets.iter_mut().find(|set| set.id == task_set).ok_or_else(task_set_not_found)?;
    if set.draining {
        return Err(invalid_parameter("A task set that is DRAINING cannot become the primary one."));
    }
    set.updated_at = now;
    service.task_definition = set.revision.arn.clone();
    service.primary = Some(task_set.to_owned());
    Ok(())
}

/// Drains a task set: its targets are deregistered, its tasks stopped when that is done, and then it is gone
/// ([`task_set_view`] answers `None`, and [`crate::codedeploy::task_set_changed`] is called a last time).
pub(crate) fn delete_task_set(world: &mut World, cluster: &str, service: &str, task_set: &str) -> Result<(), AwsError> {
    let now = world.now;
    let service = world.ecs.services.get_mut(&key(cluster, service)).ok_or_else(operations::service_not_found)?;
    let set = service.task_sets.iter_mut().find(|set| set.id == task_set).ok_or_else(task_set_not_found)?;
    if service.primary.as_deref() == Some(task_set) {
        return Err(invalid_parameter("The primary task set cannot be deleted; make another one primary first."));
    }
    set.draining = true;
    set.steady = false;
    set.stability_at = now;
    set.updated_at = now;
    scheduler::reconcile(world, task_set);
    Ok(())
}

/// A task set, as long as it is there.
pub(crate) fn task_set_view(world: &World, cluster: &str, service: &str, task_set: &str) -> Option<TaskSetView> {
    let service = world.ecs.services.get(&key(cluster, service))?;
    let set = service.task_sets.iter().find(|set| set.id == task_set)?;
    Some(view(world, service, set))
}

/// A service, by names or ARNs.
pub(crate) fn service_view(world: &World, cluster: &str, service: &str) -> Option<ServiceView> {
    let service = world.ecs.services.get(&key(cluster, service))?;
    Some(ServiceView {
        arn: service.arn.clone(),
        code_deploy: service.controller == Controller::CodeDeploy,
        desired: service.desired,
        primary: service.primary.clone(),
        task_sets: service.task_sets.iter().map(|set| view(world, service, set)).collect(),
    })
}

fn view(world: &World, service: &Service, set: &TaskSet) -> TaskSetView {
    let service::Counts { desired, running, pending } = service.counts(world, set);
    TaskSetView {
        id: set.id.clone(),
        status: service.status(set),
        external_id: set.external_id.clone(),
        task_definition: set.revision.arn.clone(),
        target_group: set.traffic.as_ref().map(|traffic| traffic.target_group.clone()).unwrap_or_default(),
        desired,
        running,
        pending,
        steady: set.steady,
        failed_tasks: set.failed_tasks,
        last_failure: set.last_failure.clone(),
    }
}

fn key(cluster: &str, service: &str) -> (String, String) {
    (ids::cluster(Some(cluster)), ids::last(service))
}

fn task_set_not_found() -> AwsError {
    AwsError::client("TaskSetNotFoundException", "The specified task set wasn't found.")
}
