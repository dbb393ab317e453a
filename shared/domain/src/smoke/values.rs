//! What is filled in: secrets by reference, and what earlier checks captured.

use super::template;
use crate::mask::Mask;
use crate::plan::SecretOr;
use serde_json::Value;
use std::collections::BTreeMap;

/// Captured values of this many characters or more are masked unless the plan says `show = true`: they may be tokens.
const LONG_ENOUGH_FOR_A_TOKEN: usize = 8;

/// Secrets and captured values of one run.
#[derive(Clone, Default)]
pub struct Values {
    secrets: BTreeMap<String, String>,
    captured: BTreeMap<String, Value>,
    mask: Mask,
}

impl Values {
    /// With the values of all secrets, by their ARN as the plan has it. They are masked from now on.
    pub fn new(secrets: BTreeMap<String, String>) -> Self {
        let mut mask = Mask::new();
        for value in secrets.values() {
            mask.hide(value);
        }
        Self { secrets, captured: BTreeMap::new(), mask }
    }

    /// What must not be shown.
    pub fn mask(&self) -> &Mask {
        &self.mask
    }

    /// Keeps a captured value.
    pub(super) fn keep(&mut self, name: &str, value: Value, show: bool) {
        let text = text(&value);
        if !show && text.chars().count() >= LONG_ENOUGH_FOR_A_TOKEN {
            self.mask.hide(&text);
        }
        self.captured.insert(name.to_owned(), value);
    }

    /// A text with its placeholders filled in, each written by `write`.
    pub(super) fn fill(&self, template: &str, write: impl Fn(&str) -> String) -> Result<String, String> {
        let value = |name: &str| self.captured.get(name).map(|value| write(&text(value)));
        template::fill(template, value).map_err(|name| format!("no value was captured for {{{name}}}"))
    }

    /// A text or secret, with the placeholders of a text filled in. A secret has none.
    pub(super) fn resolve(&self, value: &SecretOr) -> Result<String, String> {
        match value {
            SecretOr::Plain(text) => self.fill(text, str::to_owned),
            SecretOr::Secret { secret } => self.secret(secret).map(str::to_owned),
        }
    }

    pub(super) fn secret(&self, arn: &str) -> Result<&str, String> {
        self.secrets.get(arn).map(String::as_str).ok_or_else(|| format!("the value of {arn} was not read"))
    }

    /// A JSON value with its texts filled in. A text that is one placeholder becomes what was captured, be it a number.
    pub(super) fn fill_json(&self, value: &Value) -> Result<Value, String> {
        if let Some(arn) = crate::plan::reference(value) {
            return self.secret(arn).map(Value::from);
        }
        match value {
            Value::String(text) => match template::alone(text) {
                Some(name) => {
                    let value = self.captured.get(name).cloned();
                    value.ok_or_else(|| format!("no value was captured for {{{name}}}"))
                }
                None => self.fill(text, str::to_owned).map(Value::from),
            },
            Value::Array(items) => items.iter().map(|item| self.fill_json(item)).collect(),
            Value::Object(members) => {
                let members = members.iter().map(|(key, value)| Ok((key.clone(), self.fill_json(value)?)));
                members.collect::<Result<_, String>>().map(Value::Object)
            }
            other => Ok(other.clone()),
        }
    }
}

impl std::fmt::Debug for Values {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&String> = self.captured.keys().collect();
        f.debug_struct("Values").field("secrets", &self.secrets.len()).field("captured", &names).finish_non_exhaustive()
    }
}

/// A captured value as it is written into a text.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
