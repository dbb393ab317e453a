//! `StateReason` and `StateReasonData`, as AWS words them.

use super::evaluation::Evaluation;
use super::{AlarmState, MetricAlarm, TreatMissingData, Watched, time};
use jiff::Timestamp;
use serde_json::{Value, json};

/// Why an alarm that was in the state `from` gets the state of this evaluation.
pub(super) fn text(alarm: &MetricAlarm, evaluation: &Evaluation, from: AlarmState) -> String {
    let state = evaluation.state.unwrap_or(from);
    let points = evaluation.points.len();
    if state == AlarmState::InsufficientData {
        let unknown = alarm.evaluation_periods as usize - points;
        return format!("Insufficient Data: {} unknown.", counted(unknown, "datapoint", "was", "were"));
    }
    if evaluation.filled > 0 {
        let filled = counted(evaluation.filled, "missing datapoint", "was", "were");
        let periods = match alarm.evaluation_periods {
            1 => "1 period".to_owned(),
            periods => format!("{periods} periods"),
        };
        let treated = match alarm.treat_missing_data {
            Some(TreatMissingData::Breaching) => "Breaching",
            _ => "NonBreaching",
        };
        let received = match points {
            0 => "no datapoints were".to_owned(),
            points => counted(points, "datapoint", "was", "were"),
        };
        return format!("Threshold Crossed: {received} received for {periods} and {filled} treated as [{treated}].");
    }
    let is_alarm = state == AlarmState::Alarm;
    let operator = alarm.comparison_operator;
    let said: Vec<_> = evaluation
        .points
        .iter()
        // of M out of N, those that speak for the state
        .filter(|point| {
            alarm.datapoints_to_alarm.is_none() || operator.is_breached(point.value, alarm.threshold) == is_alarm
        })
        .map(|point| format!("{:?} ({})", point.value, time::short(point.at)))
        .collect();
    let (values, number) = (said.join(", "), said.len());
    let not = if is_alarm { "" } else { "not " };
    let were = if number == 1 { "was" } else { "were" };
    let crossed = format!("{were} {not}{} the threshold ({:?})", operator.words(), alarm.threshold);
    match alarm.datapoints_to_alarm {
        None => format!("Threshold Crossed: {number} datapoint{} [{values}] {crossed}.", plural(number)),
        Some(needed) => {
            let (needed, last) = (needed as usize, alarm.evaluation_periods);
            let (minimum, way) =
                if is_alarm { (needed, "OK -> ALARM") } else { (last as usize - needed + 1, "ALARM -> OK") };
            format!(
                "Threshold Crossed: {number} out of the last {last} datapoints [{values}] {crossed} (minimum {minimum} datapoint{} for {way} transition).",
                plural(minimum)
            )
        }
    }
}

fn counted(number: usize, what: &str, was: &str, were: &str) -> String {
    format!("{number} {what}{} {}", plural(number), if number == 1 { was } else { were })
}

fn plural(number: usize) -> &'static str {
    if number == 1 { "" } else { "s" }
}

/// `StateReasonData` of a metric alarm whose evaluation range begins with these periods.
pub(super) fn data(alarm: &MetricAlarm, evaluation: &Evaluation, now: Timestamp) -> String {
    let mut data = json!({ "version": "1.0", "queryDate": time::stamp(now) });
    if let Some(oldest) = evaluation.points.last() {
        data["startDate"] = json!(time::stamp_of_second(oldest.at));
    }
    if let Watched::Metric(stat) = &alarm.watches {
        if let Some(unit) = &stat.unit {
            data["unit"] = json!(unit);
        }
        data["statistic"] = json!(stat.stat);
    }
    data["period"] = json!(alarm.period());
    let oldest_first: Vec<f64> = evaluation.points.iter().rev().map(|point| point.value).collect();
    data["recentDatapoints"] = json!(oldest_first);
    data["threshold"] = json!(alarm.threshold);
    let evaluated = evaluation.points.iter().map(|point| {
        let mut one = json!({ "timestamp": time::stamp_of_second(point.at) });
        if let Some(count) = point.count {
            one["sampleCount"] = json!(count);
        }
        one["value"] = json!(point.value);
        one
    });
    data["evaluatedDatapoints"] = evaluated.collect::<Vec<Value>>().into();
    data.to_string()
}
