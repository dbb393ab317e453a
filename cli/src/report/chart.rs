//! Charts, drawn as SVG.
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a drawing is less than a thousand pixels wide, and nobody sees the fraction of one"
)]

use super::{Report, Request};
use jiff::Timestamp;
use maud::{Markup, html};
use std::fmt::Write as _;
use std::time::Duration;

/// The drawing's own units; the page scales it.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 160.0;
/// Room for the numbers at the left.
const LEFT: f64 = 48.0;
/// Room for the times below.
const BELOW: f64 = 20.0;
/// Requests are put together in so many steps of time.
const BINS: usize = 60;

/// Requests of one step of time.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Bin {
    pub(super) blue: usize,
    pub(super) green: usize,
    pub(super) failed: usize,
    /// In milliseconds.
    pub(super) median: f64,
    pub(super) slowest: f64,
    took: Vec<Duration>,
}

impl Bin {
    pub(super) fn requests(&self) -> usize {
        self.took.len()
    }
}

/// Puts requests together by time.
pub(super) fn bins(report: &Report) -> Vec<Bin> {
    let mut bins = vec![Bin::default(); BINS];
    for request in &report.requests {
        let Request { at, is_green, is_good, took } = *request;
        let place = fraction(report, at) * BINS as f64;
        let Some(bin) = bins.get_mut((place as usize).min(BINS - 1)) else { continue };
        match is_green {
            Some(true) => bin.green += 1,
            Some(false) => bin.blue += 1,
            None => {}
        }
        bin.failed += usize::from(!is_good);
        bin.took.push(took);
    }
    for bin in &mut bins {
        bin.took.sort_unstable();
        let milliseconds = |took: Option<&Duration>| took.map_or(0.0, |took| took.as_secs_f64() * 1000.0);
        bin.median = milliseconds(bin.took.get(bin.took.len() / 2));
        bin.slowest = milliseconds(bin.took.last());
    }
    bins
}

/// When a step of time begins.
pub(super) fn begin(report: &Report, bin: usize) -> Timestamp {
    let whole = report.ended.duration_since(report.began);
    report.began.saturating_add(whole.mul_f64(bin as f64 / BINS as f64)).unwrap_or(report.ended)
}

/// Where a time is, from 0 (the beginning) to 1 (the end).
pub(super) fn fraction(report: &Report, at: Timestamp) -> f64 {
    let whole = report.ended.duration_since(report.began).as_secs_f64();
    if whole <= 0.0 { 0.0 } else { (at.duration_since(report.began).as_secs_f64() / whole).clamp(0.0, 1.0) }
}

/// Who should answer, by the weights, as a stepped area.
pub(super) fn split(report: &Report) -> Markup {
    let mut path = String::new();
    let mut percent = 0;
    let y = |percent: u32| HEIGHT * (1.0 - f64::from(percent.min(100)) / 100.0);
    let _ = write!(path, "M {LEFT} {HEIGHT}");
    for (at, next) in &report.weights {
        let x = x(fraction(report, *at));
        let _ = write!(path, " L {x:.1} {:.1} L {x:.1} {:.1}", y(percent), y(*next));
        percent = *next;
    }
    let _ = write!(path, " L {WIDTH} {:.1} L {WIDTH} {HEIGHT} Z", y(percent));
    let label = format!("The new revision's share of the traffic; {percent} percent at the end");
    drawing(
        report,
        &label,
        "100 %",
        &html! {
            rect class="blue" x=(LEFT) y="0" width=(WIDTH - LEFT) height=(HEIGHT) {}
            path class="green" d=(path) {}
        },
    )
}

/// Who answered, and what failed: a column for each step of time.
pub(super) fn answers(report: &Report, bins: &[Bin]) -> Markup {
    let most = bins.iter().map(Bin::requests).max().unwrap_or_default().max(1);
    let height = |count: usize| HEIGHT * count as f64 / most as f64;
    let width = (WIDTH - LEFT) / BINS as f64;
    let failed: usize = bins.iter().map(|bin| bin.failed).sum();
    let label =
        format!("Requests over time by the revision that answered; {failed} of {} failed", report.requests.len());
    drawing(
        report,
        &label,
        &most.to_string(),
        &html! {
            @for (index, bin) in bins.iter().enumerate() {
                @let x = LEFT + width * index as f64;
                @let (blue, green, bad) = (height(bin.blue), height(bin.green), height(bin.failed));
                rect class="blue" x=(round(x)) y=(round(HEIGHT - blue)) width=(round(width - 1.0)) height=(round(blue)) {}
                rect class="green" x=(round(x)) y=(round(HEIGHT - blue - green)) width=(round(width - 1.0)) height=(round(green)) {}
                @if bin.failed > 0 {
                    rect class="bad" x=(round(x)) y=(round(HEIGHT - bad)) width=(round(width - 1.0)) height=(round(bad.max(3.0))) {}
                }
            }
        },
    )
}

/// How long answers took: the median, and the slowest.
pub(super) fn latency(report: &Report, bins: &[Bin]) -> Markup {
    let most = bins.iter().map(|bin| bin.slowest).fold(1.0, f64::max);
    let line = |value: &dyn Fn(&Bin) -> f64| {
        let points = bins.iter().enumerate().filter(|(_, bin)| bin.requests() > 0);
        let middle = |index: usize| LEFT + (WIDTH - LEFT) * (index as f64 + 0.5) / BINS as f64;
        let points =
            points.map(|(index, bin)| format!("{:.1},{:.1}", middle(index), HEIGHT * (1.0 - value(bin) / most)));
        points.collect::<Vec<_>>().join(" ")
    };
    let label = format!("How long answers took: the median and the slowest, at most {most:.0} milliseconds");
    drawing(
        report,
        &label,
        &format!("{most:.0} ms"),
        &html! {
            polyline class="slowest" points=(line(&|bin| bin.slowest)) {}
            polyline class="median" points=(line(&|bin| bin.median)) {}
        },
    )
}

fn drawing(report: &Report, label: &str, top: &str, inside: &Markup) -> Markup {
    let whole = report.ended.duration_since(report.began).unsigned_abs();
    html! {
        svg viewBox=(format!("0 -10 {WIDTH} {:.0}", HEIGHT + BELOW + 10.0)) role="img" aria-label=(label) {
            title { (label) }
            (inside)
            line class="axis" x1=(LEFT) y1=(HEIGHT) x2=(WIDTH) y2=(HEIGHT) {}
            text x=(LEFT - 6.0) y="8" text-anchor="end" { (top) }
            text x=(LEFT - 6.0) y=(HEIGHT) text-anchor="end" { "0" }
            text x=(LEFT) y=(HEIGHT + 16.0) { (report.began.strftime("%H:%M:%S")) }
            text x=(WIDTH) y=(HEIGHT + 16.0) text-anchor="end" { "+" (super::span(whole)) }
        }
    }
}

fn x(fraction: f64) -> f64 {
    LEFT + (WIDTH - LEFT) * fraction
}

fn round(number: f64) -> String {
    format!("{:.1}", number.max(0.0))
}
