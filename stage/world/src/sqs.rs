//! Amazon SQS: queues that take dead letters.

use crate::{FactKind, Queue, World, cloudwatch};
use std::collections::BTreeMap;

/// What lies in the queues, by queue ARN.
#[derive(Debug, Default)]
pub(crate) struct Sqs {
    messages: BTreeMap<String, Vec<String>>,
}

/// Puts an event that was given up into a queue of the stack: whose it was (an ARN), and why. A queue that is not there takes
/// nothing.
pub(crate) fn dead_letter(world: &mut World, queue: &str, from: &str, reason: &str, body: String) {
    if world.setup.stack.queues.iter().any(|known| known.arn == queue) {
        let (from, reason) = (from.to_owned(), reason.to_owned());
        world.tell(FactKind::DeadLetterSent { queue: queue.to_owned(), from, reason });
        world.sqs.messages.entry(queue.to_owned()).or_default().push(body);
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
    pub fn messages(&self, queue: &str) -> &[String] {
        self.sqs.messages.get(queue).map_or(&[], Vec::as_slice)
    }
}
