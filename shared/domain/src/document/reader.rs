//! Takes typed values out of the tree. A wrong value is noted and a harmless one goes on in its place, so that one
//! reading finds everything that is wrong; whoever reads must end with [`Reader::finish`].

use super::{Data, Entry, Node};
use crate::problem::{Place, Problems};
use crate::suggest;
use jiff::SignedDuration;
use std::collections::BTreeMap;
use std::time::Duration;

/// Collects problems while values are taken.
pub(crate) struct Reader {
    problems: Problems,
}

/// A table that is being read.
#[derive(Clone, Copy)]
pub(crate) struct Table<'a> {
    place: Option<Place>,
    entries: &'a [Entry],
    any_case: bool,
}

impl<'a> Table<'a> {
    /// The value of a key.
    pub(crate) fn get(self, key: &str) -> Option<&'a Node> {
        self.entries.iter().find(|entry| self.same(&entry.key, key)).map(|entry| &entry.value)
    }

    /// Where it stands.
    pub(crate) fn place(self) -> Option<Place> {
        self.place
    }

    /// All that is in it.
    pub(crate) fn entries(self) -> &'a [Entry] {
        self.entries
    }

    pub(crate) fn has(self, key: &str) -> bool {
        self.get(key).is_some()
    }

    fn same(self, written: &str, key: &str) -> bool {
        if self.any_case { written.eq_ignore_ascii_case(key) } else { written == key }
    }
}

/// `parent.key`, or `key` at the top.
pub(crate) fn join(parent: &str, key: &str) -> String {
    if parent.is_empty() { key.to_owned() } else { format!("{parent}.{key}") }
}

impl Reader {
    pub(crate) fn new(source: &str) -> Self {
        Self { problems: Problems::new(source) }
    }

    /// `value`, if everything was right.
    pub(crate) fn finish<T>(self, value: T) -> Result<T, Problems> {
        self.problems.into_result(value)
    }

    /// Notes something that is wrong.
    pub(crate) fn wrong(&mut self, place: Option<Place>, path: &str, message: impl Into<String>) {
        self.problems.add(place, path, message);
    }

    /// Opens a table and notes every key that is not in `known`. Keys in `later` have a message of their own.
    pub(crate) fn table<'a>(
        &mut self,
        node: &'a Node,
        path: &str,
        known: &[&str],
        later: &[&str],
    ) -> Option<Table<'a>> {
        self.open(node, path, known, later, false)
    }

    /// Like [`Reader::table`], with keys in upper or lower case.
    pub(crate) fn table_in_any_case<'a>(&mut self, node: &'a Node, path: &str, known: &[&str]) -> Option<Table<'a>> {
        self.open(node, path, known, &[], true)
    }

    fn open<'a>(
        &mut self,
        node: &'a Node,
        path: &str,
        known: &[&str],
        later: &[&str],
        any_case: bool,
    ) -> Option<Table<'a>> {
        let Data::Table(entries) = &node.data else {
            self.wrong(node.place, path, format!("expected a table, not {}", node.data.kind()));
            return None;
        };
        let table = Table { place: node.place, entries, any_case };
        for (index, entry) in entries.iter().enumerate() {
            let path = join(path, &entry.key);
            if later.contains(&entry.key.as_str()) {
                let message = "this version of greenlight does not know it yet and would not obey it; take it out";
                self.wrong(entry.place, &path, message);
            } else if !known.iter().any(|key| table.same(&entry.key, key)) {
                let hint = suggest::hint(&entry.key, known.iter().copied());
                self.wrong(entry.place, &path, format!("unknown key; {hint}"));
            } else if entries[..index].iter().any(|earlier| table.same(&earlier.key, &entry.key)) {
                self.wrong(entry.place, &path, "stands here for the second time; keep one of the two");
            }
        }
        Some(table)
    }

    /// A value that must be there.
    pub(crate) fn required<'a>(&mut self, table: Table<'a>, path: &str, key: &str, example: &str) -> Option<&'a Node> {
        let node = table.get(key);
        if node.is_none() {
            self.wrong(table.place, &join(path, key), format!("is missing; add {example}"));
        }
        node
    }

    /// A text that must be there and not be empty.
    pub(crate) fn text(&mut self, table: Table<'_>, path: &str, key: &str, example: &str) -> String {
        let node = self.required(table, path, key, example);
        node.and_then(|node| self.as_text(node, &join(path, key))).unwrap_or_default()
    }

    /// A text that may be left out.
    pub(crate) fn optional_text(&mut self, table: Table<'_>, path: &str, key: &str) -> Option<String> {
        table.get(key).and_then(|node| self.as_text(node, &join(path, key)))
    }

    /// A text that is not empty.
    pub(crate) fn as_text(&mut self, node: &Node, path: &str) -> Option<String> {
        match &node.data {
            Data::Text(text) if text.trim().is_empty() => {
                self.wrong(node.place, path, "must not be empty");
                None
            }
            Data::Text(text) => Some(text.clone()),
            other => {
                self.wrong(node.place, path, format!("expected a text in quotes, not {}", other.kind()));
                None
            }
        }
    }

    /// A whole number between two bounds.
    pub(crate) fn as_integer(&mut self, node: &Node, path: &str, least: i64, most: i64) -> Option<i64> {
        match &node.data {
            Data::Integer(value) if (least..=most).contains(value) => Some(*value),
            Data::Integer(value) => {
                self.wrong(node.place, path, format!("expected a number from {least} to {most}, not {value}"));
                None
            }
            other => {
                let message = format!("expected a whole number from {least} to {most}, not {}", other.kind());
                self.wrong(node.place, path, message);
                None
            }
        }
    }

    /// A time span as a text: `"90s"`, `"1h30m"`.
    pub(crate) fn as_duration(&mut self, node: &Node, path: &str) -> Option<Duration> {
        let parsed = match &node.data {
            Data::Text(text) => match text.parse::<SignedDuration>() {
                Ok(duration) => Duration::try_from(duration).ok(),
                Err(_) => None,
            },
            Data::Integer(value) => {
                let message =
                    format!("expected a time span with its unit, not a number: write \"{value}s\" for seconds");
                self.wrong(node.place, path, message);
                return None;
            }
            _ => None,
        };
        if parsed.is_none() {
            self.wrong(node.place, path, "expected a time span such as \"30s\", \"10m\" or \"1h30m\"");
        }
        parsed
    }

    /// True or false.
    pub(crate) fn as_bool(&mut self, node: &Node, path: &str) -> Option<bool> {
        if let Data::Bool(value) = node.data {
            return Some(value);
        }
        self.wrong(node.place, path, format!("expected true or false, not {}", node.data.kind()));
        None
    }

    /// A number, whole or not.
    pub(crate) fn as_number(&mut self, node: &Node, path: &str) -> Option<f64> {
        match node.data {
            #[expect(clippy::cast_precision_loss, reason = "a bound of 2^53 or more need not be exact")]
            Data::Integer(value) => Some(value as f64),
            Data::Float(value) if value.is_finite() => Some(value),
            _ => {
                self.wrong(node.place, path, format!("expected a number, not {}", node.data.kind()));
                None
            }
        }
    }

    /// One of a few words, and what it stands for.
    pub(crate) fn as_word<T: Copy>(&mut self, node: &Node, path: &str, words: &[(&str, T)]) -> Option<T> {
        let text = self.as_text(node, path)?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() {
            let hint = suggest::hint(&text, words.iter().map(|(word, _)| *word));
            self.wrong(node.place, path, format!("{text:?} is not known; {hint}"));
        }
        found
    }

    /// Any value that JSON has.
    pub(crate) fn as_json(&mut self, node: &Node, path: &str) -> serde_json::Value {
        use serde_json::Value;
        match &node.data {
            Data::Null => Value::Null,
            Data::Bool(value) => Value::Bool(*value),
            Data::Integer(value) => Value::from(*value),
            Data::Text(text) => Value::String(text.clone()),
            Data::List(items) => {
                let items = items.iter().enumerate();
                Value::Array(items.map(|(index, item)| self.as_json(item, &format!("{path}[{index}]"))).collect())
            }
            Data::Table(entries) => {
                let members = entries.iter();
                let member = |entry: &Entry| (entry.key.clone(), self.as_json(&entry.value, &join(path, &entry.key)));
                Value::Object(members.map(member).collect())
            }
            Data::Float(value) if value.is_finite() => Value::from(*value),
            Data::Float(_) | Data::Other(_) => {
                let message = format!("JSON has no value like {}; write a text in quotes", node.data.kind());
                self.wrong(node.place, path, message);
                Value::Null
            }
        }
    }

    /// The entries of a table whose keys are free.
    pub(crate) fn as_entries<'a>(&mut self, node: &'a Node, path: &str, of: &str) -> &'a [Entry] {
        if let Data::Table(entries) = &node.data {
            return entries;
        }
        self.wrong(node.place, path, format!("expected a table of {of}, not {}", node.data.kind()));
        &[]
    }

    /// A list.
    pub(crate) fn as_list<'a>(&mut self, node: &'a Node, path: &str, of: &str) -> &'a [Node] {
        if let Data::List(items) = &node.data {
            return items;
        }
        self.wrong(node.place, path, format!("expected a list of {of}, not {}", node.data.kind()));
        &[]
    }

    /// A list of texts, none of them empty.
    pub(crate) fn as_texts(&mut self, node: &Node, path: &str, of: &str) -> Vec<String> {
        let items = self.as_list(node, path, of).iter().enumerate();
        items.filter_map(|(index, item)| self.as_text(item, &format!("{path}[{index}]"))).collect()
    }

    /// A command: a list of texts, the program first, none of them empty.
    pub(crate) fn as_command(&mut self, node: &Node, path: &str) -> Vec<String> {
        let example = "[\"python\", \"manage.py\", \"migrate\"]";
        let Data::List(items) = &node.data else {
            let message = format!("expected a command as a list of texts, such as {example}, not {}", node.data.kind());
            self.wrong(node.place, path, message);
            return Vec::new();
        };
        if items.is_empty() {
            self.wrong(node.place, path, format!("a command needs a program: write {example}"));
        }
        self.as_texts(node, path, "texts")
    }

    /// A table of texts; empty texts are texts here.
    pub(crate) fn as_text_table(&mut self, node: &Node, path: &str) -> BTreeMap<String, String> {
        let Data::Table(entries) = &node.data else {
            self.wrong(node.place, path, format!("expected a table of texts, not {}", node.data.kind()));
            return BTreeMap::new();
        };
        let mut texts = BTreeMap::new();
        for entry in entries {
            match &entry.value.data {
                Data::Text(text) => {
                    texts.insert(entry.key.clone(), text.clone());
                }
                other => {
                    let message = format!("expected a text in quotes, not {}", other.kind());
                    self.wrong(entry.value.place, &join(path, &entry.key), message);
                }
            }
        }
        texts
    }
}
