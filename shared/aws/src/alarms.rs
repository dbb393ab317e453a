//! The state of alarms.

use crate::{Env, Error, classify};
use aws_sdk_cloudwatch::types::AlarmType;

/// An alarm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// Its name.
    pub name: String,
    /// `OK`, `ALARM` or `INSUFFICIENT_DATA`.
    pub state: String,
    /// `CloudWatch`'s words for it.
    pub reason: String,
}

/// Reads alarms of both kinds by their names. Those that do not exist are not among the answer.
pub async fn read(env: &Env, names: &[String]) -> Result<Vec<Alarm>, Error> {
    let mut alarms = Vec::new();
    for names in names.chunks(100) {
        let request = env.cloudwatch().describe_alarms().set_alarm_names(Some(names.to_vec()));
        let request = request.alarm_types(AlarmType::MetricAlarm).alarm_types(AlarmType::CompositeAlarm);
        let answer = request.max_records(100).send().await;
        let answer = answer.map_err(|error| classify("cloudwatch:DescribeAlarms", &names.join(", "), &error))?;
        let alarm = |name: Option<&str>, state: Option<&str>, reason: Option<&str>| Alarm {
            name: name.unwrap_or_default().to_owned(),
            state: state.unwrap_or("INSUFFICIENT_DATA").to_owned(),
            reason: reason.unwrap_or_default().to_owned(),
        };
        let state = |state: Option<&aws_sdk_cloudwatch::types::StateValue>| state.map(|state| state.as_str().to_owned());
        for found in answer.metric_alarms() {
            alarms.push(alarm(found.alarm_name(), state(found.state_value()).as_deref(), found.state_reason()));
        }
        for found in answer.composite_alarms() {
            alarms.push(alarm(found.alarm_name(), state(found.state_value()).as_deref(), found.state_reason()));
        }
    }
    Ok(alarms)
}
