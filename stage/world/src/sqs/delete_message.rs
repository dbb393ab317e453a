//! `DeleteMessage`.

use super::{queue_arn, queue_of, report_messages};
use crate::operation::Operation;
use crate::{AwsError, Permission, World};
use serde::{Deserialize, Serialize};

pub(crate) struct DeleteMessage;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Input {
    queue_url: String,
    receipt_handle: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct Output {}

impl Operation for DeleteMessage {
    const SERVICE: &'static str = "sqs";
    const NAME: &'static str = "DeleteMessage";
    const CALLERS: &'static [&'static str] = &["greenlight jobs"];
    type Input = Input;
    type Output = Output;

    fn authorize(input: &Input, world: &World) -> Vec<Permission> {
        vec![Permission::new("sqs:DeleteMessage", queue_arn(world, &input.queue_url))]
    }

    fn call(input: Input, world: &mut World) -> Result<Output, AwsError> {
        let arn = queue_of(world, &input.queue_url)?;
        if input.receipt_handle.is_empty() {
            return Err(AwsError::client("ReceiptHandleIsInvalid", "The input receipt handle is invalid."));
        }
        // the handle of an earlier receipt, or of a message that is gone, deletes nothing, and is no error
        let receipt = Some(input.receipt_handle);
        world.sqs.messages.entry(arn).or_default().retain(|message| message.receipt != receipt);
        report_messages(world);
        Ok(Output {})
    }
}
