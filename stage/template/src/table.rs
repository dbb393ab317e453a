//! Typed values out of a map, with every key that is not known refused.

use crate::node::{Data, Entry, Node};
use crate::problem::{Place, Problem};
use crate::suggest;
use std::collections::BTreeMap;

/// A map that is being read.
#[derive(Debug, Clone)]
pub(crate) struct Table<'a> {
    /// How to speak of it: `MigrateRole.Policies[0]`.
    pub(crate) path: String,
    pub(crate) place: Place,
    entries: &'a [Entry],
}

impl<'a> Table<'a> {
    /// Opens a map that has no other keys than `known`.
    pub(crate) fn open(node: &'a Node, path: impl Into<String>, known: &[&str]) -> Result<Self, Problem> {
        let table = Self::any(node, path)?;
        match table.entries.iter().find(|entry| !known.contains(&entry.key.as_str())) {
            Some(entry) => {
                let what = format!("`{}` is no key of {} that the stage knows", entry.key, table.path);
                Err(Problem::new(entry.place, what, suggest::hint(&entry.key, known.iter().copied())))
            }
            None => Ok(table),
        }
    }

    /// Opens a map whose keys are free.
    pub(crate) fn any(node: &'a Node, path: impl Into<String>) -> Result<Self, Problem> {
        let path = path.into();
        match &node.data {
            Data::Map(entries) => Ok(Self { path, place: node.place, entries }),
            _ => Err(expected(node, &path, "a map")),
        }
    }

    pub(crate) fn entries(&self) -> &'a [Entry] {
        self.entries
    }

    pub(crate) fn get(&self, key: &str) -> Option<&'a Node> {
        self.entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    pub(crate) fn required(&self, key: &str) -> Result<&'a Node, Problem> {
        self.get(key)
            .ok_or_else(|| Problem::new(self.place, format!("{} has no `{key}`", self.path), format!("add `{key}`")))
    }

    pub(crate) fn join(&self, key: &str) -> String {
        format!("{}.{key}", self.path)
    }

    pub(crate) fn text(&self, key: &str) -> Result<Option<&'a str>, Problem> {
        self.get(key).map(|node| self.as_text(node, key)).transpose()
    }

    pub(crate) fn required_text(&self, key: &str) -> Result<&'a str, Problem> {
        self.as_text(self.required(key)?, key)
    }

    fn as_text(&self, node: &'a Node, key: &str) -> Result<&'a str, Problem> {
        node.as_text().ok_or_else(|| expected(node, &self.join(key), "a text"))
    }

    /// One of a few words.
    pub(crate) fn word(&self, key: &str, words: &[&str]) -> Result<Option<&'a str>, Problem> {
        match self.text(key)? {
            Some(text) if !words.contains(&text) => {
                let place = self.get(key).map_or(self.place, |node| node.place);
                let what = format!("{}: `{text}` does not exist", self.join(key));
                Err(Problem::new(place, what, suggest::hint(text, words.iter().copied())))
            }
            word => Ok(word),
        }
    }

    /// A whole number between two bounds.
    pub(crate) fn integer(&self, key: &str, least: u32, most: u32) -> Result<Option<u32>, Problem> {
        let Some(node) = self.get(key) else { return Ok(None) };
        let number = node.as_text().and_then(|text| text.parse().ok()).filter(|number| (least..=most).contains(number));
        number
            .map(Some)
            .ok_or_else(|| expected(node, &self.join(key), &format!("a whole number from {least} to {most}")))
    }

    pub(crate) fn list(&self, key: &str) -> Result<&'a [Node], Problem> {
        let Some(node) = self.get(key) else { return Ok(&[]) };
        node.as_list().ok_or_else(|| expected(node, &self.join(key), "a list"))
    }

    pub(crate) fn texts(&self, key: &str) -> Result<Vec<(&'a str, Place)>, Problem> {
        self.list(key)?.iter().map(|node| Ok((self.as_text(node, key)?, node.place))).collect()
    }

    pub(crate) fn table(&self, key: &str, known: &[&str]) -> Result<Option<Self>, Problem> {
        self.get(key).map(|node| Table::open(node, self.join(key), known)).transpose()
    }

    /// A list of maps.
    pub(crate) fn tables(&self, key: &str, known: &[&str]) -> Result<Vec<Self>, Problem> {
        let items = self.list(key)?.iter().enumerate();
        items.map(|(index, node)| Table::open(node, format!("{}.{key}[{index}]", self.path), known)).collect()
    }

    /// A map of texts with free keys.
    pub(crate) fn text_map(&self, key: &str) -> Result<BTreeMap<String, String>, Problem> {
        let Some(node) = self.get(key) else { return Ok(BTreeMap::new()) };
        let table = Self::any(node, self.join(key))?;
        let pair = |entry: &'a Entry| Ok((entry.key.clone(), table.required_text(&entry.key)?.to_owned()));
        table.entries.iter().map(pair).collect()
    }
}

pub(crate) fn expected(node: &Node, path: &str, wanted: &str) -> Problem {
    let found = match node.as_text() {
        Some(text) if text.len() <= 60 => format!("`{text}`"),
        _ => node.kind().to_owned(),
    };
    Problem::new(node.place, format!("{path} has to be {wanted}, not {found}"), format!("write {wanted}"))
}
