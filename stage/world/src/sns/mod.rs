//! Amazon SNS: topics, what was published to them, and the functions that hear of it.

mod publish;

use crate::operation::{Entry, entry};
use crate::{FactKind, Permission, Topic, World, iam, lambda, random};
use serde_json::{Value, json};
use std::collections::BTreeMap;

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
    /// What functions get in its place, if they get something of their own.
    pub for_functions: Option<String>,
    /// Message attributes by name: type and value.
    pub attributes: BTreeMap<String, (String, String)>,
}

impl Publication {
    /// A message without attributes that is the same for everybody.
    pub(crate) fn new(topic: &str, subject: Option<String>, message: String) -> Self {
        Self { topic: topic.to_owned(), subject, message, for_functions: None, attributes: BTreeMap::new() }
    }
}

/// A topic of the stack or of the application.
pub(crate) fn find<'a>(world: &'a World, arn: &str) -> Option<&'a Topic> {
    let topics = world.setup.stack.topics.iter().chain(&world.setup.infrastructure.topics);
    topics.into_iter().find(|topic| topic.arn == arn)
}

/// Takes a message for a topic; a topic that is not there takes nothing.
pub(crate) fn deliver(world: &mut World, published: Publication) {
    let topic = published.topic.as_str();
    if find(world, topic).is_none() {
        return;
    }
    let Publication { subject, message, .. } = &published;
    world.tell(FactKind::NoticeSent { topic: topic.to_owned(), subject: subject.clone(), message: message.clone() });
    let subscriptions = world.setup.stack.subscriptions.iter().filter(|one| one.topic == topic);
    let functions: Vec<String> = subscriptions.map(|one| one.function.clone()).collect();
    for function in functions {
        let needed = Permission::new("lambda:InvokeFunction", function.clone());
        if iam::service_may(world, "sns.amazonaws.com", topic, needed) {
            let payload = notification(world, &published);
            // a function that is not there hears nothing: the template names it beforehand
            drop(lambda::invoke_async(world, &function, payload));
        }
    }
    world.sns.published.push(published);
}

/// The event that a function gets. <https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html>
fn notification(world: &mut World, published: &Publication) -> Value {
    let attribute =
        |(name, (kind, value)): (&String, &(String, String))| (name.clone(), json!({ "Type": kind, "Value": value }));
    let attributes: serde_json::Map<String, Value> = published.attributes.iter().map(attribute).collect();
    let [subscription, message] = [random::uuid(&mut world.rng), random::uuid(&mut world.rng)];
    json!({ "Records": [{
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": format!("{}:{subscription}", published.topic),
        "Sns": {
            "Type": "Notification",
            "MessageId": message,
            "TopicArn": published.topic,
            "Subject": published.subject,
            "Message": published.for_functions.as_ref().unwrap_or(&published.message),
            "Timestamp": format!("{:.3}", world.now),
            "SignatureVersion": "1",
            "Signature": "EXAMPLE",
            "SigningCertUrl": "EXAMPLE",
            "UnsubscribeUrl": "EXAMPLE",
            "MessageAttributes": attributes,
        },
    }]})
}

impl World {
    /// Everything published so far, oldest first.
    pub fn publications(&self) -> &[Publication] {
        &self.sns.published
    }
}
