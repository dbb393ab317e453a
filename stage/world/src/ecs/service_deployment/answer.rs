//! What a hook's function answers.

use serde_json::{Map, Value as Json};
use std::time::Duration;

/// When a function that says nothing about it is called again.
pub(super) const CALL_BACK: Duration = Duration::from_secs(30);

/// An answer that can be taken.
#[derive(Debug, PartialEq)]
pub(super) enum Answer {
    Succeeded,
    Failed,
    /// Call again after this, with these details.
    InProgress(Duration, Map<String, Json>),
}

/// Reads an answer; what is wrong with one that cannot be taken is said in words.
pub(super) fn read(answer: &Json) -> Result<Answer, String> {
    let status = answer.get("hookStatus").and_then(Json::as_str);
    match status {
        Some("SUCCEEDED") => Ok(Answer::Succeeded),
        Some("FAILED") => Ok(Answer::Failed),
        Some("IN_PROGRESS") => Ok(Answer::InProgress(call_back(answer)?, details(answer)?)),
        Some(other) => Err(format!("it returned the hookStatus {other}, not SUCCEEDED, FAILED or IN_PROGRESS")),
        None => Err("it did not return a hookStatus".to_owned()),
    }
}

fn call_back(answer: &Json) -> Result<Duration, String> {
    match answer.get("callBackDelay") {
        None | Some(Json::Null) => Ok(CALL_BACK),
        Some(delay) => delay
            .as_u64()
            .map(Duration::from_secs)
            .ok_or_else(|| format!("it returned the callBackDelay {delay}, which is no number of seconds")),
    }
}

fn details(answer: &Json) -> Result<Map<String, Json>, String> {
    match answer.get("hookDetails") {
        None | Some(Json::Null) => Ok(Map::new()),
        Some(Json::Object(details)) => Ok(details.clone()),
        Some(_) => Err("it returned hookDetails that are no object".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn good_answers_are_read() {
        let details = || json!({"a": 1}).as_object().cloned().unwrap();
        for (answer, expected) in [
            (json!({"hookStatus": "SUCCEEDED"}), Answer::Succeeded),
            (json!({"hookStatus": "FAILED", "more": true}), Answer::Failed),
            (json!({"hookStatus": "IN_PROGRESS"}), Answer::InProgress(CALL_BACK, Map::new())),
            (
                json!({"hookStatus": "IN_PROGRESS", "callBackDelay": 7, "hookDetails": {"a": 1}}),
                Answer::InProgress(Duration::from_secs(7), details()),
            ),
        ] {
            assert_eq!(read(&answer), Ok(expected), "{answer}");
        }
    }

    #[test]
    fn bad_answers_are_told() {
        for answer in [
            json!(null),
            json!("SUCCEEDED"),
            json!({}),
            json!({"hookStatus": "Succeeded"}),
            json!({"hookStatus": 1}),
            json!({"hookStatus": "IN_PROGRESS", "callBackDelay": -1}),
            json!({"hookStatus": "IN_PROGRESS", "callBackDelay": "30"}),
            json!({"hookStatus": "IN_PROGRESS", "hookDetails": []}),
        ] {
            assert!(read(&answer).is_err_and(|why| why.starts_with("it ")), "{answer}");
        }
    }
}
