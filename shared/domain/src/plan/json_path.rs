//! The two functions of RFC 9535 that take a regular expression. `serde_json_path` would bring its own with all that the regular
//! expressions of Unicode can do; a function is uploaded with every byte of it.

use regex_lite::RegexBuilder;
use serde_json::Value;
use serde_json_path::functions::{LogicalType, ValueType};

/// Whether the whole value is what the expression says.
#[serde_json_path::function(name = "match")]
fn match_whole(value: ValueType<'_>, expression: ValueType<'_>) -> LogicalType {
    holds(&value, &expression, |expression| format!("^(?:{expression})$"))
}

/// Whether a part of the value is.
#[serde_json_path::function(name = "search")]
fn search_part(value: ValueType<'_>, expression: ValueType<'_>) -> LogicalType {
    holds(&value, &expression, str::to_owned)
}

/// An expression that is none, or too large, holds for nothing: so the RFC wants it.
fn holds(value: &ValueType<'_>, expression: &ValueType<'_>, whole: impl Fn(&str) -> String) -> LogicalType {
    let (Some(Value::String(value)), Some(Value::String(expression))) = (value.as_value(), expression.as_value())
    else {
        return LogicalType::False;
    };
    let largest = super::value::Pattern::LARGEST;
    let parsed = RegexBuilder::new(&whole(expression)).crlf(true).size_limit(largest).build();
    parsed.is_ok_and(|parsed| parsed.is_match(value)).into()
}

#[cfg(test)]
mod tests {
    use crate::plan::JsonPath;
    use serde_json::json;

    #[test]
    fn expressions_select_in_paths() {
        let value = json!({ "items": [{ "name": "blue shirt" }, { "name": "shirt" }, { "name": 7 }] });
        for (path, expected) in [
            ("$.items[?match(@.name, 'shirt')].name", json!(["shirt"])),
            ("$.items[?search(@.name, 'sh.rt')].name", json!(["blue shirt", "shirt"])),
            ("$.items[?search(@.name, '[')].name", json!([])),
        ] {
            let path = JsonPath::new(path).unwrap();
            assert_eq!(json!(path.select(&value)), expected, "{path:?}");
        }
    }
}
