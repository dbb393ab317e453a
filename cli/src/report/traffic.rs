//! What users got, step by step of time.
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "steps of time are few, and nobody sees the fraction of one"
)]

use jiff::Timestamp;
use std::time::Duration;

/// Requests are put together in so many steps of time.
const STEPS: usize = 60;

/// A request of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    /// When it was answered.
    pub at: Timestamp,
    /// Whether the new revision answered; none if nobody knows who did.
    pub is_green: Option<bool>,
    /// Whether it was answered well.
    pub is_good: bool,
    /// How long the answer took, in real time.
    pub took: Duration,
}

/// Requests of one step of time.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// When it begins.
    pub from: Timestamp,
    /// When it ends.
    pub to: Timestamp,
    /// Requests, whoever answered.
    pub requests: u64,
    /// Those that the old revision answered.
    pub blue: u64,
    /// Those that the new revision answered.
    pub green: u64,
    /// Those that were not answered well.
    pub failed: u64,
    /// How long answers took, in milliseconds: the median.
    pub median: f64,
    /// The slowest.
    pub slowest: f64,
}

impl Step {
    /// A step without requests.
    pub fn empty(from: Timestamp, to: Timestamp) -> Self {
        Self { from, to, requests: 0, blue: 0, green: 0, failed: 0, median: 0.0, slowest: 0.0 }
    }
}

/// Puts requests together by time; nothing if there are none.
pub fn steps(requests: &[Request], began: Timestamp, ended: Timestamp) -> Vec<Step> {
    if requests.is_empty() {
        return Vec::new();
    }
    let whole = ended.duration_since(began);
    let edge = |step: usize| began.saturating_add(whole.mul_f64(step as f64 / STEPS as f64)).unwrap_or(ended);
    let mut steps: Vec<(Step, Vec<Duration>)> =
        (0..STEPS).map(|step| (Step::empty(edge(step), edge(step + 1)), Vec::new())).collect();
    for request in requests {
        let Request { at, is_green, is_good, took } = *request;
        let seconds = whole.as_secs_f64();
        let place = if seconds > 0.0 { at.duration_since(began).as_secs_f64() / seconds * STEPS as f64 } else { 0.0 };
        let Some((step, all)) = steps.get_mut((place.max(0.0) as usize).min(STEPS - 1)) else { continue };
        step.requests += 1;
        step.green += u64::from(is_green == Some(true));
        step.blue += u64::from(is_green == Some(false));
        step.failed += u64::from(!is_good);
        all.push(took);
    }
    let milliseconds = |took: Option<&Duration>| took.map_or(0.0, |took| took.as_secs_f64() * 1000.0);
    steps
        .into_iter()
        .map(|(mut step, mut all)| {
            all.sort_unstable();
            step.median = milliseconds(all.get(all.len() / 2));
            step.slowest = milliseconds(all.last());
            step
        })
        .collect()
}
