//! `[validate]`: the last look before traffic shifts.

use super::{Bounds, as_text};
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// `[validate]`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Validate {
    /// The deployment group's alarms.
    pub alarms: Alarms,
    /// The green target group's targets.
    pub targets: Targets,
    /// The green task set.
    pub task_set: TaskSet,
    /// Metrics.
    #[serde(rename = "metric", skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<MetricCheck>,
}

/// What the deployment group's alarms must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Alarms {
    /// None is in `ALARM`; `INSUFFICIENT_DATA` is not.
    #[default]
    NoneInAlarm,
    /// Anything.
    Ignore,
}

/// What the green target group's targets must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Targets {
    /// There are some, and all are healthy.
    #[default]
    AllHealthy,
    /// Anything.
    Ignore,
}

/// What the green task set must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TaskSet {
    /// In `STEADY_STATE`.
    #[default]
    Steady,
    /// Anything.
    Ignore,
}

/// `[[validate.metric]]`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct MetricCheck {
    /// Its name, unique among them.
    pub name: String,
    /// The metric's namespace: `AWS/ApplicationELB`.
    pub namespace: String,
    /// The metric's name.
    pub metric: String,
    /// Its dimensions. Values may hold the placeholders of [`MetricCheck::PLACEHOLDERS`].
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub dimensions: BTreeMap<String, String>,
    /// `Average`, `Sum`, `Minimum`, `Maximum`, `SampleCount`, or a percentile such as `p99`.
    pub statistic: String,
    /// What one value is taken over.
    #[serde(serialize_with = "as_text")]
    pub period: Duration,
    /// How far to look back.
    #[serde(serialize_with = "as_text")]
    pub window: Duration,
    /// What every value in the window must be.
    #[serde(flatten)]
    pub bounds: Bounds,
    /// What it means if there is no value.
    pub missing: Missing,
    /// Whether green is held against blue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compare: Option<Compare>,
    /// With `compare`: what green's mean may be at most, as a multiple of blue's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub factor: Option<f64>,
}

impl MetricCheck {
    /// What values of dimensions may hold.
    pub const PLACEHOLDERS: [&str; 5] =
        ["green-target-group", "blue-target-group", "load-balancer", "cluster", "service"];
    /// What one value is taken over, if the plan does not say.
    pub const PERIOD: Duration = Duration::from_mins(1);
    /// How far to look back, if the plan does not say.
    pub const WINDOW: Duration = Duration::from_mins(5);
}

/// What missing data means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Missing {
    /// The check fails.
    #[default]
    Fail,
    /// The check passes.
    Pass,
}

/// What green is held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Compare {
    /// The same metric with `{green-…}` read as `{blue-…}`.
    Blue,
}
