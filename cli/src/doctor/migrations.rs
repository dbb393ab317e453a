//! Migrations that can be rolled back: what in their SQL breaks the revision that still serves.

mod input;
mod new;
mod rules;
mod show;
#[cfg(test)]
mod tests;

use crate::Error;
use input::Input;
use new::New;
use rules::Rule;
use squawk_linter::{Linter, Violation};
use squawk_syntax::ast::{AstNode as _, SourceFile};
use std::path::PathBuf;

pub(super) use show::{json, text};

/// What Django prints in place of an operation that is Python.
const WITHOUT_SQL: &str = "-- THIS OPERATION CANNOT BE WRITTEN AS SQL";

/// What the pending migrations do to the revision that serves while they run, and after them.
#[derive(Debug, Default)]
pub(super) struct Report {
    /// Files, commands and standard input.
    inputs: usize,
    statements: usize,
    findings: Vec<Finding>,
    /// What a comment in the SQL says to leave.
    ignored: Vec<Finding>,
    /// Where an operation stands that is no SQL.
    not_judged: Vec<Place>,
}

/// A line of what was read.
#[derive(Debug, Clone)]
struct Place {
    /// A file, a command or standard input.
    source: String,
    /// From 1.
    line: usize,
}

#[derive(Debug)]
struct Finding {
    place: Place,
    /// The line itself.
    sql: String,
    rule: &'static Rule,
}

/// Reads files (`-` is standard input), then what commands print, and judges them in that order, as one release.
pub(super) fn judge(files: &[PathBuf], commands: &[String]) -> Result<Report, Error> {
    let files = files.iter().map(|file| input::from_file(file));
    let inputs = files.chain(commands.iter().map(|command| input::from_command(command)));
    Report::of(&inputs.collect::<Result<Vec<Input>, Error>>()?)
}

// === impl Report ===

impl Report {
    fn of(inputs: &[Input]) -> Result<Self, Error> {
        let mut report = Self { inputs: inputs.len(), ..Self::default() };
        let mut new = New::default();
        for input in inputs {
            report.add(input, &mut new)?;
        }
        Ok(report)
    }

    /// Whether the old revision can go on serving.
    pub(super) fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }

    fn add(&mut self, input: &Input, new: &mut New) -> Result<(), Error> {
        let said = violations(input, &input.text)?;
        // the same SQL, of the same length, with comments that say nothing to the linter
        let all = violations(input, &input.text.replace("squawk-ignore", "squawk_ignore"))?;
        let file = SourceFile::parse(&input.text).tree();
        for statement in file.stmts() {
            self.statements += 1;
            let range = statement.syntax().text_range();
            for violation in all.iter().filter(|violation| range.contains_range(violation.text_range)) {
                let Some(rule) = rules::of(violation.code) else { continue };
                if new.concerns(&statement, violation) || repeats(violation, &all) || rules::harmless(&statement, rule)
                {
                    continue;
                }
                let (place, sql) = input.at(violation.text_range.start().into());
                let list = if said.contains(violation) { &mut self.findings } else { &mut self.ignored };
                list.push(Finding { place, sql, rule });
            }
            new.learn(&statement);
        }
        let lines = input.text.lines().enumerate().filter(|(_, line)| line.trim() == WITHOUT_SQL);
        self.not_judged.extend(lines.map(|(index, _)| Place { source: input.source.clone(), line: index + 1 }));
        Ok(())
    }
}

/// What the linter says about a text, in the order of places.
fn violations(input: &Input, text: &str) -> Result<Vec<Violation>, Error> {
    let parsed = SourceFile::parse(text);
    if let Some(error) = parsed.errors().first() {
        return Err(input.refused(error.range().start().into(), error.message()));
    }
    let mut linter = Linter::from(rules::ALL.iter().map(|rule| rule.squawk));
    // a migration's statements belong together; where none says BEGIN, the tool that runs them does
    linter.settings.assume_in_transaction = true;
    Ok(linter.lint(&parsed, text))
}

/// Whether the linter's general rule about constraints says what one for this kind of constraint says better.
fn repeats(violation: &Violation, all: &[Violation]) -> bool {
    violation.code == rules::ANY_CONSTRAINT
        && all.iter().any(|other| other.code != violation.code && violation.text_range.contains_range(other.text_range))
}
