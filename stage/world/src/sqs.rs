//! Amazon SQS: queues that take dead letters.

use crate::World;
use std::collections::BTreeMap;

/// What lies in the queues, by queue ARN.
#[derive(Debug, Default)]
pub(crate) struct Sqs {
    messages: BTreeMap<String, Vec<String>>,
}

/// Puts a message into a queue of the stack; a queue that is not there takes nothing.
pub(crate) fn send(world: &mut World, queue: &str, body: String) {
    if world.setup.stack.queues.iter().any(|known| known.arn == queue) {
        world.sqs.messages.entry(queue.to_owned()).or_default().push(body);
    }
}

impl World {
    /// The messages in a queue (by its ARN), oldest first: what was given up.
    pub fn messages(&self, queue: &str) -> &[String] {
        self.sqs.messages.get(queue).map_or(&[], Vec::as_slice)
    }
}
