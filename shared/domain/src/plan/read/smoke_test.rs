//! `[[smoke-test]]` and `[smoke-test-defaults]`.

use super::expect::expect;
use super::one_off::longer_than_nothing;
use super::value::{ca, count, header_name, headers, json_path, known_store, pattern, secret_or, server_name};
use crate::document::{Data, Entry, Node, Reader, Table, join};
use crate::plan::{
    Ask, Body, Capture, CaptureFrom, CheckRetry, Method, SecretOr, SmokeTest, SmokeTestDefaults, references,
};
use crate::problem::Place;
use crate::smoke::{template, url};
use crate::suggest;
use std::collections::BTreeMap;
use std::time::Duration;

const DEFAULTS: &[&str] = &["base-url", "headers", "ca", "server-name", "timeout", "concurrency"];
const SMOKE_TEST: &[&str] = &[
    "name",
    "get",
    "post",
    "put",
    "patch",
    "delete",
    "head",
    "headers",
    "query",
    "body",
    "json",
    "form",
    "expect",
    "capture",
    "retry",
    "follow-redirects",
    "timeout",
    "max-body",
    "after",
];
/// All attempts of a check with the waits between them: Lambda ends a function after 15 minutes.
const LONGEST_RETRY: Duration = Duration::from_mins(10);

pub(super) fn defaults(reader: &mut Reader, node: Option<&Node>) -> SmokeTestDefaults {
    let path = "smoke-test-defaults";
    let Some(table) = node.and_then(|node| reader.table(node, path, DEFAULTS, &[])) else {
        return SmokeTestDefaults::default();
    };
    let base_url = reader.optional_text(table, path, "base-url");
    if let Some(wrong) = base_url.as_deref().and_then(|url| url::check_base(url).err()) {
        let place = table.get("base-url").and_then(|node| node.place);
        reader.wrong(place, "smoke-test-defaults.base-url", wrong);
    }
    let timeout = table.get("timeout").map_or(SmokeTestDefaults::TIMEOUT, |node| {
        longer_than_nothing(reader, node, "smoke-test-defaults.timeout", "10s")
    });
    SmokeTestDefaults {
        base_url,
        headers: headers(reader, table, path),
        ca: ca(reader, table, path),
        server_name: server_name(reader, table, path),
        timeout,
        concurrency: count(reader, table, path, "concurrency", SmokeTestDefaults::CONCURRENCY, 256),
    }
}

pub(super) fn smoke_tests(reader: &mut Reader, node: &Node) -> Vec<SmokeTest> {
    let items = reader.as_list(node, "smoke-test", "tables: [[smoke-test]]");
    let mut tests = Vec::<SmokeTest>::new();
    let mut places = Places::default();
    for (index, item) in items.iter().enumerate() {
        let path = format!("smoke-test[{index}]");
        let Some(table) = reader.table(item, &path, SMOKE_TEST, &[]) else { continue };
        let test = smoke_test(reader, table, &path);
        if !test.name.is_empty() && tests.iter().any(|other| other.name == test.name) {
            let message = format!("{:?} is the name of an earlier check too; give each its own", test.name);
            reader.wrong(table.get("name").and_then(|node| node.place), &join(&path, "name"), message);
        }
        order(reader, table, &path, &test, &tests);
        places.collect(reader, table, &path, &test);
        tests.push(test);
    }
    places.check(reader, &tests);
    tests
}

/// `after` names earlier checks.
fn order(reader: &mut Reader, table: Table<'_>, path: &str, test: &SmokeTest, earlier: &[SmokeTest]) {
    for name in &test.after {
        if !earlier.iter().any(|other| other.name == *name) {
            let hint = suggest::hint(name, earlier.iter().map(|other| other.name.as_str()));
            let place = table.get("after").and_then(|node| node.place);
            reader.wrong(place, &join(path, "after"), format!("there is no earlier check {name:?}; {hint}"));
        }
    }
}

fn smoke_test(reader: &mut Reader, table: Table<'_>, path: &str) -> SmokeTest {
    let name = reader.text(table, path, "name", "a name: name = \"health\"");
    if name.contains(char::is_control) || name.chars().count() > 100 {
        let place = table.get("name").and_then(|node| node.place);
        reader.wrong(place, &join(path, "name"), "expected at most 100 characters on one line");
    }
    let ask = ask(reader, table, path);
    let body = body(reader, table, path);
    let test = SmokeTest {
        name,
        headers: headers(reader, table, path),
        query: fields(reader, table.get("query"), &join(path, "query")),
        body,
        expect: expect(reader, table.get("expect"), &join(path, "expect")),
        capture: captures(reader, table, path),
        retry: table.get("retry").and_then(|node| retry(reader, node, &join(path, "retry"))),
        follow_redirects: table
            .get("follow-redirects")
            .and_then(|node| reader.as_integer(node, &join(path, "follow-redirects"), 0, 20))
            .and_then(|times| u32::try_from(times).ok())
            .unwrap_or_default(),
        timeout: table.get("timeout").map(|node| longer_than_nothing(reader, node, &join(path, "timeout"), "10s")),
        max_body: max_body(reader, table, path),
        after: table.get("after").map(|node| after(reader, node, &join(path, "after"))).unwrap_or_default(),
        ask,
    };
    let of_body = |capture: &Capture| !matches!(capture.from, CaptureFrom::Header(_));
    if test.ask.method == Method::Head && (test.expect.needs_body() || test.capture.values().any(of_body)) {
        let place = table.get("head").and_then(|node| node.place);
        reader.wrong(place, &join(path, "head"), "an answer to HEAD has no body to look at; write get = …");
    }
    test
}

/// `after = "login"` or a list.
fn after(reader: &mut Reader, node: &Node, path: &str) -> Vec<String> {
    match node.data {
        Data::Text(_) => reader.as_text(node, path).into_iter().collect(),
        _ => reader.as_texts(node, path, "names of checks"),
    }
}

fn ask(reader: &mut Reader, table: Table<'_>, path: &str) -> Ask {
    let named: Vec<(Method, &Node)> =
        Method::ALL.into_iter().filter_map(|method| Some((method, table.get(method.key())?))).collect();
    match named.as_slice() {
        [] => reader.wrong(table.place(), &join(path, "get"), "is missing; add what to ask for: get = \"/health\""),
        [_] => {}
        [(first, _), (second, node), ..] => {
            let message = format!("stands beside `{}`; keep one of the two, or make two checks of it", first.key());
            reader.wrong(node.place, &join(path, second.key()), message);
        }
    }
    let Some((method, node)) = named.first() else { return Ask { method: Method::Get, target: String::new() } };
    let path = join(path, method.key());
    let target = reader.as_text(node, &path).unwrap_or_default();
    if !target.is_empty()
        && let Err(wrong) = url::check_target(&target)
    {
        reader.wrong(node.place, &path, wrong);
    }
    Ask { method: *method, target }
}

fn body(reader: &mut Reader, table: Table<'_>, path: &str) -> Option<Body> {
    let mut there = ["body", "json", "form"].into_iter().filter(|key| table.has(key));
    let first = there.next()?;
    if let Some(second) = there.next() {
        let place = table.get(second).and_then(|node| node.place);
        let message = format!("stands beside `{first}`; a request has one body: keep one of the two");
        reader.wrong(place, &join(path, second), message);
    }
    let node = table.get(first)?;
    let path = join(path, first);
    Some(match first {
        "body" => Body::Text(secret_or(reader, node, &path)),
        "json" => {
            let json = reader.as_json(node, &path);
            for arn in references(&json) {
                known_store(reader, node.place, &path, arn);
            }
            Body::Json(json)
        }
        _ => Body::Form(fields(reader, Some(node), &path)),
    })
}

/// A table of texts, secrets, numbers and truth values, all of which are sent as texts.
fn fields(reader: &mut Reader, node: Option<&Node>, path: &str) -> BTreeMap<String, SecretOr> {
    let mut fields = BTreeMap::new();
    let Some(node) = node else { return fields };
    for Entry { key, value, .. } in reader.as_entries(node, path, "texts") {
        let path = join(path, key);
        let field = match value.data {
            Data::Integer(_) | Data::Float(_) | Data::Bool(_) => {
                SecretOr::Plain(reader.as_json(value, &path).to_string())
            }
            _ => secret_or(reader, value, &path),
        };
        fields.insert(key.clone(), field);
    }
    fields
}

fn captures(reader: &mut Reader, table: Table<'_>, path: &str) -> BTreeMap<String, Capture> {
    let path = join(path, "capture");
    let mut captures = BTreeMap::new();
    let Some(node) = table.get("capture") else { return captures };
    let of = "values to keep: capture = { token = { json = \"$.token\" } }";
    for entry in reader.as_entries(node, &path, of) {
        let path = join(&path, &entry.key);
        if !template::is_name(&entry.key) {
            let message = "cannot be a placeholder; begin with a letter and go on with letters, digits, - and _";
            reader.wrong(entry.place, &path, message);
        }
        if let Some(capture) = capture(reader, &entry.value, &path) {
            captures.insert(entry.key.clone(), capture);
        }
    }
    captures
}

fn capture(reader: &mut Reader, node: &Node, path: &str) -> Option<Capture> {
    let table = reader.table(node, path, &["json", "header", "matches", "show"], &[])?;
    let show = table.get("show").and_then(|node| reader.as_bool(node, &join(path, "show"))).unwrap_or_default();
    let mut there = ["json", "header", "matches"].into_iter().filter_map(|key| Some((key, table.get(key)?)));
    let Some((key, value)) = there.next() else {
        let message =
            "says not where the value is; add json = \"$.token\", header = \"Location\" or matches = 'id=(\\d+)'";
        reader.wrong(node.place, path, message);
        return None;
    };
    if let Some((second, node)) = there.next() {
        reader.wrong(node.place, &join(path, second), format!("stands beside `{key}`; keep one of the two"));
    }
    let path = join(path, key);
    let from = match key {
        "json" => {
            let text = reader.as_text(value, &path)?;
            CaptureFrom::Json(json_path(reader, value.place, &path, &text)?)
        }
        "header" => {
            let name = reader.as_text(value, &path)?;
            header_name(reader, value.place, &path, &name);
            CaptureFrom::Header(name)
        }
        _ => {
            let pattern = pattern(reader, value, &path)?;
            if pattern.groups() == 0 {
                let message = "has no group to take the value from; put parentheses around it: 'id=(\\d+)'";
                reader.wrong(value.place, &path, message);
            }
            CaptureFrom::Matches(pattern)
        }
    };
    Some(Capture { from, show })
}

fn retry(reader: &mut Reader, node: &Node, path: &str) -> Option<CheckRetry> {
    let table = reader.table(node, path, &["times", "every"], &[])?;
    let times = reader.required(table, path, "times", "how often to try again: times = 5");
    let times = times.and_then(|node| reader.as_integer(node, &join(path, "times"), 1, 600));
    let times = times.and_then(|times| u32::try_from(times).ok()).unwrap_or_default();
    let every =
        table.get("every").map_or(Some(CheckRetry::EVERY), |node| reader.as_duration(node, &join(path, "every")));
    let every = every.unwrap_or_default();
    if every.saturating_mul(times) > LONGEST_RETRY {
        let message =
            "waits longer than 10m in all, and Lambda ends a function after 15 minutes; lower `times` or `every`";
        reader.wrong(node.place, path, message);
    }
    Some(CheckRetry { times, every })
}

/// A number of bytes, or a text with a unit.
fn max_body(reader: &mut Reader, table: Table<'_>, path: &str) -> u64 {
    let Some(node) = table.get("max-body") else { return SmokeTest::MAX_BODY };
    let bytes = match &node.data {
        Data::Integer(bytes) => u64::try_from(*bytes).ok(),
        Data::Text(text) => {
            let units = [("KiB", 1024), ("MiB", 1024 * 1024), ("B", 1)];
            let found = units.iter().find_map(|(unit, size)| Some((text.strip_suffix(unit)?, size)));
            found.and_then(|(number, size)| number.trim().parse::<u64>().ok()?.checked_mul(*size))
        }
        _ => None,
    };
    let bytes = bytes.filter(|bytes| (1..=SmokeTest::LARGEST_MAX_BODY).contains(bytes));
    if bytes.is_none() {
        let message = "expected a size of at most 8 MiB: 65536, \"64KiB\" or \"2MiB\"";
        reader.wrong(node.place, &join(path, "max-body"), message);
    }
    bytes.unwrap_or(SmokeTest::MAX_BODY)
}

/// Where captures are made and used. They are held against each other when every check was read.
#[derive(Default)]
struct Places {
    made: BTreeMap<String, usize>,
    used: Vec<Use>,
    checks: usize,
}

struct Use {
    check: usize,
    name: String,
    place: Option<Place>,
    path: String,
}

impl Places {
    fn collect(&mut self, reader: &mut Reader, table: Table<'_>, path: &str, test: &SmokeTest) {
        let check = self.checks;
        self.checks += 1;
        for name in test.capture.keys() {
            if self.made.contains_key(name) {
                let place = table.get("capture").and_then(|node| node.place);
                let message = "an earlier check captures a value of this name too; give each its own";
                reader.wrong(place, &join(&join(path, "capture"), name), message);
            } else {
                self.made.insert(name.clone(), check);
            }
        }
        let keys = ["headers", "query", "body", "json", "form"].into_iter();
        let asks = Method::ALL.into_iter().map(Method::key);
        for key in keys.chain(asks) {
            if let Some(node) = table.get(key) {
                self.texts(check, node, &join(path, key));
            }
        }
        let Some(Node { data: Data::Table(expect), .. }) = table.get("expect") else { return };
        for entry in expect {
            let path = join(&join(path, "expect"), &entry.key);
            match entry.key.as_str() {
                "text" | "contains" => self.texts(check, &entry.value, &path),
                "headers" | "json" => self.compared(check, &entry.value, &path),
                _ => {}
            }
        }
    }

    /// Expectations by header or path: a pattern among them has braces of its own.
    fn compared(&mut self, check: usize, node: &Node, path: &str) {
        let Data::Table(entries) = &node.data else { return };
        for entry in entries {
            let path = join(path, &entry.key);
            match &entry.value.data {
                Data::Table(assertions) => {
                    for assertion in assertions.iter().filter(|assertion| assertion.key == "equals") {
                        self.texts(check, &assertion.value, &join(&path, "equals"));
                    }
                }
                _ => self.texts(check, &entry.value, &path),
            }
        }
    }

    fn texts(&mut self, check: usize, node: &Node, path: &str) {
        match &node.data {
            Data::Text(text) => {
                let uses = template::names(text);
                self.used.extend(uses.map(|name| Use {
                    check,
                    name: name.to_owned(),
                    place: node.place,
                    path: path.to_owned(),
                }));
            }
            Data::List(items) => items.iter().for_each(|item| self.texts(check, item, path)),
            Data::Table(entries) => entries.iter().for_each(|e| self.texts(check, &e.value, &join(path, &e.key))),
            _ => {}
        }
    }

    fn check(&self, reader: &mut Reader, tests: &[SmokeTest]) {
        for Use { check, name, place, path } in &self.used {
            let literal = format!("for the braces themselves write {{{{{name}}}}}");
            let message = match self.made.get(name) {
                Some(made) if made < check => continue,
                Some(made) if made == check => format!(
                    "{{{name}}} is captured from the answer of this same check; use it in a later one, or {literal}"
                ),
                Some(made) => {
                    let later = tests.get(*made).map_or("", |test| &test.name);
                    format!(
                        "{{{name}}} is used before check {later:?} captures it; move this check behind that, or {literal}"
                    )
                }
                None => {
                    let hint = suggest::nearest(name, self.made.keys().map(String::as_str))
                        .map_or(String::new(), |near| format!("did you mean {{{near}}}? "));
                    format!(
                        "no check captures {{{name}}}; {hint}add capture = {{ {name} = {{ json = \"$.{name}\" }} }} to an earlier check, or {literal}"
                    )
                }
            };
            reader.wrong(*place, path, message);
        }
    }
}
