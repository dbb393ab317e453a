//! Explains an error to a person: what is wrong, and where it stands in a file.

use crate::Error;
use greenlight_domain::plan::PlanError;
use greenlight_domain::{Place, Problem, Problems};
use miette::{LabeledSpan, MietteDiagnostic, NamedSource, Report, SourceOffset};
use std::io::{IsTerminal as _, Write as _};

/// Writes the explanation to standard error: with the lines of the file in a terminal, and one line per problem, which other
/// programs can search, everywhere else.
pub(crate) fn on_standard_error(error: &Error) {
    let mut out = std::io::stderr().lock();
    let text: String = if out.is_terminal() {
        reports(error).iter().map(|report| format!("{report:?}")).collect::<Vec<_>>().concat()
    } else {
        format!("greenlight: {error}\n")
    };
    // there is nobody to tell if standard error is gone
    let _ = out.write_all(text.as_bytes());
}

/// One report per problem of a plan or a template, each with its place; one for any other error.
fn reports(error: &Error) -> Vec<Report> {
    match error {
        Error::Plan { source: PlanError::Invalid(problems), text } => {
            problems.list.iter().map(|problem| in_text(problems, problem, text)).collect()
        }
        Error::Template { source, text } => {
            let problems = source.problems.iter();
            problems
                .map(|problem| {
                    let message = format!("{}; {}", problem.what, problem.remedy);
                    labelled(&message, problem.place.line, problem.place.column, &source.source_name, text)
                })
                .collect()
        }
        error => vec![Report::msg(error.to_string())],
    }
}

fn in_text(problems: &Problems, problem: &Problem, text: &str) -> Report {
    let Some(Place { line, column }) = problem.place else {
        let one = Problems { source: problems.source.clone(), list: vec![problem.clone()] };
        return Report::msg(one.to_string());
    };
    let key = if problem.key.is_empty() { String::new() } else { format!("`{}`: ", problem.key) };
    labelled(&format!("{key}{}", problem.message), line, column, &problems.source, text)
}

fn labelled(message: &str, line: usize, column: usize, source: &str, text: &str) -> Report {
    let here = LabeledSpan::at_offset(SourceOffset::from_location(text, line, column).offset(), "here");
    Report::new(MietteDiagnostic::new(message).with_label(here))
        .with_source_code(NamedSource::new(source, text.to_owned()))
}
