//! From a check to the request that is sent.

use super::{Response, Values, template, url};
use crate::plan::{Body, Method, SecretOr, SmokeTest, SmokeTestDefaults};
use std::collections::BTreeMap;
use std::time::Duration;

/// A request with everything filled in. It holds secrets: its `Debug` leaves them out.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// An absolute `http(s)` URL.
    pub url: String,
    /// Headers in their order, each name once.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Option<Vec<u8>>,
    /// The name in TLS, if not the URL's host.
    pub server_name: Option<String>,
    /// How long it may take.
    pub timeout: Duration,
    /// How much of the answer's body is read.
    pub max_body: u64,
    /// Redirects that may still be followed.
    pub follow_redirects: u32,
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&String> = self.headers.iter().map(|(name, _)| name).collect();
        let body = self.body.as_ref().map(Vec::len);
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("headers", &names)
            .field("body", &body)
            .finish_non_exhaustive()
    }
}

impl Request {
    /// `GET https://…`, with secrets masked.
    pub fn line(&self, values: &Values) -> String {
        format!("{} {}", self.method.name(), values.mask().show(&self.url, 300))
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// The request of a check. Paths are asked of `base_url`; the headers of `[smoke-test-defaults]` and its server name go to
/// that server alone.
///
/// # Errors
/// Why there is no request: a placeholder without a value, or one that does not make a URL or a header.
pub fn resolve(
    check: &SmokeTest,
    defaults: &SmokeTestDefaults,
    base_url: &str,
    values: &Values,
) -> Result<Request, String> {
    let url = address(check, base_url, values)?;
    let at_home = url::same_origin(&url, base_url);
    let mut headers = Vec::new();
    for (name, value) in merged(at_home.then_some(&defaults.headers), &check.headers) {
        headers.push((name.clone(), header(name, value, values)?));
    }
    let (body, content_type) = body(check, values)?;
    if let Some(content_type) = content_type
        && !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"))
    {
        headers.push(("content-type".to_owned(), content_type.to_owned()));
    }
    Ok(Request {
        method: check.ask.method,
        url,
        headers,
        body,
        server_name: defaults.server_name.clone().filter(|_| at_home),
        timeout: check.timeout.unwrap_or(defaults.timeout),
        max_body: check.max_body,
        follow_redirects: check.follow_redirects,
    })
}

/// The request that a redirect asks for; `None` if the answer is to be looked at as it is.
///
/// A redirect to the name in the `Host` header stays at the server that is asked: with green behind a test listener, that name
/// would lead to blue. At any other server no header of the plan is sent.
///
/// # Errors
/// Why the redirect cannot be followed.
pub fn redirect(request: &Request, response: &Response) -> Result<Option<Request>, String> {
    if request.follow_redirects == 0 || !matches!(response.status, 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let Some(location) = response.header("location") else { return Ok(None) };
    // The part after # is for the browser.
    let location = location.split('#').next().unwrap_or_default();
    let target = url::join(&request.url, location).map_err(|wrong| format!("cannot follow a redirect: {wrong}"))?;
    let mut next = request.clone();
    next.follow_redirects -= 1;
    let host = request.header("host").map(str::to_owned);
    let parts = url::parse(&target)?;
    let named = host.is_some_and(|host| host.eq_ignore_ascii_case(parts.authority));
    if named {
        let rest = if parts.rest.is_empty() { "/" } else { parts.rest };
        let rest = if rest.starts_with('?') { format!("/{rest}") } else { rest.to_owned() };
        next.url = url::escape(&url::join(&request.url, &rest)?);
    } else {
        next.url = url::escape(&target);
        if !url::same_origin(&target, &request.url) {
            next.headers.clear();
            next.server_name = None;
        }
    }
    let becomes_get = match response.status {
        303 => request.method != Method::Head,
        301 | 302 => request.method == Method::Post,
        _ => false,
    };
    if becomes_get {
        next.method = Method::Get;
        next.body = None;
        next.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("content-type"));
    }
    Ok(Some(next))
}

fn address(check: &SmokeTest, base_url: &str, values: &Values) -> Result<String, String> {
    let target = &check.ask.target;
    // A placeholder at the beginning is a whole address, as `Location` has it; elsewhere it is one component.
    let (first, rest) = if template::leads(target) {
        let end = target.find('}').map_or(target.len(), |end| end + 1);
        target.split_at(end)
    } else {
        ("", target.as_str())
    };
    let first = values.fill(first, str::to_owned)?;
    let target = format!("{first}{}", values.fill(rest, url::component)?);
    let target = url::escape(&target);
    let is_path = target.starts_with('/');
    url::check_target(&target)
        .map_err(|wrong| format!("cannot ask for {}: {wrong}", values.mask().show(&target, 200)))?;
    let mut url = if is_path { format!("{}{target}", base_url.trim_end_matches('/')) } else { target };
    for (name, value) in &check.query {
        let mark = if url.contains('?') { '&' } else { '?' };
        let value = url::component(&values.resolve(value)?);
        url = format!("{url}{mark}{}={value}", url::component(name));
    }
    url::parse(&url).map_err(|wrong| format!("cannot ask for {}: {wrong}", values.mask().show(&url, 200)))?;
    Ok(url)
}

/// Headers of the check over the shared ones, whatever their spelling.
fn merged<'a>(
    shared: Option<&'a BTreeMap<String, SecretOr>>,
    own: &'a BTreeMap<String, SecretOr>,
) -> impl Iterator<Item = (&'a String, &'a SecretOr)> {
    let overridden = move |name: &str| own.keys().any(|other| other.eq_ignore_ascii_case(name));
    shared.into_iter().flatten().filter(move |(name, _)| !overridden(name)).chain(own)
}

fn header(name: &str, value: &SecretOr, values: &Values) -> Result<String, String> {
    let text = values.resolve(value).map_err(|wrong| format!("header {name}: {wrong}"))?;
    let text = text.trim();
    if text.contains(|c: char| c.is_control() && c != '\t') {
        return Err(format!("header {name}: its value has a line break or another control character"));
    }
    Ok(text.to_owned())
}

type Encoded = (Option<Vec<u8>>, Option<&'static str>);

fn body(check: &SmokeTest, values: &Values) -> Result<Encoded, String> {
    let in_body = |wrong: String| format!("body: {wrong}");
    Ok(match &check.body {
        None => (None, None),
        Some(Body::Text(text)) => {
            (Some(values.resolve(text).map_err(in_body)?.into_bytes()), Some("text/plain; charset=utf-8"))
        }
        Some(Body::Json(value)) => {
            let value = values.fill_json(value).map_err(in_body)?;
            (Some(value.to_string().into_bytes()), Some("application/json"))
        }
        Some(Body::Form(fields)) => {
            let mut pairs = Vec::new();
            for (name, value) in fields {
                let value = values.resolve(value).map_err(in_body)?;
                pairs.push(format!("{}={}", url::component(name), url::component(&value)));
            }
            (Some(pairs.join("&").into_bytes()), Some("application/x-www-form-urlencoded"))
        }
    })
}
