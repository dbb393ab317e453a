//! What moves at the foot of a terminal: what is going on, and where users go.

use crate::rehearse::traffic::Counts;
use crate::rehearse::{Progress, Step};
use greenlight_world::{FactKind, Side};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::task::JoinHandle;

const TICK: Duration = Duration::from_millis(100);
/// Cells of the bar.
const CELLS: u32 = 24;

pub(super) struct Live {
    all: MultiProgress,
    step: ProgressBar,
    users: ProgressBar,
    green_percent: Arc<AtomicU32>,
    /// Those that `CodeDeploy` did not make by itself, in their order.
    deployments: Vec<String>,
    /// Which of them is the one that is rehearsed.
    rehearsed: usize,
    counting: Option<JoinHandle<()>>,
    /// Whether there are no processes any more.
    is_played: bool,
}

impl Live {
    pub(super) fn new() -> Self {
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::stdout());
        let step = all.add(ProgressBar::new_spinner());
        let users = all.add(ProgressBar::new_spinner());
        if let Ok(style) = ProgressStyle::with_template("  {spinner:.cyan} {msg} {elapsed:.dim}") {
            step.set_style(style);
        }
        if let Ok(style) = ProgressStyle::with_template("    {msg}") {
            users.set_style(style);
        }
        step.enable_steady_tick(TICK);
        step.set_message("the stage starts");
        Self {
            all,
            step,
            users,
            green_percent: Arc::default(),
            deployments: Vec::new(),
            rehearsed: 0,
            counting: None,
            is_played: false,
        }
    }

    /// Prints a line above what moves.
    pub(super) fn say(&self, line: &str) {
        let _ = self.all.println(line);
    }

    pub(super) fn on(&mut self, progress: Progress<'_>, counts: &Counts) {
        match progress {
            Progress::Step(Step::SetupStarted { command }) => self.now(format!("setup: {}", command.join(" "))),
            Progress::Step(Step::BlueStarted { tasks, .. }) => self.now(format!("blue: {tasks} tasks start")),
            Progress::Step(Step::BlueServing { .. }) => self.count(counts.clone()),
            Progress::Step(Step::BlueDeploying { .. }) => self.rehearsed = 1,
            Progress::Step(Step::JobsPlayed { .. }) => self.stop_counting(),
            Progress::Step(_) => {}
            Progress::Fact(fact) if self.is_played => self.now(fact.at.strftime("%Y-%m-%d %H:%M").to_string()),
            Progress::Fact(fact) => match &fact.kind {
                FactKind::LifecycleStarted { lifecycle_event, .. } => self.now(lifecycle_event.clone()),
                FactKind::HookInvoked { lifecycle_event, function, .. } => {
                    self.now(format!("{lifecycle_event}: {function}"));
                }
                FactKind::DeploymentWaiting { what, .. } => self.now(what.clone()),
                FactKind::DeploymentStarted { deployment_id, creator, .. } if creator != "codeDeployRollback" => {
                    self.deployments.push(deployment_id.clone());
                }
                FactKind::TrafficShifted { deployment_id, listener: Side::Production, green_percent, .. } => {
                    let of =
                        |index: usize| self.deployments.get(index).is_some_and(|id| Some(id) == deployment_id.as_ref());
                    // blue's own deployment, and one that brings blue back, have blue in the place of green
                    let is_blue = of(self.rehearsed + 1) || self.rehearsed == 1 && of(0);
                    let green_percent = if is_blue { 100 - green_percent } else { *green_percent };
                    self.green_percent.store(green_percent, Ordering::Relaxed);
                }
                _ => {}
            },
        }
    }

    pub(super) fn clear(&mut self) {
        self.stop_counting();
        self.step.finish_and_clear();
    }

    /// Users are gone, and so is what they look at: what comes now is played.
    fn stop_counting(&mut self) {
        self.is_played = true;
        if let Some(counting) = self.counting.take() {
            counting.abort();
        }
        self.users.finish_and_clear();
    }

    fn now(&self, what: String) {
        self.step.reset_elapsed();
        self.step.set_message(what);
    }

    fn count(&mut self, counts: Counts) {
        let users = self.users.clone();
        let green_percent = Arc::clone(&self.green_percent);
        self.counting = Some(tokio::spawn(async move {
            let mut beat = tokio::time::interval(TICK);
            loop {
                beat.tick().await;
                let counts = counts.now();
                let split = split(green_percent.load(Ordering::Relaxed));
                let failed = match counts.failed {
                    0 => "none failed".to_owned(),
                    failed => format!("\u{1b}[31m{failed} failed\u{1b}[0m"),
                };
                users.set_message(format!("{split}  {} requests, {failed}", counts.requests));
            }
        }));
    }
}

/// Users by revision, as a bar: `blue ▇▇▇▇▇▇▇▇▇ green 10 %`.
fn split(green_percent: u32) -> String {
    let green = (green_percent.min(100) * CELLS).div_ceil(100);
    let cells = |count: u32| "▇".repeat(usize::try_from(count).unwrap_or_default());
    format!("blue \u{1b}[34m{}\u{1b}[32m{}\u{1b}[0m green {green_percent} %", cells(CELLS - green), cells(green))
}

impl Drop for Live {
    fn drop(&mut self) {
        self.clear();
    }
}
