//! The page.

use super::chart;
use super::{End, Entry, Hook, Log, Report, Said, span};
use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = include_str!("style.css");

pub(super) fn page(report: &Report) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                // nothing is loaded, and nothing runs
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                title { (report.title) ": " (report.outcome) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a class="skip" href="#timeline" { "To the timeline" }
                main {
                    (head(report))
                    (timeline(report))
                    @if !report.weights.is_empty() || !report.traffic.is_empty() { (traffic(report)) }
                    @if !report.hooks.is_empty() { (hooks(&report.hooks)) }
                    @if !report.notices.is_empty() { (notices(&report.notices)) }
                    @if !report.logs.is_empty() { (logs(&report.logs)) }
                }
            }
        }
    }
}

fn head(report: &Report) -> Markup {
    html! {
        header {
            h1 { (report.title) }
            p class={ "outcome " (if report.is_good { "good" } else { "bad" }) } {
                (if report.is_good { "✓ " } else { "✗ " }) (report.outcome)
            }
            @if !report.why.is_empty() {
                section class="why" aria-label="Why" {
                    @for line in &report.why { p { (line) } }
                }
            }
            @if !report.next.is_empty() {
                section class="next" aria-label="Next" {
                    h2 { "What to do now" }
                    @for (what, command) in &report.next {
                        p { (what) }
                        @if let Some(command) = command { pre class="command" tabindex="0" { (command) } }
                    }
                }
            }
            dl {
                @for (name, value) in &report.names { dt { (name) } dd { (value) } }
            }
        }
    }
}

fn timeline(report: &Report) -> Markup {
    html! {
        section id="timeline" aria-label="Timeline" {
            h2 { "Timeline" }
            div class="scroll" tabindex="0" role="region" aria-label="What happened when" {
                table {
                    thead { tr { th scope="col" { "What" } th scope="col" class="number" { "From" } th scope="col" class="number" { "Took" } th scope="col" { span aria-hidden="true" { "When" } } } }
                    tbody { @for entry in &report.timeline { (row(report, entry)) } }
                }
            }
        }
    }
}

fn row(report: &Report, entry: &Entry) -> Markup {
    let (from, to) = (
        chart::fraction(report, entry.began) * 100.0,
        chart::fraction(report, entry.ended.unwrap_or(report.ended)) * 100.0,
    );
    let (class, mark) = match entry.end {
        End::Good => ("good", "✓"),
        End::Bad => ("bad", "✗"),
        End::Neutral => ("neutral", "–"),
    };
    let took = entry.ended.map(|ended| span(ended.duration_since(entry.began).unsigned_abs()));
    html! {
        tr {
            th scope="row" { span class=(class) { (mark) } " " (entry.name) }
            td class="number" { (entry.began.strftime("%H:%M:%S")) }
            td class="number" { (took.unwrap_or_else(|| "no end".to_owned())) }
            td class="bar" {
                div class="track" { span class=(class) style=(format!("left:{from:.2}%;width:{:.2}%", (to - from).max(0.0))) {} }
            }
        }
    }
}

fn traffic(report: &Report) -> Markup {
    let failed = chart::sum(report, |step| step.failed);
    html! {
        section aria-label="Traffic" {
            h2 { "Traffic" }
            @if !report.weights.is_empty() {
                figure {
                    (chart::split(report))
                    figcaption { "Where the load balancer sends users" span class="key blue" { "old revision" } span class="key green" { "new revision" } }
                }
            }
            @if !report.traffic.is_empty() {
                figure {
                    (chart::answers(report))
                    figcaption {
                        (chart::sum(report, |step| step.requests)) " requests, " (if failed == 0 { "none".to_owned() } else { failed.to_string() }) " failed"
                        span class="key blue" { "old revision" } span class="key green" { "new revision" } span class="key bad" { "failed" }
                    }
                }
                figure {
                    (chart::latency(report))
                    figcaption { "How long answers took" span class="key blue" { "median" } span class="key soft" { "slowest" } }
                }
                details {
                    summary { "The numbers" }
                    div class="scroll" tabindex="0" role="region" aria-label="Requests by time" { (numbers(report)) }
                }
            }
        }
    }
}

fn numbers(report: &Report) -> Markup {
    html! {
        table {
            thead { tr {
                @for name in ["From", "Old", "New", "Failed", "Median", "Slowest"] { th scope="col" { (name) } }
            } }
            tbody {
                @for step in report.traffic.iter().filter(|step| step.requests > 0) {
                    tr {
                        th scope="row" { (step.from.strftime("%H:%M:%S")) }
                        td { (step.blue) } td { (step.green) } td { (step.failed) }
                        td { (format!("{:.1} ms", step.median)) } td { (format!("{:.1} ms", step.slowest)) }
                    }
                }
            }
        }
    }
}

fn hooks(hooks: &[Hook]) -> Markup {
    html! {
        section aria-label="Hooks" {
            h2 { "Hooks" }
            @for hook in hooks {
                @let class = match hook.verdict.as_str() { "succeeded" => "good", "failed" => "bad", _ => "neutral" };
                details open[hook.verdict == "failed"] {
                    summary {
                        strong { (hook.lifecycle_event) } " " (hook.function) " " span class=(class) { (hook.verdict) }
                        @if let Some(duration) = hook.duration { " after " (span(duration)) }
                    }
                    pre tabindex="0" { (if hook.reason.is_empty() { "no reason given" } else { &hook.reason }) }
                }
            }
        }
    }
}

fn notices(notices: &[Said]) -> Markup {
    html! {
        section aria-label="Notices" {
            h2 { "What the team was told" }
            @for notice in notices {
                details {
                    summary { (notice.at.strftime("%H:%M:%S")) " " (notice.subject) }
                    pre tabindex="0" { (notice.text) }
                }
            }
        }
    }
}

fn logs(logs: &[Log]) -> Markup {
    html! {
        section aria-label="Logs" {
            h2 { "Logs" }
            @for log in logs {
                details open[log.is_bad] {
                    summary { (log.title) }
                    pre tabindex="0" { (log.lines.join("\n")) }
                }
            }
        }
    }
}
