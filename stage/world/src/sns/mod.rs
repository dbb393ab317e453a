//! Amazon SNS: topics and what was published to them.

mod publish;

use crate::operation::{Entry, entry};
use crate::{FactKind, World};

pub(crate) const OPERATIONS: &[Entry] = &[entry::<publish::Publish>()];

/// What was published.
#[derive(Debug, Default)]
pub(crate) struct Sns {
    published: Vec<Publication>,
}

/// One message that a topic took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// The topic's ARN.
    pub topic: String,
    /// The subject, if it has one.
    pub subject: Option<String>,
    /// The message, as a subscriber without a protocol of its own sees it.
    pub message: String,
}

/// Takes a message for a topic; a topic that is not there takes nothing.
pub(crate) fn deliver(world: &mut World, topic: &str, subject: Option<String>, message: String) {
    if !world.setup.stack.topics.iter().any(|known| known.arn == topic) {
        return;
    }
    world.tell(FactKind::NoticeSent { topic: topic.to_owned(), subject: subject.clone(), message: message.clone() });
    world.sns.published.push(Publication { topic: topic.to_owned(), subject, message });
}

impl World {
    /// Everything published so far, oldest first.
    pub fn publications(&self) -> &[Publication] {
        &self.sns.published
    }
}
