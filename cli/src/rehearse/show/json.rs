//! `--format json`: every fact and every step as one JSON object per line.

use crate::rehearse::drive::seen::verdict;
use crate::rehearse::{HookOutcome, Progress, Step, jobs};
use greenlight_world::{Fact, FactKind};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

#[derive(Serialize)]
struct Stamped<'a, T> {
    at: Timestamp,
    #[serde(flatten)]
    what: &'a T,
}

#[derive(Serialize)]
struct Verdict {
    event: &'static str,
    at: Timestamp,
    #[serde(flatten)]
    hook: HookOutcome,
}

/// The lines of one thing. A verdict that a function wrote into its log follows the log line as an event of its own.
pub(super) fn lines(at: Timestamp, progress: Progress<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    match progress {
        Progress::Step(step) => lines.extend(serde_json::to_string(&Stamped::<Step> { at, what: step })),
        Progress::Fact(fact) => {
            lines.extend(serde_json::to_string(fact));
            if let FactKind::LogLine { function: Some(_), message, .. } = &fact.kind
                && let Some(hook) = verdict(message)
            {
                lines.extend(serde_json::to_string(&Verdict { event: "hook.verdict", at: fact.at, hook }));
            }
            lines.extend(job(fact));
        }
    }
    lines
}

/// What a function wrote about a job is an event of its own too.
fn job(fact: &Fact) -> Option<String> {
    let FactKind::LogLine { message, .. } = &fact.kind else { return None };
    jobs::line(fact)?;
    let mut line: Map<String, Value> = serde_json::from_str(message).ok()?;
    line.insert("at".to_owned(), fact.at.to_string().into());
    Some(Value::Object(line).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_in_a_log_is_an_event_of_its_own() {
        let message =
            r#"{"event":"hook.verdict","deployment_id":"d-1","lifecycle_event":"BeforeInstall","verdict":"failed"}"#;
        let fact = Fact {
            at: Timestamp::UNIX_EPOCH,
            kind: FactKind::LogLine {
                log_group: "/greenlight/greenlight".to_owned(),
                log_stream: "stream".to_owned(),
                function: Some("CodeDeployHook_greenlight-migrate".to_owned()),
                message: message.to_owned(),
            },
        };
        let lines = lines(Timestamp::UNIX_EPOCH, Progress::Fact(&fact));
        let events: Vec<serde_json::Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(events[0]["event"], "log.line");
        assert_eq!(events[1]["event"], "hook.verdict");
        assert_eq!(events[1]["at"], events[0]["at"]);
        assert_eq!(events[1]["verdict"], "failed");
    }
}
