//! Values that several tables have.

use crate::document::{Data, Node, Reader, Table, join};
use crate::plan::{Bounds, JsonPath, Pattern, SecretOr, Statuses};
use crate::problem::Place;
use crate::suggest;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use std::collections::BTreeMap;

/// Headers that follow from the request and its connection.
const OWN_HEADERS: [&str; 4] = ["connection", "content-length", "transfer-encoding", "upgrade"];
pub(super) const BOUNDS: [&str; 4] = ["above", "below", "at-least", "at-most"];

/// `"text"` or `{ secret = "arn:…" }`.
pub(super) fn secret_or(reader: &mut Reader, node: &Node, path: &str) -> SecretOr {
    match &node.data {
        Data::Text(text) => SecretOr::Plain(text.clone()),
        Data::Table(_) => {
            let Some(table) = reader.table(node, path, &["secret"], &[]) else { return SecretOr::Plain(String::new()) };
            let example = "an ARN: { secret = \"arn:aws:ssm:eu-west-1:123456789012:parameter/prod/token\" }";
            let secret = reader.text(table, path, "secret", example);
            let place = table.get("secret").and_then(|node| node.place);
            if !secret.is_empty() {
                known_store(reader, place, &join(path, "secret"), &secret);
            }
            SecretOr::Secret { secret }
        }
        other => {
            let message = format!("expected a text in quotes or {{ secret = \"arn:…\" }}, not {}", other.kind());
            reader.wrong(node.place, path, message);
            SecretOr::Plain(String::new())
        }
    }
}

/// Secrets are read from where a task definition may have them too.
pub(super) fn known_store(reader: &mut Reader, place: Option<Place>, path: &str, arn: &str) {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let known = matches!(
        parts.as_slice(),
        ["arn", _, "ssm", _, _, name] if name.starts_with("parameter/") && name.len() > "parameter/".len()
    ) || matches!(
        parts.as_slice(),
        ["arn", _, "secretsmanager", _, _, name] if name.starts_with("secret:") && name.len() > "secret:".len()
    );
    if !known {
        let message = "is not the ARN of an SSM parameter or a Secrets Manager secret; write it as a task definition's \
                       `valueFrom` does: \"arn:aws:ssm:eu-west-1:123456789012:parameter/prod/token\"";
        reader.wrong(place, path, message);
    }
}

/// Headers with their names and values checked.
pub(super) fn headers(reader: &mut Reader, table: Table<'_>, path: &str) -> BTreeMap<String, SecretOr> {
    let path = join(path, "headers");
    let mut headers = BTreeMap::<String, SecretOr>::new();
    let Some(node) = table.get("headers") else { return headers };
    for entry in reader.as_entries(node, &path, "headers") {
        let path = join(&path, &entry.key);
        header_name(reader, entry.place, &path, &entry.key);
        if OWN_HEADERS.contains(&entry.key.to_ascii_lowercase().as_str()) {
            reader.wrong(entry.place, &path, "follows from the request itself; take it out");
        }
        if headers.keys().any(|name| name.eq_ignore_ascii_case(&entry.key)) {
            reader.wrong(entry.place, &path, "stands here twice, in another spelling; keep one of the two");
        }
        let value = secret_or(reader, &entry.value, &path);
        if matches!(&value, SecretOr::Plain(text) if text.contains(|c: char| c.is_control() && c != '\t')) {
            reader.wrong(entry.value.place, &path, "a header is one line: take out its line breaks");
        }
        headers.insert(entry.key.clone(), value);
    }
    headers
}

/// A header's name must be one in HTTP.
pub(super) fn header_name(reader: &mut Reader, place: Option<Place>, path: &str, name: &str) {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if name.is_empty() || !name.chars().all(allowed) {
        reader.wrong(place, path, "is not the name of a header: write letters, digits and hyphens");
    }
}

/// Certificates as PEM, or a reference to them.
pub(super) fn ca(reader: &mut Reader, table: Table<'_>, path: &str) -> Option<SecretOr> {
    let node = table.get("ca")?;
    let path = join(path, "ca");
    let ca = secret_or(reader, node, &path);
    if matches!((&node.data, &ca), (Data::Text(_), SecretOr::Plain(text)) if !text.contains("-----BEGIN CERTIFICATE-----"))
    {
        let message = "is no certificate; write the contents of the PEM file, with its -----BEGIN CERTIFICATE-----, in \
                       triple quotes, or { secret = \"arn:…\" }";
        reader.wrong(node.place, &path, message);
    }
    Some(ca)
}

/// A host's name, for TLS.
pub(super) fn server_name(reader: &mut Reader, table: Table<'_>, path: &str) -> Option<String> {
    let name = reader.optional_text(table, path, "server-name")?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if !name.chars().all(allowed) {
        let place = table.get("server-name").and_then(|node| node.place);
        let message = "expected the name of a host alone, without scheme or port: \"shop.example.com\"";
        reader.wrong(place, &join(path, "server-name"), message);
    }
    Some(name)
}

/// `200`, `"200-299"`, or a list of such.
pub(super) fn statuses(reader: &mut Reader, node: &Node, path: &str) -> Statuses {
    let items = match &node.data {
        Data::List(items) if items.is_empty() => {
            reader.wrong(node.place, path, "is empty; write 200, \"200-299\" or [200, 404]");
            return Statuses(Vec::new());
        }
        Data::List(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    Statuses(items.iter().filter_map(|item| status(reader, item, path)).collect())
}

fn status(reader: &mut Reader, node: &Node, path: &str) -> Option<(u16, u16)> {
    let code = |text: &str| text.trim().parse::<u16>().ok().filter(|code| (100..=599).contains(code));
    let found = match &node.data {
        Data::Integer(value) => u16::try_from(*value).ok().filter(|code| (100..=599).contains(code)).map(|c| (c, c)),
        Data::Text(text) => match text.split_once('-') {
            Some((first, last)) => code(first).zip(code(last)).filter(|(first, last)| first <= last),
            None => code(text).map(|code| (code, code)),
        },
        _ => None,
    };
    if found.is_none() {
        reader.wrong(node.place, path, "expected status codes from 100 to 599: 200, \"200-299\" or [200, 404]");
    }
    found
}

/// A regular expression.
pub(super) fn pattern(reader: &mut Reader, node: &Node, path: &str) -> Option<Pattern> {
    let text = reader.as_text(node, path)?;
    match Pattern::new(&text) {
        Ok(pattern) => Some(pattern),
        Err(message) => {
            let remedy = "in TOML write expressions in 'single quotes', and a literal . or ( as \\. or \\(";
            reader.wrong(node.place, path, format!("is not a regular expression: {message}; {remedy}"));
            None
        }
    }
}

/// A JSONPath.
pub(super) fn json_path(reader: &mut Reader, place: Option<Place>, path: &str, text: &str) -> Option<JsonPath> {
    match JsonPath::new(text) {
        Ok(found) => Some(found),
        Err(message) => {
            let remedy = "write it as RFC 9535 does: \"$.items[0].id\", \"$['two words']\"";
            reader.wrong(place, path, format!("is not a JSONPath: {message}; {remedy}"));
            None
        }
    }
}

/// `above`, `below`, `at-least` and `at-most`.
pub(super) fn bounds(reader: &mut Reader, table: Table<'_>, path: &str) -> Bounds {
    let mut bound = |key: &str| table.get(key).and_then(|node| reader.as_number(node, &join(path, key)));
    Bounds { above: bound("above"), below: bound("below"), at_least: bound("at-least"), at_most: bound("at-most") }
}

/// A whole number with a default.
pub(super) fn count(reader: &mut Reader, table: Table<'_>, path: &str, key: &str, default: u32, most: i64) -> u32 {
    let Some(node) = table.get(key) else { return default };
    let count = reader.as_integer(node, &join(path, key), 1, most);
    count.and_then(|count| u32::try_from(count).ok()).unwrap_or(default)
}

/// A time in minutes, as `CodeDeploy` counts its waits.
pub(super) fn whole_minutes(reader: &mut Reader, node: &Node, path: &str) -> Option<u32> {
    let time = reader.as_duration(node, path)?;
    if time.as_secs() % 60 != 0 || time.subsec_nanos() != 0 {
        reader.wrong(node.place, path, "CodeDeploy counts whole minutes: write \"5m\"");
        return None;
    }
    Some(u32::try_from(time.as_secs() / 60).unwrap_or(u32::MAX))
}

/// A time zone of those that were compiled in: the same on every machine.
pub(super) fn time_zone(reader: &mut Reader, node: &Node, path: &str) -> Option<TimeZone> {
    let name = reader.as_text(node, path)?;
    let database = TimeZoneDatabase::bundled();
    if let Ok(zone) = database.get(&name) {
        return Some(zone);
    }
    let names: Vec<String> = database.available().map(|name| name.to_string()).collect();
    let hint = suggest::nearest(&name, names.iter().map(String::as_str)).map_or_else(
        || "write a name of the IANA database, such as `Europe/Berlin` or `UTC`".to_owned(),
        |name| format!("did you mean `{name}`?"),
    );
    reader.wrong(node.place, path, format!("there is no time zone {name:?}; {hint}"));
    None
}
