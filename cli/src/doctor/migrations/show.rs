//! What came of it, for people and for programs.

use super::{Finding, Report};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// How much of a line of SQL people are shown.
const WIDTH: usize = 110;

/// The findings with what to do about each, and a last line that counts.
pub(in crate::doctor) fn text(report: &Report) -> String {
    let mut text = String::new();
    for Finding { place, sql, rule } in &report.findings {
        let _ = writeln!(text, "{place}: {}\n  {}", rule.squawk, shortened(sql));
        let _ = writeln!(text, "    breaks   {}", rule.breaks);
        for (index, step) in rule.instead.iter().enumerate() {
            let _ = writeln!(text, "    {:<7}  {step}", if index == 0 { "instead" } else { "then" });
        }
        text.push('\n');
    }
    for Finding { place, rule, .. } in &report.ignored {
        let _ = writeln!(text, "ignored     {place}: {}, by a comment", rule.squawk);
    }
    for place in &report.not_judged {
        let _ = writeln!(text, "not judged  {place}: an operation that is no SQL; read its code");
    }
    let Report { statements, findings, ignored, not_judged, .. } = report;
    let [findings, ignored, not_judged] = [findings.len(), ignored.len(), not_judged.len()];
    let _ =
        writeln!(text, "statements: {statements}, findings: {findings}, ignored: {ignored}, not judged: {not_judged}");
    text
}

fn shortened(sql: &str) -> String {
    if sql.chars().count() <= WIDTH { sql.to_owned() } else { sql.chars().take(WIDTH).chain(['…']).collect() }
}

/// A line per finding, and the outcome.
pub(in crate::doctor) fn json(report: &Report) -> String {
    let finding = |event: &str, Finding { place, sql, rule }: &Finding| {
        json!({
            "event": event, "source": place.source, "line": place.line, "rule": rule.squawk.to_string(), "sql": sql,
            "breaks": rule.breaks, "instead": rule.instead,
        })
    };
    let findings = report.findings.iter().map(|one| finding("migration.breaks", one));
    let ignored = report.ignored.iter().map(|one| finding("migration.ignored", one));
    let not_judged = report.not_judged.iter();
    let not_judged =
        not_judged.map(|place| json!({ "event": "migration.not-judged", "source": place.source, "line": place.line }));
    let outcome = json!({
        "event": "outcome",
        "inputs": report.inputs,
        "statements": report.statements,
        "findings": report.findings.len(),
        "ignored": report.ignored.len(),
        "not_judged": report.not_judged.len(),
    });
    let lines = findings.chain(ignored).chain(not_judged).chain([outcome]);
    lines.flat_map(|line: Value| [line.to_string(), "\n".to_owned()]).collect()
}
