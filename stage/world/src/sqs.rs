//! Amazon SQS: queues that take dead letters.

mod delete_message;
mod receive_message;
mod send_message;
#[cfg(test)]
mod tests;

use crate::operation::{Entry, entry};
use crate::{AwsError, FactKind, Queue, World, cloudwatch, random};
use jiff::Timestamp;
use std::collections::BTreeMap;

pub(crate) const OPERATIONS: &[Entry] = &[
    entry::<delete_message::DeleteMessage>(),
    entry::<receive_message::ReceiveMessage>(),
    entry::<send_message::SendMessage>(),
];

/// What lies in the queues, by queue ARN.
#[derive(Debug, Default)]
pub(crate) struct Sqs {
    messages: BTreeMap<String, Vec<Message>>,
}

#[derive(Debug, Clone)]
struct Message {
    id: String,
    body: String,
    /// Nobody else receives it before.
    hidden_until: Timestamp,
    /// The handle of the last receipt.
    receipt: Option<String>,
}

/// The ARN of the queue that a URL names by its last two parts: account and name.
fn queue_arn(world: &World, url: &str) -> String {
    world.arn("sqs", url.rsplit('/').next().unwrap_or_default())
}

/// The same of a queue that is there.
fn queue_of(world: &World, url: &str) -> Result<String, AwsError> {
    let arn = queue_arn(world, url);
    let is_there = world.setup.stack.queues.iter().any(|queue| queue.arn == arn);
    is_there.then_some(arn).ok_or_else(|| AwsError::client("QueueDoesNotExist", "The specified queue does not exist."))
}

fn invalid(message: String) -> AwsError {
    AwsError::client("ValidationException", message)
}

/// Puts an event that was given up into a queue of the stack: whose it was (an ARN), and why. A queue that is not there takes
/// nothing.
pub(crate) fn dead_letter(world: &mut World, queue: &str, from: &str, reason: &str, body: String) {
    if world.setup.stack.queues.iter().any(|known| known.arn == queue) {
        let (from, reason) = (from.to_owned(), reason.to_owned());
        world.tell(FactKind::DeadLetterSent { queue: queue.to_owned(), from, reason });
        let (id, hidden_until) = (random::uuid(&mut world.rng), world.now);
        let message = Message { id, body, hidden_until, receipt: None };
        world.sqs.messages.entry(queue.to_owned()).or_default().push(message);
        report_messages(world);
    }
}

/// The queues report to CloudWatch how many messages lie in them.
pub(crate) fn report_messages(world: &mut World) {
    let count = |queue: &Queue| (queue.arn.clone(), world.messages(&queue.arn).len());
    let counts: Vec<(String, usize)> = world.setup.stack.queues.iter().map(count).collect();
    for (arn, count) in counts {
        let dimensions = [("QueueName", arn.rsplit(':').next().unwrap_or_default().to_owned())];
        let count = f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        cloudwatch::record(world, "AWS/SQS", "ApproximateNumberOfMessagesVisible", &dimensions, "Count", count);
    }
}

impl World {
    /// The messages in a queue (by its ARN), oldest first: what was given up.
    pub fn messages(&self, queue: &str) -> Vec<&str> {
        let messages = self.sqs.messages.get(queue);
        messages.into_iter().flatten().map(|message| message.body.as_str()).collect()
    }
}
