//! What a function writes down: one JSON object per line.
//!
//! Each line has a `correlation_id` if it is about a deployment or a firing of a job: the deployment's id, or service, job and
//! scheduled time. A task's `startedBy` and a notice name the same. Some lines are measured: `CloudWatch` makes metrics of their
//! numbers, in the embedded metric format:
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>.

use crate::Env;
use serde_json::{Map, Value, json};
use std::io::Write;

/// The namespace of the metrics.
pub const NAMESPACE: &str = "Greenlight";

/// A number in a line that becomes a metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Metric {
    /// Its name: `HookDuration`.
    pub name: &'static str,
    /// Its unit as `CloudWatch` has it: `Milliseconds`, `Count`.
    pub unit: &'static str,
    /// The number.
    pub value: f64,
}

impl Metric {
    /// How long something took.
    #[expect(clippy::cast_precision_loss, reason = "a hundred thousand years in milliseconds are exact")]
    pub fn milliseconds(name: &'static str, value: i64) -> Self {
        Self { name, unit: "Milliseconds", value: value as f64 }
    }

    /// Whether something happened: 1 or 0, so that the average is a rate.
    pub fn happened(name: &'static str, value: bool) -> Self {
        Self { name, unit: "Count", value: f64::from(u8::from(value)) }
    }
}

impl Env {
    /// Writes one event to the function's log: `event` is its dotted name, `fields` an object with what it is about.
    pub fn emit(&self, event: &str, fields: Value) {
        self.write(Value::Object(self.line(event, fields)).to_string());
    }

    /// The same with numbers that become metrics: of the install as a whole, and of each of its `dimensions` together.
    pub fn emit_measured(&self, event: &str, fields: Value, dimensions: &[(&str, &str)], metrics: &[Metric]) {
        let mut line = self.line(event, fields);
        let all: Vec<&str> = std::iter::once("Install").chain(dimensions.iter().map(|(name, _)| *name)).collect();
        let described: Vec<Value> =
            metrics.iter().map(|metric| json!({ "Name": metric.name, "Unit": metric.unit })).collect();
        let mut sets = vec![json!(["Install"])];
        sets.extend((all.len() > 1).then(|| json!(all)));
        line.insert("Install".to_owned(), self.settings.install.as_str().into());
        line.extend(dimensions.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())));
        line.extend(metrics.iter().map(|metric| (metric.name.to_owned(), metric.value.into())));
        let metadata = json!({
            "Timestamp": self.clock.now().as_millisecond(),
            "CloudWatchMetrics": [{ "Namespace": NAMESPACE, "Dimensions": sets, "Metrics": described }],
        });
        line.insert("_aws".to_owned(), metadata);
        self.write(Value::Object(line).to_string());
    }

    fn line(&self, event: &str, fields: Value) -> Map<String, Value> {
        let mut line = Map::new();
        line.insert("event".to_owned(), event.into());
        line.insert("at".to_owned(), self.clock.now().to_string().into());
        if let Value::Object(fields) = fields {
            line.extend(correlation_id(&fields).map(|id| ("correlation_id".to_owned(), id.into())));
            line.extend(fields);
        }
        line
    }
}

/// By what the lines about one story are found, if the members say which one it is.
fn correlation_id(fields: &Map<String, Value>) -> Option<String> {
    let text = |name: &str| fields.get(name).and_then(Value::as_str);
    if let Some(deployment) = text("deployment_id") {
        return Some(deployment.to_owned());
    }
    Some(format!("{}/{}/{}", text("service")?, text("job")?, text("scheduled")?))
}

/// Writes a line to standard output, where Lambda picks it up. If nobody listens there, nothing can be done about it.
pub(crate) fn to_standard_output(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

#[cfg(test)]
mod tests {
    use super::Metric;
    use crate::{Clock, Env, Settings};
    use jiff::Timestamp;
    use serde_json::{Value, json};
    use std::collections::BTreeMap;
    use std::sync::{Arc, Mutex};

    fn lines(write: impl FnOnce(&Env)) -> Vec<Value> {
        let kept: Arc<Mutex<Vec<String>>> = Arc::default();
        let keep = Arc::clone(&kept);
        let clock = Clock::starting_at(Timestamp::UNIX_EPOCH, 1.0);
        let sdk = aws_types::SdkConfig::builder().build();
        let env = Env::new(sdk, clock, Settings::from_map(&BTreeMap::new()).unwrap());
        write(&env.with_log(Arc::new(move |line| keep.lock().unwrap().push(line))));
        let kept = kept.lock().unwrap();
        kept.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn lines_of_one_story_have_one_id() {
        let lines = lines(|env| {
            env.emit("hook.verdict", json!({ "deployment_id": "d-1" }));
            env.emit("job.started", json!({ "service": "web", "job": "sync", "scheduled": "2026-01-01T02:00:00Z" }));
            env.emit("other", json!({ "service": "web" }));
        });
        let ids: Vec<&Value> = lines.iter().map(|line| &line["correlation_id"]).collect();
        assert_eq!(ids, [&json!("d-1"), &json!("web/sync/2026-01-01T02:00:00Z"), &Value::Null]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_measured_line_is_in_the_embedded_metric_format() {
        let metrics = [Metric::milliseconds("HookDuration", 1200), Metric::happened("HookFailed", true)];
        let lines = lines(|env| {
            let fields = json!({ "deployment_id": "d-1" });
            env.emit_measured("hook.verdict", fields, &[("LifecycleEvent", "BeforeInstall")], &metrics);
        });
        let line = &lines[0];
        let described = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(described["Namespace"], "Greenlight");
        assert_eq!(described["Dimensions"], json!([["Install"], ["Install", "LifecycleEvent"]]));
        for name in ["Install", "LifecycleEvent"] {
            assert!(line[name].is_string(), "each dimension is a member: {line}");
        }
        for metric in described["Metrics"].as_array().unwrap() {
            assert!(line[metric["Name"].as_str().unwrap()].is_number(), "each metric is a member: {line}");
        }
        assert!(line["_aws"]["Timestamp"].is_i64());
        assert_eq!(line["correlation_id"], "d-1");
    }
}
