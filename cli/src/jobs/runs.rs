//! The runs of jobs, as the log of the functions tells of them.

use super::Install;
use super::schedules::until;
use crate::Error;
use greenlight_aws::log_search;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// What became of one firing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Run {
    /// The job.
    pub job: String,
    /// When it was to fire.
    pub scheduled: Timestamp,
    /// When its first attempt was started.
    pub started_at: Option<Timestamp>,
    /// When the end of its last attempt was heard.
    pub ended_at: Option<Timestamp>,
    /// What came of it.
    pub outcome: Outcome,
    /// The exit code of the last attempt that ended.
    pub exit_code: Option<i64>,
    /// How many attempts were started.
    pub attempts: u32,
    /// Why it ended so, or did not start.
    pub reason: Option<String>,
    /// The task of the last attempt.
    pub task: Option<String>,
}

/// What came of a firing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Nothing was started so far.
    Waiting,
    /// An attempt runs.
    Running,
    /// An attempt failed, and another one follows.
    Retrying,
    /// Its command did its work.
    Succeeded,
    /// It failed for good.
    Failed,
    /// A later firing took its place.
    Replaced,
    /// It was not to run.
    Skipped,
}

impl Outcome {
    /// In a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Retrying => "retrying",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Replaced => "replaced",
            Self::Skipped => "skipped",
        }
    }

    /// Whether there is more to come.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Running | Self::Retrying)
    }
}

impl Run {
    /// From the start of its first attempt to the end of its last.
    pub fn duration(&self) -> Option<SignedDuration> {
        Some(self.ended_at?.duration_since(self.started_at?))
    }
}

/// Reads what the functions wrote about a service's jobs since then, or about one of them; a call for each megabyte. The oldest first.
///
/// # Errors
/// If the log cannot be read.
pub async fn read(install: &Install, service: &str, job: Option<&str>, since: Timestamp) -> Result<Vec<Run>, Error> {
    let lines = lines(install, service, job, None, since).await?;
    Ok(fold(&lines))
}

/// The lines themselves, of all firings or of one.
pub(super) async fn lines(
    install: &Install,
    service: &str,
    job: Option<&str>,
    scheduled: Option<Timestamp>,
    since: Timestamp,
) -> Result<Vec<Value>, Error> {
    let mut terms = vec![("service", service.to_owned())];
    terms.extend(job.map(|job| ("job", job.to_owned())));
    terms.extend(scheduled.map(|scheduled| ("scheduled", scheduled.to_string())));
    let terms: Vec<String> = terms.iter().map(|(member, text)| format!("($.{member} = \"{text}\")")).collect();
    let pattern = format!("{{ {} }}", terms.join(" && "));
    let lines = log_search::find(&install.env, &install.log_group, &pattern, since, until(&install.env)).await?;
    let read = lines.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    Ok(read.filter(|line| text(line, "event").is_some_and(|event| event.starts_with("job."))).collect())
}

/// Puts lines together, firing by firing.
fn fold(lines: &[Value]) -> Vec<Run> {
    let mut lines: Vec<(Timestamp, &Value)> = lines.iter().filter_map(|line| Some((time(line, "at")?, line))).collect();
    lines.sort_by_key(|(at, _)| *at);
    let mut runs = BTreeMap::new();
    for (at, line) in lines {
        let (Some(job), Some(scheduled)) = (text(line, "job"), time(line, "scheduled")) else { continue };
        let run = runs.entry((scheduled, job.clone())).or_insert_with(|| Run {
            job,
            scheduled,
            started_at: None,
            ended_at: None,
            outcome: Outcome::Waiting,
            exit_code: None,
            attempts: 0,
            reason: None,
            task: None,
        });
        take(run, at, line);
    }
    runs.into_values().collect()
}

fn take(run: &mut Run, at: Timestamp, line: &Value) {
    let has_begun = run.started_at.is_some();
    match text(line, "event").unwrap_or_default().as_str() {
        "job.started" => {
            run.started_at.get_or_insert(at);
            run.attempts = run.attempts.saturating_add(1);
            run.outcome = Outcome::Running;
            run.task = text(line, "task");
            run.reason = None;
        }
        "job.ended" => {
            run.ended_at = Some(at);
            run.exit_code = line.get("exit_code").and_then(Value::as_i64);
            run.reason = text(line, "reason");
            run.outcome = match text(line, "outcome").unwrap_or_default().as_str() {
                "succeeded" => Outcome::Succeeded,
                "replaced" => Outcome::Replaced,
                "retry" => Outcome::Retrying,
                _ => Outcome::Failed,
            };
        }
        // told of a redelivery too
        "job.skipped" if !has_begun && run.outcome.is_open() => {
            run.outcome = Outcome::Skipped;
            run.reason = text(line, "reason");
        }
        // the end was told before, with its reason
        "job.failed" if run.outcome != Outcome::Failed => {
            run.outcome = Outcome::Failed;
            run.ended_at = Some(at);
            run.reason = text(line, "reason");
        }
        "job.waiting" if !has_begun && run.outcome.is_open() => run.reason = text(line, "reason"),
        _ => {}
    }
}

pub(super) fn text(line: &Value, member: &str) -> Option<String> {
    line.get(member)?.as_str().map(str::to_owned)
}

fn time(line: &Value, member: &str) -> Option<Timestamp> {
    line.get(member)?.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{Outcome, fold};
    use serde_json::{Value, json};

    fn line(at: &str, event: &str, more: &Value) -> Value {
        let scheduled = "2026-01-01T02:00:00Z";
        let mut line =
            json!({ "event": event, "at": format!("2026-01-01T02:{at}Z"), "job": "sync", "scheduled": scheduled });
        line.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        line
    }

    #[test]
    fn a_run_with_a_retry_is_one_run() {
        let lines = [
            line("05:00", "job.ended", &json!({ "outcome": "succeeded", "exit_code": 0 })),
            line("00:01", "job.started", &json!({ "task": "t-0" })),
            line("01:00", "job.ended", &json!({ "outcome": "retry", "exit_code": 3, "reason": "exit code 3" })),
            line("02:00", "job.started", &json!({ "task": "t-1" })),
            line("06:00", "job.skipped", &json!({ "reason": "it was delivered before" })),
        ];
        let runs = fold(&lines);
        let [run] = &runs[..] else { panic!("{runs:?}") };
        assert_eq!((run.outcome, run.attempts, run.exit_code), (Outcome::Succeeded, 2, Some(0)));
        assert_eq!((run.duration().unwrap().as_secs(), run.task.as_deref()), (299, Some("t-1")));
        assert_eq!(fold(&lines[1..3])[0].outcome, Outcome::Retrying);
        assert_eq!(fold(&lines[1..2])[0].outcome, Outcome::Running);
    }

    #[test]
    fn what_was_not_started_says_why() {
        let skipped = fold(&[line("00:01", "job.skipped", &json!({ "reason": "overlap" }))]);
        assert_eq!((skipped[0].outcome, skipped[0].reason.as_deref()), (Outcome::Skipped, Some("overlap")));
        let failed = [
            line("00:01", "job.waiting", &json!({ "reason": "throttled" })),
            line("30:00", "job.failed", &json!({ "reason": "it was not started" })),
        ];
        assert_eq!(fold(&failed[..1])[0].outcome, Outcome::Waiting);
        assert_eq!((fold(&failed)[0].outcome, fold(&failed)[0].attempts), (Outcome::Failed, 0));
    }

    #[test]
    fn other_lines_are_no_runs() {
        assert!(fold(&[json!({}), json!({ "event": "job.started", "at": "never" }), json!(1)]).is_empty());
    }
}
