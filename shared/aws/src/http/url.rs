//! URLs, as far as they say who is asked. They are read as the connections read them, so that nobody else is asked than was checked.

use super::address;
use reqwest::Url;

/// Reads an `http` or `https` URL. The error says what is wrong with it, without what it may hold.
pub(super) fn parse(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("its URL is none: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("its URL does not begin with http:// or https://".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("its URL holds user information; use an Authorization header".to_owned());
    }
    Ok(url)
}

/// The host without the port; an IPv6 address in brackets.
pub(super) fn host(url: &Url) -> &str {
    url.host_str().unwrap_or_default()
}

/// Whether a URL leads to the machine that asks. In Lambda the Runtime API listens there: an application must not be able to
/// send anybody to it.
pub fn is_own_machine(url: &str) -> bool {
    parse(url).is_ok_and(|url| address::is_own(host(&url)))
}

#[cfg(test)]
mod tests {
    use super::{host, is_own_machine, parse};

    #[test]
    fn hosts_are_found() {
        let table = [
            ("http://10.0.0.1:8000/a?b", "10.0.0.1"),
            ("https://[::1]:8443", "[::1]"),
            ("https://shop.example.com", "shop.example.com"),
            ("HTTP://shop/", "shop"),
            ("http://0xa9fea9fe/", "169.254.169.254"),
        ];
        for (url, expected) in table {
            assert_eq!(host(&parse(url).unwrap()), expected, "{url}");
        }
        for wrong in ["", "/path", "ftp://a/", "http://", "http://u:p@a/", "http://a b/"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_own_machine_is_known() {
        assert!(is_own_machine("http://127.0.0.1:9001/2018-06-01/runtime/invocation/next"));
        assert!(is_own_machine("http://LocalHost/") && is_own_machine("https://[::1]:1/"));
        assert!(is_own_machine("http://127.1/") && is_own_machine("http://2130706433/"));
        assert!(!is_own_machine("http://10.0.0.1/") && !is_own_machine("nonsense"));
    }
}
