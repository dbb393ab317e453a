//! What the parts of the simulation tell the task that owns the world.

use greenlight_aws::http::{HttpError, Request, Response};
use greenlight_world::value::Value;
use greenlight_world::{AwsError, Input};
use tokio::sync::oneshot;

/// Where an answer goes.
pub(crate) type Reply = oneshot::Sender<Result<Response, HttpError>>;

/// What reaches the driver.
#[derive(Debug)]
pub(crate) enum Message {
    /// An API call of an SDK client.
    Call {
        access_key: String,
        service: &'static str,
        operation: String,
        input: Value,
        reply: oneshot::Sender<Result<Value, AwsError>>,
    },
    /// A request to the application.
    Request { request: Request, reply: Reply },
    /// Anything else that happened outside the world.
    Input(Input),
}
