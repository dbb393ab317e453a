//! `[validate]`.

use super::value::{BOUNDS, bounds};
use crate::document::{Node, Reader, Table, join};
use crate::plan::{Alarms, Compare, MetricCheck, Missing, Targets, TaskSet, Validate, span};
use crate::suggest;
use std::collections::BTreeMap;
use std::time::Duration;

const VALIDATE: &[&str] = &["alarms", "targets", "task-set", "metric"];
/// Names that `--skip validate:NAME` knows already.
const PARTS: [&str; 3] = ["alarms", "targets", "task-set"];
const METRIC: &[&str] = &[
    "name",
    "namespace",
    "metric",
    "dimensions",
    "statistic",
    "period",
    "window",
    "above",
    "below",
    "at-least",
    "at-most",
    "missing",
    "compare",
    "factor",
];
const STATISTICS: [&str; 6] = ["Average", "Sum", "Minimum", "Maximum", "SampleCount", "IQM"];
const LONGEST_WINDOW: Duration = Duration::from_hours(24);

pub(super) fn validate(reader: &mut Reader, node: &Node) -> Option<Validate> {
    let table = reader.table(node, "validate", VALIDATE, &[])?;
    let alarms = [("none-in-alarm", Alarms::NoneInAlarm), ("ignore", Alarms::Ignore)];
    let targets = [("all-healthy", Targets::AllHealthy), ("ignore", Targets::Ignore)];
    let task_set = [("steady", TaskSet::Steady), ("ignore", TaskSet::Ignore)];
    let mut metrics = Vec::<MetricCheck>::new();
    if let Some(node) = table.get("metric") {
        for (index, item) in reader.as_list(node, "validate.metric", "tables: [[validate.metric]]").iter().enumerate() {
            let path = format!("validate.metric[{index}]");
            let Some(check) = metric(reader, item, &path) else { continue };
            if PARTS.contains(&check.name.as_str()) {
                let message = format!(
                    "{:?} is another part of [validate] already; give the metric a name of its own",
                    check.name
                );
                reader.wrong(item.place, &join(&path, "name"), message);
            }
            if metrics.iter().any(|other| other.name == check.name) && !check.name.is_empty() {
                let message = format!("{:?} is the name of an earlier one too; give each its own", check.name);
                reader.wrong(item.place, &join(&path, "name"), message);
            }
            metrics.push(check);
        }
    }
    Some(Validate {
        alarms: word(reader, table, "validate", "alarms", &alarms),
        targets: word(reader, table, "validate", "targets", &targets),
        task_set: word(reader, table, "validate", "task-set", &task_set),
        metrics,
    })
}

fn word<T: Copy + Default>(reader: &mut Reader, table: Table<'_>, path: &str, key: &str, words: &[(&str, T)]) -> T {
    table.get(key).and_then(|node| reader.as_word(node, &join(path, key), words)).unwrap_or_default()
}

fn metric(reader: &mut Reader, node: &Node, path: &str) -> Option<MetricCheck> {
    let table = reader.table(node, path, METRIC, &[])?;
    let name = reader.text(table, path, "name", "a name: name = \"errors\"");
    let namespace = reader.text(table, path, "namespace", "its namespace: namespace = \"AWS/ApplicationELB\"");
    let metric = reader.text(table, path, "metric", "the metric: metric = \"HTTPCode_Target_5XX_Count\"");
    let statistic = reader.text(table, path, "statistic", "a statistic: statistic = \"Sum\"");
    if !statistic.is_empty() && !is_statistic(&statistic) {
        let hint = suggest::hint(&statistic, STATISTICS);
        let place = table.get("statistic").and_then(|node| node.place);
        let message = format!("{statistic:?} is no statistic of CloudWatch; {hint}, or a percentile such as `p99`");
        reader.wrong(place, &join(path, "statistic"), message);
    }
    let compare =
        table.get("compare").and_then(|node| reader.as_word(node, &join(path, "compare"), &[("blue", Compare::Blue)]));
    let factor = table.get("factor").and_then(|node| reader.as_number(node, &join(path, "factor")));
    let check = MetricCheck {
        name,
        namespace,
        metric,
        dimensions: dimensions(reader, table, path),
        statistic,
        period: period(reader, table, path),
        window: window(reader, table, path),
        bounds: bounds(reader, table, path),
        missing: word(reader, table, path, "missing", &[("fail", Missing::Fail), ("pass", Missing::Pass)]),
        compare,
        factor,
    };
    whole(reader, table, path, &check);
    Some(check)
}

/// What must fit together.
fn whole(reader: &mut Reader, table: Table<'_>, path: &str, check: &MetricCheck) {
    let place_of = |key: &str| table.get(key).and_then(|node| node.place);
    if check.window < check.period {
        let message = format!("is shorter than the period of {}; lengthen it", span(check.period));
        reader.wrong(place_of("window"), &join(path, "window"), message);
    }
    if !BOUNDS.iter().any(|key| table.has(key)) && !table.has("compare") {
        let message = "says nothing about the value; add below, above, at-least or at-most, or compare = \"blue\"";
        reader.wrong(table.place(), path, message);
    }
    match (table.get("compare"), table.get("factor")) {
        (Some(node), None) => {
            let message = "needs a factor: factor = 1.5 lets green have one and a half times what blue has";
            reader.wrong(node.place, &join(path, "compare"), message);
        }
        (None, Some(node)) => {
            let message = "multiplies what blue has, and there is no compare = \"blue\"; add it or take this out";
            reader.wrong(node.place, &join(path, "factor"), message);
        }
        _ => {}
    }
    if check.factor.is_some_and(|factor| factor <= 0.0) {
        reader.wrong(place_of("factor"), &join(path, "factor"), "must be more than 0, such as 1.5");
    }
    if check.compare.is_some() && !check.dimensions.values().any(|value| value.contains("{green-target-group}")) {
        let message = "green and blue would be the same data; a dimension must be {green-target-group}: dimensions = { \
                       TargetGroup = \"{green-target-group}\", LoadBalancer = \"{load-balancer}\" }";
        reader.wrong(place_of("compare"), &join(path, "compare"), message);
    }
}

/// `Average` and the like, `p99.9`, `tm90`.
fn is_statistic(text: &str) -> bool {
    if STATISTICS.contains(&text) {
        return true;
    }
    let number = ["p", "tm", "wm", "tc", "ts"].iter().find_map(|prefix| text.strip_prefix(prefix));
    let number = number.filter(|number| number.chars().all(|c| c.is_ascii_digit() || c == '.'));
    number.and_then(|number| number.parse::<f64>().ok()).is_some_and(|number| (0.0..=100.0).contains(&number))
}

fn dimensions(reader: &mut Reader, table: Table<'_>, path: &str) -> BTreeMap<String, String> {
    let Some(node) = table.get("dimensions") else { return BTreeMap::new() };
    let path = join(path, "dimensions");
    let dimensions = reader.as_text_table(node, &path);
    for (name, value) in &dimensions {
        for placeholder in value.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name) {
            if !MetricCheck::PLACEHOLDERS.contains(&placeholder) {
                let hint = suggest::hint(placeholder, MetricCheck::PLACEHOLDERS);
                reader.wrong(node.place, &join(&path, name), format!("unknown placeholder {{{placeholder}}}; {hint}"));
            }
        }
    }
    dimensions
}

fn period(reader: &mut Reader, table: Table<'_>, path: &str) -> Duration {
    let Some(node) = table.get("period") else { return MetricCheck::PERIOD };
    let path = join(path, "period");
    let Some(period) = reader.as_duration(node, &path) else { return MetricCheck::PERIOD };
    let seconds = period.as_secs();
    let fits = period.subsec_nanos() == 0
        && (matches!(seconds, 1 | 5 | 10 | 20 | 30) || (seconds > 0 && seconds.is_multiple_of(60)));
    if !fits || seconds > 3600 {
        let message = "CloudWatch takes 1, 5, 10, 20 or 30 seconds and whole minutes, here up to an hour: write \"1m\"";
        reader.wrong(node.place, &path, message);
    }
    period
}

fn window(reader: &mut Reader, table: Table<'_>, path: &str) -> Duration {
    let Some(node) = table.get("window") else { return MetricCheck::WINDOW };
    let path = join(path, "window");
    let Some(window) = reader.as_duration(node, &path) else { return MetricCheck::WINDOW };
    if window > LONGEST_WINDOW {
        reader.wrong(node.place, &path, "looks back more than a day; write \"15m\"");
    }
    window
}
