//! Whatever is measured, an evaluation comes to an end.

use super::evaluating::alarm;
use crate::cloudwatch::evaluation::{Point, evaluate};
use crate::cloudwatch::{AlarmState, TreatMissingData, reason};
use crate::testing::Shell;
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::json;
use std::time::Duration;

fn treatment() -> impl Strategy<Value = TreatMissingData> {
    use TreatMissingData::*;
    prop::sample::select(vec![Missing, NotBreaching, Breaching, Ignore])
}

proptest! {
    #[test]
    fn an_evaluation_never_panics(
        values in prop::collection::vec(prop::option::of(any::<f64>()), 0..12),
        periods in 1_u32..10,
        needed in prop::option::of(1_u32..10),
        treatment in treatment(),
    ) {
        let needed = needed.filter(|needed| *needed <= periods);
        let alarm = alarm(needed, periods, treatment);
        let range: Vec<Option<Point>> =
            values.iter().zip(0..).map(|(value, at)| value.map(|value| Point { at, value, count: None })).collect();
        let evaluation = evaluate(&alarm, &range);
        prop_assert!(evaluation.points.len() <= periods as usize);
        prop_assert!(evaluation.points.len() + evaluation.filled <= periods as usize);
        reason::text(&alarm, &evaluation, AlarmState::Ok);
        reason::data(&alarm, &evaluation, Timestamp::UNIX_EPOCH);
    }

    #[test]
    fn no_data_point_makes_the_world_panic(
        data in prop::collection::vec((any::<f64>(), -10_000_i64..10_000, 0.5_f64..1e9), 0..20),
        stat in prop::sample::select(vec!["Average", "Sum", "p99", "p0.1", "SampleCount"]),
        expression in prop::sample::select(vec!["m / 3", "FILL(m, REPEAT) ^ 2", "IF(m > 1, m, -m)", "m / AVG(m)"]),
    ) {
        let mut shell = Shell::new(crate::Setup::empty());
        let metric = json!({"Namespace": "N", "MetricName": "M"});
        let metrics = json!([
            {"Id": "m", "ReturnData": false, "MetricStat": {"Metric": metric, "Period": 60, "Stat": stat}},
            {"Id": "e", "Expression": expression},
        ]);
        let alarm = json!({"AlarmName": "a", "Metrics": metrics, "EvaluationPeriods": 2, "Threshold": 1,
            "ComparisonOperator": "LessThanThreshold"});
        shell.call("cloudwatch", "PutMetricAlarm", alarm).unwrap();
        let now = shell.now.as_second();
        for (value, at, count) in data {
            let datum = json!({"MetricName": "M", "Timestamp": now + at, "Values": [value], "Counts": [count]});
            // values without a number are refused
            drop(shell.call("cloudwatch", "PutMetricData", json!({"Namespace": "N", "MetricData": [datum]})));
        }
        shell.advance(Duration::from_mins(5));
    }
}
