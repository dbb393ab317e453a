//! Lambda's Runtime API, as one process of a function sees it.
//!
//! Every process has a port of its own, so that `AWS_LAMBDA_RUNTIME_API` is an address and a port, as in Lambda: runtimes
//! take nothing else. <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use crate::connections::{Body, Unread, full, plain, read};
use bytes::Bytes;
use greenlight_world::Invoke;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};

/// Lambda's limit of a response.
const MAX_BODY: usize = 6 * 1024 * 1024;

/// What a function's process asks or says.
#[derive(Debug)]
pub(crate) enum Said {
    /// It is ready for work, and waits for it.
    Next(oneshot::Sender<Work>),
    /// It is done.
    Response { request_id: String, body: Bytes, heard: oneshot::Sender<bool> },
    /// It failed.
    Error { request_id: String, body: Bytes, heard: oneshot::Sender<bool> },
    /// It cannot work at all.
    InitError { body: Bytes, heard: oneshot::Sender<bool> },
}

/// An event on its way to a process.
#[derive(Debug, Clone)]
pub(crate) struct Work {
    pub(crate) invoke: Invoke,
    /// When the function times out, by the clock that the function sees.
    pub(crate) deadline: Timestamp,
    pub(crate) function_arn: String,
}

/// Serves one request of a function's process.
pub(crate) async fn handle(request: Request<Incoming>, process: mpsc::Sender<Said>) -> Response<Body> {
    let path = request.uri().path().to_owned();
    let Some(path) = path.strip_prefix("/2018-06-01/runtime/") else { return not_found() };
    let segments: Vec<&str> = path.split('/').collect();
    match (request.method(), segments.as_slice()) {
        (&Method::GET, ["invocation", "next"]) => {
            let (reply, work) = oneshot::channel();
            if process.send(Said::Next(reply)).await.is_err() {
                return gone();
            }
            match work.await {
                Ok(work) => event(&work),
                Err(_) => gone(),
            }
        }
        (&Method::POST, ["invocation", request_id, "response"]) => {
            let request_id = (*request_id).to_owned();
            told(request, process, |body, heard| Said::Response { request_id, body, heard }).await
        }
        (&Method::POST, ["invocation", request_id, "error"]) => {
            let request_id = (*request_id).to_owned();
            told(request, process, |body, heard| Said::Error { request_id, body, heard }).await
        }
        (&Method::POST, ["init", "error"]) => {
            told(request, process, |body, heard| Said::InitError { body, heard }).await
        }
        _ => not_found(),
    }
}

async fn told(
    request: Request<Incoming>,
    process: mpsc::Sender<Said>,
    said: impl FnOnce(Bytes, oneshot::Sender<bool>) -> Said,
) -> Response<Body> {
    let body = match read(request.into_body(), MAX_BODY).await {
        Ok(body) => body,
        Err(Unread::TooLarge) => {
            let message = format!("Exceeded maximum allowed payload size ({MAX_BODY} bytes).");
            return error(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", &message);
        }
        Err(Unread::Broken) => return error(StatusCode::BAD_REQUEST, "InvalidRequest", "the body did not come whole"),
    };
    let (heard, answer) = oneshot::channel();
    if process.send(said(body, heard)).await.is_err() {
        return gone();
    }
    match answer.await {
        Ok(true) => json(StatusCode::ACCEPTED, "{\"status\":\"OK\"}\n".to_owned()),
        Ok(false) => error(StatusCode::BAD_REQUEST, "InvalidRequestID", "Invalid request ID"),
        Err(_) => gone(),
    }
}

/// The answer to `next`.
fn event(work: &Work) -> Response<Body> {
    let mut response = json(StatusCode::OK, work.invoke.payload.to_string());
    let headers = response.headers_mut();
    let mut set = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    set("lambda-runtime-aws-request-id", &work.invoke.request_id);
    set("lambda-runtime-deadline-ms", &work.deadline.as_millisecond().to_string());
    set("lambda-runtime-invoked-function-arn", &work.function_arn);
    set("lambda-runtime-trace-id", &trace_id(work));
    response
}

/// A trace that nobody samples.
fn trace_id(work: &Work) -> String {
    let seconds = u32::try_from(work.deadline.as_second()).unwrap_or_default();
    format!("Root=1-{seconds:08x}-{:024x};Parent={0:016x};Sampled=0", work.invoke.id.0)
}

/// What a process says went wrong: `errorType` and `errorMessage`.
pub(crate) fn error_of(body: &[u8]) -> (String, String) {
    let error: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let member = |name: &str| error.get(name).and_then(serde_json::Value::as_str).map(ToOwned::to_owned);
    (
        member("errorType").unwrap_or_else(|| "Runtime.Unknown".to_owned()),
        member("errorMessage").unwrap_or_else(|| "the function reported an error without a message".to_owned()),
    )
}

fn json(status: StatusCode, body: String) -> Response<Body> {
    let mut response = Response::new(full(body));
    *response.status_mut() = status;
    *response.headers_mut() =
        HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
    response
}

fn error(status: StatusCode, kind: &str, message: &str) -> Response<Body> {
    json(status, serde_json::json!({ "errorMessage": message, "errorType": kind }).to_string())
}

fn not_found() -> Response<Body> {
    plain(StatusCode::NOT_FOUND, "404 page not found")
}

/// The process is being ended.
fn gone() -> Response<Body> {
    error(StatusCode::FORBIDDEN, "InvalidStateTransition", "the function's process is being ended")
}

#[cfg(test)]
mod tests {
    use super::error_of;

    #[test]
    fn errors_have_a_type_and_a_message_whatever_was_sent() {
        let (kind, message) = error_of(br#"{"errorType":"Boom","errorMessage":"it broke","stackTrace":[]}"#);
        assert_eq!((kind.as_str(), message.as_str()), ("Boom", "it broke"));
        for body in ["", "[]", "\"x\"", "{\"errorType\":1}"] {
            assert_eq!(error_of(body.as_bytes()).0, "Runtime.Unknown", "{body}");
        }
    }
}
