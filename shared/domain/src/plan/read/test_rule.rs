//! `test-rule` of `[rehearsal]`.

use crate::document::{Node, Reader, Table, join};
use crate::plan::TestRule;

const PATH: &str = "rehearsal.test-rule";
const TEST_RULE: &[&str] = &["header", "value", "host", "path"];
const EXAMPLE: &str = "write { header = \"x-ecs-test\", value = \"1\" }";

pub(super) fn test_rule(reader: &mut Reader, table: Table<'_>) -> Option<TestRule> {
    let node = table.get("test-rule")?;
    let has_no_listener =
        table.get("test-listener").is_some_and(|node| matches!(node.data, crate::document::Data::Bool(false)));
    if has_no_listener {
        reader.wrong(
            node.place,
            PATH,
            "is a way for test traffic, and `test-listener = false` says that there is none; keep one of the two",
        );
    }
    let table = reader.table(node, PATH, TEST_RULE, &[])?;
    if table.entries().is_empty() {
        reader.wrong(node.place, PATH, format!("wants nothing of a request; {EXAMPLE}"));
    }
    Some(TestRule { header: header(reader, node, table), host: host(reader, table), path: path(reader, table) })
}

fn header(reader: &mut Reader, node: &Node, table: Table<'_>) -> Option<(String, String)> {
    let name = text(reader, table, "header", TestRule::LONGEST_NAME);
    let value = text(reader, table, "value", TestRule::LONGEST_VALUE);
    match (table.get("header"), table.get("value")) {
        (Some(_), None) => {
            reader.wrong(node.place, &join(PATH, "value"), format!("is missing: what the header must say; {EXAMPLE}"));
        }
        (None, Some(value)) => {
            let message = format!("is the value of a header that has no name; {EXAMPLE}");
            reader.wrong(value.place, &join(PATH, "value"), message);
        }
        _ => {}
    }
    let (name, value) = (name?, value?);
    refuse_wildcards(reader, table, "value", &value);
    let wrong = if name.eq_ignore_ascii_case("host") {
        Some("a rule knows this header as its host: write host = \"green.example.com\"".to_owned())
    } else if name.chars().all(is_of_a_token) {
        None
    } else {
        Some(format!("expected a header's name, such as \"x-ecs-test\", not {name:?}"))
    };
    if let Some(message) = wrong {
        reader.wrong(table.get("header").and_then(|node| node.place), &join(PATH, "header"), message);
    }
    Some((name, value))
}

/// What a header's name may have (RFC 9110).
fn is_of_a_token(character: char) -> bool {
    character.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(character)
}

fn host(reader: &mut Reader, table: Table<'_>) -> Option<String> {
    let host = text(reader, table, "host", TestRule::LONGEST_VALUE)?;
    refuse_wildcards(reader, table, "host", &host);
    let known = |character: char| character.is_ascii_alphanumeric() || "-.".contains(character);
    let ends_well = host.rsplit_once('.').is_some_and(|(_, last)| last.chars().all(|last| last.is_ascii_alphabetic()));
    if !(host.chars().all(known) && ends_well) {
        let place = table.get("host").and_then(|node| node.place);
        let message = format!("expected the name of a host, such as \"green.example.com\", not {host:?}");
        reader.wrong(place, &join(PATH, "host"), message);
    }
    Some(host)
}

/// The service takes wildcards here, but `smoke-test` has to send something.
fn refuse_wildcards(reader: &mut Reader, table: Table<'_>, key: &str, text: &str) {
    if text.contains(['*', '?']) {
        let place = table.get(key).and_then(|node| node.place);
        reader.wrong(place, &join(PATH, key), "has a wildcard; write the value that `smoke-test` is to send");
    }
}

fn path(reader: &mut Reader, table: Table<'_>) -> Option<String> {
    let path = text(reader, table, "path", TestRule::LONGEST_VALUE)?;
    if !path.starts_with('/') {
        let place = table.get("path").and_then(|node| node.place);
        let message = format!("expected a path that begins with /, such as \"/green/*\", not {path:?}");
        reader.wrong(place, &join(PATH, "path"), message);
    }
    Some(path)
}

fn text(reader: &mut Reader, table: Table<'_>, key: &str, longest: usize) -> Option<String> {
    let node = table.get(key)?;
    let path = join(PATH, key);
    let text = reader.as_text(node, &path)?;
    if text.chars().count() > longest {
        reader.wrong(node.place, &path, format!("a rule of a listener takes at most {longest} characters here"));
    }
    Some(text)
}
