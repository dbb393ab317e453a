//! `SendMessage`.

use super::{Message, invalid, queue_arn, queue_of, report_messages};
use crate::operation::Operation;
use crate::{AwsError, Permission, World, random};
use serde::{Deserialize, Serialize};

/// So much a message may have, in bytes.
const LONGEST: usize = 1024 * 1024;

pub(crate) struct SendMessage;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Input {
    queue_url: String,
    message_body: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    message_id: String,
}

impl Operation for SendMessage {
    const SERVICE: &'static str = "sqs";
    const NAME: &'static str = "SendMessage";
    const CALLERS: &'static [&'static str] =
        &["migrate", "warm-up", "smoke-test", "validate", "finish", "settle", "rollback", "launch-job", "notify"];
    type Input = Input;
    type Output = Output;

    fn authorize(input: &Input, world: &World) -> Vec<Permission> {
        vec![Permission::new("sqs:SendMessage", queue_arn(world, &input.queue_url))]
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        let arn = queue_of(world, &input.queue_url)?;
        let body = input.message_body;
        if body.is_empty() {
            return Err(invalid("The request must contain the parameter MessageBody.".to_owned()));
        }
        if body.len() > LONGEST {
            return Err(invalid(format!(
                "One or more parameters are invalid. Reason: Message must be shorter than {LONGEST} bytes."
            )));
        }
        let (id, hidden_until) = (random::uuid(&mut world.rng), world.now);
        let message = Message { id: id.clone(), body, hidden_until, receipt: None };
        world.sqs.messages.entry(arn).or_default().push(message);
        report_messages(world);
        Ok(Output { message_id: id })
    }
}
