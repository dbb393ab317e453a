//! Listeners of load balancers: sockets that forward requests to targets.

use crate::connections::{Body, plain};
use crate::message::{Inbox, Message};
use greenlight_world::{Access, Asked, Forwarding, Input, ListenerFault, Route, Way};
use http::header::{self, HeaderMap, HeaderName};
use http::{HeaderValue, Request, Response, StatusCode, Version};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use std::net::{SocketAddr, SocketAddrV4};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::{Instant, timeout};

/// As an Application Load Balancer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// An Application Load Balancer's default.
const IDLE_TIMEOUT: Duration = Duration::from_mins(1);

/// Headers that are about one connection, not about the request.
const HOP_BY_HOP: [HeaderName; 8] = [
    header::CONNECTION,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("keep-alive"),
];

/// Where accesses are written: for the world, which counts them, and for whoever reads them.
#[derive(Debug, Clone)]
pub(crate) struct AccessLog {
    inbox: Inbox,
    reader: Arc<OnceLock<UnboundedSender<Access>>>,
}

impl AccessLog {
    pub(crate) fn new(inbox: Inbox) -> Self {
        Self { inbox, reader: Arc::default() }
    }

    /// Hands the log to its reader from now on. There is one: a second sender is dropped.
    pub(crate) fn read(&self, reader: UnboundedSender<Access>) {
        let _ = self.reader.set(reader);
    }

    /// Whoever read may have stopped.
    async fn write(&self, access: Access) {
        if let Some(reader) = self.reader.get() {
            let _ = reader.send(access.clone());
        }
        let _ = self.inbox.send(Message::Input(Input::Access(access))).await;
    }
}

/// One listener. Its clones are one.
#[derive(Debug, Clone)]
pub(crate) struct Listener(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    arn: String,
    /// The port as AWS would show it.
    port: u16,
    forwarding: Mutex<Forwarding>,
    log: AccessLog,
}

impl Listener {
    pub(crate) fn new(arn: String, port: u16, log: AccessLog) -> Self {
        Self(Arc::new(Inner { arn, port, forwarding: Mutex::default(), log }))
    }

    /// Requests that come from now on go here; those on their way stay where they are.
    pub(crate) fn route(&self, route: Route) {
        self.0.forwarding.lock().unwrap_or_else(PoisonError::into_inner).set(route);
    }

    /// Serves one request.
    pub(crate) async fn handle(self, request: Request<Incoming>, client: SocketAddr) -> Response<Body> {
        let started = Instant::now();
        let asked = asked(&request);
        let way = self.0.forwarding.lock().unwrap_or_else(PoisonError::into_inner).choose(&asked);
        let fault = way.fault;
        if let Some(ListenerFault::Slow(by)) = fault {
            tokio::time::sleep(by.min(IDLE_TIMEOUT)).await;
        }
        let target = way.choice.as_ref().and_then(|choice| choice.target);
        let response = match (fault, target) {
            // as if its target had said so
            (Some(ListenerFault::Status(status)), _) => {
                let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                Ok(plain(status, "a rehearsed fault"))
            }
            (Some(ListenerFault::Slow(by)), _) if by >= IDLE_TIMEOUT => Err(StatusCode::GATEWAY_TIMEOUT),
            (_, Some(target)) => forward(self.prepare(request, client), target).await.map(|mut response| {
                if way.errs {
                    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
                }
                response
            }),
            (_, None) => Err(StatusCode::SERVICE_UNAVAILABLE),
        };
        let answered = response.as_ref().ok().map(Response::status);
        let response = response.unwrap_or_else(|status| plain(status, status.canonical_reason().unwrap_or_default()));
        self.write(way, response.status(), answered, started.elapsed()).await;
        response
    }

    async fn write(&self, way: Way, status: StatusCode, target_status: Option<StatusCode>, duration: Duration) {
        let (target_group, target) = way.choice.map(|choice| (choice.target_group, choice.target)).unzip();
        let access = Access {
            listener: self.0.arn.clone(),
            rule: way.rule,
            target_group,
            target: target.flatten(),
            status: status.as_u16(),
            target_status: target_status.map(|status| status.as_u16()),
            duration,
        };
        self.0.log.write(access).await;
    }

    /// The request as the target sees it.
    fn prepare(&self, mut request: Request<Incoming>, client: SocketAddr) -> Request<Incoming> {
        let path = request.uri().path_and_query().map_or("/", http::uri::PathAndQuery::as_str).parse();
        *request.uri_mut() = path.unwrap_or_default();
        *request.version_mut() = Version::HTTP_11;
        let headers = request.headers_mut();
        remove_hop_by_hop(headers);
        headers.entry(header::HOST).or_insert(HeaderValue::from_static("localhost"));
        let mut forwarded: Vec<String> = headers
            .get_all("x-forwarded-for")
            .iter()
            .filter_map(|value| value.to_str().ok().map(ToOwned::to_owned))
            .collect();
        forwarded.push(client.ip().to_string());
        if let Ok(value) = HeaderValue::from_str(&forwarded.join(", ")) {
            headers.insert("x-forwarded-for", value);
        }
        // applications that insist on TLS are told what they would be told behind a listener on 443
        let scheme = if self.0.port == 443 { "https" } else { "http" };
        headers.insert("x-forwarded-proto", HeaderValue::from_static(scheme));
        headers.insert("x-forwarded-port", HeaderValue::from(self.0.port));
        request
    }
}

/// What the listener's rules look at.
fn asked(request: &Request<Incoming>) -> Asked {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = request.headers().iter().map(|(name, value)| (name.as_str().to_owned(), text(value)));
    let host = request.headers().get(header::HOST).map(text);
    Asked { host: host.unwrap_or_default(), path: request.uri().path().to_owned(), headers: headers.collect() }
}

/// Sends a request over a connection of its own: one that a target is about to close can never be picked up again.
async fn forward(request: Request<Incoming>, target: SocketAddrV4) -> Result<Response<Body>, StatusCode> {
    let stream = match timeout(CONNECT_TIMEOUT, TcpStream::connect(target)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(_)) => return Err(StatusCode::BAD_GATEWAY),
        Err(_) => return Err(StatusCode::GATEWAY_TIMEOUT),
    };
    // small answers must not wait for an acknowledgement
    let _ = stream.set_nodelay(true);
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|_| StatusCode::BAD_GATEWAY)?;
    // the body comes over the connection after this function has returned; it ends with the body or with the target
    tokio::spawn(async move {
        let _ = connection.await;
    });
    let response = match timeout(IDLE_TIMEOUT, sender.send_request(request)).await {
        Ok(response) => response.map_err(|_| StatusCode::BAD_GATEWAY)?,
        Err(_) => return Err(StatusCode::GATEWAY_TIMEOUT),
    };
    let (mut parts, body) = response.into_parts();
    remove_hop_by_hop(&mut parts.headers);
    parts.version = Version::HTTP_11;
    Ok(Response::from_parts(parts, body.boxed_unsync()))
}

fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in HOP_BY_HOP.iter().chain(&named) {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests;
