//! REST-JSON as Lambda speaks it: names in the path, the kind of an invocation in a header, and its event as the body.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>

use crate::{WireError, header_text, respond, text};
use greenlight_world::value::Value;
use http::request::Parts;
use http::{Method, Response};

/// The operation that is answered with nothing but a status.
pub(crate) const INVOKE: &str = "Invoke";

/// The version of the API, with which its paths begin.
const BEGIN: &str = "/2015-03-31/functions/";

pub(crate) fn decode(parts: &Parts, body: &[u8]) -> Result<(&'static str, String, Value), WireError> {
    let unknown = || WireError::UnknownOperation {
        service: "lambda",
        operation: format!("{} {}", parts.method, parts.uri.path()),
    };
    let (name, what) =
        parts.uri.path().strip_prefix(BEGIN).and_then(|rest| rest.split_once('/')).ok_or_else(unknown)?;
    let member = |name: &str, value: String| (Value::Text(name.to_owned()), Value::Text(value));
    let mut members = vec![member("FunctionName", text::percent_decode(name)?)];
    let operation = match (&parts.method, what) {
        (&Method::GET, "configuration") => "GetFunctionConfiguration",
        (&Method::POST, "invocations") => INVOKE,
        _ => return Err(unknown()),
    };
    if let Some((parameter, _)) = text::parameters(parts.uri.query())?.into_iter().next() {
        return Err(WireError::Unsupported(format!("the query parameter `{parameter}` of lambda:{operation}")));
    }
    if operation == INVOKE {
        for header in ["x-amz-client-context", "x-amz-log-type", "x-amz-durable-execution-name", "x-amz-tenant-id"] {
            if parts.headers.contains_key(header) {
                return Err(WireError::Unsupported(format!("the header `{header}` of lambda:{operation}")));
            }
        }
        if let Some(kind) = header_text(parts, "x-amz-invocation-type") {
            members.push(member("InvocationType", kind.to_owned()));
        }
        let payload = String::from_utf8(body.to_vec());
        let payload = payload.map_err(|_| WireError::Malformed("the event is not UTF-8".to_owned()))?;
        members.push(member("Payload", payload));
    }
    Ok(("lambda", operation.to_owned(), Value::Map(members)))
}

/// The event lies in the queue.
pub(crate) fn accepted(request_id: &str) -> Response<Vec<u8>> {
    respond(202, "application/json", request_id, Vec::new())
}
