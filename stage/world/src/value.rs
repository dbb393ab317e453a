//! The one value that every protocol is turned into before an operation and out of after it.
//!
//! It is CBOR's data model: maps, lists, text, blobs, numbers, and tag 1 for a timestamp (seconds since the epoch).

pub use ciborium::value::Value;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::str::FromStr;

/// A timestamp in an input or output shape. On the wire it is what the protocol wants; in a [`Value`] it is tag 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(pub Timestamp);

impl Time {
    /// Milliseconds are as fine as AWS's APIs go.
    fn seconds(self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of this era fit into 53 bits")]
        let milliseconds = self.0.as_millisecond() as f64;
        milliseconds / 1000.0
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ciborium::tag::Required::<f64, 1>(self.seconds()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let inner = if let Value::Tag(1, inner) = value { *inner } else { value };
        let seconds = match &inner {
            Value::Float(seconds) => *seconds,
            #[expect(clippy::cast_precision_loss, reason = "seconds of this era fit into 53 bits")]
            Value::Integer(seconds) => i128::from(*seconds) as f64,
            Value::Text(text) => return text.parse().map(Time).map_err(de::Error::custom),
            _ => return Err(de::Error::custom("expected a timestamp")),
        };
        jiff::SignedDuration::try_from_secs_f64(seconds)
            .ok()
            .and_then(|since| Timestamp::from_duration(since).ok())
            .map(Time)
            .ok_or_else(|| de::Error::custom("timestamp out of range"))
    }
}

impl From<Timestamp> for Time {
    fn from(at: Timestamp) -> Self {
        Self(at)
    }
}

/// A number of an input that need not be whole: JSON writes a whole one without a point, and the query protocol has only text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Double(pub(crate) f64);

impl<'de> Deserialize<'de> for Double {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = match Value::deserialize(deserializer)? {
            Value::Float(number) => Some(number),
            #[expect(clippy::cast_precision_loss, reason = "what was meant to be a double has no more digits")]
            Value::Integer(number) => Some(i128::from(number) as f64),
            Value::Text(text) => text.parse().ok(),
            _ => None,
        };
        number.map(Double).ok_or_else(|| de::Error::custom("expected a number"))
    }
}

/// Reads a whole number or a truth value of an input: the query protocol has only text for it.
pub(crate) fn number<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr + DeserializeOwned,
{
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        Value::Text(text) => {
            text.parse().map(Some).map_err(|_| de::Error::custom(format!("`{text}` is not a value of its type")))
        }
        other => other.deserialized().map(Some).map_err(de::Error::custom),
    }
}

/// Reads a whole number that an input has to have.
pub(crate) fn whole<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr + DeserializeOwned,
{
    number(deserializer)?.ok_or_else(|| de::Error::custom("expected a whole number"))
}

/// Reads a list of an input: the query protocol has an empty text for an empty one.
pub(crate) fn list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    match Value::deserialize(deserializer)? {
        Value::Text(text) if text.is_empty() => Ok(Vec::new()),
        other => other.deserialized().map_err(de::Error::custom),
    }
}
