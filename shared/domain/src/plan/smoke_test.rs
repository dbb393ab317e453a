//! `[[smoke-test]]`: checks that green must pass before it has traffic.

use super::{Expect, JsonPath, Pattern, SecretOr, as_optional_text, as_text};
use crate::smoke::template;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// `[smoke-test-defaults]`: what all checks share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct SmokeTestDefaults {
    /// Where paths are requested, as `https://host:port`. Without one it is the deployment group's test listener.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// Headers of every request to the base URL. A check's own header stands over one of these.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, SecretOr>,
    /// Certificates of authorities to trust besides the public ones, as PEM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca: Option<SecretOr>,
    /// The name in TLS for the base URL, which the certificate must have. Without one it is the URL's host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_name: Option<String>,
    /// How long one request may take.
    #[serde(serialize_with = "as_text")]
    pub timeout: Duration,
    /// Checks at once, at most.
    pub concurrency: u32,
}

impl SmokeTestDefaults {
    /// How long one request may take, if the plan does not say.
    pub const TIMEOUT: Duration = Duration::from_secs(10);
    /// Checks at once, if the plan does not say.
    pub const CONCURRENCY: u32 = 16;

    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl Default for SmokeTestDefaults {
    fn default() -> Self {
        Self {
            base_url: None,
            headers: BTreeMap::new(),
            ca: None,
            server_name: None,
            timeout: Self::TIMEOUT,
            concurrency: Self::CONCURRENCY,
        }
    }
}

/// `[[smoke-test]]`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct SmokeTest {
    /// Its name, unique in the plan.
    pub name: String,
    /// The method and what it asks for.
    #[serde(flatten)]
    pub ask: Ask,
    /// Headers, over those of `[smoke-test-defaults]`. Values may hold placeholders.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, SecretOr>,
    /// The query. Values may hold placeholders.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub query: BTreeMap<String, SecretOr>,
    /// The body.
    #[serde(flatten)]
    pub body: Option<Body>,
    /// What the answer must be.
    pub expect: Expect,
    /// Values for later checks, by the placeholder's name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub capture: BTreeMap<String, Capture>,
    /// How often it is tried again until it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<CheckRetry>,
    /// Redirects that are followed.
    #[serde(skip_serializing_if = "is_zero")]
    pub follow_redirects: u32,
    /// How long one request may take, over `[smoke-test-defaults]`.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_optional_text")]
    pub timeout: Option<Duration>,
    /// How much of an answer's body is read, in bytes; a longer one is a failure.
    #[serde(skip_serializing_if = "is_the_default_body")]
    pub max_body: u64,
    /// Earlier checks that must have passed, besides those whose captures it uses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<String>,
}

impl SmokeTest {
    /// How much of a body is read, if the plan does not say.
    pub const MAX_BODY: u64 = 1024 * 1024;
    /// The most that a plan may ask for.
    pub const LARGEST_MAX_BODY: u64 = 8 * 1024 * 1024;

    /// How often it is tried at most.
    pub fn attempts(&self) -> u32 {
        self.retry.as_ref().map_or(1, |retry| retry.times.saturating_add(1))
    }

    /// The captures that it uses.
    pub fn uses(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        template::visit(self, &mut |text| names.extend(template::names(text).map(str::to_owned)));
        names
    }

    /// ARNs of all secrets that it needs.
    pub fn secrets(&self) -> Vec<&str> {
        let mut found: Vec<&str> =
            self.headers.values().chain(self.query.values()).filter_map(SecretOr::reference).collect();
        match &self.body {
            Some(Body::Text(text)) => found.extend(text.reference()),
            Some(Body::Form(fields)) => found.extend(fields.values().filter_map(SecretOr::reference)),
            Some(Body::Json(value)) => found.extend(references(value)),
            None => {}
        }
        found
    }
}

/// The ARN in `{ secret = "arn:…" }`, where a JSON body has such a value.
pub(crate) fn reference(value: &serde_json::Value) -> Option<&str> {
    let members = value.as_object().filter(|members| members.len() == 1)?;
    members.get("secret")?.as_str().filter(|arn| arn.starts_with("arn:"))
}

/// All ARNs of a JSON body.
pub(crate) fn references(value: &serde_json::Value) -> Vec<&str> {
    use serde_json::Value;
    match (reference(value), value) {
        (Some(arn), _) => vec![arn],
        (None, Value::Array(items)) => items.iter().flat_map(references).collect(),
        (None, Value::Object(members)) => members.values().flat_map(references).collect(),
        (None, _) => Vec::new(),
    }
}

/// `get = "/health"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// The method.
    pub method: Method,
    /// A path, an absolute `http(s)` URL, or a placeholder and what follows it.
    pub target: String,
}

impl Serialize for Ask {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(self.method.key(), &self.target)?;
        map.end()
    }
}

/// A method of HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// `GET`.
    Get,
    /// `POST`.
    Post,
    /// `PUT`.
    Put,
    /// `PATCH`.
    Patch,
    /// `DELETE`.
    Delete,
    /// `HEAD`.
    Head,
}

impl Method {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Get, Self::Post, Self::Put, Self::Patch, Self::Delete, Self::Head];

    /// As requests write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Head => "HEAD",
        }
    }

    /// As plans write it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Post => "post",
            Self::Put => "put",
            Self::Patch => "patch",
            Self::Delete => "delete",
            Self::Head => "head",
        }
    }
}

/// A request's body. Texts in it may hold placeholders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Body {
    /// `body = "…"`.
    #[serde(rename = "body")]
    Text(SecretOr),
    /// `json = …`, sent as `application/json`.
    #[serde(rename = "json")]
    Json(serde_json::Value),
    /// `form = { … }`, sent as `application/x-www-form-urlencoded`.
    #[serde(rename = "form")]
    Form(BTreeMap<String, SecretOr>),
}

/// `capture = { token = { json = "$.token" } }`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Capture {
    /// Where the value is.
    #[serde(flatten)]
    pub from: CaptureFrom,
    /// Whether the value may be shown. Otherwise a value of eight characters or more is masked like a secret.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub show: bool,
}

/// Where a captured value is.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CaptureFrom {
    /// The one value that the path selects in the body.
    Json(JsonPath),
    /// The value of a header.
    Header(String),
    /// The first group of the expression's first match in the body.
    Matches(Pattern),
}

/// `retry = { times = 5, every = "3s" }`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct CheckRetry {
    /// How often it is tried again.
    pub times: u32,
    /// How long to wait before the next attempt.
    #[serde(serialize_with = "as_text")]
    pub every: Duration,
}

impl CheckRetry {
    /// The wait, if the plan does not say.
    pub const EVERY: Duration = Duration::from_secs(3);
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_the_default_body(bytes: &u64) -> bool {
    *bytes == SmokeTest::MAX_BODY
}
