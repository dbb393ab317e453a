//! Placeholders: `{token}` stands for a captured value, `{{token}}` for the braces themselves.

use crate::plan::{Body, HeaderExpectation, SecretOr, SmokeTest};
use serde_json::Value;

/// A piece of a text.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    Text(&'a str),
    Name(&'a str),
}

/// Whether a text can stand between the braces.
pub(crate) fn is_name(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}

/// The names of the placeholders in a text.
pub(crate) fn names(text: &str) -> impl Iterator<Item = &str> {
    pieces(text).into_iter().filter_map(|piece| match piece {
        Piece::Name(name) => Some(name),
        Piece::Text(_) => None,
    })
}

/// The text with every placeholder filled in. The error is the name that `value` does not know.
pub(crate) fn fill(text: &str, mut value: impl FnMut(&str) -> Option<String>) -> Result<String, &str> {
    let mut filled = String::with_capacity(text.len());
    for piece in pieces(text) {
        match piece {
            Piece::Text(text) => filled.push_str(text),
            Piece::Name(name) => filled.push_str(&value(name).ok_or(name)?),
        }
    }
    Ok(filled)
}

/// The name, if a text is one placeholder and nothing else.
pub(crate) fn alone(text: &str) -> Option<&str> {
    match pieces(text).as_slice() {
        [Piece::Name(name)] => Some(name),
        _ => None,
    }
}

/// Whether a text begins with a placeholder.
pub(crate) fn leads(text: &str) -> bool {
    matches!(pieces(text).first(), Some(Piece::Name(_)))
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    let mut from = 0;
    while let Some(open) = rest.get(from..).and_then(|tail| tail.find('{')).map(|at| at + from) {
        let doubled = rest[open..].starts_with("{{");
        let start = open + if doubled { 2 } else { 1 };
        let closing = if doubled { "}}" } else { "}" };
        let name = rest[start..].find(closing).map(|length| &rest[start..start + length]).filter(|name| is_name(name));
        let Some(name) = name else {
            // Of `{{x}`, the inner brace may still begin a placeholder.
            from = open + 1;
            continue;
        };
        let end = start + name.len() + closing.len();
        if doubled {
            pieces.push(Piece::Text(&rest[..open]));
            pieces.push(Piece::Text(&rest[open + 1..end - 1]));
        } else {
            pieces.push(Piece::Text(&rest[..open]));
            pieces.push(Piece::Name(name));
        }
        rest = &rest[end..];
        from = 0;
    }
    pieces.push(Piece::Text(rest));
    pieces.retain(|piece| *piece != Piece::Text(""));
    pieces
}

/// Shows every text of a check that may hold placeholders.
pub(crate) fn visit(check: &SmokeTest, see: &mut impl FnMut(&str)) {
    see(&check.ask.target);
    let mut plain = |value: &SecretOr| {
        if let SecretOr::Plain(text) = value {
            see(text);
        }
    };
    check.headers.values().chain(check.query.values()).for_each(&mut plain);
    match &check.body {
        Some(Body::Text(text)) => plain(text),
        Some(Body::Form(fields)) => fields.values().for_each(&mut plain),
        Some(Body::Json(value)) => strings(value, see),
        None => {}
    }
    let expect = &check.expect;
    expect.text.iter().chain(&expect.contains).for_each(|text| see(text));
    for header in expect.headers.values() {
        if let HeaderExpectation::Equals(text) = header {
            see(text);
        }
    }
    for (_, expectation) in &expect.json {
        if let Some(value) = &expectation.equals {
            strings(value, see);
        }
    }
}

fn strings(value: &Value, see: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => see(text),
        Value::Array(items) => items.iter().for_each(|item| strings(item, see)),
        Value::Object(members) => members.values().for_each(|member| strings(member, see)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::{alone, fill, leads, names};
    use proptest::prelude::*;

    #[test]
    fn placeholders_are_filled_in_and_other_braces_stay() {
        let table = [
            ("/orders/{id}/", "/orders/7/"),
            ("{id}{id}", "77"),
            ("{{id}}", "{id}"),
            ("{{{id}}}", "{{id}}"),
            ("{\"a\": {\"b\": 1}}", "{\"a\": {\"b\": 1}}"),
            ("{\"a\": \"{id}\"}", "{\"a\": \"7\"}"),
            ("{", "{"),
            ("{} {id", "{} {id"),
            ("ü{id}ü", "ü7ü"),
        ];
        for (text, expected) in table {
            assert_eq!(fill(text, |_| Some("7".to_owned())).as_deref(), Ok(expected), "{text}");
        }
        assert_eq!(fill("{a}{b}", |name| (name == "a").then(String::new)), Err("b"));
    }

    #[test]
    fn names_are_found() {
        assert_eq!(names("{a}/{{b}}/{c-d}/{1}").collect::<Vec<_>>(), ["a", "c-d"]);
        assert_eq!((alone("{a}"), alone("{a}/"), alone("{{a}}")), (Some("a"), None, None));
        assert!(leads("{a}/x") && !leads("/{a}"));
    }

    proptest! {
        #[test]
        fn no_text_panics_and_a_text_without_names_stays(text in "[{}a-c\"ü1]{0,24}") {
            let filled = fill(&text, |name| Some(format!("{{{name}}}"))).unwrap();
            // Only doubled braces change when every placeholder stands for itself.
            prop_assert!(filled == text || text.contains("{{"));
        }
    }
}
