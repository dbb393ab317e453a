//! `SetAlarmState`. An alarm has no metric here that would set it back.

use super::AlarmState;
use crate::operation::Operation;
use crate::{AwsError, FactKind, Permission, World};
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
        let now = world.now;
        let Some(alarm) = world.cloudwatch.alarms.get_mut(&input.alarm_name) else {
            let message = format!("Alarm {} does not exist", input.alarm_name);
            return Err(AwsError::with_status("ResourceNotFound", message, 404));
        };
        let before = std::mem::replace(&mut alarm.state, state);
        alarm.reason.clone_from(&input.state_reason);
        alarm.reason_data = input.state_reason_data;
        alarm.updated = now;
        if before != state {
            alarm.transitioned = now;
            world.tell(FactKind::AlarmChanged {
                alarm: input.alarm_name,
                from: before.name().to_owned(),
                to: state.name().to_owned(),
                reason: input.state_reason,
            });
        }
        Ok(())
    }
}
