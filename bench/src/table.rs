//! What came out, for people and for programs.

use serde_json::Value;
use std::io::{self, Write as _};

/// Writes one JSON object as a table of names and values, and then as a line of JSON.
///
/// # Errors
/// If standard output is closed.
pub fn print(result: &Value) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let rows: Vec<(&String, String)> = result.as_object().into_iter().flatten().map(|(k, v)| (k, cell(v))).collect();
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    for (name, value) in &rows {
        writeln!(out, "{name:width$}  {value}")?;
    }
    writeln!(out, "{result}")
}

fn cell(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}
