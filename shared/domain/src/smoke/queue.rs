//! Which check is next: independent ones at once, the others behind those whose values they use.

use crate::plan::SmokeTest;
use std::collections::BTreeMap;

/// The order of one run.
#[derive(Debug, Clone)]
pub struct Queue {
    checks: Vec<Check>,
    running: usize,
    at_once: usize,
}

#[derive(Debug, Clone)]
struct Check {
    name: String,
    state: State,
    /// Checks whose captures it uses.
    needs: Vec<usize>,
    /// Checks that it comes after.
    after: Vec<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Waiting,
    /// Skipped on request, and why; nobody was told yet.
    Unwanted(String),
    Running,
    Passed,
    Failed,
    Skipped,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Run this check and tell [`Queue::done`].
    Run(usize),
    /// This check is not run, and why. Nothing more has to be told.
    Skip(usize, String),
}

impl Queue {
    /// All checks of a plan, at most `at_once` at a time. `skip` says why a check of this name is not wanted, if it is not.
    pub fn new(tests: &[SmokeTest], at_once: u32, skip: impl Fn(&str) -> Option<String>) -> Self {
        let mut makers = BTreeMap::new();
        let mut names = BTreeMap::new();
        let mut checks = Vec::new();
        for (index, test) in tests.iter().enumerate() {
            let needs = test.uses().iter().filter_map(|name| makers.get(name).copied()).collect();
            let after = test.after.iter().filter_map(|name| names.get(name.as_str()).copied()).collect();
            let state = skip(&test.name).map_or(State::Waiting, State::Unwanted);
            checks.push(Check { name: test.name.clone(), state, needs, after });
            makers.extend(test.capture.keys().map(|name| (name.clone(), index)));
            names.insert(test.name.as_str(), index);
        }
        Self { checks, running: 0, at_once: usize::try_from(at_once).unwrap_or(usize::MAX).max(1) }
    }

    /// What to do next; `None` if something must be done first, or everything is.
    pub fn pick(&mut self) -> Option<Next> {
        let mut ready = None;
        for (index, check) in self.checks.iter().enumerate() {
            match &check.state {
                State::Unwanted(reason) => {
                    ready = Some((index, Next::Skip(index, reason.clone())));
                    break;
                }
                State::Waiting => {
                    if let Some(reason) = self.hopeless(check) {
                        ready = Some((index, Next::Skip(index, reason)));
                        break;
                    }
                    if ready.is_none() && self.running < self.at_once && self.may_begin(check) {
                        ready = Some((index, Next::Run(index)));
                    }
                }
                _ => {}
            }
        }
        let (index, next) = ready?;
        if let Some(check) = self.checks.get_mut(index) {
            check.state = if matches!(next, Next::Run(_)) { State::Running } else { State::Skipped };
        }
        if matches!(next, Next::Run(_)) {
            self.running += 1;
        }
        Some(next)
    }

    /// A check that was run has ended.
    pub fn done(&mut self, index: usize, passed: bool) {
        let Some(check) = self.checks.get_mut(index) else { return };
        if check.state == State::Running {
            check.state = if passed { State::Passed } else { State::Failed };
            self.running -= 1;
        }
    }

    /// Whether nothing runs and nothing is left to do.
    pub fn is_finished(&self) -> bool {
        self.checks.iter().all(|check| matches!(check.state, State::Passed | State::Failed | State::Skipped))
    }

    fn state(&self, index: usize) -> &State {
        self.checks.get(index).map_or(&State::Skipped, |check| &check.state)
    }

    fn may_begin(&self, check: &Check) -> bool {
        let needs = check.needs.iter().all(|index| *self.state(*index) == State::Passed);
        needs && check.after.iter().all(|index| matches!(self.state(*index), State::Passed | State::Skipped))
    }

    /// Why a check can never begin.
    fn hopeless(&self, check: &Check) -> Option<String> {
        let name = |index: usize| self.checks.get(index).map_or("", |check| check.name.as_str());
        check.needs.iter().chain(&check.after).find_map(|index| match self.state(*index) {
            State::Failed => Some(format!("it comes after check {:?}, which failed", name(*index))),
            State::Skipped if check.needs.contains(index) => {
                Some(format!("it uses a value of check {:?}, which was skipped", name(*index)))
            }
            _ => None,
        })
    }
}
