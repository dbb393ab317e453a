use super::{
    Alarm, Target, alarms, blue_in_place_of_green, describe, dimensions, is_unchecked, metric, targets, task_set,
};
use crate::plan::{Alarms, Bounds, Compare, MetricCheck, Missing, Targets, TaskSet};
use std::collections::BTreeMap;

fn alarm(name: &str, state: Option<&str>) -> Alarm {
    Alarm { name: name.to_owned(), state: state.map(str::to_owned), reason: "threshold crossed".to_owned() }
}

#[test]
fn only_an_alarm_in_alarm_stands_in_the_way() {
    let all = [alarm("a", Some("OK")), alarm("b", Some("INSUFFICIENT_DATA")), alarm("c", Some("ALARM"))];
    assert_eq!(alarms(Alarms::NoneInAlarm, &all), ["alarm c is in ALARM: threshold crossed"]);
    assert!(alarms(Alarms::Ignore, &all).is_empty());
    assert!(alarms(Alarms::NoneInAlarm, &all[..2]).is_empty());
    let gone = alarms(Alarms::NoneInAlarm, &[alarm("d", None)]);
    assert!(gone[0].contains("does not exist; create it"), "{gone:?}");
}

fn target(target: &str, state: &str) -> Target {
    Target { target: target.to_owned(), state: state.to_owned(), reason: "Target.FailedHealthChecks".to_owned() }
}

#[test]
fn all_targets_that_stay_are_healthy() {
    let healthy = [target("10.0.0.1:8000", "healthy"), target("10.0.0.2:8000", "draining")];
    assert!(targets(Targets::AllHealthy, &healthy).is_empty());
    let sick = [target("10.0.0.1:8000", "healthy"), target("10.0.0.2:8000", "initial")];
    assert_eq!(targets(Targets::AllHealthy, &sick), ["target 10.0.0.2:8000 is initial (Target.FailedHealthChecks)"]);
    assert_eq!(targets(Targets::AllHealthy, &healthy[1..]), ["the green target group has no targets"]);
    assert!(targets(Targets::Ignore, &sick).is_empty());
}

#[test]
fn a_task_set_is_steady() {
    assert!(task_set(TaskSet::Steady, "STEADY_STATE", 2, 0, 2).is_empty());
    assert!(task_set(TaskSet::Ignore, "STABILIZING", 1, 1, 2).is_empty());
    assert_eq!(
        task_set(TaskSet::Steady, "STABILIZING", 1, 1, 2),
        ["the green task set is in STABILIZING: 1 of 2 tasks are running and 1 are pending"]
    );
}

fn check() -> MetricCheck {
    let dimension = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    MetricCheck {
        name: "errors".to_owned(),
        namespace: "AWS/ApplicationELB".to_owned(),
        metric: "HTTPCode_Target_5XX_Count".to_owned(),
        dimensions: BTreeMap::from([
            dimension("TargetGroup", "{green-target-group}"),
            dimension("LoadBalancer", "{load-balancer}"),
        ]),
        statistic: "Sum".to_owned(),
        period: MetricCheck::PERIOD,
        window: MetricCheck::WINDOW,
        bounds: Bounds { below: Some(5.0), ..Bounds::default() },
        missing: Missing::Fail,
        compare: Some(Compare::Blue),
        factor: Some(1.5),
    }
}

#[test]
fn targets_that_nobody_checks_yet_are_not_unhealthy() {
    let target = |state: &str, reason: &str| Target {
        target: "10.0.0.1:8000".to_owned(),
        state: state.to_owned(),
        reason: reason.to_owned(),
    };
    let unused = target("unused", "Target.NotInUse: Target group is not configured to receive traffic");
    assert!(is_unchecked(std::slice::from_ref(&unused)));
    assert_eq!(targets(Targets::AllHealthy, std::slice::from_ref(&unused)), Vec::<String>::new());
    let both = [unused, target("unhealthy", "Target.Timeout")];
    assert!(!is_unchecked(&both) && !is_unchecked(&[]));
    assert_eq!(targets(Targets::AllHealthy, &both).len(), 2);
}

/// Values of green, values of blue, and what is wrong.
type Row<'a> = (&'a [f64], Option<&'a [f64]>, Vec<String>);

#[test]
fn a_metric_keeps_its_bounds_and_to_blue() {
    let what = "metric errors (Sum of HTTPCode_Target_5XX_Count)";
    let table: [Row<'_>; 8] = [
        (&[1.0, 2.0], Some(&[1.0]), vec![]),
        (&[1.0, 2.0], None, vec![]),
        (&[1.0, 5.0], None, vec![format!("{what}: expected below 5, got 5")]),
        (&[3.0], Some(&[1.0, 2.0]), vec![format!("{what}: expected at most 1.5 times blue's mean of 1.5, got 3")]),
        (&[0.0], Some(&[0.0]), vec![]),
        (
            &[1.0],
            Some(&[f64::NAN]),
            vec![format!(
                "{what}: blue has no data in the last 5m; if that is no reason to fail, write missing = \"pass\""
            )],
        ),
        (
            &[],
            Some(&[1.0]),
            vec![format!(
                "{what}: green has no data in the last 5m; if that is no reason to fail, write missing = \"pass\""
            )],
        ),
        (
            &[6.0, 7.0, 8.0, 9.0, 10.0],
            None,
            vec![
                format!("{what}: expected below 5, got 6"),
                format!("{what}: expected below 5, got 7"),
                format!("{what}: expected below 5, got 8"),
                format!("{what}: and 2 more values like these"),
            ],
        ),
    ];
    for (green, blue, expected) in table {
        assert_eq!(metric(&check(), green, blue), expected);
    }
    for (green, said) in
        [(&[0.5][..], "is 0.5"), (&[2.0, 0.000_04, 1.0], "is 0 to 2"), (&[f64::NAN], "has no data, which")]
    {
        assert!(describe(&check(), green).starts_with(&format!("metric errors {said}")), "{said}");
    }
    let patient = MetricCheck { missing: Missing::Pass, ..check() };
    assert!(metric(&patient, &[], Some(&[])).is_empty());
    assert!(metric(&patient, &[1.0], Some(&[])).is_empty());
}

#[test]
fn dimensions_name_green_or_blue() {
    let values = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    let both = values(&[
        ("green-target-group", "targetgroup/g/1"),
        ("blue-target-group", "targetgroup/b/1"),
        ("load-balancer", "app/lb/1"),
    ]);
    let filled = dimensions(&check(), &both).unwrap();
    assert_eq!(filled[1], ("TargetGroup".to_owned(), "targetgroup/g/1".to_owned()));
    let filled = dimensions(&check(), &blue_in_place_of_green(&both)).unwrap();
    assert_eq!(filled[1], ("TargetGroup".to_owned(), "targetgroup/b/1".to_owned()));
    let error = dimensions(&check(), &values(&[("green-target-group", "g")])).unwrap_err();
    assert_eq!(error, "metric errors: there is no load-balancer here to fill in");
    assert!(dimensions(&check(), &blue_in_place_of_green(&values(&[("load-balancer", "x")]))).is_err());
}
