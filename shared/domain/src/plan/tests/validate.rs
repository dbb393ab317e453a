use super::{assert_refused, read};
use crate::plan::{Alarms, Bounds, Missing, Targets, TaskSet};
use std::time::Duration;

const ERRORS: &str = "[[validate.metric]]\nname = \"errors\"\nnamespace = \"AWS/ApplicationELB\"\n\
                      metric = \"HTTPCode_Target_5XX_Count\"\nstatistic = \"Sum\"\n";

#[test]
fn an_empty_table_looks_at_everything_that_needs_no_words() {
    let validate = read("[validate]").validate.unwrap();
    assert_eq!(validate.alarms, Alarms::NoneInAlarm);
    assert_eq!((validate.targets, validate.task_set), (Targets::AllHealthy, TaskSet::Steady));
    let validate =
        read("[validate]\nalarms = \"ignore\"\ntargets = \"ignore\"\ntask-set = \"ignore\"").validate.unwrap();
    assert_eq!((validate.alarms, validate.targets), (Alarms::Ignore, Targets::Ignore));
}

#[test]
fn metrics_have_bounds_or_are_compared() {
    let validate = read(&format!(
        "{ERRORS}dimensions = {{ TargetGroup = \"{{green-target-group}}\", LoadBalancer = \"{{load-balancer}}\" }}\n\
         period = \"30s\"\nwindow = \"10m\"\nbelow = 5\nat-least = 0.5\nmissing = \"pass\"\ncompare = \"blue\"\nfactor = 1.5"
    ));
    let metric = &validate.validate.unwrap().metrics[0];
    assert_eq!(metric.bounds, Bounds { below: Some(5.0), at_least: Some(0.5), ..Bounds::default() });
    assert_eq!((metric.missing, metric.factor), (Missing::Pass, Some(1.5)));
    assert_eq!((metric.period, metric.window), (Duration::from_secs(30), Duration::from_mins(10)));
}

#[test]
fn what_is_wrong_is_said_with_a_remedy() {
    assert_refused(&[("[validate]\nalarms = \"none\"", "did you mean `none-in-alarm`?")]);
    let cases = [
        ("", "`validate.metric[0]`: says nothing about the value; add below"),
        ("below = \"5\"", "`validate.metric[0].below`: expected a number, not a text"),
        ("below = 5\nperiod = \"45s\"", "CloudWatch takes 1, 5, 10, 20 or 30 seconds and whole minutes"),
        ("below = 5\nperiod = \"10m\"", "`validate.metric[0].window`: is shorter than the period of 10m"),
        ("below = 5\nwindow = \"48h\"", "looks back more than a day"),
        ("below = 5\ncompare = \"blue\"", "`validate.metric[0].compare`: needs a factor"),
        ("below = 5\nfactor = 2", "`validate.metric[0].factor`: multiplies what blue has"),
        ("compare = \"blue\"\nfactor = 0", "must be more than 0"),
        ("compare = \"blue\"\nfactor = 2", "green and blue would be the same data"),
        (
            "below = 5\ndimensions = { A = \"{green}\" }",
            "unknown placeholder {green}; did you mean `green-target-group`?",
        ),
        (&format!("below = 5\n{ERRORS}below = 1"), "\"errors\" is the name of an earlier one too"),
    ];
    for (more, expected) in cases {
        assert_refused(&[(&format!("{ERRORS}{more}"), expected)]);
    }
    let statistic = |name: &str| ERRORS.replace("\"Sum\"", &format!("\"{name}\"")) + "below = 1";
    assert_refused(&[(&statistic("sum"), "\"sum\" is no statistic of CloudWatch; did you mean `Sum`?")]);
    assert_refused(&[(&statistic("p101"), "or a percentile such as `p99`")]);
    assert_eq!(read(&statistic("p99.9")).validate.unwrap().metrics[0].statistic, "p99.9");
}
