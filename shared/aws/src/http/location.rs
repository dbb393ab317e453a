//! URLs, and where a redirect leads.

use super::{Request, Response, address};

/// The parts of an `http` or `https` URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    scheme: String,
    authority: String,
    /// From the slash on; with the query, without the fragment.
    path: String,
}

impl Url {
    /// Reads a URL.
    ///
    /// # Errors
    /// What is wrong with it, without what it may hold.
    pub fn parse(text: &str) -> Result<Self, String> {
        let uri: http::Uri = without_fragment(text).parse().map_err(|error| format!("its URL is none: {error}"))?;
        let scheme = uri.scheme_str().map(str::to_ascii_lowercase).unwrap_or_default();
        if scheme != "http" && scheme != "https" {
            return Err("its URL does not begin with http:// or https://".to_owned());
        }
        let authority = uri.authority().map(http::uri::Authority::as_str).unwrap_or_default();
        if authority.contains('@') {
            return Err("its URL holds user information; use an Authorization header".to_owned());
        }
        let path = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        if authority.is_empty() {
            return Err("its URL has no host".to_owned());
        }
        Ok(Self { scheme, authority: authority.to_owned(), path })
    }

    /// `http` or `https`.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// Without the port; an IPv6 address in brackets.
    pub fn host(&self) -> &str {
        let end = self.authority.rfind(']').map_or(0, |bracket| bracket + 1);
        let port = self.authority.get(end..).and_then(|rest| rest.find(':')).map(|colon| end + colon);
        port.and_then(|port| self.authority.get(..port)).unwrap_or(&self.authority)
    }

    /// Where a reference in a page at this URL leads.
    fn join(&self, reference: &str) -> Result<Self, String> {
        let reference = without_fragment(reference.trim());
        let has_scheme = reference.find(':').is_some_and(|colon| {
            reference.chars().take(colon).all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c)) && colon > 0
        });
        if has_scheme {
            return Self::parse(reference);
        }
        if let Some(rest) = reference.strip_prefix("//") {
            return Self::parse(&format!("{}://{rest}", self.scheme));
        }
        let own = self.path.split('?').next().unwrap_or("/");
        let path = if reference.is_empty() {
            self.path.clone()
        } else if reference.starts_with('/') {
            reference.to_owned()
        } else if reference.starts_with('?') {
            format!("{own}{reference}")
        } else {
            let folder = own.rfind('/').and_then(|slash| own.get(..=slash)).unwrap_or("/");
            without_dots(&format!("{folder}{reference}"))
        };
        Self::parse(&format!("{}://{}{path}", self.scheme, self.authority))
    }
}

impl std::fmt::Display for Url {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}://{}{}", self.scheme, self.authority, self.path)
    }
}

fn without_fragment(text: &str) -> &str {
    text.split('#').next().unwrap_or(text)
}

/// `/a/../b` is `/b`.
fn without_dots(path: &str) -> String {
    let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/').skip(1) {
        match segment {
            "." => {}
            ".." => {
                kept.pop();
            }
            segment => kept.push(segment),
        }
    }
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("/{}{query}", kept.join("/"))
}

/// The request that a redirect asks for; `None` if the response is none.
///
/// A redirect to the name in the request's `Host` stays at the address that was asked: that name is the application's, and its
/// own address is where blue serves.
pub(super) fn next(request: &Request, url: &Url, response: &Response) -> Result<Option<Request>, String> {
    if !matches!(response.status, 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let Some(location) = response.header("location") else { return Ok(None) };
    let mut target = url.join(location)?;
    if request.header("host").is_some_and(|host| host.eq_ignore_ascii_case(&target.authority)) {
        target = Url { path: target.path, ..url.clone() };
    }
    if address::is_own(target.host()) && !address::is_own(url.host()) {
        return Err(format!("{} is the function's own machine", target.host()));
    }
    let mut next = Request { url: target.to_string(), ..request.clone() };
    let becomes_get = match response.status {
        303 => next.method != "HEAD",
        301 | 302 => next.method == "POST",
        _ => false,
    };
    if becomes_get {
        next.method = "GET".to_owned();
        next.body.clear();
        drop_headers(&mut next, &["content-type", "content-length"]);
    }
    if (&target.scheme, &target.authority) != (&url.scheme, &url.authority) {
        // what was meant for one server is not shown to another
        drop_headers(&mut next, &["host", "authorization", "cookie", "proxy-authorization"]);
        next.tls.server_name = None;
    }
    Ok(Some(next))
}

fn drop_headers(request: &mut Request, names: &[&str]) {
    request.headers.retain(|(name, _)| !names.iter().any(|other| name.eq_ignore_ascii_case(other)));
}

#[cfg(test)]
mod tests {
    use super::{Url, next};
    use crate::http::{Request, Response};
    use std::time::Duration;

    fn redirect(status: u16, location: &str) -> Response {
        let headers = vec![("location".to_owned(), location.to_owned())];
        Response { status, headers, body: Vec::new(), truncated: false, took: Duration::ZERO }
    }

    #[test]
    fn references_are_resolved() {
        let url = Url::parse("http://10.0.0.1:8000/a/b?c=d#e").unwrap();
        assert_eq!((url.host(), url.scheme(), url.to_string().as_str()), ("10.0.0.1", "http", "http://10.0.0.1:8000/a/b?c=d"));
        assert_eq!(Url::parse("https://[::1]:8000").unwrap().host(), "[::1]");
        for (reference, expected) in [
            ("/x?y#z", "http://10.0.0.1:8000/x?y"),
            ("x", "http://10.0.0.1:8000/a/x"),
            ("../x", "http://10.0.0.1:8000/x"),
            ("./x/../y?q=..", "http://10.0.0.1:8000/a/y?q=.."),
            ("?n=1", "http://10.0.0.1:8000/a/b?n=1"),
            ("//other/x", "http://other/x"),
            ("HTTPS://other", "https://other/"),
            ("/x?next=http://y/", "http://10.0.0.1:8000/x?next=http://y/"),
        ] {
            assert_eq!(url.join(reference).unwrap().to_string(), expected, "{reference}");
        }
        assert!(url.join("javascript:alert(1)").is_err());
    }

    #[test]
    fn a_redirect_to_the_applications_name_stays_at_green() {
        let headers = vec![("Host".to_owned(), "shop.example.com".to_owned()), ("Cookie".to_owned(), "s=1".to_owned())];
        let request = Request { headers, ..Request::get("http://10.0.0.1:8000/admin") };
        let url = Url::parse(&request.url).unwrap();
        let followed = next(&request, &url, &redirect(302, "https://shop.example.com/login")).unwrap().unwrap();
        assert_eq!((followed.url.as_str(), followed.headers.len()), ("http://10.0.0.1:8000/login", 2));
        let followed = next(&request, &url, &redirect(302, "https://login.example.com/")).unwrap().unwrap();
        assert_eq!((followed.url.as_str(), followed.headers.len()), ("https://login.example.com/", 0));
        assert!(next(&request, &url, &redirect(302, "http://127.0.0.1:9001/2018-06-01/runtime/")).is_err());
    }

    #[test]
    fn the_status_decides_about_method_and_body() {
        let post = Request { method: "POST".to_owned(), body: b"x".to_vec(), ..Request::get("http://a/") };
        let url = Url::parse(&post.url).unwrap();
        for (status, method, body) in [(302, "GET", 0), (303, "GET", 0), (307, "POST", 1), (308, "POST", 1)] {
            let followed = next(&post, &url, &redirect(status, "/b")).unwrap().unwrap();
            assert_eq!((followed.method.as_str(), followed.body.len()), (method, body), "{status}");
        }
        assert_eq!(next(&post, &url, &redirect(200, "/b")), Ok(None));
    }
}
