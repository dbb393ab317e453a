//! The services without traffic, with the old revision's image: what follows in `[finish]` must be there before.

use super::service::network;
use super::{Driver, refused};
use crate::Error;
use crate::rehearse::{Rehearsal, Step};
use aws_sdk_ecs::types::LaunchType;

impl Driver<'_> {
    /// Creates every worker service, and waits until each has its tasks.
    pub(super) async fn create_workers(&mut self) -> Result<(), Error> {
        let rehearsal: &Rehearsal = self.rehearsal;
        for worker in &rehearsal.workers {
            let started = self.watch.clock.now();
            let task_definition = self.register(&worker.task_definition).await?;
            self.ecs
                .create_service()
                .cluster(&rehearsal.plan.cluster)
                .service_name(&worker.service)
                .task_definition(task_definition)
                .desired_count(i32::try_from(worker.desired_count).unwrap_or(i32::MAX))
                .launch_type(LaunchType::Fargate)
                .network_configuration(network()?)
                .send()
                .await
                .map_err(refused("CreateService"))?;
            self.until_steady(&worker.service, worker.desired_count).await?;
            let duration_ms = self.watch.milliseconds_since(started);
            self.watch.step(&Step::WorkerRunning {
                service: worker.service.clone(),
                tasks: worker.desired_count,
                duration_ms,
            });
        }
        Ok(())
    }
}
