//! `greenlight doctor`: what would go wrong, found before it does.

mod alarms;
mod migrations;
mod permissions;

use crate::Error;
use crate::arguments::{self, Format};
pub use permissions::{Findings, NOT_JUDGED};
use serde_json::Value;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

/// Runs the verb.
pub(crate) fn run(options: &arguments::Doctor) -> Result<ExitCode, Error> {
    let (shown, nothing_found) = match &options.alarms {
        Some(plan) => alarms(plan, options.format)?,
        None if options.template.is_empty() => migrations(options)?,
        None => permissions(options)?,
    };
    // a reader that has gone away does not change what was found
    let _ = std::io::stdout().lock().write_all(shown.as_bytes());
    Ok(if nothing_found { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn alarms(plan: &Path, format: Format) -> Result<(String, bool), Error> {
    let report = alarms::judge(plan)?;
    let shown = match format {
        Format::Text => report.text(),
        Format::Json => report.json(),
    };
    Ok((shown, report.is_empty()))
}

fn migrations(options: &arguments::Doctor) -> Result<(String, bool), Error> {
    let report = migrations::judge(&options.migrations, &options.migrations_commands)?;
    let shown = match options.format {
        Format::Text => migrations::text(&report),
        Format::Json => migrations::json(&report),
    };
    Ok((shown, report.is_empty()))
}

fn permissions(options: &arguments::Doctor) -> Result<(String, bool), Error> {
    let mut events = Vec::new();
    for file in &options.template {
        events.extend(read(file)?);
    }
    let findings = Findings::of(&events);
    if findings.given == 0 {
        return Err(Error::NoRecord);
    }
    let shown = match options.format {
        Format::Text => findings.text(),
        Format::Json => findings.json(),
    };
    Ok((shown, findings.is_empty()))
}

/// What a rehearsal printed.
fn read(file: &Path) -> Result<Vec<Value>, Error> {
    let text = crate::file::text(file)?;
    let event = |(index, line): (usize, &str)| {
        serde_json::from_str(line).map_err(|_| Error::NotARecord { path: file.to_owned(), line: index + 1 })
    };
    text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).map(event).collect()
}
