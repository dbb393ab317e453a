//! Real connections: reqwest's.

use super::{HttpError, Request, Response, Tls, address, tls, url};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Client, Method, Url, redirect, retry};
use rustls::pki_types::DnsName;
use rustls::{ClientConfig, RootCertStore};
use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A task that does not take a connection in this time takes none.
const CONNECT: Duration = Duration::from_secs(5);
/// Connections that wait for a further request, per address: a function may have 1024 files open, and warms hundreds of tasks.
const IDLE: usize = 4;
/// How long they wait.
const IDLE_FOR: Duration = Duration::from_secs(5);
/// Clients that are kept. Most plans need one; with a server name of the plan's it is one per task.
const CLIENTS: usize = 128;

#[derive(Default)]
pub(super) struct Connections(Mutex<State>);

#[derive(Default)]
struct State {
    clients: BTreeMap<Purpose, Client>,
    /// Clients share what they trust. A plan has one certificate authority; this is the last one's.
    config: Option<(Option<String>, ClientConfig)>,
}

/// What one client is for.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Purpose {
    /// Nothing without TLS.
    tls: Option<Tls>,
    /// Who is asked instead of the URL's host, which is the server name then: reqwest has no other way to ask for one.
    host: Option<String>,
}

impl Connections {
    /// Sends one request and reads its answer.
    pub(super) async fn exchange(self: Arc<Self>, mut request: Request) -> Result<Response, HttpError> {
        let mut url = url::parse(&request.url).map_err(HttpError::Request)?;
        if request.header("host").is_none() {
            request.headers.push(("host".to_owned(), authority(&url)));
        }
        let Request { method, headers, body, max_body, tls, .. } = request;
        let method = Method::from_bytes(method.as_bytes()).map_err(|error| HttpError::Request(error.to_string()))?;
        let client = self.client(purpose(&mut url, tls)?)?;
        let mut outgoing = client.request(method, url).body(body);
        for (name, value) in headers {
            outgoing = outgoing.header(name, value);
        }
        let mut answer = outgoing.send().await.map_err(failed)?;
        let header = |(name, value): (&HeaderName, &HeaderValue)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        let headers = answer.headers().iter().map(header).collect();
        let (body, truncated) = read(&mut answer, max_body).await?;
        // whoever sent the request measures
        Ok(Response { status: answer.status().as_u16(), headers, body, truncated, took: Duration::ZERO })
    }

    fn client(&self, purpose: Purpose) -> Result<Client, HttpError> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = state.clients.get(&purpose) {
            return Ok(client.clone());
        }
        let config = match &purpose.tls {
            Some(tls) => state.config(tls.ca.as_ref())?,
            None => tls::config(RootCertStore::empty())?,
        };
        let builder = Client::builder()
            .tls_backend_preconfigured(config)
            .dns_resolver(Checked { host: purpose.host.clone() })
            .http1_only()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            .connect_timeout(CONNECT)
            .pool_max_idle_per_host(IDLE)
            .pool_idle_timeout(IDLE_FOR);
        let client = builder.build().map_err(failed)?;
        if state.clients.len() >= CLIENTS {
            // any but the first, which is the one without TLS
            state.clients.pop_last();
        }
        state.clients.insert(purpose, client.clone());
        Ok(client)
    }
}

impl State {
    fn config(&mut self, ca: Option<&String>) -> Result<ClientConfig, HttpError> {
        match &self.config {
            Some((known, config)) if known.as_ref() == ca => Ok(config.clone()),
            _ => {
                let config = tls::config(tls::roots(ca.map(String::as_str))?)?;
                self.config = Some((ca.cloned(), config.clone()));
                Ok(config)
            }
        }
    }
}

/// What a `Host` header says of a URL.
fn authority(url: &Url) -> String {
    let host = url::host(url);
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Puts the server name, if there is one, in the place of the URL's host.
fn purpose(url: &mut Url, mut tls: Tls) -> Result<Purpose, HttpError> {
    if url.scheme() != "https" {
        return Ok(Purpose { tls: None, host: None });
    }
    let host = url::host(url).to_owned();
    tls.server_name.take_if(|name| name.eq_ignore_ascii_case(&host));
    let Some(name) = &tls.server_name else { return Ok(Purpose { tls: Some(tls), host: None }) };
    let unfit = || HttpError::Request(format!("{name:?} is no name of a server; correct `server-name`"));
    DnsName::try_from(name.as_str()).map_err(|_| unfit())?;
    url.set_host(Some(name)).map_err(|_| unfit())?;
    // an address in the URL would be connected to
    url.domain().ok_or_else(unfit)?;
    Ok(Purpose { tls: Some(tls), host: Some(host.trim_matches(['[', ']']).to_owned()) })
}

/// Reads at most `max` bytes; whether there are more. The rest stays unread and its connection is closed.
async fn read(answer: &mut reqwest::Response, max: usize) -> Result<(Vec<u8>, bool), HttpError> {
    let mut bytes = Vec::new();
    while let Some(data) = answer.chunk().await.map_err(failed)? {
        let room = max.saturating_sub(bytes.len());
        bytes.extend_from_slice(data.get(..room).unwrap_or(&data));
        if data.len() > room {
            return Ok((bytes, true));
        }
    }
    Ok((bytes, false))
}

/// What layers say that only wrap the cause behind them.
const WRAPPERS: [&str; 4] = ["client error (", "tcp connect error", "dns error", "error resolving DNS"];

/// An error's causes, on one line. What reqwest itself says is no more than that there was one, and the URL.
fn failed(error: reqwest::Error) -> HttpError {
    let error = error.without_url();
    let mut text = String::new();
    let mut next: Option<&dyn StdError> = error.source().or(Some(&error));
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        let wraps = cause.source().is_some() && WRAPPERS.iter().any(|wrapper| cause_text.starts_with(wrapper));
        if !wraps && !text.contains(&cause_text) {
            let separator = if text.is_empty() { "" } else { ": " };
            text.push_str(separator);
            text.push_str(&cause_text);
        }
        next = cause.source();
    }
    match () {
        () if error.is_builder() => HttpError::Request(text),
        () if error.is_connect() => HttpError::Connect(text),
        () => HttpError::Broken(text),
    }
}

/// The system's resolver, without the addresses that are never asked: a name may stand for them too.
struct Checked {
    /// What is resolved instead of the URL's host.
    host: Option<String>,
}

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let host = self.host.clone().unwrap_or_else(|| name.as_str().to_owned());
        Box::pin(async move {
            // the port is the URL's
            let resolved = tokio::net::lookup_host((host.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> = resolved.filter(|found| address::is_allowed(found.ip())).collect();
            if allowed.is_empty() {
                return Err(HttpError::Forbidden(host).into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Checked, Connections, HttpError, Purpose, Request, Tls};
    use reqwest::dns::Resolve;
    use std::sync::Arc;

    #[tokio::test]
    async fn a_name_may_not_stand_for_metadata() {
        let resolve = async |host: &str| {
            let resolver = Checked { host: Some(host.to_owned()) };
            resolver.resolve("shop.example.com".parse().unwrap()).await.map(Iterator::count)
        };
        assert!(resolve("169.254.169.254").await.unwrap_err().is::<HttpError>());
        assert_eq!(resolve("10.0.0.7").await.unwrap(), 1);
    }

    #[test]
    fn clients_are_kept_but_not_for_ever() {
        let connections = Connections::default();
        for task in 0..1000 {
            let tls = Tls { server_name: Some("shop.example.com".to_owned()), ca: None };
            let purpose = Purpose { tls: Some(tls), host: Some(format!("10.0.{}.{}", task / 250, task % 250)) };
            connections.client(purpose).unwrap();
        }
        assert_eq!(connections.0.lock().unwrap().clients.len(), super::CLIENTS);
    }

    #[tokio::test]
    async fn a_server_name_is_a_name() {
        let connections = Arc::new(Connections::default());
        for name in ["10.0.0.7", "[::1]", "a b", ""] {
            let tls = Tls { server_name: Some(name.to_owned()), ca: None };
            let request = Request { tls, ..Request::get("https://127.0.0.1:1/") };
            let error = Arc::clone(&connections).exchange(request).await.unwrap_err().to_string();
            assert!(error.contains("correct `server-name`"), "{name}: {error}");
        }
    }
}
