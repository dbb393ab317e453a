//! `ReceiveMessage`.

use super::{invalid, queue_arn, queue_of};
use crate::operation::Operation;
use crate::{AwsError, Permission, World, random};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// `VisibilityTimeout`, if neither the call nor the queue says: the stage's queues do not.
const HIDDEN: i64 = 30;
/// The longest, in seconds.
const LONGEST_HIDDEN: i64 = 43_200;

pub(crate) struct ReceiveMessage;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Input {
    queue_url: String,
    max_number_of_messages: Option<i64>,
    visibility_timeout: Option<i64>,
    /// Whoever waits for messages is answered at once.
    wait_time_seconds: Option<i64>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    messages: Vec<Received>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Received {
    message_id: String,
    receipt_handle: String,
    body: String,
}

impl Operation for ReceiveMessage {
    const SERVICE: &'static str = "sqs";
    const NAME: &'static str = "ReceiveMessage";
    const CALLERS: &'static [&'static str] = &["greenlight jobs"];
    type Input = Input;
    type Output = Output;

    fn authorize(input: &Input, world: &World) -> Vec<Permission> {
        vec![Permission::new("sqs:ReceiveMessage", queue_arn(world, &input.queue_url))]
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        let between = |member: &str, value: Option<i64>, default: i64, first: i64, last: i64| {
            let value = value.unwrap_or(default);
            let message = format!(
                "Value {value} for parameter {member} is invalid. Reason: Must be between {first} and {last}, if provided."
            );
            u64::try_from(value).ok().filter(|_| (first..=last).contains(&value)).ok_or_else(|| invalid(message))
        };
        let most = between("MaxNumberOfMessages", input.max_number_of_messages, 1, 1, 10)?;
        let hidden = between("VisibilityTimeout", input.visibility_timeout, HIDDEN, 0, LONGEST_HIDDEN)?;
        between("WaitTimeSeconds", input.wait_time_seconds, 0, 0, 20)?;
        let arn = queue_of(world, &input.queue_url)?;
        let (now, rng) = (world.now, &mut world.rng);
        let messages = world.sqs.messages.entry(arn).or_default();
        let visible = messages.iter_mut().filter(|message| message.hidden_until <= now);
        let received = visible.take(usize::try_from(most).unwrap_or(1)).map(|message| {
            message.hidden_until = now.saturating_add(Duration::from_secs(hidden)).unwrap_or(now);
            message.receipt = Some(random::uuid(rng));
            Received {
                message_id: message.id.clone(),
                receipt_handle: message.receipt.clone().unwrap_or_default(),
                body: message.body.clone(),
            }
        });
        Ok(Output { messages: received.collect() })
    }
}
