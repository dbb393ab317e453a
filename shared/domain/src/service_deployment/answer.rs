//! What a hook's function returns.

use serde_json::{Map, Value, json};
use std::time::Duration;

/// The answer of a hook: ECS reads the verdict from it, and rolls back if it cannot.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// The deployment goes on.
    Succeeded,
    /// The deployment is rolled back.
    Failed,
    /// The work goes on.
    InProgress {
        /// When to call again: whole seconds.
        call_back: Duration,
        /// What the next event of this hook brings back as `hookDetails`.
        details: Map<String, Value>,
    },
}

impl Answer {
    /// As ECS reads it.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Succeeded => json!({ "hookStatus": "SUCCEEDED" }),
            Self::Failed => json!({ "hookStatus": "FAILED" }),
            Self::InProgress { call_back, details } => json!({
                "hookStatus": "IN_PROGRESS",
                "callBackDelay": call_back.as_secs(),
                "hookDetails": details,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Answer;
    use serde_json::{Map, json};
    use std::time::Duration;

    #[test]
    fn ecs_reads_three_words() {
        assert_eq!(Answer::Succeeded.to_json(), json!({ "hookStatus": "SUCCEEDED" }));
        assert_eq!(Answer::Failed.to_json(), json!({ "hookStatus": "FAILED" }));
        let details = Map::from_iter([("team".to_owned(), json!("shop"))]);
        let answer = Answer::InProgress { call_back: Duration::from_secs(30), details };
        let expected = json!({ "hookStatus": "IN_PROGRESS", "callBackDelay": 30, "hookDetails": { "team": "shop" } });
        assert_eq!(answer.to_json(), expected);
    }
}
