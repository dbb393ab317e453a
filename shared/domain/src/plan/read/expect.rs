//! `expect`.

use super::value::{bounds, header_name, json_path, pattern, statuses};
use crate::document::{Data, Entry, Node, Reader, join};
use crate::plan::{Bounds, Expect, HeaderExpectation, JsonExpectation, JsonPath, Pattern};
use crate::suggest;
use std::collections::BTreeMap;

const EXPECT: &[&str] = &["status", "headers", "text", "contains", "matches", "json", "within"];
const HEADER: &[&str] = &["equals", "matches", "exists"];
const JSON: &[&str] = &["equals", "above", "below", "at-least", "at-most", "matches", "exists", "count"];

pub(super) fn expect(reader: &mut Reader, node: Option<&Node>, path: &str) -> Expect {
    let Some(table) = node.and_then(|node| reader.table(node, path, EXPECT, &[])) else { return Expect::default() };
    let status = table.get("status").map(|node| statuses(reader, node, &join(path, "status")));
    let headers = table.get("headers").map(|node| headers(reader, node, &join(path, "headers")));
    let contains = table.get("contains").map(|node| texts(reader, node, &join(path, "contains")));
    let matches = table.get("matches").map(|node| patterns(reader, node, &join(path, "matches")));
    let json = table.get("json").map(|node| json(reader, node, &join(path, "json")));
    Expect {
        status: status.unwrap_or_else(Expect::statuses),
        headers: headers.unwrap_or_default(),
        text: table.get("text").and_then(|node| whole_text(reader, node, &join(path, "text"))),
        contains: contains.unwrap_or_default(),
        matches: matches.unwrap_or_default(),
        json: json.unwrap_or_default(),
        within: table.get("within").and_then(|node| reader.as_duration(node, &join(path, "within"))),
    }
}

/// An empty body is something to expect, so an empty text is right here.
fn whole_text(reader: &mut Reader, node: &Node, path: &str) -> Option<String> {
    match &node.data {
        Data::Text(text) => Some(text.clone()),
        _ => reader.as_text(node, path),
    }
}

/// A text or a list of texts.
fn texts(reader: &mut Reader, node: &Node, path: &str) -> Vec<String> {
    match node.data {
        Data::List(_) => reader.as_texts(node, path, "texts"),
        _ => reader.as_text(node, path).into_iter().collect(),
    }
}

/// An expression or a list of them.
fn patterns(reader: &mut Reader, node: &Node, path: &str) -> Vec<Pattern> {
    match &node.data {
        Data::List(items) => {
            let items = items.iter().enumerate();
            items.filter_map(|(index, item)| pattern(reader, item, &format!("{path}[{index}]"))).collect()
        }
        _ => pattern(reader, node, path).into_iter().collect(),
    }
}

fn headers(reader: &mut Reader, node: &Node, path: &str) -> BTreeMap<String, HeaderExpectation> {
    let mut headers = BTreeMap::new();
    for entry in reader.as_entries(node, path, "headers") {
        let path = join(path, &entry.key);
        header_name(reader, entry.place, &path, &entry.key);
        if let Some(expectation) = header(reader, &entry.value, &path) {
            headers.insert(entry.key.clone(), expectation);
        }
    }
    headers
}

fn header(reader: &mut Reader, node: &Node, path: &str) -> Option<HeaderExpectation> {
    let Data::Table(entries) = &node.data else {
        return reader.as_text(node, path).map(HeaderExpectation::Equals);
    };
    if !known_assertions(reader, node, entries, path, HEADER) {
        return None;
    }
    if let [_, second, ..] = entries.as_slice() {
        reader.wrong(second.place, &join(path, &second.key), "is one too many; expect one thing of a header");
    }
    let Entry { key, value, .. } = entries.first()?;
    let path = join(path, key);
    match key.as_str() {
        "equals" => reader.as_text(value, &path).map(HeaderExpectation::Equals),
        "matches" => pattern(reader, value, &path).map(HeaderExpectation::Matches),
        _ => reader.as_bool(value, &path).map(HeaderExpectation::Exists),
    }
}

/// Whether all assertions are known, and there is one.
fn known_assertions(reader: &mut Reader, node: &Node, entries: &[Entry], path: &str, known: &[&str]) -> bool {
    if entries.is_empty() {
        let message = format!("asserts nothing; there are {}", suggest::listed(known.iter().copied()));
        reader.wrong(node.place, path, message);
    }
    let mut all = !entries.is_empty();
    for entry in entries.iter().filter(|entry| !known.contains(&entry.key.as_str())) {
        let hint = suggest::hint(&entry.key, known.iter().copied());
        let message = format!("unknown assertion; {hint} (to compare with a table, write {{ equals = {{ … }} }})");
        reader.wrong(entry.place, &join(path, &entry.key), message);
        all = false;
    }
    all
}

fn json(reader: &mut Reader, node: &Node, path: &str) -> Vec<(JsonPath, JsonExpectation)> {
    let of = "what is expected, by JSONPath: json = { \"$.database\" = true }";
    let mut expectations = Vec::new();
    for entry in reader.as_entries(node, path, of) {
        let path = format!("{path}.\"{}\"", entry.key);
        let json_path = json_path(reader, entry.place, &path, &entry.key);
        let expectation = json_expectation(reader, &entry.value, &path);
        expectations.extend(json_path.zip(expectation));
    }
    expectations
}

fn json_expectation(reader: &mut Reader, node: &Node, path: &str) -> Option<JsonExpectation> {
    let Data::Table(entries) = &node.data else {
        return Some(JsonExpectation { equals: Some(reader.as_json(node, path)), ..JsonExpectation::default() });
    };
    if !known_assertions(reader, node, entries, path, JSON) {
        return None;
    }
    let table = reader.table(node, path, JSON, &[])?;
    let count = table.get("count").and_then(|node| reader.as_integer(node, &join(path, "count"), 0, 1_000_000));
    let expectation = JsonExpectation {
        equals: table.get("equals").map(|node| reader.as_json(node, &join(path, "equals"))),
        bounds: bounds(reader, table, path),
        matches: table.get("matches").and_then(|node| pattern(reader, node, &join(path, "matches"))),
        exists: table.get("exists").and_then(|node| reader.as_bool(node, &join(path, "exists"))),
        count: count.and_then(|count| u64::try_from(count).ok()),
    };
    let bare = JsonExpectation { exists: Some(false), bounds: Bounds::default(), ..JsonExpectation::default() };
    if expectation.exists == Some(false) && expectation != bare {
        reader.wrong(node.place, path, "exists = false leaves nothing to expect more of; keep one of the two");
    }
    Some(expectation)
}
