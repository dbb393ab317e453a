//! URLs, as far as they say who is asked.

use super::address;

/// The host of an `http` or `https` URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Url {
    host: String,
}

impl Url {
    /// Reads a URL. The error says what is wrong with it, without what it may hold.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let uri: http::Uri = text.parse().map_err(|error| format!("its URL is none: {error}"))?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) {
            return Err("its URL does not begin with http:// or https://".to_owned());
        }
        let authority = uri.authority().map(http::uri::Authority::as_str).unwrap_or_default();
        if authority.contains('@') {
            return Err("its URL holds user information; use an Authorization header".to_owned());
        }
        let host = uri.host().filter(|host| !host.is_empty()).ok_or("its URL has no host")?;
        Ok(Self { host: host.to_owned() })
    }

    /// Without the port; an IPv6 address in brackets.
    pub(super) fn host(&self) -> &str {
        &self.host
    }
}

/// Whether a URL leads to the machine that asks. In Lambda the Runtime API listens there: an application must not be able to
/// send anybody to it.
pub fn is_own_machine(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| address::is_own(url.host()))
}

#[cfg(test)]
mod tests {
    use super::{Url, is_own_machine};

    #[test]
    fn hosts_are_found() {
        let table = [
            ("http://10.0.0.1:8000/a?b", "10.0.0.1"),
            ("https://[::1]:8443", "[::1]"),
            ("https://shop.example.com", "shop.example.com"),
            ("HTTP://shop/", "shop"),
        ];
        for (url, host) in table {
            assert_eq!(Url::parse(url).unwrap().host(), host, "{url}");
        }
        for wrong in ["", "/path", "ftp://a/", "http://", "http://u:p@a/", "http://a b/"] {
            assert!(Url::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_own_machine_is_known() {
        assert!(is_own_machine("http://127.0.0.1:9001/2018-06-01/runtime/invocation/next"));
        assert!(is_own_machine("http://LocalHost/") && is_own_machine("https://[::1]:1/"));
        assert!(!is_own_machine("http://10.0.0.1/") && !is_own_machine("nonsense"));
    }
}
