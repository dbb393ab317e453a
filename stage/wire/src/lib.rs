//! The protocols that AWS clients speak, turned into one [`Value`] and back.
//!
//! A request is decoded into a service, an operation and an input whose members have the names of the service model;
//! an answer is encoded the way the protocol of its request wants it. Nothing here knows what an operation does, opens
//! a socket or reads a clock, and no input makes it panic: what cannot be read is a [`WireError`].
//!
//! | Protocol | Services | Operation from |
//! |---|---|---|
//! | JSON 1.0 and 1.1 | ecs, codedeploy, logs, secretsmanager, sqs, ssm, cloudwatch | `X-Amz-Target` |
//! | RPC v2 CBOR | cloudwatch, codedeploy | path |
//! | REST-JSON | lambda, scheduler | method and path |
//! | query | sns, elasticloadbalancing (version 2), cloudwatch | form parameter `Action` |
//! | REST-XML | s3 (`GetObject`, path-style) | method and path |
//!
//! Signatures are not verified: the stage listens on the loopback interface only, and the access key says who calls.

mod authorization;
mod aws_json;
mod cbor;
mod encoding;
mod error;
mod json;
mod lambda;
mod query;
mod rest_json;
mod s3;
mod text;

pub use error::WireError;
pub use query::Dialect;

use greenlight_world::AwsError;
use greenlight_world::value::Value;
use http::request::Parts;
use http::{HeaderValue, Response, StatusCode, header};

/// The most bytes that the body of a request may have.
pub const MAX_BODY: usize = 1024 * 1024;

/// One AWS API call, free of its protocol.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded {
    /// The access key id that signed the request.
    pub access_key: String,
    /// The service as IAM writes it: `ecs`, `codedeploy`, `cloudwatch`, `elasticloadbalancing`.
    pub service: &'static str,
    /// The operation as the service model writes it.
    pub operation: String,
    /// The input: a map with the member names of the service model.
    pub input: Value,
    /// How the answer has to look; hand it to [`encode`].
    pub protocol: Protocol,
}

/// How a service speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// AWS JSON, version 1.0.
    AwsJson10,
    /// AWS JSON, version 1.1.
    AwsJson11,
    /// RPC v2 with CBOR documents, and the dialect whose codes of errors the service goes on telling.
    Cbor(Option<Dialect>),
    /// REST-JSON.
    RestJson,
    /// Query: form parameters in, XML out.
    Query(Dialect),
    /// REST-XML as S3 speaks it.
    S3,
}

impl Protocol {
    /// The protocol that an answer to this request should have, however little of the request can be understood.
    pub fn of(parts: &Parts) -> Self {
        let content_type = header_text(parts, header::CONTENT_TYPE.as_str()).unwrap_or_default();
        if parts.headers.contains_key(aws_json::TARGET) {
            return if content_type.starts_with("application/x-amz-json-1.0") {
                Self::AwsJson10
            } else {
                Self::AwsJson11
            };
        }
        if header_text(parts, cbor::PROTOCOL.0) == Some(cbor::PROTOCOL.1) {
            return Self::Cbor(cbor::dialect(parts));
        }
        let service = authorization::credential(parts).map_or("", |credential| credential.service);
        match Dialect::of(service) {
            Some(dialect) => Self::Query(dialect),
            // whoever it was meant for
            None if content_type.starts_with("application/x-www-form-urlencoded") => Self::Query(Dialect::Sns),
            None if service == "s3" => Self::S3,
            None => Self::RestJson,
        }
    }
}

/// Reads a request.
pub fn decode(parts: &Parts, body: &[u8]) -> Result<Decoded, WireError> {
    if body.len() > MAX_BODY {
        return Err(WireError::TooLarge);
    }
    let credential = authorization::credential(parts)?;
    let protocol = Protocol::of(parts);
    let body = &*encoding::decode(parts, body)?;
    let (service, operation, input) = match protocol {
        Protocol::AwsJson10 | Protocol::AwsJson11 => aws_json::decode(parts, body)?,
        Protocol::Cbor(_) => cbor::decode(parts, body)?,
        Protocol::Query(_) => query::decode(parts, credential.service, body)?,
        Protocol::RestJson if credential.service == "lambda" => lambda::decode(parts, body)?,
        Protocol::RestJson => rest_json::decode(parts, credential.service, body)?,
        Protocol::S3 => s3::decode(parts)?,
    };
    Ok(Decoded { access_key: credential.access_key.to_owned(), service, operation, input, protocol })
}

/// Writes the answer to a decoded request.
pub fn encode(
    protocol: Protocol,
    operation: &str,
    answer: Result<Value, AwsError>,
    request_id: &str,
) -> Response<Vec<u8>> {
    match (protocol, answer) {
        (Protocol::RestJson, Ok(_)) if operation == lambda::INVOKE => lambda::accepted(request_id),
        (Protocol::AwsJson10 | Protocol::AwsJson11 | Protocol::RestJson, Ok(output)) => {
            respond(200, json_type(protocol), request_id, json::write(output))
        }
        (Protocol::AwsJson10 | Protocol::AwsJson11 | Protocol::RestJson, Err(error)) => {
            let error = if protocol == Protocol::RestJson { rest_json::error(error) } else { error };
            let body = aws_json::error_body(protocol, &error);
            let mut response = respond(error.status, json_type(protocol), request_id, body);
            set(&mut response, "x-amzn-errortype", &error.code);
            if protocol == Protocol::AwsJson10 {
                set_query_error(&mut response, error);
            }
            response
        }
        (Protocol::Cbor(_), Ok(output)) => cbor::respond(200, output, request_id),
        (Protocol::Cbor(dialect), Err(error)) => {
            let mut response = cbor::respond(error.status, cbor::error_body(&error), request_id);
            if dialect.is_some() {
                set_query_error(&mut response, error);
            }
            response
        }
        (Protocol::Query(dialect), Ok(output)) => {
            respond(200, "text/xml", request_id, query::success(dialect, operation, &output, request_id))
        }
        (Protocol::Query(dialect), Err(error)) => {
            let error = dialect.error(error);
            respond(error.status, "text/xml", request_id, query::failure(dialect, &error, request_id))
        }
        (Protocol::S3, Ok(output)) => s3::success(output, request_id),
        (Protocol::S3, Err(error)) => {
            let error = s3::error(error);
            respond(error.status, "application/xml", request_id, s3::failure(&error, request_id))
        }
    }
}

/// CloudWatch, which has newer protocols beside the query protocol, goes on telling its clients the codes that the query protocol had.
/// Of SQS's errors only those have such a code here that every service has.
fn set_query_error(response: &mut Response<Vec<u8>>, error: AwsError) {
    let error = Dialect::CloudWatch.error(error);
    *response.status_mut() = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    set(response, "x-amzn-query-error", &format!("{};{}", error.code, query::kind(&error)));
}

/// Sets a header, unless the value cannot be in one.
fn set(response: &mut Response<Vec<u8>>, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// Writes the answer to a request that could not be decoded.
pub fn refuse(parts: &Parts, error: &WireError, request_id: &str) -> Response<Vec<u8>> {
    encode(Protocol::of(parts), "", Err(error.to_aws()), request_id)
}

fn json_type(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::AwsJson10 => "application/x-amz-json-1.0",
        Protocol::AwsJson11 => "application/x-amz-json-1.1",
        _ => "application/json",
    }
}

/// A response with what every AWS answer carries.
fn respond(status: u16, content_type: &'static str, request_id: &str, body: Vec<u8>) -> Response<Vec<u8>> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert("x-amzn-requestid", id.clone());
        headers.insert("x-amz-request-id", id);
    }
    response
}

fn header_text<'a>(parts: &'a Parts, name: &str) -> Option<&'a str> {
    parts.headers.get(name).and_then(|value| value.to_str().ok())
}
