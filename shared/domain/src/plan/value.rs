//! Values that several tables of the plan have: texts that may be secrets, status codes, patterns, paths in JSON.

use regex_lite::Regex;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;

/// A text, or a reference to one that no file may hold: `"text"` or `{ secret = "arn:…" }`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(untagged)]
pub enum SecretOr {
    /// The text itself.
    Plain(String),
    /// Where the text is kept.
    Secret {
        /// ARN of an SSM parameter or a Secrets Manager secret, in the form that a task definition's `valueFrom` takes.
        secret: String,
    },
}

impl SecretOr {
    /// The ARN, if this is a reference.
    pub fn reference(&self) -> Option<&str> {
        match self {
            Self::Plain(_) => None,
            Self::Secret { secret } => Some(secret),
        }
    }

    /// The text; `secrets` are the values of references by their ARN. `None` if the value is not among them.
    pub fn resolve<'a>(&'a self, secrets: &'a BTreeMap<String, String>) -> Option<&'a str> {
        match self {
            Self::Plain(text) => Some(text),
            Self::Secret { secret } => secrets.get(secret).map(String::as_str),
        }
    }
}

/// How a request is made to a server of the application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Scheme {
    /// Plain HTTP.
    #[default]
    Http,
    /// HTTP over TLS.
    Https,
}

impl Scheme {
    /// `http` or `https`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// Status codes: `200`, `"200-299"`, or a list of such.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statuses(pub(crate) Vec<(u16, u16)>);

impl Statuses {
    /// The codes from `first` to `last`, both of them included.
    pub fn range(first: u16, last: u16) -> Self {
        Self(vec![(first, last)])
    }

    /// Whether `status` is one of them.
    pub fn contains(&self, status: u16) -> bool {
        self.0.iter().any(|(first, last)| (*first..=*last).contains(&status))
    }
}

impl fmt::Display for Statuses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (first, last)) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            if first == last {
                write!(f, "{comma}{first}")?;
            } else {
                write!(f, "{comma}{first}-{last}")?;
            }
        }
        Ok(())
    }
}

impl Serialize for Statuses {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|(first, last)| format!("{first}-{last}")))
    }
}

/// A regular expression, compiled. Two are equal if they are written alike.
#[derive(Clone)]
pub struct Pattern(Regex);

impl Pattern {
    /// What a compiled expression may take, in bytes: a plan may hold hundreds.
    pub(super) const LARGEST: usize = 256 * 1024;

    /// Compiles an expression.
    ///
    /// # Errors
    /// What is wrong with it, on one line.
    pub fn new(expression: &str) -> Result<Self, String> {
        match regex_lite::RegexBuilder::new(expression).size_limit(Self::LARGEST).build() {
            Ok(regex) => Ok(Self(regex)),
            Err(error) => match error.to_string().as_str() {
                "compiled regex exceeded size limit" => {
                    Err(format!("takes more than {} KiB; repeat less in it", Self::LARGEST / 1024))
                }
                wrong => Err(wrong.to_owned()),
            },
        }
    }

    /// The expression as it was written.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Whether a part of `text` matches.
    pub fn is_match(&self, text: &str) -> bool {
        self.0.is_match(text)
    }

    /// How many groups the expression has.
    pub fn groups(&self) -> usize {
        self.0.captures_len().saturating_sub(1)
    }

    /// The first group of the first match.
    pub fn first_group<'a>(&self, text: &'a str) -> Option<&'a str> {
        self.0.captures(text)?.get(1).map(|group| group.as_str())
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pattern({:?})", self.as_str())
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Serialize for Pattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// A JSONPath (RFC 9535), parsed. Two are equal if they are written alike.
#[derive(Clone)]
pub struct JsonPath {
    text: String,
    path: serde_json_path::JsonPath,
}

impl JsonPath {
    /// Parses a path.
    ///
    /// # Errors
    /// What is wrong with it, on one line.
    pub fn new(text: &str) -> Result<Self, String> {
        match serde_json_path::JsonPath::parse(text) {
            Ok(path) => Ok(Self { text: text.to_owned(), path }),
            Err(error) => Err(format!("at character {}: {}", error.position().saturating_add(1), error.message())),
        }
    }

    /// The path as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The values it selects, in their order.
    pub fn select<'a>(&self, value: &'a serde_json::Value) -> Vec<&'a serde_json::Value> {
        self.path.query(value).all()
    }
}

impl fmt::Debug for JsonPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JsonPath({:?})", self.text)
    }
}

impl PartialEq for JsonPath {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Serialize for JsonPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

/// Bounds of a number; each that is there must hold.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Bounds {
    /// Greater than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub above: Option<f64>,
    /// Less than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub below: Option<f64>,
    /// Not less than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_least: Option<f64>,
    /// Not greater than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_most: Option<f64>,
}

impl Bounds {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The bounds that `value` breaks, in words: `below 5`.
    pub fn broken_by(&self, value: f64) -> Vec<String> {
        let rules = [
            ("above", self.above, self.above.is_none_or(|bound| value > bound)),
            ("below", self.below, self.below.is_none_or(|bound| value < bound)),
            ("at least", self.at_least, self.at_least.is_none_or(|bound| value >= bound)),
            ("at most", self.at_most, self.at_most.is_none_or(|bound| value <= bound)),
        ];
        let broken = rules.into_iter().filter(|(_, _, holds)| !holds);
        broken.filter_map(|(word, bound, _)| bound.map(|bound| format!("{word} {bound}"))).collect()
    }
}
