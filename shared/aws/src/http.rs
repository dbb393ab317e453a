//! Requests to the application: what smoke tests and warm-up send.
//!
//! SDK clients have a connector of their own that tests can swap; this is the same seam for everything that is not AWS. One
//! exchange goes through a [`Transport`]; what holds for every exchange (addresses that are never asked, limits) is decided here,
//! above it, so that it holds in the simulation too. A redirect is an answer: whoever asked decides whether to follow it.

mod address;
mod real;
pub(crate) mod tls;
mod url;

use crate::Env;
use futures_util::future::BoxFuture;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

pub use url::is_own_machine;

/// One request. It is sent as it is: a `Host` header, if there is one, goes before the host of the URL. Real connections write the
/// URL as its standard says, so without segments `.` and `..`.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `POST` and the like.
    pub method: String,
    /// With scheme `http` or `https`, and without user information.
    pub url: String,
    /// Names and values, in their order.
    pub headers: Vec<(String, String)>,
    /// What is sent.
    pub body: Vec<u8>,
    /// How long the whole exchange may take, the answer's body included: real time.
    pub timeout: Duration,
    /// How many bytes of the answer's body are read.
    pub max_body: usize,
    /// For `https`.
    pub tls: Tls,
}

/// What a TLS connection is checked against, beside the system's certificate authorities and the URL's host.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Tls {
    /// The name that is asked for and that the certificate must have, if not the URL's host.
    pub server_name: Option<String>,
    /// Further certificate authorities, as PEM.
    pub ca: Option<String>,
}

/// What came back.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Names in lower case and values, in their order. Bytes that are no UTF-8 are replaced.
    pub headers: Vec<(String, String)>,
    /// At most [`Request::max_body`] bytes.
    pub body: Vec<u8>,
    /// Whether the body was longer than that.
    pub truncated: bool,
    /// From the beginning to the last byte that was read.
    pub took: Duration,
}

impl Request {
    /// How long an exchange may take, if nobody says.
    pub const TIMEOUT: Duration = Duration::from_secs(10);
    /// How many bytes of an answer are read, if nobody says.
    pub const MAX_BODY: usize = 1024 * 1024;

    /// A request for this URL with no header of its own. `Host`, `User-Agent` and `Accept: */*` are sent nevertheless.
    pub fn get(url: impl Into<String>) -> Self {
        Self {
            method: "GET".to_owned(),
            url: url.into(),
            headers: Vec::new(),
            body: Vec::new(),
            timeout: Self::TIMEOUT,
            max_body: Self::MAX_BODY,
            tls: Tls::default(),
        }
    }

    /// The first header of this name, in whatever case.
    pub fn header(&self, name: &str) -> Option<&str> {
        first(&self.headers, name)
    }
}

impl Response {
    /// The first header of this name, in whatever case.
    pub fn header(&self, name: &str) -> Option<&str> {
        first(&self.headers, name)
    }
}

fn first<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// Headers and bodies may hold secrets: nothing of them is shown.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("method", &self.method).finish_non_exhaustive()
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response").field("status", &self.status).field("took", &self.took).finish_non_exhaustive()
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// The request cannot be sent as it is.
    #[error("the request cannot be sent: {0}")]
    Request(String),
    /// An address that is never asked.
    #[error("{0} is not asked: it is an address of AWS's own metadata or of the function itself")]
    Forbidden(String),
    /// There is no connection.
    #[error("no connection: {0}")]
    Connect(String),
    /// The connection ended before the answer did.
    #[error("no whole answer: {0}")]
    Broken(String),
    /// The time was over.
    #[error("no whole answer within {} ms", .0.as_millis())]
    Timeout(Duration),
}

/// Carries one request out, without following redirects. It need not look at [`Request::timeout`].
pub type Transport = Arc<dyn Fn(Request) -> BoxFuture<'static, Result<Response, HttpError>> + Send + Sync>;

/// Sends requests. Cheap to clone; clones share their connections.
#[derive(Clone)]
pub struct Http {
    transport: Transport,
}

impl Http {
    /// Real connections. They are kept open for further requests to the same address.
    pub fn real() -> Self {
        let connections = Arc::new(real::Connections::default());
        Self { transport: Arc::new(move |request| Box::pin(Arc::clone(&connections).exchange(request))) }
    }

    /// Another way to carry requests out: the simulation's.
    pub fn over(transport: Transport) -> Self {
        Self { transport }
    }

    /// Sends a request.
    ///
    /// # Errors
    /// If there is no whole answer, or an address is asked for that never is.
    pub async fn send(&self, request: Request) -> Result<Response, HttpError> {
        let url = url::parse(&request.url).map_err(HttpError::Request)?;
        address::check_host(url::host(&url))?;
        let mut request = request;
        if request.header("user-agent").is_none() {
            request.headers.push(("user-agent".to_owned(), "greenlight".to_owned()));
        }
        let (timeout, max_body) = (request.timeout, request.max_body);
        let began = Instant::now();
        let answer = tokio::time::timeout(timeout, (self.transport)(request)).await;
        let mut response = answer.map_err(|_| HttpError::Timeout(timeout))??;
        response.took = began.elapsed();
        if response.body.len() > max_body {
            response.body.truncate(max_body);
            response.truncated = true;
        }
        Ok(response)
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").finish_non_exhaustive()
    }
}

impl Env {
    /// Requests to the application.
    pub fn http(&self) -> &Http {
        &self.http
    }

    /// The same with another way to reach the application.
    #[must_use]
    pub fn with_http(mut self, http: Http) -> Self {
        self.http = http;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::{Http, HttpError, Request, Response};
    use std::sync::Arc;
    use std::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn metadata_is_never_asked() {
        let http = Http::over(Arc::new(|_| Box::pin(async { Err(HttpError::Connect("was asked".to_owned())) })));
        for (url, message) in [
            ("http://169.254.170.2/v2/credentials", "not asked"),
            ("http://[fd00:ec2::254]/", "not asked"),
            ("http://[::ffff:169.254.169.254]/", "not asked"),
            ("http://2852039166/", "not asked"),
            ("http://169.254.43518/", "not asked"),
            ("http://a/", "was asked"),
            ("file:///etc/passwd", "cannot be sent"),
            ("http://user:pw@a/", "cannot be sent"),
        ] {
            let error = http.send(Request::get(url)).await.unwrap_err().to_string();
            assert!(error.contains(message) && !error.contains("pw"), "{url}: {error}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_exchange_has_its_limits() {
        let slow = Http::over(Arc::new(|_| {
            Box::pin(async {
                tokio::time::sleep(Duration::from_secs(3)).await;
                Ok(Response {
                    status: 200,
                    headers: vec![],
                    body: vec![b'x'; 10],
                    truncated: false,
                    took: Duration::ZERO,
                })
            })
        }));
        let request = Request { max_body: 4, ..Request::get("http://a/") };
        let answer = slow.send(request.clone()).await.unwrap();
        assert_eq!((answer.body.len(), answer.truncated, answer.took), (4, true, Duration::from_secs(3)));
        let request = Request { timeout: Duration::from_secs(2), ..request };
        assert_eq!(slow.send(request).await, Err(HttpError::Timeout(Duration::from_secs(2))));
    }
}
