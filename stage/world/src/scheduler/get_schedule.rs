//! `GetSchedule`.

use super::shapes::{FlexibleTimeWindow, Target};
use super::{DEFAULT_GROUP, check_name, not_found, schedule_arn};
use crate::operation::Operation;
use crate::value::Time;
use crate::{AwsError, Permission, World};
use serde::{Deserialize, Serialize};

pub(crate) struct GetSchedule;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Input {
    name: String,
    group_name: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    arn: String,
    group_name: String,
    name: String,
    schedule_expression: String,
    schedule_expression_timezone: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_date: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_date: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    state: String,
    creation_date: Time,
    last_modification_date: Time,
    target: Target,
    flexible_time_window: FlexibleTimeWindow,
    action_after_completion: String,
}

impl Operation for GetSchedule {
    const SERVICE: &'static str = "scheduler";
    const NAME: &'static str = "GetSchedule";
    const CALLERS: &'static [&'static str] = &["settle", "launch-job", "greenlight jobs"];
    type Input = Input;
    type Output = Output;

    fn authorize(input: &Input, world: &World) -> Vec<Permission> {
        let group = input.group_name.as_deref().unwrap_or(DEFAULT_GROUP);
        vec![Permission::new("scheduler:GetSchedule", schedule_arn(world, group, &input.name))]
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        check_name("name", &input.name)?;
        let group = input.group_name.unwrap_or_else(|| DEFAULT_GROUP.to_owned());
        let schedule = world
            .scheduler
            .schedules
            .get(&(group.clone(), input.name.clone()))
            .ok_or_else(|| not_found(&input.name))?;
        let created = schedule.definition.clone();
        Ok(Output {
            arn: schedule.arn.clone(),
            group_name: group,
            name: input.name,
            schedule_expression: created.schedule_expression,
            schedule_expression_timezone: created.schedule_expression_timezone.unwrap_or_else(|| "UTC".to_owned()),
            start_date: created.start_date,
            end_date: created.end_date,
            description: created.description,
            state: created.state.unwrap_or_else(|| "ENABLED".to_owned()),
            creation_date: Time(schedule.created),
            last_modification_date: Time(schedule.modified),
            target: created.target,
            flexible_time_window: created.flexible_time_window,
            action_after_completion: created.action_after_completion.unwrap_or_else(|| "NONE".to_owned()),
        })
    }
}
