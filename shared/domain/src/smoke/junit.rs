//! `JUnit` XML.

use super::{CheckResult, Outcome, Report};
use std::time::Duration;

pub(super) fn write(report: &Report) -> String {
    let counts = report.counts();
    let attributes = format!(
        "tests=\"{}\" failures=\"{}\" skipped=\"{}\" errors=\"0\" time=\"{}\"",
        report.results.len(),
        counts.failed,
        counts.skipped,
        seconds(report.took)
    );
    let cases: String = report.results.iter().map(case).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {attributes}>\n  <testsuite name=\"smoke-test\" \
         {attributes}>\n{cases}  </testsuite>\n</testsuites>\n"
    )
}

fn case(result: &CheckResult) -> String {
    let open = format!(
        "    <testcase classname=\"smoke-test\" name=\"{}\" time=\"{}\"",
        escape(&result.name),
        seconds(result.took)
    );
    match &result.outcome {
        Outcome::Passed => format!("{open}/>\n"),
        Outcome::Skipped(reason) => {
            format!("{open}>\n      <skipped message=\"{}\"/>\n    </testcase>\n", escape(reason))
        }
        Outcome::Failed(failures) => {
            let message = failures.first().map(ToString::to_string).unwrap_or_default();
            let lines: Vec<String> = failures.iter().map(ToString::to_string).collect();
            let tries = if result.attempts > 1 { format!(", attempt {}", result.attempts) } else { String::new() };
            format!(
                "{open}>\n      <failure message=\"{}\">{}{tries}\n{}</failure>\n    </testcase>\n",
                escape(&message),
                escape(&result.request),
                escape(&lines.join("\n"))
            )
        }
    }
}

fn seconds(span: Duration) -> String {
    format!("{:.3}", span.as_secs_f64())
}

/// Text and attribute values; characters that XML 1.0 cannot have become �.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            '\n' | '\t' | '\r' => escaped.push(character),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            c if c < ' ' => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}
