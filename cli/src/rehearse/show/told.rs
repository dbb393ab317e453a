//! What functions write into their logs beside verdicts, as far as people want to read it.

use serde::Deserialize;

/// A line of a function's log. Members that a kind of line does not have are absent.
#[derive(Deserialize)]
struct Line {
    event: String,
    service: Option<String>,
    outcome: Option<String>,
    window: Option<String>,
    reason: Option<String>,
}

/// A function's line for people; most lines are for programs.
pub(super) fn by_a_function(message: &str) -> Option<String> {
    let line: Line = serde_json::from_str(message).ok()?;
    let reason = line.reason.unwrap_or_default();
    match line.event.as_str() {
        "finish.service" => {
            let became = match line.outcome?.as_str() {
                "updated" => "gets the new image".to_owned(),
                "same" => "has the new image already".to_owned(),
                _ => format!("did not get the new image: {reason}"),
            };
            Some(format!("{} {became}", line.service?))
        }
        "freeze.overridden" => Some(format!("freeze {} overridden: {reason}", line.window?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::by_a_function;

    #[test]
    fn what_is_worth_reading_is_a_line() {
        let line = r#"{"event":"finish.service","service":"shop-worker","outcome":"updated"}"#;
        assert_eq!(by_a_function(line).unwrap(), "shop-worker gets the new image");
        assert_eq!(by_a_function(r#"{"event":"task.started"}"#), None);
        assert_eq!(by_a_function("no JSON"), None);
    }
}
