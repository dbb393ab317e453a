//! `PutCompositeAlarm`.

use super::{AlarmDefinition, AlarmKind};
use crate::operation::Operation;
use crate::value::{self, Value};
use crate::{AwsError, Permission, World};
use serde::Deserialize;

pub(crate) struct PutCompositeAlarm;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Input {
    alarm_name: String,
    alarm_rule: String,
    alarm_description: Option<String>,
    #[serde(default, deserialize_with = "value::number")]
    actions_enabled: Option<bool>,
    #[serde(default, deserialize_with = "value::list", rename = "OKActions")]
    ok_actions: Vec<String>,
    #[serde(default, deserialize_with = "value::list")]
    alarm_actions: Vec<String>,
    #[serde(default, deserialize_with = "value::list")]
    insufficient_data_actions: Vec<String>,
    /// Taken and forgotten.
    #[serde(rename = "Tags")]
    _tags: Option<Value>,
}

impl Operation for PutCompositeAlarm {
    const SERVICE: &'static str = "cloudwatch";
    const NAME: &'static str = "PutCompositeAlarm";
    const CALLERS: &'static [&'static str] = &["tests"];
    type Input = Input;
    type Output = ();

    fn authorize(input: &Input, world: &World) -> Vec<Permission> {
        vec![Permission::new("cloudwatch:PutCompositeAlarm", super::alarm_arn(world, &input.alarm_name))]
    }

    fn call(input: Input, world: &mut World) -> Result<(), AwsError> {
        let definition = AlarmDefinition {
            alarm_description: input.alarm_description,
            actions_enabled: input.actions_enabled.unwrap_or(true),
            ok_actions: input.ok_actions,
            alarm_actions: input.alarm_actions,
            insufficient_data_actions: input.insufficient_data_actions,
            kind: AlarmKind::Composite(input.alarm_rule),
        };
        super::put(world, &input.alarm_name, definition)
    }
}
