use super::{End, Entry, Hook, Log, Report, Request, Said, span, steps};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

fn report() -> Report {
    let began: Timestamp = "2026-01-01T12:00:00Z".parse().unwrap();
    let after = |seconds: i64| began + SignedDuration::from_secs(seconds);
    let requests: Vec<Request> = (0..600)
        .map(|second| Request {
            at: after(second),
            is_green: Some(second >= 400),
            is_good: second != 500,
            took: Duration::from_millis(4),
        })
        .collect();
    Report {
        title: "shop-web: shop:v1 → shop:v2".to_owned(),
        outcome: "rolled back".to_owned(),
        is_good: false,
        why: vec!["migrate at BeforeInstall: <script>alert(1)</script> & exit code 1".to_owned()],
        next: vec![("see more".to_owned(), Some("greenlight why d-1".to_owned()))],
        names: vec![("deployment".to_owned(), "d-1".to_owned())],
        began,
        ended: after(600),
        timeline: vec![
            Entry { name: "BeforeInstall".to_owned(), began: after(60), ended: Some(after(120)), end: End::Bad },
            Entry { name: "Install".to_owned(), began: after(120), ended: None, end: End::Neutral },
        ],
        hooks: vec![Hook {
            lifecycle_event: "BeforeInstall".to_owned(),
            function: "migrate".to_owned(),
            verdict: "failed".to_owned(),
            reason: "exit code 1".to_owned(),
            duration: Some(Duration::from_mins(1)),
        }],
        weights: vec![(after(300), 10), (after(400), 100)],
        traffic: steps(&requests, began, after(600)),
        notices: vec![Said { at: after(120), subject: "it failed".to_owned(), text: "why".to_owned() }],
        logs: vec![Log { title: "task 1".to_owned(), is_bad: true, lines: vec!["</pre><b>".to_owned()] }],
    }
}

#[test]
fn a_page_needs_nothing_else_and_runs_nothing() {
    let page = report().html();
    assert!(page.starts_with("<!DOCTYPE html>"), "{page}");
    for what in ["<script", "src=", "@import", "url(", "<link"] {
        assert!(!page.contains(what), "{what}");
    }
    assert!(page.contains("default-src 'none'"));
}

#[test]
fn what_somebody_wrote_is_text() {
    let page = report().html();
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; exit code 1"), "{page}");
    assert!(page.contains("&lt;/pre&gt;&lt;b&gt;"), "{page}");
}

#[test]
fn a_page_says_what_happened() {
    let page = report().html();
    for what in [
        "rolled back",
        "greenlight why d-1",
        "BeforeInstall",
        "600 requests, 1 failed",
        "100 percent at the end",
        "it failed",
    ] {
        assert!(page.contains(what), "{what}: {page}");
    }
    assert!(page.contains("left:10.00%;width:10.00%"), "{page}");
    assert!(page.contains("no end"), "{page}");
}

#[test]
fn nothing_to_show_is_a_page_too() {
    let began = Timestamp::UNIX_EPOCH;
    let empty =
        Report { began, ended: began, timeline: Vec::new(), traffic: Vec::new(), weights: Vec::new(), ..report() };
    assert!(!empty.html().contains("NaN") && !empty.html().contains("<svg"));
    let at_once = Report { began, ended: began, ..report() };
    assert!(!at_once.html().contains("NaN"));
}

#[test]
fn durations_are_read_at_a_glance() {
    let said = [(300, "0.3 s"), (12_000, "12 s"), (300_000, "5 m 00 s"), (3_720_000, "1 h 02 m")];
    for (milliseconds, expected) in said {
        assert_eq!(span(Duration::from_millis(milliseconds)), expected);
    }
}
