//! JSON documents and values.
//!
//! JSON has neither timestamps nor blobs: a timestamp is a number of seconds, a blob is base64 text. Coming in, both
//! stay what they are (a shape with a timestamp reads numbers too); going out, tag 1 and bytes are turned into them.

use crate::WireError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use greenlight_world::value::Value;
use serde_json::{Map, Number};

/// Reads the JSON object of a request; nothing at all is an empty one.
pub(crate) fn read(body: &[u8]) -> Result<Value, WireError> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Value::Map(Vec::new()));
    }
    let json: serde_json::Value = serde_json::from_slice(body)
        .map_err(|error| WireError::Malformed(format!("the body of the request is not JSON: {error}")))?;
    if !json.is_object() {
        return Err(WireError::Malformed("the body of the request is not a JSON object".to_owned()));
    }
    Ok(to_value(json))
}

/// Writes an output as JSON text; an output without members is `{}`.
pub(crate) fn write(value: Value) -> Vec<u8> {
    let json = match from_value(value) {
        serde_json::Value::Null => serde_json::Value::Object(Map::new()),
        json => json,
    };
    json.to_string().into_bytes()
}

/// A member that is null counts as absent, as in every AWS protocol; an element of a list that is null stays.
fn to_value(json: serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(value) => Value::Bool(value),
        serde_json::Value::Number(number) => to_number(&number),
        serde_json::Value::String(text) => Value::Text(text),
        serde_json::Value::Array(items) => Value::Array(items.into_iter().map(to_value).collect()),
        serde_json::Value::Object(members) => Value::Map(
            members
                .into_iter()
                .filter(|(_, member)| !member.is_null())
                .map(|(name, member)| (Value::Text(name), to_value(member)))
                .collect(),
        ),
    }
}

fn to_number(number: &Number) -> Value {
    if let Some(integer) = number.as_i64() {
        return Value::Integer(integer.into());
    }
    if let Some(integer) = number.as_u64() {
        return Value::Integer(integer.into());
    }
    number.as_f64().map_or(Value::Null, Value::Float)
}

fn from_value(value: Value) -> serde_json::Value {
    match value {
        Value::Bool(value) => serde_json::Value::Bool(value),
        Value::Integer(integer) => from_integer(i128::from(integer)),
        Value::Float(float) => from_float(float),
        Value::Text(text) => serde_json::Value::String(text),
        Value::Bytes(bytes) => serde_json::Value::String(STANDARD.encode(bytes)),
        Value::Array(items) => serde_json::Value::Array(items.into_iter().map(from_value).collect()),
        Value::Map(members) => serde_json::Value::Object(
            members
                .into_iter()
                .filter(|(_, member)| !matches!(member, Value::Null))
                .map(|(name, member)| (name_text(name), from_value(member)))
                .collect(),
        ),
        // tag 1 is a timestamp: its number of seconds is what JSON wants. No other tag is in use.
        Value::Tag(_, inner) => from_value(*inner),
        _ => serde_json::Value::Null,
    }
}

fn from_integer(integer: i128) -> serde_json::Value {
    i64::try_from(integer)
        .map(Number::from)
        .or_else(|_| u64::try_from(integer).map(Number::from))
        .map_or(serde_json::Value::Null, serde_json::Value::Number)
}

/// What JSON has no number for is written as text, as the protocols say: `NaN`, `Infinity`, `-Infinity`.
fn from_float(float: f64) -> serde_json::Value {
    Number::from_f64(float).map_or_else(
        || {
            let name = if float.is_nan() {
                "NaN"
            } else if float > 0.0 {
                "Infinity"
            } else {
                "-Infinity"
            };
            serde_json::Value::String(name.to_owned())
        },
        serde_json::Value::Number,
    )
}

fn name_text(name: Value) -> String {
    match name {
        Value::Text(text) => text,
        other => from_value(other).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(text: &str) -> String {
        String::from_utf8(write(read(text.as_bytes()).unwrap())).unwrap()
    }

    #[test]
    fn documents_keep_their_shape_and_their_order() {
        let text = r#"{"b":[1,-2,2.5,true,null,"é"],"a":{"z":18446744073709551615}}"#;
        assert_eq!(round(text), text);
    }

    #[test]
    fn members_that_are_null_are_absent() {
        assert_eq!(round(r#"{"a":null,"b":{"c":null}}"#), r#"{"b":{}}"#);
    }

    #[test]
    fn nothing_is_an_empty_object() {
        assert_eq!(round(" \n"), "{}");
        assert_eq!(write(Value::Null), b"{}");
    }

    #[test]
    fn timestamps_are_numbers_and_blobs_base64() {
        let value = Value::Map(vec![
            (Value::Text("at".into()), Value::Tag(1, Box::new(Value::Float(1.5)))),
            (Value::Text("blob".into()), Value::Bytes(b"hello".to_vec())),
            (Value::Text("nan".into()), Value::Float(f64::NAN)),
        ]);
        assert_eq!(write(value), br#"{"at":1.5,"blob":"aGVsbG8=","nan":"NaN"}"#);
    }

    #[test]
    fn what_is_not_an_object_is_refused() {
        for body in ["[]", "1", "{", "{\"a\":}", "\u{0}", &"[".repeat(10_000), &"{\"a\":".repeat(10_000)] {
            assert!(matches!(read(body.as_bytes()), Err(WireError::Malformed(_))), "{body:.20}");
        }
    }
}
