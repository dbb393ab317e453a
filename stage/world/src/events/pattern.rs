//! Event patterns: which events a rule is about.
//!
//! Written after the `EventBridge` user guide, "Comparison operators for use in event patterns".

use crate::glob::Glob;
use serde_json::{Map, Value};

/// Deeper patterns are refused, so that matching needs no more stack than this.
const DEEPEST: usize = 32;

/// A pattern that was found to be valid.
#[derive(Debug, Clone)]
pub struct Pattern(Object);

/// Why a pattern is not valid, or not one that the stage understands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// An operator that does not exist, or that the stage has not got.
    #[error(
        "event pattern at `{at}`: the stage does not know the operator `{operator}`; it knows prefix, suffix, anything-but, exists, equals-ignore-case, numeric, wildcard and $or"
    )]
    UnknownOperator {
        /// Where: the keys that lead there, with dots.
        at: String,
        /// The operator.
        operator: String,
    },
    /// Something else.
    #[error("event pattern at `{at}`: {what}")]
    Invalid {
        /// Where: the keys that lead there, with dots.
        at: String,
        /// What is wrong and what was expected.
        what: String,
    },
}

#[derive(Debug, Clone)]
struct Object {
    fields: Vec<(String, Field)>,
    /// Each `$or`: one of its alternatives has to match.
    alternatives: Vec<Vec<Object>>,
}

#[derive(Debug, Clone)]
enum Field {
    Object(Object),
    AnyOf(Vec<Matcher>),
}

#[derive(Debug, Clone)]
enum Matcher {
    Exactly(Value),
    Text(Text),
    AnythingBut(Vec<Matcher>),
    Exists(bool),
    Numeric(Vec<(Comparison, f64)>),
}

#[derive(Debug, Clone)]
enum Text {
    Prefix(String),
    PrefixIgnoringCase(String),
    Suffix(String),
    SuffixIgnoringCase(String),
    EqualsIgnoringCase(String),
    Wildcard(Glob),
}

#[derive(Debug, Clone, Copy)]
enum Comparison {
    Less,
    LessOrEqual,
    Equal,
    GreaterOrEqual,
    Greater,
}

// === impl Pattern ===

impl Pattern {
    /// Reads a pattern.
    pub fn parse(pattern: &Value) -> Result<Self, PatternError> {
        let Value::Object(fields) = pattern else {
            return Err(invalid("", "expected an object"));
        };
        Object::parse(fields, "", 0).map(Self)
    }

    /// Whether an event (with its envelope) fits.
    pub fn matches(&self, event: &Value) -> bool {
        self.0.matches(event)
    }
}

fn invalid(at: &str, what: impl Into<String>) -> PatternError {
    PatternError::Invalid { at: if at.is_empty() { ".".to_owned() } else { at.to_owned() }, what: what.into() }
}

impl Object {
    fn parse(fields: &Map<String, Value>, at: &str, depth: usize) -> Result<Self, PatternError> {
        if depth > DEEPEST {
            return Err(invalid(at, format!("nested more than {DEEPEST} deep")));
        }
        if fields.is_empty() {
            return Err(invalid(at, "empty objects are not allowed"));
        }
        let mut object = Self { fields: Vec::new(), alternatives: Vec::new() };
        for (key, value) in fields {
            let at = if at.is_empty() { key.clone() } else { format!("{at}.{key}") };
            match value {
                Value::Array(alternatives) if key == "$or" => {
                    object.alternatives.push(Self::parse_alternatives(alternatives, &at, depth)?);
                }
                Value::Object(fields) => {
                    object.fields.push((key.clone(), Field::Object(Self::parse(fields, &at, depth + 1)?)));
                }
                Value::Array(values) if values.is_empty() => return Err(invalid(&at, "empty arrays are not allowed")),
                Value::Array(values) => {
                    let matchers = values.iter().map(|value| Matcher::parse(value, &at)).collect::<Result<_, _>>()?;
                    object.fields.push((key.clone(), Field::AnyOf(matchers)));
                }
                _ => return Err(invalid(&at, "expected an object or an array: a single value is written as [value]")),
            }
        }
        Ok(object)
    }

    fn parse_alternatives(alternatives: &[Value], at: &str, depth: usize) -> Result<Vec<Self>, PatternError> {
        if alternatives.len() < 2 {
            return Err(invalid(at, "expected at least two alternatives"));
        }
        alternatives
            .iter()
            .map(|alternative| match alternative {
                Value::Object(fields) => Self::parse(fields, at, depth + 1),
                _ => Err(invalid(at, "expected an array of objects")),
            })
            .collect()
    }

    fn matches(&self, value: &Value) -> bool {
        match value {
            // an array of objects fits if one of them does, alone
            Value::Array(elements) => elements.iter().any(|element| element.is_object() && self.matches(element)),
            Value::Object(fields) => self.matches_fields(fields),
            _ => self.matches_fields(&Map::new()),
        }
    }

    fn matches_fields(&self, fields: &Map<String, Value>) -> bool {
        self.fields.iter().all(|(key, field)| field.matches(fields.get(key)))
            && self.alternatives.iter().all(|objects| objects.iter().any(|object| object.matches_fields(fields)))
    }
}

impl Field {
    fn matches(&self, value: Option<&Value>) -> bool {
        match (self, value) {
            (Self::Object(object), Some(value)) => object.matches(value),
            (Self::Object(object), None) => object.matches_fields(&Map::new()),
            (Self::AnyOf(matchers), value) => matchers.iter().any(|matcher| matcher.matches_field(value)),
        }
    }
}

impl Matcher {
    fn parse(value: &Value, at: &str) -> Result<Self, PatternError> {
        let Value::Object(fields) = value else {
            return if value.is_array() {
                Err(invalid(at, "arrays in arrays are not allowed"))
            } else {
                Ok(Self::Exactly(value.clone()))
            };
        };
        let (operator, operand) = single(fields, at)?;
        match operator {
            "exists" => {
                operand.as_bool().map(Self::Exists).ok_or_else(|| invalid(at, "exists: expected true or false"))
            }
            "numeric" => numeric(operand, at),
            "anything-but" => anything_but(operand, at),
            _ => Ok(Self::Text(Text::parse(operator, operand, at)?)),
        }
    }

    fn matches_field(&self, value: Option<&Value>) -> bool {
        match (self, value) {
            // only leaves exist: a field that holds an object does not
            (Self::Exists(expected), value) => *expected == value.is_some_and(|value| !value.is_object()),
            (_, None) => false,
            (matcher, Some(Value::Array(elements))) => elements.iter().any(|element| matcher.matches_leaf(element)),
            (matcher, Some(value)) => matcher.matches_leaf(value),
        }
    }

    fn matches_leaf(&self, value: &Value) -> bool {
        match (self, value) {
            (_, Value::Object(_) | Value::Array(_)) => false,
            (Self::Exactly(expected), value) => same(expected, value),
            (Self::AnythingBut(matchers), value) => !matchers.iter().any(|matcher| matcher.matches_leaf(value)),
            (Self::Text(text), Value::String(value)) => text.matches(value),
            (Self::Numeric(bounds), Value::Number(number)) => number
                .as_f64()
                .is_some_and(|number| bounds.iter().all(|(comparison, bound)| comparison.holds(number, *bound))),
            (Self::Text(_) | Self::Numeric(_), _) => false,
            (Self::Exists(expected), _) => *expected,
        }
    }
}

/// Numbers are compared as they are written: 300 and 300.0 are not the same to `EventBridge`.
fn same(expected: &Value, value: &Value) -> bool {
    match (expected, value) {
        (Value::Number(expected), Value::Number(value)) => expected.to_string() == value.to_string(),
        _ => expected == value,
    }
}

fn single<'a>(fields: &'a Map<String, Value>, at: &str) -> Result<(&'a str, &'a Value), PatternError> {
    let mut entries = fields.iter();
    match (entries.next(), entries.next()) {
        (Some((operator, operand)), None) => Ok((operator, operand)),
        _ => Err(invalid(at, "expected exactly one operator in an object")),
    }
}

fn anything_but(operand: &Value, at: &str) -> Result<Matcher, PatternError> {
    let matchers = match operand {
        Value::Array(values)
            if !values.is_empty() && values.iter().all(|value| value.is_string() || value.is_number()) =>
        {
            values.iter().cloned().map(Matcher::Exactly).collect()
        }
        Value::String(_) | Value::Number(_) => vec![Matcher::Exactly(operand.clone())],
        Value::Object(fields) => {
            let (operator, operand) = single(fields, at)?;
            let values = match operand {
                Value::Array(values) if !values.is_empty() => values.as_slice(),
                single => std::slice::from_ref(single),
            };
            values.iter().map(|value| Text::parse(operator, value, at).map(Matcher::Text)).collect::<Result<_, _>>()?
        }
        _ => return Err(invalid(at, "anything-but: expected a text, a number, a list of these, or one operator")),
    };
    Ok(Matcher::AnythingBut(matchers))
}

fn numeric(operand: &Value, at: &str) -> Result<Matcher, PatternError> {
    let expected = || invalid(at, "numeric: expected a comparison and a number, such as [\">\", 0, \"<=\", 5]");
    let Value::Array(parts) = operand else { return Err(expected()) };
    if !matches!(parts.len(), 2 | 4) {
        return Err(expected());
    }
    let bounds = parts
        .chunks_exact(2)
        .map(|pair| {
            let comparison = pair[0].as_str().and_then(Comparison::parse)?;
            Some((comparison, pair[1].as_f64()?))
        })
        .collect::<Option<Vec<_>>>()
        .ok_or_else(expected)?;
    Ok(Matcher::Numeric(bounds))
}

impl Text {
    fn parse(operator: &str, operand: &Value, at: &str) -> Result<Self, PatternError> {
        let text =
            || operand.as_str().map(str::to_owned).ok_or_else(|| invalid(at, format!("{operator}: expected a text")));
        let ignoring_case = match operand {
            Value::Object(fields) if matches!(operator, "prefix" | "suffix") => match single(fields, at)? {
                ("equals-ignore-case", Value::String(text)) => Some(text.to_lowercase()),
                (operator, _) => {
                    return Err(PatternError::UnknownOperator { at: at.to_owned(), operator: operator.to_owned() });
                }
            },
            _ => None,
        };
        Ok(match (operator, ignoring_case) {
            ("prefix", Some(text)) => Self::PrefixIgnoringCase(text),
            ("suffix", Some(text)) => Self::SuffixIgnoringCase(text),
            ("prefix", None) => Self::Prefix(text()?),
            ("suffix", None) => Self::Suffix(text()?),
            ("equals-ignore-case", _) => Self::EqualsIgnoringCase(text()?.to_lowercase()),
            ("wildcard", _) => {
                Self::Wildcard(Glob::event(&text()?).map_err(|what| invalid(at, format!("wildcard: {what}")))?)
            }
            _ => return Err(PatternError::UnknownOperator { at: at.to_owned(), operator: operator.to_owned() }),
        })
    }

    fn matches(&self, value: &str) -> bool {
        match self {
            Self::Prefix(prefix) => value.starts_with(prefix),
            Self::Suffix(suffix) => value.ends_with(suffix),
            Self::PrefixIgnoringCase(prefix) => value.to_lowercase().starts_with(prefix),
            Self::SuffixIgnoringCase(suffix) => value.to_lowercase().ends_with(suffix),
            Self::EqualsIgnoringCase(text) => value.to_lowercase() == *text,
            Self::Wildcard(glob) => glob.matches(value),
        }
    }
}

impl Comparison {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "<" => Self::Less,
            "<=" => Self::LessOrEqual,
            "=" => Self::Equal,
            ">=" => Self::GreaterOrEqual,
            ">" => Self::Greater,
            _ => return None,
        })
    }

    fn holds(self, number: f64, bound: f64) -> bool {
        match self {
            Self::Less => number < bound,
            Self::LessOrEqual => number <= bound,
            #[expect(clippy::float_cmp, reason = "equality is what the pattern asks for")]
            Self::Equal => number == bound,
            Self::GreaterOrEqual => number >= bound,
            Self::Greater => number > bound,
        }
    }
}

#[cfg(test)]
mod tests;
