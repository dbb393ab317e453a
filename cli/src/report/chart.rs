//! Charts, drawn as SVG.
#![expect(
    clippy::cast_precision_loss,
    reason = "a drawing is less than a thousand pixels wide, and nobody sees the fraction of one"
)]

use super::{Report, Step};
use jiff::Timestamp;
use maud::{Markup, html};
use std::fmt::Write as _;

/// The drawing's own units; the page scales it.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 160.0;
/// Room for the numbers at the left.
const LEFT: f64 = 48.0;
/// Room for the times below.
const BELOW: f64 = 20.0;
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
pub(super) fn answers(report: &Report) -> Markup {
    let most = report.traffic.iter().map(|step| step.requests).max().unwrap_or_default().max(1);
    let height = |count: u64| HEIGHT * count as f64 / most as f64;
    let label = format!(
        "Requests over time by the revision that answered; {} of {} failed",
        sum(report, |step| step.failed),
        sum(report, |step| step.requests)
    );
    drawing(
        report,
        &label,
        &most.to_string(),
        &html! {
            @for step in &report.traffic {
                @let from = x(fraction(report, step.from));
                @let width = x(fraction(report, step.to)) - from - 1.0;
                @let (blue, green, bad) = (height(step.blue), height(step.green), height(step.failed));
                rect class="blue" x=(round(from)) y=(round(HEIGHT - blue)) width=(round(width)) height=(round(blue)) {}
                rect class="green" x=(round(from)) y=(round(HEIGHT - blue - green)) width=(round(width)) height=(round(green)) {}
                @if step.failed > 0 {
                    rect class="bad" x=(round(from)) y=(round(HEIGHT - bad)) width=(round(width)) height=(round(bad.max(3.0))) {}
                }
            }
        },
    )
}

/// A number of all steps together.
pub(super) fn sum(report: &Report, of: impl Fn(&Step) -> u64) -> u64 {
    report.traffic.iter().map(of).sum()
}

/// How long answers took: the median, and the slowest.
pub(super) fn latency(report: &Report) -> Markup {
    let most = report.traffic.iter().map(|step| step.slowest).fold(1.0, f64::max);
    let line = |value: &dyn Fn(&Step) -> f64| {
        let steps = report.traffic.iter().filter(|step| step.requests > 0);
        let middle = |step: &Step| x(f64::midpoint(fraction(report, step.from), fraction(report, step.to)));
        let points = steps.map(|step| format!("{:.1},{:.1}", middle(step), HEIGHT * (1.0 - value(step) / most)));
        points.collect::<Vec<_>>().join(" ")
    };
    let label = format!("How long answers took: the median and the slowest, at most {most:.0} milliseconds");
    drawing(
        report,
        &label,
        &format!("{most:.0} ms"),
        &html! {
            polyline class="slowest" points=(line(&|step| step.slowest)) {}
            polyline class="median" points=(line(&|step| step.median)) {}
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
