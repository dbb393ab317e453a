//! `UpdateSchedule`: what is not said gets its default again.

use super::definition::Definition;
use super::{not_found, put, schedule_arn};
use crate::operation::Operation;
use crate::{AwsError, Permission, World};
use serde::Serialize;

pub(crate) struct UpdateSchedule;

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    schedule_arn: String,
}

impl Operation for UpdateSchedule {
    const SERVICE: &'static str = "scheduler";
    const NAME: &'static str = "UpdateSchedule";
    const CALLERS: &'static [&'static str] = &["settle", "launch-job", "notify", "greenlight jobs"];
    type Input = Definition;
    type Output = Output;

    fn authorize(input: &Definition, world: &World) -> Vec<Permission> {
        vec![
            Permission::new("scheduler:UpdateSchedule", schedule_arn(world, input.group(), &input.name)),
            Permission::new("iam:PassRole", input.target.role_arn.clone())
                .with("iam:PassedToService", "scheduler.amazonaws.com"),
        ]
    }

    fn call(input: Definition, world: &mut World) -> Result<Output, AwsError> {
        let when = input.check(world)?;
        if !world.scheduler.schedules.contains_key(&input.key()) {
            return Err(not_found(&input.name));
        }
        Ok(Output { schedule_arn: put(world, input, when) })
    }
}
