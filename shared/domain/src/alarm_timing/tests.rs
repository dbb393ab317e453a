use super::*;

const fn minutes(minutes: u64) -> Duration {
    Duration::from_mins(minutes)
}

fn metric(period: u64, datapoints: u32, is_of_aws: bool) -> Watched {
    Watched::Metric { period: Duration::from_secs(period), datapoints, is_of_aws }
}

fn alarms(list: &[(&str, Watched)]) -> BTreeMap<String, Watched> {
    list.iter().map(|(name, watched)| ((*name).to_owned(), watched.clone())).collect()
}

fn composite(rule: &str) -> Watched {
    Watched::Composite(rule.to_owned())
}

#[test]
fn what_an_alarm_needs() {
    let table = [
        // data points, the metric's way, and the evaluation
        (metric(60, 1, true), Some(60 + 120 + 60)),
        (metric(60, 3, true), Some(180 + 120 + 60)),
        (metric(300, 2, true), Some(600 + 120 + 60)),
        (metric(60, 1, false), Some(60 + 60 + 60)),
        (metric(10, 3, false), Some(30 + 60 + 10)),
        (metric(86_400, 5, true), Some(432_000 + 120 + 60)),
        (Watched::Unknown, None),
    ];
    for (watched, expected) in table {
        let found = needs("a", &alarms(&[("a", watched.clone())]));
        assert_eq!(found, expected.map(Duration::from_secs), "{watched:?}");
    }
    assert_eq!(needs("nowhere", &BTreeMap::new()), None);
}

#[test]
fn a_composite_alarm_needs_what_its_children_need() {
    let (quick, slow) = (Some(minutes(4)), Some(minutes(13)));
    let table = [
        ("ALARM(quick)", quick),
        ("ALARM(\"quick\") OR ALARM('slow')", quick),
        ("ALARM(quick) AND ALARM(slow)", slow),
        ("ALARM(quick) AND NOT ALARM(slow)", slow),
        ("ALARM(quick) AND OK(slow)", quick),
        ("ALARM(arn:aws:cloudwatch:us-east-1:123456789012:alarm:slow)", slow),
        ("ALARM(inner) AND ALARM(quick)", slow),
        ("ALARM(nowhere) OR ALARM(quick)", None),
        ("ALARM(outer)", None),
        ("TRUE", None),
        ("ALARM(", None),
    ];
    for (rule, expected) in table {
        let known = [
            ("quick", metric(60, 1, true)),
            ("slow", metric(300, 2, true)),
            ("inner", composite("ALARM(slow)")),
            ("outer", composite(rule)),
        ];
        assert_eq!(needs("outer", &alarms(&known)), expected, "{rule}");
    }
}

#[test]
fn when_an_alarm_comes() {
    use Comes::{InShift, InTerminationWait, InWindow, TooLate};
    let allowed = |shift, termination_wait, window| Allowed {
        shift: minutes(shift),
        termination_wait: minutes(termination_wait),
        window: minutes(window),
    };
    let table = [
        // a canary of five minutes: an alarm of one period of a minute makes it, with CodeDeploy's delay
        (allowed(5, 5, 30), minutes(4), true, InShift),
        (allowed(5, 5, 30), minutes(5), true, InTerminationWait),
        (allowed(5, 5, 30), minutes(5), false, InShift),
        (allowed(0, 5, 30), minutes(4), true, InTerminationWait),
        (allowed(0, 5, 0), minutes(5), true, TooLate),
        (allowed(0, 5, 30), minutes(5), true, InWindow),
        (allowed(0, 5, 30), minutes(35), true, InWindow),
        (allowed(0, 5, 30), minutes(36), true, TooLate),
        (allowed(0, 0, 0), minutes(1), true, TooLate),
        // the plan's alarms are heard by the function alone, and without [rollback] by nobody
        (allowed(0, 5, 30), minutes(5), false, InTerminationWait),
        (allowed(9, 60, 0), minutes(4), false, TooLate),
    ];
    for (allowed, needs, by_codedeploy, expected) in table {
        assert_eq!(allowed.comes(needs, by_codedeploy), expected, "{allowed:?} {needs:?} {by_codedeploy}");
    }
}

#[test]
fn how_long_a_shift_takes() {
    for (percentage, interval, expected) in [(10, 1, 9), (10, 3, 27), (30, 2, 6), (99, 5, 5), (1, 1, 99), (0, 1, 99)] {
        assert_eq!(linear(percentage, minutes(interval)), minutes(expected), "{percentage}");
    }
}
