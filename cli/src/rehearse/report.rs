//! `rehearse --report FILE.html`: what a page needs, remembered while the rehearsal goes on.

use super::traffic::Counts;
use super::{Ending, Outcome, Progress, Rehearsal, Step};
use crate::report::{End, Entry, Hook, Log, Report, Said, span, steps};
use greenlight_world::{Fact, FactKind, Side};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// Lines of a task that are kept.
const TAIL: usize = 60;

/// Hears of everything, and keeps what a page shows.
#[derive(Debug)]
pub(super) struct Recorder {
    began: Timestamp,
    /// Deployments in their order.
    deployments: Vec<String>,
    timeline: Vec<Entry>,
    weights: Vec<(Timestamp, u32)>,
    notices: Vec<Said>,
    /// Ids of one-off tasks, with what they are called and whether they ended well.
    tasks: BTreeMap<String, Task>,
    last: Timestamp,
}

#[derive(Debug)]
struct Task {
    title: String,
    is_bad: bool,
    lines: VecDeque<String>,
}

impl Recorder {
    pub(super) fn new(began: Timestamp) -> Self {
        Self {
            began,
            deployments: Vec::new(),
            timeline: Vec::new(),
            weights: Vec::new(),
            notices: Vec::new(),
            tasks: BTreeMap::new(),
            last: began,
        }
    }

    pub(super) fn on(&mut self, at: Timestamp, progress: Progress<'_>) {
        match progress {
            Progress::Step(step) => self.step(at, step),
            Progress::Fact(fact) => self.fact(fact),
        }
    }

    fn step(&mut self, at: Timestamp, step: &Step) {
        let (name, duration_ms) = match step {
            Step::SetupEnded { command, duration_ms } => (format!("setup: {}", command.join(" ")), duration_ms),
            Step::BlueServing { duration_ms, .. } => ("the old revision starts".to_owned(), duration_ms),
            Step::WorkerRunning { service, duration_ms, .. } => (format!("{service} starts"), duration_ms),
            Step::BlueDeployed { duration_ms, .. } => ("the old revision is deployed".to_owned(), duration_ms),
            _ => return,
        };
        let began = at.checked_sub(SignedDuration::from_millis(*duration_ms)).unwrap_or(at);
        self.last = self.last.max(at);
        self.timeline.push(Entry { name, began, ended: Some(at), end: End::Good });
    }

    fn fact(&mut self, fact: &Fact) {
        let at = fact.at;
        match &fact.kind {
            FactKind::DeploymentStarted { deployment_id, .. } => self.deployments.push(deployment_id.clone()),
            FactKind::LifecycleStarted { deployment_id, lifecycle_event } => {
                let name = self.named(deployment_id, lifecycle_event);
                self.timeline.push(Entry { name, began: at, ended: None, end: End::Neutral });
            }
            FactKind::LifecycleEnded { deployment_id, lifecycle_event, status, .. } => {
                let name = self.named(deployment_id, lifecycle_event);
                let end = match status.as_str() {
                    "Succeeded" => End::Good,
                    "Skipped" => End::Neutral,
                    _ => End::Bad,
                };
                match self.timeline.iter_mut().rev().find(|entry| entry.name == name && entry.ended.is_none()) {
                    Some(entry) => (entry.ended, entry.end) = (Some(at), end),
                    None => self.timeline.push(Entry { name, began: at, ended: Some(at), end }),
                }
            }
            FactKind::TrafficShifted { listener: Side::Production, green_percent, .. } => {
                self.weights.push((at, *green_percent));
            }
            FactKind::NoticeSent { subject, message, .. } => {
                let subject = subject.clone().unwrap_or_else(|| message.lines().next().unwrap_or_default().to_owned());
                self.notices.push(Said { at, subject, text: message.clone() });
            }
            FactKind::TaskStarted { task, started_by: Some(by), group, .. } if !group.starts_with("service:") => {
                let title = format!("task {} ({by})", id(task));
                self.tasks.insert(id(task).to_owned(), Task { title, is_bad: false, lines: VecDeque::new() });
            }
            FactKind::TaskStopped { task, exit_codes, .. } => {
                if let Some(task) = self.tasks.get_mut(id(task)) {
                    task.is_bad = exit_codes.values().any(|code| code.is_some_and(|code| code != 0));
                }
            }
            FactKind::ContainerLine { task, message, .. } => self.keep(task, message),
            FactKind::LogLine { log_stream, function: None, message, .. } => self.keep(log_stream, message),
            _ => return,
        }
        self.last = self.last.max(at);
    }

    /// The first deployment needs no name.
    fn named(&self, deployment: &str, lifecycle_event: &str) -> String {
        match self.deployments.first() {
            Some(first) if first != deployment => format!("{lifecycle_event} of {deployment}"),
            _ => lifecycle_event.to_owned(),
        }
    }

    fn keep(&mut self, by: &str, line: &str) {
        let Some(task) = self.tasks.get_mut(id(by)) else { return };
        if task.lines.len() == TAIL {
            task.lines.pop_front();
        }
        task.lines.push_back(line.to_owned());
    }

    /// The page's content. A part of the traffic that blue had as the new revision is told as it was.
    pub(super) fn report(self, rehearsal: &Rehearsal, outcome: &Outcome, counts: &Counts) -> Report {
        let mask = rehearsal.mask();
        let is_good = outcome.is_good();
        let took = Duration::from_millis(u64::try_from(outcome.duration_ms).unwrap_or_default());
        let script = &rehearsal.script;
        let hook = |hook: &super::HookOutcome| Hook {
            lifecycle_event: hook.lifecycle_event.clone(),
            function: hook.function.clone(),
            verdict: hook.verdict.clone(),
            reason: mask.mask(hook.reason.as_deref().unwrap_or_default()),
            duration: hook.duration_ms.and_then(|ms| u64::try_from(ms).ok()).map(Duration::from_millis),
        };
        let ended = self.last.max(outcome.at);
        let log = |task: Task| Log { title: task.title, is_bad: task.is_bad, lines: task.lines.into() };
        Report {
            title: format!("{}: {} → {}", rehearsal.plan.service, script.blue, script.green),
            outcome: format!("{} after {} of the stage's time", outcome.outcome, span(took)),
            is_good,
            why: if outcome.outcome == Ending::Succeeded { Vec::new() } else { outcome.why() }
                .into_iter()
                .chain(outcome.denied.iter().map(ToString::to_string))
                .map(|line| mask.mask(&line))
                .collect(),
            next: Vec::new(),
            names: names(rehearsal, outcome),
            began: self.began,
            ended,
            timeline: self.timeline,
            hooks: outcome.hooks.iter().map(hook).collect(),
            weights: self.weights,
            traffic: steps(&counts.requests(), self.began, ended),
            notices: self.notices.into_iter().map(|said| Said { text: mask.mask(&said.text), ..said }).collect(),
            logs: self.tasks.into_values().filter(|task| !task.lines.is_empty()).map(log).collect(),
        }
    }
}

fn names(rehearsal: &Rehearsal, outcome: &Outcome) -> Vec<(String, String)> {
    let traffic = &outcome.traffic;
    let plan = &rehearsal.plan;
    let mut names = vec![
        ("deployment", outcome.deployment_id.clone()),
        ("deployment group", format!("{}/{}", plan.application, plan.deployment_group)),
        ("traffic", rehearsal.shift_in_words()),
    ];
    names.extend(outcome.rollback_deployment_id.clone().map(|id| ("rolled back by", id)));
    names.extend(outcome.serving.map(|colour| ("serving", colour.to_string())));
    names.push((
        "requests",
        format!(
            "{}: {} answered by blue, {} by green, {} failed",
            traffic.requests, traffic.blue, traffic.green, traffic.failed
        ),
    ));
    if !rehearsal.faults.is_empty() {
        let faults: Vec<&str> = rehearsal.faults.iter().map(|fault| fault.name).collect();
        names.push(("what went wrong on purpose", faults.join(", ")));
    }
    names.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The id at the end of an ARN or of a log stream.
fn id(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}
