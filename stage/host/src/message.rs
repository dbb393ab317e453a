//! What the parts of the shell tell the task that owns the world.

use greenlight_world::value::Value;
use greenlight_world::{AwsError, Input, Invoke};
use tokio::sync::{mpsc, oneshot};

/// What reaches the driver. Its bound keeps a chatty process from filling the memory: it has to wait until it is heard.
pub(crate) type Inbox = mpsc::Sender<Message>;

/// How many messages wait at most.
pub(crate) const INBOX: usize = 1024;

/// Something for the driver.
#[derive(Debug)]
pub(crate) enum Message {
    /// Something for the world.
    Input(Input),
    /// An AWS API call, and who waits for its answer.
    Call {
        access_key: String,
        service: &'static str,
        operation: String,
        input: Value,
        reply: oneshot::Sender<Result<Value, AwsError>>,
    },
    /// A process of a function waits for an event.
    FunctionIdle(u64),
    /// A process of a function has ended.
    FunctionGone(u64),
    /// The process that was to have this event ended before it did.
    InvokeAgain(Invoke),
    /// End everything; the reply comes when nothing runs any more.
    Stop(oneshot::Sender<()>),
}
