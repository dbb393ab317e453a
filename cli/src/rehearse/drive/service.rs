//! The cluster and the service, with the old revision serving.

use super::{Driver, refused};
use crate::Error;
use crate::rehearse::{Controller, Rehearsal, Step};
use aws_sdk_ecs::types::{
    AssignPublicIp, AwsVpcConfiguration, Deployment, DeploymentController, DeploymentControllerType,
    DeploymentRolloutState, LaunchType, LoadBalancer, NetworkConfiguration, StabilityStatus, TaskSet,
};
use std::time::Duration;

/// How often the service is asked whether it is steady, in the world's time.
const POLL: Duration = Duration::from_secs(5);
/// Tasks of the old revision that may stop before the service is given up.
const STOPS: usize = 3;
/// The service is given up when it is not steady after this, in the world's time.
const LIMIT: Duration = Duration::from_hours(1);

impl Driver<'_> {
    pub(super) async fn create_cluster(&self) -> Result<(), Error> {
        let create = self.ecs.create_cluster().cluster_name(&self.rehearsal.plan.cluster);
        create.send().await.map_err(refused("CreateCluster")).map(|_| ())
    }

    /// Creates the service with the old revision and waits until it is steady.
    pub(super) async fn create_service(&mut self, blue: &str) -> Result<(), Error> {
        let plan = &self.rehearsal.plan;
        let tasks = self.rehearsal.script.desired_count;
        self.watch.step(&Step::BlueStarted { task_definition: blue.to_owned(), tasks });
        let started = self.watch.clock.now();
        let (load_balancer, controller) = match self.rehearsal.controller {
            Controller::CodeDeploy => (self.load_balancer(), DeploymentControllerType::CodeDeploy),
            Controller::Ecs => (self.load_balancer_on_ecs(), DeploymentControllerType::Ecs),
        };
        let controller = DeploymentController::builder().r#type(controller).build().map_err(Error::built)?;
        self.ecs
            .create_service()
            .cluster(&plan.cluster)
            .service_name(&plan.service)
            .task_definition(blue)
            .desired_count(i32::try_from(tasks).unwrap_or(i32::MAX))
            .launch_type(LaunchType::Fargate)
            .load_balancers(load_balancer)
            .network_configuration(network()?)
            .deployment_controller(controller)
            .send()
            .await
            .map_err(refused("CreateService"))?;
        self.until_steady(&plan.service, tasks).await?;
        let duration_ms = self.watch.milliseconds_since(started);
        self.watch.step(&Step::BlueServing { task_definition: blue.to_owned(), tasks, duration_ms });
        Ok(())
    }

    fn load_balancer(&self) -> LoadBalancer {
        let [target_group, _] = self.rehearsal.target_groups();
        LoadBalancer::builder()
            .target_group_arn(Rehearsal::target_group_arn(&target_group))
            .container_name(&self.rehearsal.plan.container)
            .container_port(i32::from(self.rehearsal.plan.port))
            .build()
    }

    /// Waits until a service has its tasks.
    pub(super) async fn until_steady(&mut self, service: &str, tasks: u32) -> Result<(), Error> {
        let group = format!("service:{service}");
        let started = self.watch.clock.now();
        while !self.is_steady(service, tasks).await? {
            let stopped: Vec<_> = self.watch.seen.stopped.iter().filter(|(_, task)| task.group == group).collect();
            let waited = self.watch.milliseconds_since(started);
            if stopped.len() >= STOPS || waited > i64::try_from(LIMIT.as_millis()).unwrap_or(i64::MAX) {
                let last = stopped.last();
                return Err(Error::BlueFailed {
                    service: service.to_owned(),
                    how: last
                        .map_or_else(|| "it is not steady after an hour".to_owned(), |(_, task)| task.reason.clone()),
                    tail: last.map(|(task, _)| self.watch.seen.tail(task)).unwrap_or_default(),
                });
            }
            self.watch.pause(POLL).await?;
        }
        Ok(())
    }

    async fn is_steady(&self, service: &str, tasks: u32) -> Result<bool, Error> {
        let cluster = &self.rehearsal.plan.cluster;
        let answer = self.ecs.describe_services().cluster(cluster).services(service).send().await;
        let answer = answer.map_err(refused("DescribeServices"))?;
        let desired = i32::try_from(tasks).unwrap_or(i32::MAX);
        Ok(answer.services().first().is_some_and(|service| {
            // only a service under CodeDeploy has task sets, and only one that ECS deploys has a rollout
            let steady = |set: &TaskSet| set.stability_status() == Some(&StabilityStatus::SteadyState);
            let rolled_out =
                |one: &Deployment| one.rollout_state().is_none_or(|state| *state == DeploymentRolloutState::Completed);
            service.running_count() >= desired
                && service.task_sets().first().is_none_or(steady)
                && service.deployments().first().is_none_or(rolled_out)
        }))
    }
}

/// Where the tasks of a rehearsal would have their network interfaces.
pub(super) fn network() -> Result<NetworkConfiguration, Error> {
    let awsvpc = AwsVpcConfiguration::builder()
        .subnets("subnet-0a1b2c3d4e5f60718")
        .subnets("subnet-8192a3b4c5d6e7f80")
        .security_groups("sg-0123456789abcdef0")
        .assign_public_ip(AssignPublicIp::Disabled)
        .build()
        .map_err(Error::built)?;
    Ok(NetworkConfiguration::builder().awsvpc_configuration(awsvpc).build())
}
