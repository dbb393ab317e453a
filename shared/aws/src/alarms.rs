//! The state of alarms, and what they watch.

use crate::{Env, Error, classify};
use aws_sdk_cloudwatch::types::{AlarmType, MetricAlarm, MetricStat, StateValue};
use greenlight_domain::alarm_timing::{self, Watched};
use greenlight_domain::validate::Alarm;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Reads alarms of both kinds by their names. One that does not exist has no state.
pub async fn read(env: &Env, names: &[String]) -> Result<Vec<Alarm>, Error> {
    let mut found = Vec::new();
    for names in names.chunks(100) {
        let request = env.cloudwatch().describe_alarms().set_alarm_names(Some(names.to_vec()));
        let request = request.alarm_types(AlarmType::MetricAlarm).alarm_types(AlarmType::CompositeAlarm);
        let answer = request.max_records(100).send().await;
        let answer = answer.map_err(|error| classify("cloudwatch:DescribeAlarms", &names.join(", "), &error))?;
        for alarm in answer.metric_alarms() {
            found.push(described(alarm.alarm_name(), alarm.state_value(), alarm.state_reason()));
        }
        for alarm in answer.composite_alarms() {
            found.push(described(alarm.alarm_name(), alarm.state_value(), alarm.state_reason()));
        }
    }
    let missing = |name: &&String| !found.iter().any(|alarm| alarm.name == **name);
    let missing: Vec<Alarm> = names.iter().filter(missing).map(|name| described(Some(name), None, None)).collect();
    found.extend(missing);
    Ok(found)
}

/// What alarms of both kinds watch, and what those watch that they look at. One that does not exist is not among them.
pub async fn watched(env: &Env, names: &[String]) -> Result<BTreeMap<String, Watched>, Error> {
    let mut found = BTreeMap::new();
    let mut wanted: BTreeSet<String> = names.iter().cloned().collect();
    let mut asked = BTreeSet::new();
    while !wanted.is_empty() {
        let names: Vec<String> = wanted.iter().take(100).cloned().collect();
        let request = env.cloudwatch().describe_alarms().set_alarm_names(Some(names.clone())).max_records(100);
        let request = request.alarm_types(AlarmType::MetricAlarm).alarm_types(AlarmType::CompositeAlarm);
        let answer = request.send().await;
        let answer = answer.map_err(|error| classify("cloudwatch:DescribeAlarms", &names.join(", "), &error))?;
        wanted.retain(|name| !names.contains(name));
        asked.extend(names);
        for alarm in answer.metric_alarms() {
            found.extend(alarm.alarm_name().map(|name| (name.to_owned(), of_metrics(alarm))));
        }
        for alarm in answer.composite_alarms() {
            let (Some(name), Some(rule)) = (alarm.alarm_name(), alarm.alarm_rule()) else { continue };
            let new = alarm_timing::children(rule).into_iter().filter(|child| !asked.contains(*child));
            wanted.extend(new.map(str::to_owned));
            found.insert(name.to_owned(), Watched::Composite(rule.to_owned()));
        }
    }
    Ok(found)
}

fn of_metrics(alarm: &MetricAlarm) -> Watched {
    let queries = || alarm.metrics().iter();
    let periods = queries().filter_map(|query| query.metric_stat().and_then(MetricStat::period).or(query.period()));
    let Some(period) = periods.chain(alarm.period()).max() else { return Watched::Unknown };
    let metrics = queries().filter_map(|query| query.metric_stat()?.metric()?.namespace());
    let positive = |number: i32| u32::try_from(number).unwrap_or_default();
    Watched::Metric {
        period: Duration::from_secs(u64::from(positive(period))),
        datapoints: positive(alarm.datapoints_to_alarm().or(alarm.evaluation_periods()).unwrap_or(1)),
        is_of_aws: metrics.chain(alarm.namespace()).any(|namespace| namespace.starts_with("AWS/")),
    }
}

fn described(name: Option<&str>, state: Option<&StateValue>, reason: Option<&str>) -> Alarm {
    Alarm {
        name: name.unwrap_or_default().to_owned(),
        state: state.map(|state| state.as_str().to_owned()),
        reason: reason.unwrap_or_default().to_owned(),
    }
}
