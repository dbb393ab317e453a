//! The last look before traffic shifts: what is wrong with alarms, targets, the task set and metrics.

use crate::plan::{Alarms, Compare, MetricCheck, Missing, Targets, TaskSet, span};
use std::collections::BTreeMap;

/// An alarm of the deployment group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// Its name.
    pub name: String,
    /// `OK`, `ALARM` or `INSUFFICIENT_DATA`; `None` if there is no such alarm.
    pub state: Option<String>,
    /// `CloudWatch`'s words about the state.
    pub reason: String,
}

/// A target of the green target group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Its address and port.
    pub target: String,
    /// `healthy`, `unhealthy`, `initial`, `draining`, `unused` or `unavailable`.
    pub state: String,
    /// The load balancer's words about the state.
    pub reason: String,
}

/// What is wrong with the alarms: each that is in `ALARM`, and each that is gone, which can warn nobody.
pub fn alarms(policy: Alarms, alarms: &[Alarm]) -> Vec<String> {
    if policy == Alarms::Ignore {
        return Vec::new();
    }
    let wrong = alarms.iter().filter_map(|alarm| match alarm.state.as_deref() {
        Some("ALARM") if alarm.reason.is_empty() => Some(format!("alarm {} is in ALARM", alarm.name)),
        Some("ALARM") => Some(format!("alarm {} is in ALARM: {}", alarm.name, alarm.reason)),
        Some(_) => None,
        None => Some(format!(
            "alarm {} is one of the deployment's and does not exist; create it, or take it out of the deployment group or the service",
            alarm.name
        )),
    });
    wrong.collect()
}

impl Target {
    /// Registered, with a target group that no listener forwards to.
    fn is_unused(&self) -> bool {
        self.state == "unused" && self.reason.starts_with("Target.NotInUse")
    }
}

/// Whether nobody checks these targets yet: a load balancer checks only what some listener forwards to, and without a test
/// listener none forwards to green before traffic shifts.
pub fn is_unchecked(targets: &[Target]) -> bool {
    !targets.is_empty() && targets.iter().all(Target::is_unused)
}

/// What is wrong with the green targets. Those that are leaving do not count: a task of green that was replaced.
pub fn targets(policy: Targets, targets: &[Target]) -> Vec<String> {
    if policy == Targets::Ignore {
        return Vec::new();
    }
    if is_unchecked(targets) {
        return Vec::new();
    }
    let staying = || targets.iter().filter(|target| target.state != "draining");
    if staying().next().is_none() {
        return vec!["the green target group has no targets".to_owned()];
    }
    let wrong = staying().filter(|target| target.state != "healthy").map(|target| {
        let reason = if target.reason.is_empty() { String::new() } else { format!(" ({})", target.reason) };
        format!("target {} is {}{reason}", target.target, target.state)
    });
    wrong.collect()
}

/// What is wrong with the green task set: `stability` is its `stabilityStatus`, and the counts are its tasks.
pub fn task_set(policy: TaskSet, stability: &str, running: u32, pending: u32, desired: u32) -> Vec<String> {
    if policy == TaskSet::Ignore || stability == "STEADY_STATE" {
        return Vec::new();
    }
    vec![format!(
        "the green task set is in {stability}: {running} of {desired} tasks are running and {pending} are pending"
    )]
}

/// The dimensions to ask `CloudWatch` for; `values` are those of [`MetricCheck::PLACEHOLDERS`] by their name.
///
/// # Errors
/// The placeholder that has no value here, and why that may be.
pub fn dimensions(check: &MetricCheck, values: &BTreeMap<String, String>) -> Result<Vec<(String, String)>, String> {
    let mut dimensions = Vec::new();
    for (name, template) in &check.dimensions {
        let mut value = template.clone();
        for placeholder in MetricCheck::PLACEHOLDERS {
            let written = format!("{{{placeholder}}}");
            if !value.contains(&written) {
                continue;
            }
            let Some(filled) = values.get(placeholder) else {
                return Err(format!("metric {}: there is no {placeholder} here to fill in", check.name));
            };
            value = value.replace(&written, filled);
        }
        dimensions.push((name.clone(), value));
    }
    Ok(dimensions)
}

/// The same values with blue in green's place, for the other side of a comparison.
pub fn blue_in_place_of_green(values: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut values = values.clone();
    match values.get("blue-target-group").cloned() {
        Some(blue) => values.insert("green-target-group".to_owned(), blue),
        None => values.remove("green-target-group"),
    };
    values
}

/// What a metric of green is: `metric errors is 0 to 2`.
pub fn describe(check: &MetricCheck, green: &[f64]) -> String {
    let name = &check.name;
    // four digits behind the point tell enough, and none that mean nothing
    let shown = |value: f64| (value * 10_000.0).round() / 10_000.0;
    let finite = || green.iter().copied().filter(|value| value.is_finite());
    match (finite().reduce(f64::min).map(shown), finite().reduce(f64::max).map(shown)) {
        (Some(least), Some(most)) if least < most => format!("metric {name} is {least} to {most}"),
        (Some(one), _) => format!("metric {name} is {one}"),
        (None, _) => format!("metric {name} has no data, which the plan lets pass"),
    }
}

/// What is wrong with a metric: `green` and `blue` are its values in the window, one for each period that has any. `blue` is
/// `None` if there is no blue to compare with, which a service has when it is created.
pub fn metric(check: &MetricCheck, green: &[f64], blue: Option<&[f64]>) -> Vec<String> {
    let what = format!("metric {} ({} of {})", check.name, check.statistic, check.metric);
    let missing = |whose: &str| match check.missing {
        Missing::Pass => Vec::new(),
        Missing::Fail => vec![format!(
            "{what}: {whose} has no data in the last {}; if that is no reason to fail, write missing = \"pass\"",
            span(check.window)
        )],
    };
    let green: Vec<f64> = green.iter().copied().filter(|value| value.is_finite()).collect();
    if green.is_empty() {
        return missing("green");
    }
    let mut wrong: Vec<String> = Vec::new();
    for value in &green {
        for bound in check.bounds.broken_by(*value) {
            wrong.push(format!("{what}: expected {bound}, got {value}"));
        }
    }
    wrong.dedup();
    if wrong.len() > 3 {
        let more = wrong.len() - 3;
        wrong.truncate(3);
        wrong.push(format!("{what}: and {more} more values like these"));
    }
    let (Some(Compare::Blue), Some(factor), Some(blue)) = (check.compare, check.factor, blue) else { return wrong };
    let blue: Vec<f64> = blue.iter().copied().filter(|value| value.is_finite()).collect();
    if blue.is_empty() {
        wrong.extend(missing("blue"));
        return wrong;
    }
    let (green, blue) = (mean(&green), mean(&blue));
    if green > blue * factor {
        wrong.push(format!("{what}: expected at most {factor} times blue's mean of {blue}, got {green}"));
    }
    wrong
}

#[expect(clippy::cast_precision_loss, reason = "a window has at most a few thousand values")]
fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[cfg(test)]
mod tests;
