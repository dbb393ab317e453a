//! The tree that a template is read into: every value with its place.

use crate::problem::{Place, Problem};
use serde_json::{Number, Value};

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) data: Data,
}

/// A value. Scalars stay the text that was written: `CloudFormation` turns texts into numbers and numbers into texts as a
/// property wants them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Data {
    /// A text in quotes, or one that a function made.
    Text(String),
    /// A text without quotes: where JSON is wanted it may be a number, true or false.
    Bare(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) place: Place,
    pub(crate) value: Node,
}

impl Node {
    pub(crate) fn text(place: Place, text: impl Into<String>) -> Self {
        Self { place, data: Data::Text(text.into()) }
    }

    pub(crate) fn list(place: Place, items: Vec<Self>) -> Self {
        Self { place, data: Data::List(items) }
    }

    pub(crate) fn map(place: Place, entries: Vec<(&str, Self)>) -> Self {
        let entry = |(key, value): (&str, Self)| Entry { key: key.to_owned(), place, value };
        Self { place, data: Data::Map(entries.into_iter().map(entry).collect()) }
    }

    /// `!Ref name`.
    pub(crate) fn reference(place: Place, name: &str) -> Self {
        Self::map(place, vec![("Ref", Self::text(place, name))])
    }

    /// `!GetAtt name.attribute`.
    pub(crate) fn attribute(place: Place, name: &str, attribute: &str) -> Self {
        let parts = vec![Self::text(place, name), Self::text(place, attribute)];
        Self::map(place, vec![("Fn::GetAtt", Self::list(place, parts))])
    }

    /// The text of a scalar.
    pub(crate) fn as_text(&self) -> Option<&str> {
        match &self.data {
            Data::Text(text) | Data::Bare(text) => Some(text),
            Data::List(_) | Data::Map(_) => None,
        }
    }

    pub(crate) fn as_list(&self) -> Option<&[Self]> {
        if let Data::List(items) = &self.data { Some(items) } else { None }
    }

    pub(crate) fn as_map(&self) -> Option<&[Entry]> {
        if let Data::Map(entries) = &self.data { Some(entries) } else { None }
    }

    /// The value of a key, if this is a map that has it.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.as_map()?.iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// What it is, for "expected …, not …".
    pub(crate) fn kind(&self) -> &'static str {
        match &self.data {
            Data::Text(_) | Data::Bare(_) => "a text",
            Data::List(_) => "a list",
            Data::Map(_) => "a map",
        }
    }

    /// The call of an intrinsic function that this is, with its name and argument.
    pub(crate) fn call(&self) -> Result<Option<&Entry>, Problem> {
        let Some(entries) = self.as_map() else { return Ok(None) };
        let is_call = |entry: &&Entry| entry.key == "Ref" || entry.key.starts_with("Fn::");
        match entries.iter().find(is_call) {
            Some(call) if entries.len() > 1 => Err(Problem::new(
                call.place,
                format!("`{}` stands beside other keys", call.key),
                "a function is the only key of its map: take the others out",
            )),
            call => Ok(call),
        }
    }

    /// The value as JSON has it. Only texts without quotes can be numbers, true or false.
    pub(crate) fn json(&self) -> Value {
        match &self.data {
            Data::Text(text) => Value::String(text.clone()),
            Data::Bare(text) => match text.to_ascii_lowercase().as_str() {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                _ => serde_json::from_str::<Number>(text).map_or_else(|_| Value::String(text.clone()), Value::Number),
            },
            Data::List(items) => Value::Array(items.iter().map(Self::json).collect()),
            Data::Map(entries) => {
                Value::Object(entries.iter().map(|entry| (entry.key.clone(), entry.value.json())).collect())
            }
        }
    }

    /// The value as JSON has it, with a text for every scalar: policies take account ids and truth values so.
    pub(crate) fn json_of_texts(&self) -> Value {
        match &self.data {
            Data::Text(text) | Data::Bare(text) => Value::String(text.clone()),
            Data::List(items) => Value::Array(items.iter().map(Self::json_of_texts).collect()),
            Data::Map(entries) => {
                Value::Object(entries.iter().map(|entry| (entry.key.clone(), entry.value.json_of_texts())).collect())
            }
        }
    }
}
