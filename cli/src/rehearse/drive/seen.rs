//! What the facts have said so far, as far as the driver and the outcome need it.

use crate::rehearse::outcome::HookOutcome;
use greenlight_world::{Fact, FactKind, Side};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Lines of a task that are kept to explain why it ended.
const TAIL: usize = 20;

#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(super) ended: BTreeMap<String, Ended>,
    /// Deployments that `CodeDeploy` did not make by itself, in the order of their starts.
    pub(super) started: Vec<String>,
    /// When a deployment turned production traffic last.
    pub(super) shifted: BTreeMap<String, jiff::Timestamp>,
    /// What the function `rollback` says that it took back.
    pub(super) taken_back: Vec<TakenBack>,
    /// How many invocations of each function run.
    pub(super) running: BTreeMap<String, usize>,
    /// Deployment to the deployment that rolls it back.
    pub(super) rollbacks: BTreeMap<String, String>,
    /// Deployments that wait until somebody continues them.
    pub(super) ready: BTreeSet<String>,
    /// Deployments that wait with the end of blue.
    pub(super) terminating: BTreeSet<String>,
    /// When each task started.
    pub(super) started_at: BTreeMap<String, jiff::Timestamp>,
    pub(super) stopped: BTreeMap<String, Stopped>,
    pub(super) hooks: Vec<HookOutcome>,
    pub(super) notices: usize,
    /// The ids of the functions' notices.
    pub(super) told: BTreeSet<String>,
    /// Calls that were denied: role, action and resource, each once.
    pub(super) denied: BTreeSet<(String, String, String)>,
    /// The last lines of each log stream, or of a task whose lines go to none.
    tails: BTreeMap<String, VecDeque<String>>,
}

/// How a deployment ended.
#[derive(Debug, Clone)]
pub(super) struct Ended {
    pub(super) status: String,
    pub(super) error_code: Option<String>,
    pub(super) message: Option<String>,
    pub(super) at: jiff::Timestamp,
}

/// How a task ended.
#[derive(Debug, Clone)]
pub(super) struct Stopped {
    pub(super) group: String,
    pub(super) reason: String,
    pub(super) exit_codes: BTreeMap<String, Option<i32>>,
    pub(super) at: jiff::Timestamp,
}

impl Seen {
    pub(super) fn take_in(&mut self, fact: &Fact) {
        match &fact.kind {
            FactKind::DeploymentEnded { deployment_id, status, error_code, message } => {
                let ended = Ended {
                    status: status.clone(),
                    error_code: error_code.clone(),
                    message: message.clone(),
                    at: fact.at,
                };
                self.ended.insert(deployment_id.clone(), ended);
            }
            FactKind::DeploymentStarted { deployment_id, creator, .. } if creator != "codeDeployRollback" => {
                self.started.push(deployment_id.clone());
            }
            FactKind::TrafficShifted { deployment_id: Some(deployment_id), listener: Side::Production, .. } => {
                self.shifted.insert(deployment_id.clone(), fact.at);
            }
            FactKind::FunctionInvoked { function, .. } => *self.running.entry(function.clone()).or_default() += 1,
            FactKind::FunctionEnded { function, .. } => {
                let running = self.running.entry(function.clone()).or_default();
                *running = running.saturating_sub(1);
            }
            FactKind::DeploymentWaiting { deployment_id, what, .. } if what == "ready" => {
                self.ready.insert(deployment_id.clone());
            }
            FactKind::DeploymentWaiting { deployment_id, what, .. } if what == "termination" => {
                self.terminating.insert(deployment_id.clone());
            }
            FactKind::RollbackStarted { deployment_id, rollback_deployment_id, .. } => {
                self.rollbacks.insert(deployment_id.clone(), rollback_deployment_id.clone());
            }
            FactKind::TaskStopped { task, group, reason, exit_codes, .. } => {
                let (group, reason, exit_codes) = (group.clone(), reason.clone(), exit_codes.clone());
                self.stopped.insert(task.clone(), Stopped { group, reason, exit_codes, at: fact.at });
            }
            FactKind::TaskStarted { task, .. } => drop(self.started_at.insert(task.clone(), fact.at)),
            FactKind::NoticeSent { message, .. } => {
                self.notices += 1;
                let id = message.lines().last().and_then(|line| line.strip_prefix("notice: "));
                self.told.extend(id.map(str::to_owned));
            }
            FactKind::CallDenied { role, action, resource } => {
                self.denied.insert((role.clone(), action.clone(), resource.clone()));
            }
            FactKind::ContainerLine { task, message, .. } => self.keep(task, message),
            FactKind::LogLine { log_stream, function, message, .. } => {
                self.keep(log_stream, message);
                if let Some(hook) = function.as_ref().and_then(|_| verdict(message)) {
                    self.heard(hook);
                }
                self.taken_back.extend(function.as_ref().and_then(|_| taken_back(message)));
            }
            _ => {}
        }
    }

    fn keep(&mut self, stream: &str, line: &str) {
        let tail = self.tails.entry(stream.to_owned()).or_default();
        if tail.len() == TAIL {
            tail.pop_front();
        }
        tail.push_back(line.to_owned());
    }

    /// A verdict may be told again by a net that came later; the first one counted.
    fn heard(&mut self, hook: HookOutcome) {
        let known = self
            .hooks
            .iter()
            .any(|known| known.deployment_id == hook.deployment_id && known.lifecycle_event == hook.lifecycle_event);
        if !known {
            self.hooks.push(hook);
        }
    }

    /// The last lines of a task: streams are named `prefix/container/task-id`, and its ARN ends in its id too.
    pub(super) fn tail(&self, task: &str) -> String {
        let id = task.rsplit('/').next().unwrap_or(task);
        let lines: Vec<&str> = self
            .tails
            .iter()
            .filter(|(stream, _)| stream.ends_with(id))
            .flat_map(|(_, lines)| lines.iter().map(String::as_str))
            .collect();
        lines.join("\n")
    }
}

/// `rollback.started`, as the function `rollback` writes it.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct TakenBack {
    event: String,
    pub(super) deployment_id: String,
    pub(super) alarm: String,
    pub(super) how: String,
    /// When the alarm changed its state.
    pub(super) since: jiff::Timestamp,
    /// From then on, in the world's time.
    pub(super) after_ms: i64,
}

fn taken_back(line: &str) -> Option<TakenBack> {
    serde_json::from_str(line).ok().filter(|line: &TakenBack| line.event == "rollback.started")
}

/// `hook.verdict`, as a function writes it.
#[derive(Deserialize)]
struct Line {
    event: String,
    deployment_id: String,
    lifecycle_event: Option<String>,
    function: Option<String>,
    verdict: String,
    reason: Option<String>,
    duration_ms: Option<i64>,
}

/// A hook's verdict, if a function's line is one: functions keep it, with its reason, in their log.
pub(crate) fn verdict(line: &str) -> Option<HookOutcome> {
    let line: Line = serde_json::from_str(line).ok().filter(|line: &Line| line.event == "hook.verdict")?;
    Some(HookOutcome {
        deployment_id: line.deployment_id,
        lifecycle_event: line.lifecycle_event.unwrap_or_default(),
        function: line.function.unwrap_or_default(),
        verdict: line.verdict,
        reason: line.reason,
        duration_ms: line.duration_ms,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_application_cannot_speak_for_a_hook() {
        let mut seen = Seen::default();
        seen.take_in(&written_by(None, VERDICT));
        assert!(seen.hooks.is_empty());
    }

    fn line(message: &str) -> Fact {
        written_by(Some("CodeDeployHook_greenlight-migrate"), message)
    }

    fn written_by(function: Option<&str>, message: &str) -> Fact {
        Fact {
            at: jiff::Timestamp::UNIX_EPOCH,
            kind: FactKind::LogLine {
                log_group: "/greenlight/greenlight".to_owned(),
                log_stream: "ecs/web/1234".to_owned(),
                function: function.map(str::to_owned),
                message: message.to_owned(),
            },
        }
    }

    const VERDICT: &str = r#"{"event":"hook.verdict","deployment_id":"d-1","lifecycle_event":"BeforeInstall",
        "function":"migrate","verdict":"failed","reason":"exit code 1","duration_ms":1200}"#;

    #[test]
    fn the_first_verdict_of_a_hook_is_kept() {
        let mut seen = Seen::default();
        seen.take_in(&line(VERDICT));
        seen.take_in(&line(&VERDICT.replace("exit code 1", "told again")));
        assert_eq!(seen.hooks.len(), 1);
        assert_eq!(seen.hooks[0].reason.as_deref(), Some("exit code 1"));
    }

    #[test]
    fn other_lines_are_no_verdicts() {
        let lines =
            ["", "plain text", "[]", "{}", r#"{"event":"task.started"}"#, r#"{"event":"hook.verdict","verdict":7}"#];
        assert!(lines.iter().all(|line| verdict(line).is_none()));
    }

    #[test]
    fn a_tail_is_that_of_the_task_and_short() {
        let mut seen = Seen::default();
        for number in 0..100 {
            seen.take_in(&line(&number.to_string()));
        }
        let tail = seen.tail("arn:aws:ecs:us-east-1:123456789012:task/cluster/1234");
        assert_eq!(tail.lines().count(), TAIL);
        assert!(tail.ends_with("99"));
        assert_eq!(seen.tail("arn:aws:ecs:us-east-1:123456789012:task/cluster/5678"), "");
    }
}
