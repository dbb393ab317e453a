//! Real connections: hyper over rustls, as the SDK clients have them.

use super::{HttpError, Request, Response, Tls, address};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_rustls::{FixedServerNameResolver, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tower_service::Service;

/// A task that does not take a connection in this time takes none.
const CONNECT: Duration = Duration::from_secs(5);
/// Connections that wait for a further request, per address: a function may have 1024 files open, and warms hundreds of tasks.
const IDLE: usize = 4;
/// How long they wait.
const IDLE_FOR: Duration = Duration::from_secs(5);

type Connector = HttpsConnector<HttpConnector<Checked>>;
type Pool = Client<Connector, Full<Bytes>>;

/// One pool per kind of TLS connection: connections are kept by address alone.
#[derive(Default)]
pub(super) struct Connections {
    pools: Mutex<BTreeMap<Option<Tls>, Pool>>,
}

impl Connections {
    /// Sends one request and reads its answer.
    pub(super) async fn exchange(self: Arc<Self>, request: Request) -> Result<Response, HttpError> {
        let Request { method, url, headers, body, max_body, tls, .. } = request;
        let pool = self.pool(url.starts_with("https:").then_some(tls))?;
        let unfit = |error: http::Error| HttpError::Request(error.to_string());
        let mut outgoing = http::Request::builder().method(method.as_str()).uri(url);
        for (name, value) in headers {
            outgoing = outgoing.header(name, value);
        }
        let outgoing = outgoing.body(Full::new(Bytes::from(body))).map_err(unfit)?;
        let answer = pool.request(outgoing).await.map_err(|error| {
            let text = chain(&error);
            if error.is_connect() { HttpError::Connect(text) } else { HttpError::Broken(text) }
        })?;
        let (parts, body) = answer.into_parts();
        let header = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        let headers = parts.headers.iter().map(header).collect();
        let (body, truncated) = read(body, max_body).await?;
        // whoever sent the request measures
        Ok(Response { status: parts.status.as_u16(), headers, body, truncated, took: Duration::ZERO })
    }

    fn pool(&self, tls: Option<Tls>) -> Result<Pool, HttpError> {
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pool) = pools.get(&tls) {
            return Ok(pool.clone());
        }
        let pool = Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(IDLE)
            .pool_idle_timeout(IDLE_FOR)
            .pool_timer(TokioTimer::new())
            .build(connector(tls.as_ref())?);
        pools.insert(tls, pool.clone());
        Ok(pool)
    }
}

/// Without TLS no certificate is read: it takes a while.
fn connector(tls: Option<&Tls>) -> Result<Connector, HttpError> {
    let mut http = HttpConnector::new_with_resolver(Checked(GaiResolver::new()));
    http.enforce_http(false);
    http.set_nodelay(true);
    http.set_connect_timeout(Some(CONNECT));
    let roots = tls.map_or_else(|| Ok(RootCertStore::empty()), |tls| roots(tls.ca.as_deref()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| HttpError::Request(format!("TLS cannot be set up: {error}")))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let builder = HttpsConnectorBuilder::new().with_tls_config(config).https_or_http();
    let builder = match tls.and_then(|tls| tls.server_name.as_deref()) {
        Some(name) => {
            let name = ServerName::try_from(name.to_owned())
                .map_err(|_| HttpError::Request(format!("{name:?} is no name of a server; correct `server-name`")))?;
            builder.with_server_name_resolver(FixedServerNameResolver::new(name))
        }
        None => builder,
    };
    Ok(builder.enable_http1().wrap_connector(http))
}

/// The system's certificate authorities, and those of the plan.
fn roots(ca: Option<&str>) -> Result<RootCertStore, HttpError> {
    let mut roots = RootCertStore::empty();
    // certificates that cannot be read are as good as not there
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let Some(ca) = ca else { return Ok(roots) };
    let unfit = |what: &dyn std::fmt::Display| {
        HttpError::Request(format!("the plan's certificate authority cannot be used: {what}"))
    };
    let mut found = false;
    for certificate in CertificateDer::pem_slice_iter(ca.as_bytes()) {
        let certificate = certificate.map_err(|error| unfit(&error))?;
        roots.add(certificate).map_err(|error| unfit(&error))?;
        found = true;
    }
    if found { Ok(roots) } else { Err(unfit(&"it holds no certificate in PEM")) }
}

/// Reads at most `max` bytes; whether there are more. The rest stays unread and its connection is closed.
async fn read(mut body: hyper::body::Incoming, max: usize) -> Result<(Vec<u8>, bool), HttpError> {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| HttpError::Broken(chain(&error)))?;
        let Some(data) = frame.data_ref() else { continue };
        let room = max.saturating_sub(bytes.len());
        bytes.extend_from_slice(data.get(..room).unwrap_or(data));
        if data.len() > room {
            return Ok((bytes, true));
        }
    }
    Ok((bytes, false))
}

/// An error with its causes, on one line.
fn chain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

/// The system's resolver, without the addresses that are never asked: a name may stand for them too.
#[derive(Clone)]
struct Checked(GaiResolver);

impl Service<Name> for Checked {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let shown = name.to_string();
        let resolved = self.0.call(name);
        Box::pin(async move {
            let allowed: Vec<SocketAddr> = resolved.await?.filter(|found| address::is_allowed(found.ip())).collect();
            if allowed.is_empty() {
                return Err(io::Error::other(HttpError::Forbidden(shown)));
            }
            Ok(allowed.into_iter())
        })
    }
}
