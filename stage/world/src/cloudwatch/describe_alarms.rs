//! `DescribeAlarms`.

use super::alarm_shape::{self, AlarmShape};
use super::{Alarm, AlarmState};
use crate::operation::Operation;
use crate::value;
use crate::{AwsError, Permission, World};
use serde::{Deserialize, Serialize};

/// How many alarms one page has, unless the caller says.
const PAGE: usize = 50;
/// How many alarms the caller can want.
const LARGEST: usize = 100;

pub(crate) struct DescribeAlarms;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Input {
    #[serde(default)]
    alarm_names: Vec<String>,
    alarm_name_prefix: Option<String>,
    #[serde(default)]
    alarm_types: Vec<String>,
    state_value: Option<String>,
    #[serde(default, deserialize_with = "value::number")]
    max_records: Option<usize>,
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    composite_alarms: Vec<AlarmShape>,
    metric_alarms: Vec<AlarmShape>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

impl Operation for DescribeAlarms {
    const SERVICE: &'static str = "cloudwatch";
    const NAME: &'static str = "DescribeAlarms";
    const CALLERS: &'static [&'static str] = &["validate", "greenlight doctor"];
    type Input = Input;
    type Output = Output;

    fn authorize(_: &Input, world: &World) -> Vec<Permission> {
        // whichever alarms are asked for, a narrower scope than all alarms does not find every kind of them
        vec![Permission::new("cloudwatch:DescribeAlarms", super::alarm_arn(world, "*"))]
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        if !input.alarm_names.is_empty() && input.alarm_name_prefix.is_some() {
            return Err(super::invalid("AlarmNames and AlarmNamePrefix cannot be used together"));
        }
        if input.alarm_names.len() > LARGEST {
            return Err(super::invalid(format!("AlarmNames can have at most {LARGEST} items")));
        }
        let state = input.state_value.as_deref().map(AlarmState::parse).transpose()?;
        let wanted = |(name, alarm): &(&String, &Alarm)| {
            // alarms that do not exist are left out
            (input.alarm_names.is_empty() || input.alarm_names.contains(name))
                && input.alarm_name_prefix.as_ref().is_none_or(|prefix| name.starts_with(prefix.as_str()))
                && input.wants(alarm)
                && state.is_none_or(|state| alarm.status.state == state)
        };
        let offset: usize = match &input.next_token {
            None => 0,
            Some(token) => token
                .parse()
                .map_err(|_| AwsError::client("InvalidNextToken", "The next token specified is invalid."))?,
        };
        let page = match (input.max_records, input.alarm_names.len()) {
            (None, names) => names.max(PAGE),
            (Some(most), _) if (1..=LARGEST).contains(&most) => most,
            (Some(most), _) => {
                return Err(super::invalid(format!("'{most}' is not a MaxRecords: use 1 to {LARGEST}")));
            }
        };
        let mut alarms = world.cloudwatch.alarms.iter().filter(wanted).skip(offset);
        let (composite, metric): (Vec<_>, Vec<_>) =
            alarms.by_ref().take(page).partition(|(_, alarm)| alarm.is_composite());
        let show = |alarms: Vec<(&String, &Alarm)>| {
            alarms.into_iter().map(|(name, alarm)| alarm_shape::show(name, alarm)).collect()
        };
        let next_token = alarms.next().map(|_| offset.saturating_add(page).to_string());
        Ok(Output { composite_alarms: show(composite), metric_alarms: show(metric), next_token })
    }
}

impl Input {
    /// Who names no kind gets metric alarms only.
    fn wants(&self, alarm: &Alarm) -> bool {
        let kind = if alarm.is_composite() { "CompositeAlarm" } else { "MetricAlarm" };
        if self.alarm_types.is_empty() {
            !alarm.is_composite()
        } else {
            self.alarm_types.iter().any(|wanted| wanted == kind)
        }
    }
}
