//! YAML (and with it JSON) into the tree.

use super::{Data, Entry, Node};
use crate::problem::{Place, Problems};
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};
use std::fmt;

/// An `AppSpec` has about 30 values. The bound keeps a hostile text from costing more than a moment.
const LARGEST: usize = 1024 * 1024;

pub(super) fn read(text: &str, source: &str) -> Result<Node, Problems> {
    if text.len() > LARGEST {
        return Err(Problems::one(source, None, format!("{} bytes are too many, at most {LARGEST}", text.len())));
    }
    match serde_saphyr::from_str::<Spanned<Value>>(text) {
        Ok(root) => Ok(node(root)),
        Err(error) => {
            let place = error.location().and_then(place);
            let message = error.without_snippet().render();
            // The place is said once, at the beginning of the line; advice to programmers is left out.
            let message = message.lines().next().unwrap_or_default();
            let end = [" at line ", ", set DuplicateKeyPolicy"].iter().filter_map(|mark| message.find(mark)).min();
            let message = &message[..end.unwrap_or(message.len())];
            Err(Problems::one(
                source,
                place,
                format!("not valid YAML or JSON: {}", message.trim_start_matches("error: ")),
            ))
        }
    }
}

fn place(location: Location) -> Option<Place> {
    let line = usize::try_from(location.line()).ok().filter(|line| *line > 0)?;
    Some(Place { line, column: usize::try_from(location.column()).unwrap_or(1) })
}

fn node(spanned: Spanned<Value>) -> Node {
    let place = place(spanned.referenced);
    let data = match spanned.value {
        Value::Scalar(data) => data,
        Value::List(items) => Data::List(items.into_iter().map(node).collect()),
        Value::Table(entries) => Data::Table(
            entries
                .into_iter()
                .map(|(key, value)| Entry { place: self::place(key.referenced), key: key.value, value: node(value) })
                .collect(),
        ),
    };
    Node { place, data }
}

enum Value {
    Scalar(Data),
    List(Vec<Spanned<Value>>),
    Table(Vec<(Spanned<String>, Spanned<Value>)>),
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Values)
    }
}

struct Values;

impl<'de> Visitor<'de> for Values {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Scalar(Data::Bool(value)))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Scalar(Data::Integer(value)))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Scalar(i64::try_from(value).map_or(Data::Other("a huge number"), Data::Integer)))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Scalar(Data::Float(value)))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Scalar(Data::Text(value.to_owned())))
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Scalar(Data::Null))
    }

    fn visit_none<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Scalar(Data::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut table = Vec::new();
        while let Some(member) = members.next_entry()? {
            table.push(member);
        }
        Ok(Value::Table(table))
    }
}
