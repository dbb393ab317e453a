//! What is wrong with a template: where, what, and what to do about it.

use std::fmt::Write as _;

/// A position in the template's text. Lines and columns count from 1; a column counts characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl Place {
    /// The beginning of the text.
    pub(crate) const START: Self = Self { line: 1, column: 1 };
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// What is wrong, and what was expected.
    pub what: String,
    /// What to do.
    pub remedy: String,
}

impl Problem {
    pub(crate) fn new(place: Place, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { place, what: what.into(), remedy: remedy.into() }
    }
}

/// Why a template cannot be read or deployed: everything that was found, in the order of the text.
///
/// Displayed it is one line per problem: `template.yaml:12: what is wrong; what to do`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", lines(source_name, problems))]
pub struct TemplateError {
    /// The name of the text, such as its file.
    pub source_name: String,
    /// What is wrong; never empty.
    pub problems: Vec<Problem>,
}

impl TemplateError {
    pub(crate) fn new(source_name: &str, mut problems: Vec<Problem>) -> Self {
        problems.sort_by(|a, b| (a.place, &a.what).cmp(&(b.place, &b.what)));
        // what stands once in the template may be used many times
        problems.dedup();
        Self { source_name: source_name.to_owned(), problems }
    }
}

fn lines(source_name: &str, problems: &[Problem]) -> String {
    let mut text = String::new();
    for (index, problem) in problems.iter().enumerate() {
        let separator = if index == 0 { "" } else { "\n" };
        // writing to a string cannot fail
        let _ = write!(text, "{separator}{source_name}:{}: {}; {}", problem.place.line, problem.what, problem.remedy);
    }
    text
}
