//! Filter patterns for lines that are JSON: one text member or several, joined by `&&`.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html>

use crate::AwsError;
use crate::glob::Glob;
use serde_json::Value;

/// `{ ($.event = "job.*") && ($.job = "sync") }`: members, and what they are.
#[derive(Debug)]
pub(super) struct Pattern(Vec<(String, Glob)>);

impl Pattern {
    pub(super) fn parse(text: &str) -> Result<Self, AwsError> {
        let refused = || {
            let message = format!(
                "Invalid filter pattern: the stage reads {{ ($.member = \"text\") && ($.other = \"text*\") }} only, and this is {text}"
            );
            AwsError::client("InvalidParameterException", message)
        };
        let inner = text.trim().strip_prefix('{').and_then(|text| text.strip_suffix('}')).ok_or_else(refused)?;
        inner.split("&&").map(term).collect::<Option<_>>().map(Self).ok_or_else(refused)
    }

    /// Whether a line is JSON and has these members.
    pub(super) fn fits(&self, line: &str) -> bool {
        let Ok(Value::Object(line)) = serde_json::from_str(line) else { return false };
        let fits = |(member, wanted): &(String, Glob)| {
            line.get(member).and_then(Value::as_str).is_some_and(|text| wanted.matches(text))
        };
        self.0.iter().all(fits)
    }
}

fn term(text: &str) -> Option<(String, Glob)> {
    let text = text.trim();
    let text = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')).unwrap_or(text);
    let (member, value) = text.split_once('=')?;
    let member = member.trim().strip_prefix("$.")?;
    let value = value.trim().strip_prefix('"')?.strip_suffix('"')?;
    let plain = !member.is_empty() && member.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    (plain && !value.contains(['"', '?', '\\'])).then(|| (member.to_owned(), Glob::policy(value)))
}
