//! Amazon SQS: queues that take dead letters.

use crate::World;

#[derive(Debug, Default)]
pub(crate) struct Sqs {}
