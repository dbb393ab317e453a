//! "M out of N" and missing data: the tables of AWS's documentation, and the words of reasons.

use crate::cloudwatch::evaluation::{Evaluation, Point, evaluate};
use crate::cloudwatch::{
    AlarmState, ComparisonOperator, Metric, MetricAlarm, MetricStat, TreatMissingData, Watched, reason,
};
use std::collections::BTreeMap;

const ALL: [TreatMissingData; 4] =
    [TreatMissingData::Missing, TreatMissingData::Ignore, TreatMissingData::Breaching, TreatMissingData::NotBreaching];

pub(super) fn alarm(needed: Option<u32>, periods: u32, treat: TreatMissingData) -> MetricAlarm {
    let metric = Metric { namespace: "N".to_owned(), metric_name: "M".to_owned(), dimensions: BTreeMap::new() };
    MetricAlarm {
        watches: Watched::Metric(MetricStat { metric, period: 60, stat: "Sum".to_owned(), unit: None }),
        evaluation_periods: periods,
        datapoints_to_alarm: needed,
        threshold: 10.0,
        comparison_operator: ComparisonOperator::GreaterThanThreshold,
        treat_missing_data: Some(treat),
    }
}

/// `X` breaches, `0` does not, `-` is missing; the oldest comes first.
fn range(points: &str) -> Vec<Option<Point>> {
    let point = |(index, sign): (usize, &str)| {
        let value = match sign {
            "X" => 20.0,
            "0" => 0.0,
            _ => return None,
        };
        Some(Point { at: 1_767_268_800 + 60 * i64::try_from(index).unwrap(), value, count: Some(1.0) })
    };
    points.split(' ').enumerate().map(point).collect()
}

fn state(evaluation: &Evaluation) -> &'static str {
    evaluation.state.map_or("stays", AlarmState::name)
}

#[test]
fn missing_data_count_as_the_documentation_says() {
    let table = [
        // points, M, then missing, ignore, breaching, notBreaching
        ("0 - X - X", 3, ["OK", "OK", "OK", "OK"]),
        ("0 - - - -", 3, ["OK", "OK", "OK", "OK"]),
        ("- - - - -", 3, ["INSUFFICIENT_DATA", "stays", "ALARM", "OK"]),
        ("0 X X - X", 3, ["ALARM", "ALARM", "ALARM", "ALARM"]),
        ("- - - - X", 3, ["INSUFFICIENT_DATA", "stays", "ALARM", "OK"]),
        ("X - - - -", 3, ["ALARM", "stays", "ALARM", "OK"]),
        ("- - X - -", 3, ["ALARM", "stays", "ALARM", "OK"]),
        ("- - - X -", 3, ["INSUFFICIENT_DATA", "stays", "ALARM", "OK"]),
        ("X X X X 0", 3, ["OK", "OK", "OK", "OK"]),
        ("0 0 X X X", 3, ["ALARM", "ALARM", "ALARM", "ALARM"]),
        ("0 - X - X", 2, ["ALARM", "ALARM", "ALARM", "ALARM"]),
        ("0 0 X 0 X", 2, ["ALARM", "ALARM", "ALARM", "ALARM"]),
        ("0 - X - -", 2, ["OK", "OK", "ALARM", "OK"]),
        ("- - - - 0", 2, ["OK", "OK", "ALARM", "OK"]),
        ("- - - X -", 2, ["ALARM", "stays", "ALARM", "OK"]),
        ("- - - - X", 2, ["INSUFFICIENT_DATA", "stays", "ALARM", "OK"]),
        ("X X 0 0 0", 2, ["OK", "OK", "OK", "OK"]),
    ];
    for (points, needed, expected) in table {
        for (treat, expected) in ALL.into_iter().zip(expected) {
            let evaluation = evaluate(&alarm(Some(needed), 3, treat), &range(points));
            // the old row of the table: the only good point and two bad ones in its place
            assert_eq!(state(&evaluation), expected, "{points} {needed} of 3 {treat:?}");
        }
    }
}

#[test]
fn one_period_is_enough_and_is_looked_at_until_it_is_too_old() {
    for (points, expected) in [("- - X", "ALARM"), ("X - -", "ALARM"), ("X 0 -", "OK"), ("- - -", "OK")] {
        let alarm = alarm(None, 1, TreatMissingData::NotBreaching);
        assert_eq!(state(&evaluate(&alarm, &range(points))), expected, "{points}");
    }
}

#[test]
fn each_operator_knows_its_side() {
    use ComparisonOperator::*;
    for (operator, below, at, above) in [
        (GreaterThanThreshold, false, false, true),
        (GreaterThanOrEqualToThreshold, false, true, true),
        (LessThanThreshold, true, false, false),
        (LessThanOrEqualToThreshold, true, true, false),
    ] {
        let breached = [9.0, 10.0, 11.0].map(|value| operator.is_breached(value, 10.0));
        assert_eq!(breached, [below, at, above], "{operator:?}");
    }
}

#[test]
fn reasons_are_worded_as_aws_words_them() {
    let said = |alarm: &MetricAlarm, points: &str, from| {
        let evaluation = evaluate(alarm, &range(points));
        reason::text(alarm, &evaluation, from)
    };
    let treat = TreatMissingData::NotBreaching;
    assert_eq!(
        said(&alarm(Some(1), 1, treat), "0 0 X", AlarmState::Ok),
        "Threshold Crossed: 1 out of the last 1 datapoints [20.0 (01/01/26 12:02:00)] was greater than the threshold (10.0) (minimum 1 datapoint for OK -> ALARM transition)."
    );
    assert_eq!(
        said(&alarm(None, 2, treat), "0 0 X X", AlarmState::Ok),
        "Threshold Crossed: 2 datapoints [20.0 (01/01/26 12:03:00), 20.0 (01/01/26 12:02:00)] were greater than the threshold (10.0)."
    );
    assert_eq!(
        said(&alarm(Some(2), 3, treat), "X 0 0 0 X", AlarmState::Alarm),
        "Threshold Crossed: 2 out of the last 3 datapoints [0.0 (01/01/26 12:03:00), 0.0 (01/01/26 12:02:00)] were not greater than the threshold (10.0) (minimum 2 datapoints for ALARM -> OK transition)."
    );
    assert_eq!(
        said(&alarm(None, 1, treat), "- - -", AlarmState::Alarm),
        "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching]."
    );
    assert_eq!(
        said(&alarm(None, 3, TreatMissingData::Breaching), "- - - - X", AlarmState::Ok),
        "Threshold Crossed: 1 datapoint was received for 3 periods and 2 missing datapoints were treated as [Breaching]."
    );
    assert_eq!(
        said(&alarm(None, 5, TreatMissingData::Missing), "- - - - - - -", AlarmState::Ok),
        "Insufficient Data: 5 datapoints were unknown."
    );
}
