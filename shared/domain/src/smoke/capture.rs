//! Takes values out of an answer for later checks.

use super::{Failure, Response, Values};
use crate::plan::{Capture, CaptureFrom, SmokeTest};
use serde_json::Value;

/// Keeps what the check captures, if all of it is there; otherwise says what is missing.
pub fn capture(check: &SmokeTest, response: &Response, values: &mut Values) -> Vec<Failure> {
    if check.capture.is_empty() {
        return Vec::new();
    }
    let of_body = |capture: &Capture| !matches!(capture.from, CaptureFrom::Header(_));
    if response.cut && check.capture.values().any(of_body) {
        let expected = format!("at most {} bytes (max-body)", check.max_body);
        return vec![Failure::of("body", expected, "more".to_owned())];
    }
    let json: Option<Value> = serde_json::from_slice(&response.body).ok();
    let mut found = Vec::new();
    let mut failures = Vec::new();
    for (name, capture) in &check.capture {
        match take(&capture.from, response, json.as_ref()) {
            Ok(value) => found.push((name, value, capture.show)),
            Err((expected, actual)) => failures.push(Failure::of(&format!("capture {name}"), expected, actual)),
        }
    }
    if failures.is_empty() {
        for (name, value, show) in found {
            values.keep(name, value, show);
        }
    }
    failures
}

fn take(from: &CaptureFrom, response: &Response, json: Option<&Value>) -> Result<Value, (String, String)> {
    match from {
        CaptureFrom::Json(path) => {
            let expected = format!("one value at {}", path.as_str());
            let Some(json) = json else { return Err((expected, "a body that is not JSON".to_owned())) };
            match path.select(json).as_slice() {
                [value] => Ok((*value).clone()),
                [] => Err((expected, "no value".to_owned())),
                many => Err((expected, format!("{} values", many.len()))),
            }
        }
        CaptureFrom::Header(name) => {
            let value = response.header(name).map(Value::from);
            value.ok_or_else(|| (format!("a header {name}"), "no such header".to_owned()))
        }
        CaptureFrom::Matches(pattern) => {
            let body = response.text();
            let value = pattern.first_group(&body).map(Value::from);
            value.ok_or_else(|| (format!("a match of /{}/ in the body", pattern.as_str()), "none".to_owned()))
        }
    }
}
