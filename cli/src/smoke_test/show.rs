//! What came of the checks, for people and for programs.

use greenlight_domain::smoke::{CheckResult, Outcome, Report};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::time::Duration;

/// A line per check, and what was expected and came where it failed.
pub(super) fn text(report: &Report, base_url: &str) -> String {
    let colours = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    lines(report, base_url, &|code, text| {
        if colours { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    })
}

fn lines(report: &Report, base_url: &str, paint: &dyn Fn(&str, &str) -> String) -> String {
    let width = report.results.iter().map(|result| result.name.chars().count()).max().unwrap_or_default();
    let mut text = format!("Smoke tests against {base_url}\n");
    for result in &report.results {
        let _ = writeln!(text, "  {}", line(result, width, paint));
        if let Outcome::Failed(failures) = &result.outcome {
            for failure in failures {
                let _ = writeln!(text, "      {}", failure.what);
                let _ = writeln!(text, "        expected  {}", indented(&failure.expected));
                let _ = writeln!(text, "        got       {}", indented(&failure.actual));
            }
        }
    }
    let counts = report.counts();
    let took = span(report.took);
    let skipped = if counts.skipped == 0 { String::new() } else { format!(", {} skipped", counts.skipped) };
    let failed = format!("{} failed", counts.failed);
    let failed = if counts.failed == 0 { failed } else { paint("31", &failed) };
    let _ = writeln!(text, "\n{} passed, {failed}{skipped} in {took}", counts.passed);
    text
}

fn line(result: &CheckResult, width: usize, paint: &dyn Fn(&str, &str) -> String) -> String {
    let CheckResult { name, request, attempts, took, .. } = result;
    let tries = if *attempts > 1 { format!(", attempt {attempts}") } else { String::new() };
    let took = span(*took);
    match &result.outcome {
        Outcome::Passed => format!("{} {name:<width$}  {took:>9}{tries}", paint("32", "✓")),
        Outcome::Failed(_) => format!("{} {name:<width$}  {took:>9}{tries}  {request}", paint("31", "✗")),
        Outcome::Skipped(reason) => format!("- {name:<width$}    skipped: {reason}"),
    }
}

/// Further lines of a value stand below its first.
fn indented(value: &str) -> String {
    value.replace('\n', "\n                  ")
}

fn span(took: Duration) -> String {
    match took.as_millis() {
        milliseconds @ ..10_000 => format!("{milliseconds} ms"),
        milliseconds => format!("{}.{} s", milliseconds / 1000, milliseconds % 1000 / 100),
    }
}

/// One JSON object per line: a `check.passed`, `check.failed` or `check.skipped` each, and the `outcome`.
pub(super) fn json(report: &Report, base_url: &str, at: Timestamp) -> String {
    let mut lines: Vec<Value> = report.results.iter().map(|result| check(result, at)).collect();
    let counts = report.counts();
    lines.push(json!({
        "event": "outcome",
        "at": at,
        "outcome": if report.passed() { "succeeded" } else { "failed" },
        "base_url": base_url,
        "passed": counts.passed,
        "failed": counts.failed,
        "skipped": counts.skipped,
        "duration_ms": milliseconds(report.took),
    }));
    let mut text = String::new();
    for line in lines {
        let _ = writeln!(text, "{line}");
    }
    text
}

fn check(result: &CheckResult, at: Timestamp) -> Value {
    let mut line = json!({
        "event": match result.outcome {
            Outcome::Passed => "check.passed",
            Outcome::Failed(_) => "check.failed",
            Outcome::Skipped(_) => "check.skipped",
        },
        "at": at,
        "check": result.name,
    });
    let more = match &result.outcome {
        Outcome::Skipped(reason) => json!({ "reason": reason }),
        outcome => {
            let failures = if let Outcome::Failed(failures) = outcome { json!(failures) } else { json!([]) };
            json!({
                "request": result.request,
                "attempts": result.attempts,
                "duration_ms": milliseconds(result.took),
                "failures": failures,
            })
        }
    };
    if let (Value::Object(line), Value::Object(more)) = (&mut line, more) {
        line.extend(more);
    }
    line
}

fn milliseconds(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use greenlight_domain::smoke::Failure;

    fn report() -> Report {
        let result = |name: &str, outcome, attempts| CheckResult {
            name: name.to_owned(),
            request: format!("GET http://localhost/{name}"),
            outcome,
            attempts,
            took: Duration::from_millis(12),
        };
        let failure =
            Failure { what: "json $.cache".to_owned(), expected: "true".to_owned(), actual: "false".to_owned() };
        Report {
            results: vec![
                result("home", Outcome::Passed, 1),
                result("health", Outcome::Failed(vec![failure]), 3),
                result("cart", Outcome::Skipped("it uses a value of check \"health\"".to_owned()), 0),
            ],
            took: Duration::from_millis(40),
        }
    }

    #[test]
    fn a_failed_check_says_what_was_expected_and_what_came() {
        let text = lines(&report(), "http://localhost", &|_, text| text.to_owned());
        let expected = "\
Smoke tests against http://localhost
  ✓ home        12 ms
  ✗ health      12 ms, attempt 3  GET http://localhost/health
      json $.cache
        expected  true
        got       false
  - cart      skipped: it uses a value of check \"health\"

1 passed, 1 failed, 1 skipped in 40 ms
";
        assert_eq!(text, expected);
    }

    #[test]
    fn programs_get_an_event_per_check_and_the_outcome() {
        let lines = json(&report(), "http://localhost", Timestamp::UNIX_EPOCH);
        let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let events: Vec<_> = lines.iter().map(|line| line["event"].as_str().unwrap()).collect();
        assert_eq!(events, ["check.passed", "check.failed", "check.skipped", "outcome"]);
        assert_eq!(lines[1]["failures"][0], json!({ "what": "json $.cache", "expected": "true", "actual": "false" }));
        assert_eq!(lines[2]["reason"], "it uses a value of check \"health\"");
        assert_eq!((&lines[3]["outcome"], &lines[3]["failed"]), (&json!("failed"), &json!(1)));
    }
}
