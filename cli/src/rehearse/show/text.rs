//! Lines for people.

use super::{jobs, told};
use crate::rehearse::drive::seen::verdict;
use crate::rehearse::{Ending, HookOutcome, JobOutcome, Measured, Outcome, Progress, Step};
use greenlight_world::{Fact, FactKind, Side};
use std::collections::{BTreeMap, BTreeSet};

/// Turns what happens into lines; remembers what a line needs from earlier facts.
#[derive(Debug)]
pub(super) struct Lines {
    colours: bool,
    /// Ids of one-off tasks: people want to read what a migration writes.
    one_offs: BTreeSet<String>,
    /// Whether the deployment that is rehearsed has begun.
    is_begun: bool,
    /// Deployments that roll it back, and whether blue comes as the new revision then: their lifecycle events do nothing worth a line.
    rollbacks: BTreeMap<String, bool>,
    /// The deployment of blue itself, of which nobody wants to read more than its end.
    of_blue: Option<String>,
}

/// How a line begins.
#[derive(Debug, Clone, Copy)]
enum Mark {
    Good,
    Bad,
    Note,
}

impl Lines {
    pub(super) fn new(colours: bool) -> Self {
        Self { colours, one_offs: BTreeSet::new(), is_begun: false, rollbacks: BTreeMap::new(), of_blue: None }
    }

    pub(super) fn on(&mut self, progress: Progress<'_>) -> Vec<String> {
        match progress {
            Progress::Step(step) => self.step(step),
            Progress::Fact(fact) => self.fact(fact),
        }
    }

    fn step(&mut self, step: &Step) -> Vec<String> {
        match step {
            Step::Started { service, blue, green, deployment_config, speed, faults, skipped } => {
                let mut lines = vec![
                    self.bold(&format!("Rehearsing {service}: {blue} → {green}")),
                    format!(
                        "  {deployment_config}; the clock goes {speed} times as fast, durations are the stage's own"
                    ),
                ];
                if !faults.is_empty() {
                    lines.push(self.mark(Mark::Bad, &format!("what will go wrong: {}", faults.join(", "))));
                }
                lines.extend(skipped.iter().map(|skip| self.mark(Mark::Note, &format!("not checked: {skip}"))));
                lines
            }
            Step::SetupEnded { command, duration_ms } => {
                vec![self.event(Mark::Good, "setup", *duration_ms, &command.join(" "))]
            }
            Step::BlueServing { tasks, duration_ms, .. } => {
                vec![self.event(
                    Mark::Good,
                    "blue serves",
                    *duration_ms,
                    &format!("{}, users come in", tasks_of(*tasks)),
                )]
            }
            Step::WorkerRunning { service, tasks, duration_ms } => {
                vec![self.event(Mark::Good, &format!("{service} runs"), *duration_ms, &tasks_of(*tasks))]
            }
            Step::BlueDeploying { deployment_id } => {
                self.of_blue = Some(deployment_id.clone());
                Vec::new()
            }
            Step::BlueDeployed { duration_ms, .. } => {
                vec![self.event(Mark::Good, "blue is deployed", *duration_ms, "a revision to go back to")]
            }
            Step::JobTried { job, tried, tail } => {
                let mark = if tried.exit_code == Some(0) { Mark::Good } else { Mark::Bad };
                let tail = tail.iter().flat_map(|tail| tail.lines());
                let tail = tail.map(|line| self.dim(&format!("    │ {line}")));
                std::iter::once(self.mark(mark, &jobs::tried(job, tried))).chain(tail).collect()
            }
            Step::JobsPlayed { from, until } => {
                let times = [from, until].map(|time| time.strftime("%Y-%m-%d %H:%M").to_string());
                vec![self.bold(&format!("jobs by their schedules, from {} to {} UTC", times[0], times[1]))]
            }
            Step::StackDeployed { .. }
            | Step::SetupStarted { .. }
            | Step::BlueStarted { .. }
            | Step::GreenRegistered { .. }
            | Step::RollbackMeasured { .. } => Vec::new(),
        }
    }

    fn fact(&mut self, fact: &Fact) -> Vec<String> {
        if self.of_blue.is_some() && deployment(&fact.kind) == self.of_blue.as_deref() {
            return Vec::new();
        }
        let line = match &fact.kind {
            FactKind::DeploymentStarted { deployment_id, creator, deployment_config, .. } => {
                let by_codedeploy = creator == "codeDeployRollback";
                let is_rollback = by_codedeploy || self.is_begun;
                if is_rollback {
                    self.rollbacks.insert(deployment_id.clone(), !by_codedeploy);
                }
                self.is_begun = true;
                let what = if is_rollback { "rollback deployment" } else { "deployment" };
                self.bold(&format!("{what} {deployment_id} ({deployment_config})"))
            }
            FactKind::LifecycleEnded { deployment_id, status, .. }
                if status == "Succeeded" && self.rollbacks.contains_key(deployment_id) =>
            {
                return Vec::new();
            }
            FactKind::LifecycleEnded { lifecycle_event, status, duration_ms, .. } => match status.as_str() {
                "Succeeded" => self.event(Mark::Good, lifecycle_event, *duration_ms, ""),
                "Skipped" => self.dim(&format!("  - {lifecycle_event:<22}   skipped")),
                status => self.event(Mark::Bad, lifecycle_event, *duration_ms, &status.to_lowercase()),
            },
            FactKind::TrafficShifted { deployment_id, listener, green_percent, .. } => {
                let is_turned =
                    deployment_id.as_ref().and_then(|id| self.rollbacks.get(id)).is_some_and(|turned| *turned);
                let green_percent = if is_turned { 100 - green_percent } else { *green_percent };
                let side = match listener {
                    Side::Production => "users",
                    Side::Test => "test traffic",
                };
                self.mark(Mark::Note, &format!("{side}: {green_percent} % to green"))
            }
            FactKind::DeploymentWaiting { what, seconds, .. } => {
                let span = span(i64::try_from(seconds.saturating_mul(1000)).unwrap_or(i64::MAX));
                self.mark(Mark::Note, &format!("waiting {span}: {what}"))
            }
            FactKind::RollbackStarted { deployment_id, reason, .. } => {
                self.mark(Mark::Bad, &format!("rolling back {deployment_id}: {reason}"))
            }
            FactKind::DeploymentEnded { deployment_id, status, message, .. } => {
                let mark = if status == "Succeeded" { Mark::Good } else { Mark::Bad };
                let message = message.as_ref().map(|message| format!(": {message}")).unwrap_or_default();
                self.mark(mark, &format!("{deployment_id} {}{message}", status.to_lowercase()))
            }
            FactKind::CallDenied { role, action, resource } => {
                self.mark(Mark::Bad, &format!("the role {role} may not {action} on {resource}"))
            }
            FactKind::DeadLetterSent { queue, from, reason } => {
                let (queue, from) = (resource(queue), resource(from));
                self.mark(
                    Mark::Bad,
                    &format!("an event of {from} was given up ({reason}): it lies in the queue {queue}"),
                )
            }
            FactKind::FunctionEnded { function, attempt, error: Some(error), .. } => {
                self.mark(Mark::Bad, &format!("{function}, attempt {attempt}: {error}"))
            }
            FactKind::NoticeSent { subject, message, .. } => {
                self.mark(Mark::Note, &format!("notice: {}", subject.as_deref().unwrap_or(message)))
            }
            FactKind::TaskStarted { task, started_by, group, .. } => {
                // tasks of a service belong to a group that says so
                if started_by.is_some() && !group.starts_with("service:") {
                    self.one_offs.insert(id(task).to_owned());
                }
                return Vec::new();
            }
            FactKind::ContainerLine { task, message, .. } => return self.written(task, message),
            FactKind::LogLine { function: Some(_), message, .. } => return self.logged(message),
            FactKind::LogLine { log_stream, message, .. } => return self.written(log_stream, message),
            _ => return Vec::new(),
        };
        vec![line]
    }

    /// What a function writes.
    fn logged(&self, message: &str) -> Vec<String> {
        match verdict(message) {
            Some(hook) => self.verdict(&hook),
            None => told::by_a_function(message).iter().map(|line| self.mark(Mark::Note, line)).collect(),
        }
    }

    /// What a one-off task writes, here by the name of its log stream or of itself.
    fn written(&self, by: &str, message: &str) -> Vec<String> {
        if self.one_offs.contains(id(by)) { vec![self.dim(&format!("    │ {message}"))] } else { Vec::new() }
    }

    /// A failure's whole reason stands at the end of the rehearsal: here is its first line.
    fn verdict(&self, hook: &HookOutcome) -> Vec<String> {
        let HookOutcome { function, verdict, .. } = hook;
        let reason: Vec<&str> = hook.reason.as_deref().unwrap_or_default().lines().collect();
        match reason.as_slice() {
            [first, ..] if verdict == "failed" => vec![self.mark(Mark::Bad, &format!("{function} failed: {first}"))],
            [] => vec![self.mark(Mark::Note, &format!("{function} {verdict}"))],
            [one] => vec![self.mark(Mark::Note, &format!("{function} {verdict}: {one}"))],
            many => {
                let below = many.iter().map(|line| format!("      {line}"));
                std::iter::once(self.mark(Mark::Note, &format!("{function} {verdict}:"))).chain(below).collect()
            }
        }
    }

    pub(super) fn end(&self, outcome: &Outcome) -> Vec<String> {
        let mut lines = vec![String::new()];
        let took = span(outcome.duration_ms);
        match outcome.outcome {
            Ending::Succeeded => {
                lines.push(self.mark(Mark::Good, &self.bold(&format!("succeeded after {took} of the stage's time"))));
            }
            ending => {
                lines.push(
                    self.mark(Mark::Bad, &self.bold(&format!("{ending} after {took} of the stage's time; why:"))),
                );
                lines.extend(outcome.why().iter().map(|line| format!("    {line}")));
            }
        }
        lines.extend(outcome.denied.iter().map(|denied| self.mark(Mark::Bad, &self.red(&denied.to_string()))));
        let serving = outcome.serving.map_or_else(|| "nothing known".to_owned(), |colour| colour.to_string());
        lines.push(format!("  serving    {serving}"));
        let traffic = &outcome.traffic;
        let failed = match (traffic.failed, &traffic.first_failure) {
            (0, _) => "none failed".to_owned(),
            (failed, Some(first)) => self.red(&format!("{failed} failed (the first: {first})")),
            (failed, None) => self.red(&format!("{failed} failed")),
        };
        lines.push(format!(
            "  requests   {}: {} answered by blue, {} by green, {failed}",
            traffic.requests, traffic.blue, traffic.green
        ));
        if let Some(Measured { own_ms, aws_ms, .. }) = &outcome.rollback {
            lines.push(format!(
                "  rollback   {} (real) from the alarm to the call that took the release back, and {} (the stage's AWS) until blue had all traffic",
                precise(*own_ms),
                precise(*aws_ms)
            ));
            if outcome.deployment_id.starts_with("d-") {
                lines.push("             CodeDeploy alone was seen to need 20 to 25 s to stop a deployment, and does not look after it".to_owned());
            }
        }
        if outcome.notifications > 0 {
            lines.push(format!("  notices    {}", outcome.notifications));
        }
        lines.extend(outcome.jobs.iter().flat_map(|job| self.job(job)));
        lines
    }

    fn job(&self, job: &JobOutcome) -> Vec<String> {
        let (first, below) = jobs::lines(job);
        let mark = if job.is_good() { Mark::Good } else { Mark::Bad };
        std::iter::once(self.mark(mark, &first)).chain(below.iter().map(|line| format!("      {line}"))).collect()
    }

    fn event(&self, mark: Mark, name: &str, duration_ms: i64, rest: &str) -> String {
        self.mark(mark, format!("{name:<22} {:>9}  {rest}", span(duration_ms)).trim_end())
    }

    fn mark(&self, mark: Mark, text: &str) -> String {
        match mark {
            Mark::Good => format!("  {} {text}", self.paint("32", "✓")),
            Mark::Bad => format!("  {} {text}", self.paint("31", "✗")),
            Mark::Note => format!("    {text}"),
        }
    }

    fn bold(&self, text: &str) -> String {
        self.paint("1", text)
    }

    fn dim(&self, text: &str) -> String {
        self.paint("2", text)
    }

    fn red(&self, text: &str) -> String {
        self.paint("31", text)
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.colours { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// The deployment that a fact is about.
fn deployment(fact: &FactKind) -> Option<&str> {
    match fact {
        FactKind::DeploymentStarted { deployment_id, .. }
        | FactKind::DeploymentEnded { deployment_id, .. }
        | FactKind::DeploymentWaiting { deployment_id, .. }
        | FactKind::LifecycleEnded { deployment_id, .. } => Some(deployment_id),
        FactKind::TrafficShifted { deployment_id, .. } => deployment_id.as_deref(),
        _ => None,
    }
}

fn tasks_of(count: u32) -> String {
    if count == 1 { "1 task".to_owned() } else { format!("{count} tasks") }
}

/// The id at the end of an ARN or of a log stream.
fn id(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// What stands behind the account in an ARN without a colon of its own, or behind that colon.
fn resource(arn: &str) -> &str {
    arn.rsplit(':').next().unwrap_or(arn)
}

/// A short duration, to the hundredth.
fn precise(milliseconds: i64) -> String {
    format!("{}.{:02} s", milliseconds / 1000, milliseconds % 1000 / 10)
}

/// A duration as people say it.
pub(super) fn span(milliseconds: i64) -> String {
    let seconds = milliseconds / 1000;
    match seconds {
        ..10 => format!("{}.{} s", seconds, (milliseconds % 1000) / 100),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{} m {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} m", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests;
