//! Overrides that somebody recorded on a deployment, in its description.
//!
//! `Second try [greenlight skip="smoke-test:health" reason="the check expects last week's text"]`: a hook reads them with the
//! deployment, so they hold for this deployment alone, and who looks at it later sees what was not checked, and why.

use crate::plan::Plan;
use crate::suggest;

/// What a directive may skip. A migration is no check: it cannot be skipped.
const SKIPPABLE: [&str; 5] = ["warm-up", "smoke-test", "validate", "freeze", "finish"];
const OPEN: &str = "[greenlight ";

/// One override.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    /// `smoke-test`, `smoke-test:NAME`, `validate:alarms`, `freeze` and the like.
    pub skip: String,
    /// Why. Never empty.
    pub reason: String,
}

/// Why an override cannot be recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DirectiveError {
    /// Nobody would know later why a check was left out.
    #[error("skipping {0:?} needs a reason; add --reason \"why the check is wrong\"")]
    NoReason(String),
    /// There is no such check.
    #[error("{skip:?} cannot be skipped; {hint}")]
    Unknown {
        /// What was to be skipped.
        skip: String,
        /// What there is.
        hint: String,
    },
}

impl Directive {
    /// An override for deployments of `plan`.
    ///
    /// # Errors
    /// If there is no reason, or the plan has nothing of that name.
    pub fn new(skip: &str, reason: &str, plan: &Plan) -> Result<Self, DirectiveError> {
        let reason = reason.split(char::is_whitespace).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        if reason.is_empty() {
            return Err(DirectiveError::NoReason(skip.to_owned()));
        }
        let there = everything(plan);
        if !there.iter().any(|known| known == skip) {
            let hint = suggest::hint(skip, there.iter().map(String::as_str));
            return Err(DirectiveError::Unknown { skip: skip.to_owned(), hint });
        }
        Ok(Self { skip: skip.to_owned(), reason })
    }
}

/// Everything that a deployment of this plan can do without.
fn everything(plan: &Plan) -> Vec<String> {
    let mut all: Vec<String> = SKIPPABLE.iter().map(|&name| name.to_owned()).collect();
    all.extend(plan.smoke_tests.iter().map(|test| format!("smoke-test:{}", test.name)));
    if let Some(validate) = &plan.validate {
        all.extend(["alarms", "targets", "task-set"].map(|part| format!("validate:{part}")));
        all.extend(validate.metrics.iter().map(|metric| format!("validate:{}", metric.name)));
    }
    all
}

/// The description with the directives behind it.
pub fn write(description: &str, directives: &[Directive]) -> String {
    let mut text = description.trim_end().to_owned();
    for Directive { skip, reason } in directives {
        if !text.is_empty() {
            text.push(' ');
        }
        text.extend([OPEN, "skip=", &quoted(skip), " reason=", &quoted(reason), "]"]);
    }
    text
}

/// The directives in a description. What cannot be read is none: the check is then made.
pub fn read(description: &str) -> Vec<Directive> {
    let mut directives = Vec::new();
    let mut rest = description;
    while let Some(at) = rest.find(OPEN) {
        rest = rest.get(at + OPEN.len()..).unwrap_or_default();
        if let Some((directive, after)) = one(rest) {
            directives.push(directive);
            rest = after;
        }
    }
    directives
}

/// Why a hook's whole work, or one `check` of it, is not wanted; `None` if it is.
pub fn skips<'a>(directives: &'a [Directive], hook: &str, check: Option<&str>) -> Option<&'a Directive> {
    directives.iter().find(|directive| match directive.skip.split_once(':') {
        Some((of, name)) => of == hook && check == Some(name),
        None => directive.skip == hook,
    })
}

/// A text in double quotes with JSON's escapes, in which `]` and `"` can do no harm.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Reads `skip=… reason=…]` and what follows.
fn one(text: &str) -> Option<(Directive, &str)> {
    let (mut skip, mut reason) = (None, None);
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix(']') {
            let reason: String = reason?;
            let skip: String = skip?;
            return (!reason.trim().is_empty()).then_some((Directive { skip, reason }, after));
        }
        let (key, after) = rest.split_once('=')?;
        let (value, after) = value(after)?;
        match key {
            "skip" => skip = Some(value),
            "reason" => reason = Some(value),
            _ => return None,
        }
        rest = after;
    }
}

/// A value in quotes, or a word.
fn value(text: &str) -> Option<(String, &str)> {
    if !text.starts_with('"') {
        let end = text.find(|c: char| c.is_whitespace() || c == ']')?;
        return Some((text.get(..end)?.to_owned(), text.get(end..)?));
    }
    let mut escaped = false;
    let end = text.char_indices().skip(1).find_map(|(at, c)| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends.then_some(at + 1)
    })?;
    let value = serde_json::from_str(text.get(..end)?).ok()?;
    Some((value, text.get(end..)?))
}

#[cfg(test)]
mod tests;
