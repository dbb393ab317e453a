//! RPC v2 CBOR: service and operation in the path, documents in CBOR, which is what a [`Value`] is.
//!
//! <https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html>

use crate::{Dialect, WireError, aws_json};
use greenlight_world::AwsError;
use greenlight_world::value::Value;
use http::request::Parts;
use http::{HeaderValue, Response};

/// The header that names the protocol, in requests and answers.
pub(crate) const PROTOCOL: (&str, &str) = ("smithy-protocol", "rpc-v2-cbor");

/// No document of a real request nests deeper.
const MAX_DEPTH: usize = 32;

pub(crate) fn decode(parts: &Parts, body: &[u8]) -> Result<(&'static str, String, Value), WireError> {
    let path = parts.uri.path();
    let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let ["service", service, "operation", operation] = segments.as_slice() else {
        return Err(WireError::Malformed(format!("the path `{path}` is not `/service/SERVICE/operation/OPERATION`")));
    };
    let (service, operation) = aws_json::named(service, operation)?;
    Ok((service, operation, read(body)?))
}

/// The dialect whose codes the service of a request goes on telling; the others never spoke the query protocol.
pub(crate) fn dialect(parts: &Parts) -> Option<Dialect> {
    let service = parts.uri.path().strip_prefix("/service/")?.split('/').next()?;
    (service == "GraniteServiceVersion20100801").then_some(Dialect::CloudWatch)
}

/// Reads the map of a request; nothing at all is an empty one.
fn read(body: &[u8]) -> Result<Value, WireError> {
    if body.is_empty() {
        return Ok(Value::Map(Vec::new()));
    }
    let mut rest = body;
    let value: Value = ciborium::de::from_reader_with_recursion_limit(&mut rest, MAX_DEPTH)
        .map_err(|error| WireError::Malformed(format!("the body of the request is not CBOR: {error}")))?;
    if !rest.is_empty() || !value.is_map() {
        return Err(WireError::Malformed("the body of the request is not one CBOR map".to_owned()));
    }
    Ok(without_nulls(value))
}

/// A member that is null counts as absent, as in every AWS protocol; an element of a list that is null stays.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Map(members) => Value::Map(
            members
                .into_iter()
                .filter(|(_, member)| !member.is_null())
                .map(|(name, member)| (name, without_nulls(member)))
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.into_iter().map(without_nulls).collect()),
        other => other,
    }
}

/// The document of an error.
pub(crate) fn error_body(error: &AwsError) -> Value {
    Value::Map(vec![
        (Value::Text("__type".to_owned()), Value::Text(error.code.clone())),
        (Value::Text("message".to_owned()), Value::Text(error.message.clone())),
    ])
}

/// An answer with this document; an output without members is an empty map.
pub(crate) fn respond(status: u16, output: Value, request_id: &str) -> Response<Vec<u8>> {
    let output = if output.is_null() { Value::Map(Vec::new()) } else { without_nulls(output) };
    let mut body = Vec::new();
    // writing to a Vec cannot fail
    let _ = ciborium::into_writer(&output, &mut body);
    let mut response = crate::respond(status, "application/cbor", request_id, body);
    response.headers_mut().insert(PROTOCOL.0, HeaderValue::from_static(PROTOCOL.1));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_that_are_null_are_absent() {
        // {"a": null, "b": [null], "at": 1(0.5)}
        let body = b"\xa3\x61a\xf6\x61b\x81\xf6\x62at\xc1\xf9\x38\x00";
        let text = |text: &str| Value::Text(text.to_owned());
        let at = Value::Tag(1, Box::new(Value::Float(0.5)));
        assert_eq!(read(body), Ok(Value::Map(vec![(text("b"), Value::Array(vec![Value::Null])), (text("at"), at)])));
    }

    #[test]
    fn what_is_not_one_map_is_refused() {
        let deep = [b'\x81'; 10_000];
        for body in [b"\x80".as_slice(), b"\xa1", b"\xa0\xa0", b"\xff", b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff", &deep]
        {
            assert!(matches!(read(body), Err(WireError::Malformed(_))), "{body:.8?}");
        }
    }
}
