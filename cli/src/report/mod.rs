//! A deployment as a page: one HTML file that needs nothing else, no network and no script.

mod chart;
mod page;
#[cfg(test)]
mod tests;
mod traffic;

use crate::Error;
use jiff::Timestamp;
use std::path::Path;
use std::time::Duration;
pub use traffic::{Request, Step, steps};

/// What happened, for a page.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// What it is about: `shop-web: shop:v1 → shop:v2`.
    pub title: String,
    /// How it ended, in a few words.
    pub outcome: String,
    /// Whether that is good.
    pub is_good: bool,
    /// Why, line by line; empty if there is nothing to explain.
    pub why: Vec<String>,
    /// What can be done now, and the command if one does it.
    pub next: Vec<(String, Option<String>)>,
    /// Names and values for people.
    pub names: Vec<(String, String)>,
    /// When it began.
    pub began: Timestamp,
    /// When it ended, or the last that is known.
    pub ended: Timestamp,
    /// What happened one after another, or at once.
    pub timeline: Vec<Entry>,
    /// What hooks said.
    pub hooks: Vec<Hook>,
    /// Percent of production traffic that goes to the new revision, from then on.
    pub weights: Vec<(Timestamp, u32)>,
    /// What users got, step by step of time.
    pub traffic: Vec<Step>,
    /// What the team was told.
    pub notices: Vec<Said>,
    /// What was written.
    pub logs: Vec<Log>,
}

/// Something that took its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it was.
    pub name: String,
    /// When it began.
    pub began: Timestamp,
    /// When it ended; none if it never did.
    pub ended: Option<Timestamp>,
    /// What came of it.
    pub end: End,
}

/// What came of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It went well.
    Good,
    /// It did not.
    Bad,
    /// It was not done, or there is nothing to say about it.
    Neutral,
}

/// What a hook said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    /// The lifecycle event.
    pub lifecycle_event: String,
    /// The function.
    pub function: String,
    /// `succeeded`, `failed` or `skipped`.
    pub verdict: String,
    /// Why, line by line.
    pub reason: String,
    /// From its invocation to its verdict.
    pub duration: Option<Duration>,
}

/// A notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// When it was published.
    pub at: Timestamp,
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub text: String,
}

/// Lines of one writer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// Whose they are.
    pub title: String,
    /// Whether somebody will want to read them first.
    pub is_bad: bool,
    /// The last of them.
    pub lines: Vec<String>,
}

impl Report {
    /// The page.
    pub fn html(&self) -> String {
        page::page(self).into_string()
    }

    /// Writes the page.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, file: &Path) -> Result<(), Error> {
        std::fs::write(file, self.html()).map_err(|source| Error::Report { path: file.to_owned(), source })
    }
}

/// A duration as people say it: `5 m 00 s`.
pub(crate) fn span(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..10 => format!("{}.{} s", seconds, duration.subsec_millis() / 100),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{} m {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} m", seconds / 3600, seconds % 3600 / 60),
    }
}
