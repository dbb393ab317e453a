//! `expect`: what an answer must be like.

use super::{Bounds, JsonPath, Pattern, Statuses, as_optional_text};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::time::Duration;

/// `expect = { … }`. Texts that are compared may hold placeholders.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Expect {
    /// The status.
    pub status: Statuses,
    /// Headers by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, HeaderExpectation>,
    /// The whole body, white space around it aside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Texts in the body.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contains: Vec<String>,
    /// Expressions that match in the body.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub matches: Vec<Pattern>,
    /// Values in the body.
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "as_map")]
    pub json: Vec<(JsonPath, JsonExpectation)>,
    /// The time until the whole answer was there.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_optional_text")]
    pub within: Option<Duration>,
}

impl Default for Expect {
    fn default() -> Self {
        Self {
            status: Self::statuses(),
            headers: BTreeMap::new(),
            text: None,
            contains: Vec::new(),
            matches: Vec::new(),
            json: Vec::new(),
            within: None,
        }
    }
}

impl Expect {
    /// The status, if the plan does not say.
    pub fn statuses() -> Statuses {
        Statuses::range(200, 299)
    }

    /// Whether something is expected of the body.
    pub fn needs_body(&self) -> bool {
        self.text.is_some() || !self.contains.is_empty() || !self.matches.is_empty() || !self.json.is_empty()
    }
}

/// What a header must be like: `"text"`, `{ matches = "…" }` or `{ exists = true }`.
#[derive(Debug, Clone, PartialEq)]
pub enum HeaderExpectation {
    /// This value.
    Equals(String),
    /// A value that the expression matches.
    Matches(Pattern),
    /// Whether it is there at all.
    Exists(bool),
}

impl Serialize for HeaderExpectation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Equals(text) => serializer.serialize_str(text),
            Self::Matches(pattern) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("matches", pattern)?;
                map.end()
            }
            Self::Exists(exists) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("exists", exists)?;
                map.end()
            }
        }
    }
}

/// What the values that a path selects must be like; each that is there must hold.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct JsonExpectation {
    /// Exactly one value, equal to this. Numbers are equal by what they are worth: `1` and `1.0`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub equals: Option<serde_json::Value>,
    /// Every value is a number within these.
    #[serde(flatten)]
    pub bounds: Bounds,
    /// Every value is a text that the expression matches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matches: Option<Pattern>,
    /// Whether there is a value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exists: Option<bool>,
    /// How many values there are; if the path selects one list, how many it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
}

fn as_map<S: Serializer>(list: &[(JsonPath, JsonExpectation)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(list.iter().map(|(path, expectation)| (path.as_str(), expectation)))
}
