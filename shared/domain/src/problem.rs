//! What is wrong with a file: where, which key, and what to do about it.

use std::fmt;

/// A position in a text. Lines and columns count from 1; a column counts characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl Place {
    /// The place of the byte `offset` in `text`.
    pub(crate) fn of(text: &str, offset: usize) -> Self {
        let mut place = Self { line: 1, column: 1 };
        for (at, character) in text.char_indices() {
            if at >= offset {
                break;
            }
            if character == '\n' {
                place = Self { line: place.line + 1, column: 1 };
            } else {
                place.column += 1;
            }
        }
        place
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where, if the form that was read has places (a plan in a label has none).
    pub place: Option<Place>,
    /// The key, as a dotted path; empty for the whole text.
    pub key: String,
    /// What was expected and what to do.
    pub message: String,
}

/// Everything that is wrong with one text, in the order of the text; one line each when displayed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems {
    /// The name of the text: a file, or what else it came from.
    pub source: String,
    /// What is wrong.
    pub list: Vec<Problem>,
}

impl Problems {
    pub(crate) fn new(source: &str) -> Self {
        Self { source: source.to_owned(), list: Vec::new() }
    }

    pub(crate) fn one(source: &str, place: Option<Place>, message: impl Into<String>) -> Self {
        let mut problems = Self::new(source);
        problems.add(place, "", message);
        problems
    }

    pub(crate) fn add(&mut self, place: Option<Place>, key: &str, message: impl Into<String>) {
        self.list.push(Problem { place, key: key.to_owned(), message: message.into() });
    }

    /// `value` if nothing is wrong.
    pub(crate) fn into_result<T>(mut self, value: T) -> Result<T, Self> {
        if self.list.is_empty() {
            return Ok(value);
        }
        self.list.sort_by_key(|problem| problem.place);
        Err(self)
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.list.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            f.write_str(&self.source)?;
            if let Some(Place { line, column }) = problem.place {
                write!(f, ":{line}:{column}")?;
            }
            f.write_str(": ")?;
            if !problem.key.is_empty() {
                write!(f, "`{}`: ", problem.key)?;
            }
            f.write_str(&problem.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
