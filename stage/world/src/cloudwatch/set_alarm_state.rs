//! `SetAlarmState`. The state lasts until the alarm is evaluated again.

use super::{AlarmState, transition};
use crate::operation::Operation;
use crate::{AwsError, Permission, World};
use serde::Deserialize;

pub(crate) struct SetAlarmState;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Input {
    alarm_name: String,
    state_value: String,
    state_reason: String,
    state_reason_data: Option<String>,
}

impl Operation for SetAlarmState {
    const SERVICE: &'static str = "cloudwatch";
    const NAME: &'static str = "SetAlarmState";
    const CALLERS: &'static [&'static str] = &["tests"];
    type Input = Input;
    type Output = ();

    fn authorize(input: &Input, world: &World) -> Vec<Permission> {
        vec![Permission::new("cloudwatch:SetAlarmState", super::alarm_arn(world, &input.alarm_name))]
    }

    fn call(input: Input, world: &mut World) -> Result<(), AwsError> {
        let state = AlarmState::parse(&input.state_value)?;
        if !world.cloudwatch.alarms.contains_key(&input.alarm_name) {
            let message = format!("Alarm {} does not exist", input.alarm_name);
            return Err(AwsError::with_status("ResourceNotFound", message, 404));
        }
        transition::set(world, &input.alarm_name, state, input.state_reason, input.state_reason_data);
        Ok(())
    }
}
