//! What is wrong with the definition of an alarm, before it is watched.

use super::query::Queries;
use super::rule::Rule;
use super::{AlarmDefinition, AlarmKind, MetricAlarm, actions};

/// AWS takes no more actions for a state.
const MOST_ACTIONS: usize = 5;
/// AWS takes no more metrics in an alarm.
const MOST_METRICS: usize = 10;
/// An alarm looks back for a day; with periods of an hour or more, for a week.
const DAY: u64 = 86_400;
const HOUR: u32 = 3600;

/// What an alarm of this definition works with; the error says what is wrong with it.
pub(super) fn prepare(definition: &AlarmDefinition) -> Result<(Option<Queries>, Option<Rule>), String> {
    let all = [&definition.ok_actions, &definition.alarm_actions, &definition.insufficient_data_actions];
    for actions in all {
        if actions.len() > MOST_ACTIONS {
            return Err(format!("an alarm has at most {MOST_ACTIONS} actions for a state"));
        }
        if let Some(unknown) = actions.iter().find(|action| !actions::is_known(action)) {
            return Err(format!(
                "the stage has no action {unknown}; name the ARN of an SNS topic or of a Lambda function"
            ));
        }
    }
    match &definition.kind {
        AlarmKind::Composite(rule) => Ok((None, Some(Rule::parse(rule)?))),
        AlarmKind::Metric(alarm) => Ok((Some(prepare_metric(alarm)?), None)),
    }
}

fn prepare_metric(alarm: &MetricAlarm) -> Result<Queries, String> {
    // the only query of an alarm on one metric has no Id of a person's choice
    let queries = alarm.queries("metric");
    let mut answers = queries.iter().filter(|query| query.return_data != Some(false));
    let (Some(_), None) = (answers.next(), answers.next()) else {
        return Err("exactly one of Metrics is to have ReturnData true: the one that the alarm watches".to_owned());
    };
    let queries = Queries::parse(&queries)?;
    let count = queries.metrics().count();
    if !(1..=MOST_METRICS).contains(&count) {
        return Err(format!("an alarm watches 1 to {MOST_METRICS} metrics, not {count}"));
    }
    let period = alarm.period();
    if queries.metrics().any(|stat| stat.period != period) {
        return Err("all metrics of an alarm have the same Period".to_owned());
    }
    if !(matches!(period, 10 | 20 | 30) || period.is_multiple_of(60)) {
        return Err("the Period of an alarm is 10, 20, 30 or a multiple of 60".to_owned());
    }
    let (periods, needed) = (alarm.evaluation_periods, alarm.needed());
    if periods == 0 || needed == 0 || needed > periods {
        return Err("EvaluationPeriods is at least 1, and DatapointsToAlarm 1 to EvaluationPeriods".to_owned());
    }
    let longest = if period >= HOUR { 7 * DAY } else { DAY };
    if u64::from(period) * u64::from(periods) > longest {
        return Err(format!("Period times EvaluationPeriods is at most {longest} seconds"));
    }
    if !alarm.threshold.is_finite() {
        return Err("the Threshold is not a number".to_owned());
    }
    if !queries.has_single_result() {
        return Err("an alarm watches one time series, not a list of them".to_owned());
    }
    Ok(queries)
}
