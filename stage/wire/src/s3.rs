//! REST-XML as S3 speaks it: `GetObject` with the bucket in the path.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html>

use crate::text::{self, xml};
use crate::{WireError, respond};
use greenlight_world::AwsError;
use greenlight_world::value::Value;
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, Response, StatusCode, header};

pub(crate) fn decode(parts: &Parts) -> Result<(&'static str, String, Value), WireError> {
    let path = parts.uri.path().trim_start_matches('/');
    let unknown =
        || WireError::UnknownOperation { service: "s3", operation: format!("{} {}", parts.method, parts.uri) };
    let (bucket, key) = path.split_once('/').ok_or_else(unknown)?;
    if parts.method != Method::GET || bucket.is_empty() || key.is_empty() {
        return Err(unknown());
    }
    let member = |name: &str, value: String| (Value::Text(name.to_owned()), Value::Text(value));
    let mut input = vec![member("Bucket", text::percent_decode(bucket)?), member("Key", text::percent_decode(key)?)];
    for (parameter, value) in text::parameters(parts.uri.query())? {
        match parameter.as_str() {
            "versionId" => input.push(member("VersionId", value)),
            // the name of the operation, for readers of access logs
            "x-id" if value == "GetObject" => {}
            _ => return Err(unknown()),
        }
    }
    if let Some(range) = parts.headers.get(header::RANGE) {
        let range = range.to_str().map_err(|_| WireError::Malformed("the header `range` is not text".to_owned()))?;
        input.push(member("Range", range.to_owned()));
    }
    let conditional = [header::IF_MATCH, header::IF_NONE_MATCH, header::IF_MODIFIED_SINCE];
    if let Some(name) = conditional.iter().find(|name| parts.headers.contains_key(*name)) {
        return Err(WireError::Unsupported(format!("the header `{name}` of s3:GetObject")));
    }
    Ok(("s3", "GetObject".to_owned(), Value::Map(input)))
}

/// Members of `GetObject`'s output that are headers.
static HEADERS: [(&str, HeaderName); 4] = [
    ("ContentRange", header::CONTENT_RANGE),
    ("ContentType", header::CONTENT_TYPE),
    ("ETag", header::ETAG),
    ("VersionId", HeaderName::from_static("x-amz-version-id")),
];

pub(crate) fn success(output: Value, request_id: &str) -> Response<Vec<u8>> {
    let mut response = respond(200, "binary/octet-stream", request_id, Vec::new());
    let Value::Map(members) = output else { return response };
    for (name, value) in members {
        match (name.as_text(), value) {
            (Some("Body"), Value::Bytes(body)) => *response.body_mut() = body,
            (Some("Body"), Value::Text(body)) => *response.body_mut() = body.into_bytes(),
            (Some(name), Value::Text(text)) => {
                let known = HEADERS.iter().find(|(member, _)| *member == name);
                if let (Some((_, name)), Ok(value)) = (known, HeaderValue::from_str(&text)) {
                    if *name == header::CONTENT_RANGE {
                        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
                    }
                    response.headers_mut().insert(name, value);
                }
            }
            _ => {}
        }
    }
    response
}

/// The error as S3 names it, which has names of its own for what every service answers.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>
pub(crate) fn error(error: AwsError) -> AwsError {
    let (code, status) = match error.code.as_str() {
        "AccessDeniedException" => ("AccessDenied", 403),
        "InternalFailure" => ("InternalError", 500),
        "ThrottlingException" => ("SlowDown", 503),
        "ValidationException" => ("InvalidArgument", 400),
        _ => return error,
    };
    AwsError::with_status(code, error.message, status)
}

pub(crate) fn failure(error: &AwsError, request_id: &str) -> Vec<u8> {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{}</Code><Message>{}</Message><RequestId>{}</RequestId></Error>",
        xml(&error.code),
        xml(&error.message),
        xml(request_id)
    )
    .into_bytes()
}
