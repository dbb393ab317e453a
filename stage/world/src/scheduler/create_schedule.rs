//! `CreateSchedule`.

use super::definition::Definition;
use super::{put, schedule_arn};
use crate::operation::Operation;
use crate::{AwsError, Permission, World};
use serde::Serialize;

pub(crate) struct CreateSchedule;

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    schedule_arn: String,
}

impl Operation for CreateSchedule {
    const SERVICE: &'static str = "scheduler";
    const NAME: &'static str = "CreateSchedule";
    const CALLERS: &'static [&'static str] = &[
        "migrate",
        "warm-up",
        "smoke-test",
        "validate",
        "finish",
        "settle",
        "rollback",
        "launch-job",
        "notify",
        "greenlight jobs",
    ];
    type Input = Definition;
    type Output = Output;

    fn authorize(input: &Definition, world: &World) -> Vec<Permission> {
        vec![
            Permission::new("scheduler:CreateSchedule", schedule_arn(world, input.group(), &input.name)),
            Permission::new("iam:PassRole", input.target.role_arn.clone())
                .with("iam:PassedToService", "scheduler.amazonaws.com"),
        ]
    }

    fn call(input: Definition, world: &mut World) -> Result<Output, AwsError> {
        let when = input.check(world)?;
        if let Some(existing) = world.scheduler.schedules.get(&input.key()) {
            if input.client_token.is_some() && existing.definition == input {
                return Ok(Output { schedule_arn: existing.arn.clone() });
            }
            return Err(AwsError::with_status(
                "ConflictException",
                format!("Schedule {} already exists.", input.name),
                409,
            ));
        }
        Ok(Output { schedule_arn: put(world, input, when) })
    }
}
