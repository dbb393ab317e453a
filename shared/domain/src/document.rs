//! One tree for TOML, YAML and JSON, with the place of every value, and a reader that collects what is wrong with it.

mod reader;
mod yaml;

pub(crate) use reader::{Reader, Table, join};

use crate::problem::{Place, Problems};
use toml::de::{DeArray, DeTable, DeValue};

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) place: Option<Place>,
    pub(crate) data: Data,
}

/// A value.
#[derive(Debug, Clone)]
pub(crate) enum Data {
    Null,
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(String),
    List(Vec<Node>),
    Table(Vec<Entry>),
    /// Something that no file of ours has: its name.
    Other(&'static str),
}

/// A key and its value.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) place: Option<Place>,
    pub(crate) value: Node,
}

impl Data {
    /// What it is, for "…, not a number".
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "true or false",
            Self::Integer(_) => "a number",
            Self::Float(_) => "a decimal number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
            Self::Other(kind) => kind,
        }
    }
}

impl Node {
    /// Reads TOML.
    pub(crate) fn from_toml(text: &str, source: &str) -> Result<Self, Problems> {
        match DeTable::parse(text) {
            Ok(table) => {
                let starts = LineStarts::of(text);
                Ok(Self { place: Some(Place { line: 1, column: 1 }), data: toml_table(table.get_ref(), &starts) })
            }
            Err(error) => {
                let span = error.span();
                let place = span.as_ref().map(|span| Place::of(text, span.start));
                // The parser says "duplicate key" and leaves it to the place which one.
                let key = span.filter(|_| error.message() == "duplicate key").and_then(|span| text.get(span));
                let key = key.map(|key| format!(" `{key}`; keep one of the two")).unwrap_or_default();
                Err(Problems::one(
                    source,
                    place,
                    format!("not valid TOML: {}{key}", error.message().replace('\n', ", ")),
                ))
            }
        }
    }

    /// Reads YAML, of which JSON is a part.
    pub(crate) fn from_yaml(text: &str, source: &str) -> Result<Self, Problems> {
        yaml::read(text, source)
    }

    /// A JSON value that was read elsewhere; it has no places.
    pub(crate) fn from_json(value: &serde_json::Value) -> Self {
        use serde_json::Value;
        let data = match value {
            Value::Null => Data::Null,
            Value::Bool(value) => Data::Bool(*value),
            Value::Number(number) => {
                number.as_i64().map_or_else(|| Data::Float(number.as_f64().unwrap_or(f64::NAN)), Data::Integer)
            }
            Value::String(text) => Data::Text(text.clone()),
            Value::Array(items) => Data::List(items.iter().map(Self::from_json).collect()),
            Value::Object(members) => Data::Table(
                members
                    .iter()
                    .map(|(key, value)| Entry { key: key.clone(), place: None, value: Self::from_json(value) })
                    .collect(),
            ),
        };
        Self { place: None, data }
    }
}

/// Where lines start, so that a place is found without reading the text from its beginning each time.
struct LineStarts<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> LineStarts<'a> {
    fn of(text: &'a str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, starts }
    }

    fn place(&self, offset: usize) -> Option<Place> {
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = *self.starts.get(line.checked_sub(1)?)?;
        let column = self.text.get(start..offset)?.chars().count() + 1;
        Some(Place { line, column })
    }
}

fn toml_table(table: &DeTable<'_>, starts: &LineStarts<'_>) -> Data {
    let entries = table.iter().map(|(key, value)| Entry {
        key: key.get_ref().to_string(),
        place: starts.place(key.span().start),
        value: Node { place: starts.place(value.span().start), data: toml_value(value.get_ref(), starts) },
    });
    Data::Table(entries.collect())
}

fn toml_value(value: &DeValue<'_>, starts: &LineStarts<'_>) -> Data {
    match value {
        DeValue::String(text) => Data::Text(text.to_string()),
        DeValue::Integer(integer) => {
            i64::from_str_radix(integer.as_str(), integer.radix()).map_or(Data::Other("a huge number"), Data::Integer)
        }
        DeValue::Float(float) => Data::Float(float.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(value) => Data::Bool(*value),
        DeValue::Datetime(_) => Data::Other("a date"),
        DeValue::Array(items) => toml_list(items, starts),
        DeValue::Table(table) => toml_table(table, starts),
    }
}

fn toml_list(items: &DeArray<'_>, starts: &LineStarts<'_>) -> Data {
    let items = items
        .iter()
        .map(|item| Node { place: starts.place(item.span().start), data: toml_value(item.get_ref(), starts) });
    Data::List(items.collect())
}
