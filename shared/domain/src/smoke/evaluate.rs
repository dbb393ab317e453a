//! Holds an answer against what was expected.

use super::Values;
use crate::mask::shorten;
use crate::plan::{HeaderExpectation, JsonExpectation, JsonPath, SmokeTest, span};
use serde::Serialize;
use serde_json::{Number, Value};
use std::fmt;
use std::time::Duration;

/// How much of a value is shown, in characters.
const SHOWN: usize = 200;

/// An answer.
#[derive(Clone, Default)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Headers in their order.
    pub headers: Vec<(String, String)>,
    /// The body, as far as it was read.
    pub body: Vec<u8>,
    /// Whether the body was longer than the check's `max-body`.
    pub cut: bool,
    /// From the beginning of the request until the whole body was there.
    pub took: Duration,
}

impl Response {
    /// A header's value; several of one name are joined by commas.
    pub fn header(&self, name: &str) -> Option<String> {
        let found = self.headers.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
        let values: Vec<&str> = found.map(|(_, value)| value.as_str()).collect();
        (!values.is_empty()).then(|| values.join(", "))
    }

    /// The body as text; what is none becomes �.
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response").field("status", &self.status).field("body", &self.body.len()).finish_non_exhaustive()
    }
}

/// An expectation that did not hold. Its texts are short, and secrets in them are masked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// What was looked at: `status`, `header content-type`, `json $.database`.
    pub what: String,
    /// What it should have been.
    pub expected: String,
    /// What it was.
    pub actual: String,
}

impl Failure {
    /// There was no answer to look at, and why.
    pub fn no_answer(reason: &str, values: &Values) -> Self {
        Self::of("answer", "an answer".to_owned(), values.mask().show(reason, SHOWN))
    }

    pub(super) fn of(what: &str, expected: String, actual: String) -> Self {
        Self { what: what.to_owned(), expected, actual }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected {}, got {}", self.what, self.expected, self.actual)
    }
}

/// Everything about the answer that is not as the check expects it; empty if the check holds.
pub fn evaluate(check: &SmokeTest, response: &Response, values: &Values) -> Vec<Failure> {
    let mut look = Look { values, failures: Vec::new() };
    let expect = &check.expect;
    if !expect.status.contains(response.status) {
        let actual = look.status(check, response);
        look.wrong("status", expect.status.to_string(), actual);
    }
    if let Some(within) = expect.within
        && response.took > within
    {
        let milliseconds = Duration::from_millis(u64::try_from(response.took.as_millis()).unwrap_or(u64::MAX));
        look.wrong("time", format!("at most {}", span(within)), span(milliseconds));
    }
    for (name, expectation) in &expect.headers {
        look.header(name, expectation, response);
    }
    if response.cut && expect.needs_body() {
        look.wrong("body", format!("at most {} bytes (max-body)", check.max_body), "more".to_owned());
        return look.failures;
    }
    look.body(check, response);
    look.failures
}

struct Look<'a> {
    values: &'a Values,
    failures: Vec<Failure>,
}

impl Look<'_> {
    fn wrong(&mut self, what: &str, expected: String, actual: String) {
        self.failures.push(Failure::of(what, expected, actual));
    }

    fn show(&self, text: &str) -> String {
        self.values.mask().show(text, SHOWN)
    }

    fn quoted(&self, text: &str) -> String {
        format!("\"{}\"", self.show(text))
    }

    fn json_text(&self, value: &Value) -> String {
        self.show(&value.to_string())
    }

    /// The text with its placeholders, or a failure.
    fn filled(&mut self, what: &str, text: &str) -> Option<String> {
        match self.values.fill(text, str::to_owned) {
            Ok(text) => Some(text),
            Err(wrong) => {
                let expected = self.quoted(text);
                self.wrong(what, expected, wrong);
                None
            }
        }
    }

    /// A status that is not expected: a redirect with where it leads, any other with its body.
    fn status(&self, check: &SmokeTest, response: &Response) -> String {
        let status = response.status;
        if let (300..=399, Some(location)) = (status, response.header("location")) {
            // one that could have been followed was not: there were too many before it
            let after = match check.follow_redirects {
                0 => String::new(),
                followed => format!(" after {followed} followed (follow-redirects)"),
            };
            return format!("{status}, a redirect to {}{after}", self.quoted(&location));
        }
        match response.text().trim() {
            "" => status.to_string(),
            body => format!("{status} with {}", self.quoted(body)),
        }
    }

    fn header(&mut self, name: &str, expectation: &HeaderExpectation, response: &Response) {
        let what = format!("header {}", name.to_ascii_lowercase());
        let value = response.header(name);
        let actual = value.as_deref().map_or_else(|| "no such header".to_owned(), |value| self.quoted(value));
        match expectation {
            HeaderExpectation::Exists(exists) if *exists != value.is_some() => {
                let expected = if *exists { "to be there" } else { "not to be there" };
                self.wrong(&what, expected.to_owned(), actual);
            }
            HeaderExpectation::Exists(_) => {}
            HeaderExpectation::Equals(text) => {
                let Some(expected) = self.filled(&what, text) else { return };
                if value.as_deref() != Some(expected.trim()) {
                    let expected = self.quoted(&expected);
                    self.wrong(&what, expected, actual);
                }
            }
            HeaderExpectation::Matches(pattern) => {
                if !value.is_some_and(|value| pattern.is_match(&value)) {
                    self.wrong(&what, format!("a match of /{}/", shorten(pattern.as_str(), SHOWN)), actual);
                }
            }
        }
    }

    fn body(&mut self, check: &SmokeTest, response: &Response) {
        let expect = &check.expect;
        if !expect.needs_body() {
            return;
        }
        let body = response.text();
        let shown = match body.trim() {
            "" => "an empty body".to_owned(),
            text => self.quoted(text),
        };
        if let Some(text) = &expect.text
            && let Some(expected) = self.filled("text", text)
            && body.trim() != expected.trim()
        {
            let expected = self.quoted(&expected);
            self.wrong("text", expected, shown.clone());
        }
        for text in &expect.contains {
            if let Some(expected) = self.filled("body", text)
                && !body.contains(&expected)
            {
                let expected = format!("to contain {}", self.quoted(&expected));
                self.wrong("body", expected, shown.clone());
            }
        }
        for pattern in &expect.matches {
            if !pattern.is_match(&body) {
                let expected = format!("a match of /{}/", shorten(pattern.as_str(), SHOWN));
                self.wrong("body", expected, shown.clone());
            }
        }
        if expect.json.is_empty() {
            return;
        }
        match serde_json::from_slice::<Value>(&response.body) {
            Ok(json) => expect.json.iter().for_each(|(path, expectation)| self.json(path, expectation, &json)),
            Err(_) => self.wrong("body", "JSON".to_owned(), shown),
        }
    }

    fn json(&mut self, path: &JsonPath, expectation: &JsonExpectation, body: &Value) {
        let what = format!("json {}", shorten(path.as_str(), SHOWN));
        let selected = path.select(body);
        let actual = match selected.as_slice() {
            [] => "no value".to_owned(),
            [one] => self.json_text(one),
            many => {
                let list: Vec<String> = many.iter().take(5).map(ToString::to_string).collect();
                let list = self.show(&list.join(", "));
                format!("{} values: {list}", many.len())
            }
        };
        if let Some(exists) = expectation.exists
            && exists == selected.is_empty()
        {
            let expected = if exists { "a value" } else { "no value" };
            self.wrong(&what, expected.to_owned(), actual.clone());
        }
        if let Some(count) = expectation.count {
            let found = match selected.as_slice() {
                [Value::Array(items)] => items.len(),
                many => many.len(),
            };
            if u64::try_from(found).ok() != Some(count) {
                let expected = values(count, "");
                let actual = match selected.as_slice() {
                    [Value::Array(_)] => values(found, &actual),
                    [_] => values(1, &actual),
                    _ => actual.clone(),
                };
                self.wrong(&what, expected, actual);
            }
        }
        if let Some(equals) = &expectation.equals {
            match self.values.fill_json(equals) {
                Ok(expected) if matches!(selected.as_slice(), [one] if same(one, &expected)) => {}
                Ok(expected) => {
                    let expected = self.json_text(&expected);
                    self.wrong(&what, expected, actual.clone());
                }
                Err(wrong) => self.wrong(&what, "a value to compare with".to_owned(), wrong),
            }
        }
        self.every_value(&what, expectation, &selected, &actual);
    }

    /// Bounds and patterns hold for every value that is selected, and there is one.
    fn every_value(&mut self, what: &str, expectation: &JsonExpectation, selected: &[&Value], actual: &str) {
        if !expectation.bounds.is_empty() {
            if selected.is_empty() {
                self.wrong(what, "a number".to_owned(), actual.to_owned());
            }
            for value in selected {
                let broken = match value.as_f64() {
                    Some(number) => expectation.bounds.broken_by(number),
                    None => vec!["a number".to_owned()],
                };
                if !broken.is_empty() {
                    let actual = self.json_text(value);
                    self.wrong(what, broken.join(" and "), actual);
                }
            }
        }
        if let Some(pattern) = &expectation.matches {
            let holds = |value: &&Value| value.as_str().is_some_and(|text| pattern.is_match(text));
            if selected.is_empty() || !selected.iter().all(holds) {
                let expected = format!("a text that matches /{}/", shorten(pattern.as_str(), SHOWN));
                self.wrong(what, expected, actual.to_owned());
            }
        }
    }
}

/// `3 values: [1, 2, 3]`.
fn values(count: impl TryInto<u64>, shown: &str) -> String {
    let count = count.try_into().unwrap_or(u64::MAX);
    let plural = if count == 1 { "" } else { "s" };
    let colon = if shown.is_empty() { "" } else { ": " };
    format!("{count} value{plural}{colon}{shown}")
}

/// Whether two values are equal; numbers are by what they are worth.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => same_number(one, other),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            let within = |(key, value): (&String, &Value)| other.get(key).is_some_and(|other| same(value, other));
            one.len() == other.len() && one.iter().all(within)
        }
        _ => one == other,
    }
}

#[expect(
    clippy::float_cmp,
    reason = "1 and 1.0 are the same number in JSON, and 0.1 was written the same way on both sides"
)]
fn same_number(one: &Number, other: &Number) -> bool {
    one == other
        || ((one.is_f64() || other.is_f64())
            && one.as_f64().zip(other.as_f64()).is_some_and(|(one, other)| one == other))
}
