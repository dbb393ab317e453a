//! The story follows.

use greenlight_aws::{Env, Error, Invocation};

/// Handles one event.
///
/// # Errors
/// If the event's verdict could not be reported: Lambda then tries again.
pub async fn handle(invocation: Invocation, env: &Env) -> Result<serde_json::Value, Error> {
    let _ = env;
    Err(Error::Event(format!("request {} came too early", invocation.request_id)))
}
