//! A notice as a message to a topic: each subscriber gets the form that it can read.

use super::{Notice, chat, json, text};
use crate::cut::cut;
use crate::mask::Mask;
use serde_json::{Value, json};

/// What is published: <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html> with `MessageStructure` `json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    subject: String,
    body: String,
    attributes: Vec<(&'static str, String)>,
}

impl Message {
    /// SNS takes subjects of less than 100 characters.
    pub const LONGEST_SUBJECT: usize = 99;
    /// SNS takes messages of 256 KiB, all forms together, and a quotation mark grows to four bytes in most of them.
    pub const LONGEST_DETAILS: usize = 6 * 1024;
    /// More is no reason.
    const LONGEST_LINE: usize = 1024;

    /// Renders a notice. What has the shape of a secret and control characters go, line breaks leave the subject, and what is too
    /// long is cut.
    pub fn of(notice: &Notice) -> Self {
        // reasons hold what others wrote: services, applications, whoever deployed
        let masked = |text: &String| Mask::new().mask_foreign(text);
        let details = notice.details.as_ref().map(masked);
        let details = details.map(|details| cut(&printable(&details), Self::LONGEST_DETAILS));
        let reason = notice.reason.as_ref().map(masked).map(|reason| cut(&one_line(&reason), Self::LONGEST_LINE));
        let title = cut(&one_line(&masked(&notice.title)), Self::LONGEST_LINE);
        let notice = &Notice { title, reason, details, ..notice.clone() };
        let document = json::document(notice, notice.details.as_deref()).to_string();
        let whole = text::whole(notice);
        let body = json!({
            "default": whole,
            "email": whole,
            "email-json": document,
            "sms": cut(&text::short(notice), text::LONGEST_SMS),
            // Amazon Q Developer reads topics by HTTPS
            "https": chat::notification(notice).to_string(),
            "http": document,
            "sqs": document,
            "lambda": document,
            "firehose": document,
        });
        Self {
            subject: cut(&notice.title, Self::LONGEST_SUBJECT),
            body: body.to_string(),
            attributes: attributes(notice),
        }
    }

    /// At most 99 characters on one line.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// A JSON object with a text per protocol.
    pub fn body(&self) -> &str {
        &self.body
    }

    /// The text for one protocol; the default's, if it has none of its own.
    pub fn for_protocol(&self, protocol: &str) -> Option<String> {
        let body: Value = serde_json::from_str(&self.body).ok()?;
        body.get(protocol).or_else(|| body.get("default")).and_then(Value::as_str).map(str::to_owned)
    }

    /// Names and values of message attributes, for the filter policies of subscriptions. All are strings.
    pub fn attributes(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.attributes.iter().map(|(name, value)| (*name, value.as_str()))
    }
}

fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_control() || c.is_whitespace());
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Without the colours of a terminal and the like.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}

fn attributes(notice: &Notice) -> Vec<(&'static str, String)> {
    let about = &notice.about;
    let some = [
        ("id", Some(notice.id())),
        ("kind", Some(notice.kind.name().to_owned())),
        ("level", Some(notice.kind.level().name().to_owned())),
        ("install", about.install.clone()),
        ("application", about.application.clone()),
        ("deployment-group", about.deployment_group.clone()),
        ("service", about.service.clone()),
        ("job", about.job.clone()),
    ];
    some.into_iter().filter_map(|(name, value)| Some((name, value.filter(|value| !value.is_empty())?))).collect()
}
