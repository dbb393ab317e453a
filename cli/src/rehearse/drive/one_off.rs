//! The plan's `rehearsal.setup`: commands that run once, as the old revision, before it serves.

use super::service::network;
use super::{Driver, refused};
use crate::Error;
use crate::rehearse::Step;
use aws_sdk_ecs::types::{ContainerOverride, LaunchType, TaskOverride};
use std::time::Duration;

/// A setup command that takes longer than this in the world's time is given up.
const LIMIT: Duration = Duration::from_hours(1);
/// Must not begin with the install's prefix: `settle` would take the task for one of its own.
const STARTED_BY: &str = "rehearsal-setup";

impl Driver<'_> {
    pub(super) async fn run_setup(&mut self, blue: &str) -> Result<(), Error> {
        for command in &self.rehearsal.script.setup {
            self.watch.step(&Step::SetupStarted { command: command.clone() });
            let started = self.watch.clock.now();
            self.run_one_off(blue, command).await?;
            let duration_ms = self.watch.milliseconds_since(started);
            self.watch.step(&Step::SetupEnded { command: command.clone(), duration_ms });
        }
        Ok(())
    }

    async fn run_one_off(&mut self, blue: &str, command: &[String]) -> Result<(), Error> {
        let plan = &self.rehearsal.plan;
        let replaced = ContainerOverride::builder().name(&plan.container).set_command(Some(command.to_vec())).build();
        let answer = self
            .ecs
            .run_task()
            .cluster(&plan.cluster)
            .task_definition(blue)
            .launch_type(LaunchType::Fargate)
            .network_configuration(network()?)
            .overrides(TaskOverride::builder().container_overrides(replaced).build())
            .started_by(STARTED_BY)
            .send()
            .await
            .map_err(refused("RunTask"))?;
        let task = answer.tasks().first().and_then(|task| task.task_arn()).map(str::to_owned).ok_or_else(|| {
            let reason = answer.failures().first().and_then(|failure| failure.reason()).unwrap_or("no task started");
            Error::Call { call: "RunTask", reason: reason.to_owned() }
        })?;
        let stopped = self.watch.until("a setup command", LIMIT, |seen| seen.stopped.get(&task).cloned()).await?;
        match stopped.exit_codes.get(&plan.container).copied().flatten() {
            Some(0) => Ok(()),
            code => Err(Error::SetupFailed {
                command: command.join(" "),
                how: code.map_or(stopped.reason, |code| format!("exit code {code}")),
                tail: self.watch.seen.tail(&task),
            }),
        }
    }
}
