//! The little of URLs that checks need: where a request goes, and whether two go to the same server.

use super::template;

/// The parts of an absolute `http(s)` URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parts<'a> {
    pub(crate) scheme: &'a str,
    pub(crate) authority: &'a str,
    /// Path and query; empty or beginning with `/` or `?`.
    pub(crate) rest: &'a str,
}

impl Parts<'_> {
    /// Scheme, host and port, as far as they say where a connection goes.
    fn origin(&self) -> (String, String, &str) {
        let (host, port) = host_and_port(self.authority);
        let default = if self.scheme.eq_ignore_ascii_case("https") { "443" } else { "80" };
        let port = if port.is_empty() { default } else { port };
        (self.scheme.to_ascii_lowercase(), host.to_ascii_lowercase(), port)
    }
}

fn host_and_port(authority: &str) -> (&str, &str) {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.chars().all(|c| c.is_ascii_digit()) => (host, port),
        _ => (authority, ""),
    }
}

/// Takes an absolute URL apart; the error says what is wrong with it.
pub(crate) fn parse(url: &str) -> Result<Parts<'_>, String> {
    let Some((scheme, after)) = url.split_once("://") else {
        return Err("expected a URL such as \"https://shop.example.com\"".to_owned());
    };
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return Err(format!("{scheme:?} is no scheme that can be asked; write http:// or https://"));
    }
    if url.contains(|c: char| c.is_control()) {
        return Err("has a control character; take it out".to_owned());
    }
    if url.contains('#') {
        return Err("what follows a # is never sent; take it out".to_owned());
    }
    let end = after.find(['/', '?']).unwrap_or(after.len());
    let (authority, rest) = after.split_at(end);
    if authority.contains('@') {
        return Err(
            "has a password or user name; send them in a header: headers = { Authorization = { secret = \"arn:…\" } }"
                .to_owned(),
        );
    }
    let (host, port) = host_and_port(authority);
    let bracketed = host.starts_with('[') && host.ends_with(']');
    let allowed = |c: char| !c.is_whitespace() && !"\"<>\\^`{|}".contains(c) && (bracketed || !"[]:".contains(c));
    let numbered = port.is_empty() || port.parse::<u16>().is_ok_and(|port| port > 0);
    if host.is_empty() || !host.chars().all(allowed) || !numbered {
        return Err(format!("{authority:?} is no host; write https://shop.example.com or https://10.0.0.1:8443"));
    }
    Ok(Parts { scheme, authority, rest })
}

/// What is wrong with a base URL, if something is.
///
/// # Errors
/// What to write in its place.
pub fn check_base(url: &str) -> Result<(), String> {
    let parts = parse(url)?;
    if parts.rest.contains('?') {
        return Err("a base URL has no query; add it to the checks: query = { … }".to_owned());
    }
    Ok(())
}

/// What is wrong with a check's target, if something is. What a placeholder makes of it is seen when it is filled in.
pub(crate) fn check_target(target: &str) -> Result<(), String> {
    if template::leads(target) {
        return Ok(());
    }
    if target.starts_with('/') {
        if target.starts_with("//") {
            return Err("begins with two slashes, which would be another host; write one".to_owned());
        }
        if target.contains(|c: char| c.is_control()) {
            return Err("has a control character; take it out".to_owned());
        }
        if target.contains('#') {
            return Err("what follows a # is never sent; take it out".to_owned());
        }
        return Ok(());
    }
    if target.contains(':') {
        let name = target.split_once(':').map_or("", |(scheme, _)| scheme);
        if !target.contains("://") {
            return Err(format!("{name:?} is no scheme that can be asked; write a path or an http(s):// URL"));
        }
        return parse(target).map(|_| ());
    }
    Err("expected a path that begins with / or an http(s):// URL: \"/health\"".to_owned())
}

/// Whether both URLs go to the same scheme, host and port.
pub(crate) fn same_origin(one: &str, other: &str) -> bool {
    match (parse(one), parse(other)) {
        (Ok(one), Ok(other)) => one.origin() == other.origin(),
        _ => false,
    }
}

/// Where `target` goes when it stands in the answer of `base`, or is asked of it. `base` is an absolute URL.
pub(crate) fn join(base: &str, target: &str) -> Result<String, String> {
    if target.contains("://") && !target.starts_with(['/', '?']) {
        parse(target)?;
        return Ok(target.to_owned());
    }
    let Parts { scheme, authority, rest } = parse(base)?;
    if let Some(after) = target.strip_prefix("//") {
        let url = format!("{scheme}://{after}");
        parse(&url)?;
        return Ok(url);
    }
    let path = rest.split('?').next().unwrap_or_default();
    let url = if target.starts_with('/') {
        format!("{scheme}://{authority}{target}")
    } else if target.starts_with('?') {
        format!("{scheme}://{authority}{path}{target}")
    } else {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        format!("{scheme}://{authority}{folder}/{target}")
    };
    parse(&url)?;
    Ok(url)
}

/// Bytes that a URL cannot have become `%XX`; what is escaped already stays.
pub(crate) fn escape(url: &str) -> String {
    percent(url, |byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte))
}

/// A value as one component: everything that has a meaning of its own becomes `%XX`.
pub(crate) fn component(value: &str) -> String {
    percent(value, |byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

fn percent(text: &str, keep: impl Fn(u8) -> bool) -> String {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().unwrap_or('0');
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if keep(byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::{check_base, check_target, component, escape, join, same_origin};
    use proptest::prelude::*;

    #[test]
    fn targets_are_paths_and_http_urls() {
        for right in ["/", "/a?b=c", "https://shop.example.com/x", "http://10.0.0.1:8000", "{next}", "HTTPS://[::1]:8/"]
        {
            assert_eq!(check_target(right), Ok(()), "{right}");
        }
        for wrong in [
            "health",
            "//evil",
            "ftp://x",
            "file:///etc/passwd",
            "javascript:1",
            "https://",
            "https://a b/",
            "/a#b",
            "https://u:p@h/",
            "http://h:0/",
            "http://h:99999/",
            "http://a:b:c/",
            "/\n",
        ] {
            assert!(check_target(wrong).is_err(), "{wrong}");
        }
        assert!(check_base("https://h/prefix").is_ok() && check_base("https://h/?x").is_err());
    }

    #[test]
    fn a_redirect_goes_where_a_browser_would_go() {
        let base = "https://h:8443/a/b?q=1";
        let table = [
            ("/x", "https://h:8443/x"),
            ("c", "https://h:8443/a/c"),
            ("?r=2", "https://h:8443/a/b?r=2"),
            ("//other/x", "https://other/x"),
            ("http://other/x", "http://other/x"),
            ("/back?to=https://x/", "https://h:8443/back?to=https://x/"),
        ];
        for (target, expected) in table {
            assert_eq!(join(base, target).as_deref(), Ok(expected), "{target}");
        }
        assert!(join(base, "ftp://x/").is_err());
    }

    #[test]
    fn ports_that_go_without_saying_are_the_same_origin() {
        assert!(same_origin("https://H/x", "HTTPS://h:443/y"));
        assert!(!same_origin("https://h/", "http://h/"));
        assert!(!same_origin("http://h/", "http://h:8000/"));
        assert!(!same_origin("http://h/", "http://h.evil/"));
    }

    #[test]
    fn what_a_url_cannot_have_is_escaped() {
        assert_eq!(escape("/ü b%20?x={y}"), "/%C3%BC%20b%20?x=%7By%7D");
        assert_eq!(component("a/b c&d"), "a%2Fb%20c%26d");
    }

    proptest! {
        #[test]
        fn no_text_panics(base in "(http://h)?[\\PC]{0,12}", target in "[:/?#{}a-c@ü]{0,12}") {
            let _ = (check_target(&target), check_base(&base), join(&base, &target), same_origin(&base, &target));
        }
    }
}
