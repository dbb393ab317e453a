//! News for the team: one [`Notice`] per piece of news, in every form that its readers want.
//!
//! A notice is data: what happened, to what, why, and what to do now. [`Message`] renders it for a topic: plain text for mail,
//! a line for a telephone, JSON for programs, and the custom notification that Amazon Q Developer shows in chat channels.

mod chat;
mod json;
mod kind;
mod message;
mod slack;
#[cfg(test)]
mod tests;
mod text;

pub use json::SCHEMA;
pub use kind::{Kind, Level};
pub use message::Message;
pub use slack::slack;

use jiff::{Timestamp, Unit};
use std::fmt::Display;
use std::time::Duration;

/// A piece of news.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What kind of news it is.
    pub kind: Kind,
    /// What it is about, within its kind: the same news has the same key, however often it is told.
    key: String,
    /// What happened, in one line.
    pub title: String,
    /// When it happened.
    pub at: Timestamp,
    /// The names of what it is about.
    pub about: About,
    /// Why. The first line stands for the whole where there is little room.
    pub reason: Option<String>,
    /// More, for who wants to know: expected and actual values, the last lines of a log.
    pub details: Option<String>,
    /// The revision that it is about.
    pub revision: Option<Revision>,
    /// The revision that serves instead, or did before.
    pub previous: Option<Revision>,
    /// Who did it: a person, `CodeDeploy`, an alarm.
    pub by: Option<String>,
    /// How long what ended now had taken.
    pub duration: Option<Duration>,
    /// What can be done now.
    pub next: Vec<Step>,
    /// Where there is more to see.
    pub links: Vec<Link>,
}

/// The names of what a notice is about, as far as it has them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// The install's prefix.
    pub install: Option<String>,
    /// The `CodeDeploy` application.
    pub application: Option<String>,
    /// The deployment group.
    pub deployment_group: Option<String>,
    /// The deployment.
    pub deployment_id: Option<String>,
    /// The deployment that takes it back, or that it takes back.
    pub other_deployment_id: Option<String>,
    /// The lifecycle event.
    pub lifecycle_event: Option<String>,
    /// The function.
    pub function: Option<String>,
    /// The cluster.
    pub cluster: Option<String>,
    /// The service.
    pub service: Option<String>,
    /// The job.
    pub job: Option<String>,
    /// Which firing of the job.
    pub scheduled: Option<Timestamp>,
    /// The alarm.
    pub alarm: Option<String>,
}

/// A revision of the application.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Revision {
    /// Its task definition, as `family:revision`.
    pub task_definition: String,
    /// The image of the plan's container.
    pub image: Option<String>,
    /// The commit that the image was made of, if a label says so.
    pub commit: Option<String>,
}

/// Something that can be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What it does, in a few words: `see why`.
    pub what: String,
    /// The command.
    pub command: String,
}

/// A page to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// What is there: `the deployment in the console`.
    pub what: String,
    /// Its address.
    pub url: String,
}

impl Notice {
    /// News of a kind about what `key` names, at this time.
    pub fn new(kind: Kind, key: impl Display, title: impl Into<String>, at: Timestamp) -> Self {
        Self {
            kind,
            key: key.to_string(),
            title: title.into(),
            // AWS tells times as numbers whose last digits mean nothing
            at: at.round(Unit::Millisecond).unwrap_or(at),
            about: About::default(),
            reason: None,
            details: None,
            revision: None,
            previous: None,
            by: None,
            duration: None,
            next: Vec::new(),
            links: Vec::new(),
        }
    }

    /// Names what it is about.
    #[must_use]
    pub fn about(mut self, about: About) -> Self {
        self.about = about;
        self
    }

    /// Says why. What follows the first line is kept with the details.
    #[must_use]
    pub fn because(mut self, reason: &str) -> Self {
        let (first, rest) = reason.split_once('\n').unwrap_or((reason, ""));
        self.reason = (!first.trim().is_empty()).then(|| first.trim().to_owned());
        let rest = rest.trim_matches('\n');
        self.details = (!rest.trim().is_empty()).then(|| rest.to_owned());
        self
    }

    /// Adds what can be done now.
    #[must_use]
    pub fn step(mut self, what: impl Into<String>, command: impl Into<String>) -> Self {
        self.next.push(Step { what: what.into(), command: command.into() });
        self
    }

    /// Adds a page to look at.
    #[must_use]
    pub fn link(mut self, what: impl Into<String>, url: impl Into<String>) -> Self {
        self.links.push(Link { what: what.into(), url: url.into() });
        self
    }

    /// By this a repeated delivery is recognised: the same for the same news, and for no other.
    pub fn id(&self) -> String {
        format!("{}/{}", self.kind, self.key)
    }
}
