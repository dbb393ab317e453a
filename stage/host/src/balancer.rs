//! Listeners of load balancers: sockets that forward requests to targets.

use crate::connections::{Body, plain};
use crate::message::{Inbox, Message};
use greenlight_world::{Access, Backend, Choice, Input, ListenerFault, Rotation};
use http::header::{self, HeaderMap, HeaderName};
use http::{HeaderValue, Request, Response, StatusCode, Version};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use std::collections::BTreeSet;
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
    rotation: Mutex<Rotation>,
    fault: Mutex<Option<ListenerFault>>,
    /// Targets whose answers have status 500.
    erring: Mutex<BTreeSet<SocketAddrV4>>,
    log: AccessLog,
}

impl Listener {
    pub(crate) fn new(arn: String, port: u16, log: AccessLog) -> Self {
        let (rotation, fault, erring) = (Mutex::default(), Mutex::default(), Mutex::default());
        Self(Arc::new(Inner { arn, port, rotation, fault, erring, log }))
    }

    /// Requests that come from now on go here; those on their way stay where they are.
    pub(crate) fn route(&self, backends: Vec<Backend>) {
        self.0.rotation.lock().unwrap_or_else(PoisonError::into_inner).set(backends);
    }

    /// From now on it answers by itself.
    pub(crate) fn answer(&self, fault: ListenerFault) {
        *self.0.fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(fault);
    }

    /// From now on the answers of these targets, and of no others, have status 500.
    pub(crate) fn err(&self, targets: BTreeSet<SocketAddrV4>) {
        *self.0.erring.lock().unwrap_or_else(PoisonError::into_inner) = targets;
    }

    /// A target's answer as it is handed out.
    fn told(&self, target: SocketAddrV4, mut response: Response<Body>) -> Response<Body> {
        if self.0.erring.lock().unwrap_or_else(PoisonError::into_inner).contains(&target) {
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        }
        response
    }

    /// Serves one request.
    pub(crate) async fn handle(self, request: Request<Incoming>, client: SocketAddr) -> Response<Body> {
        let started = Instant::now();
        let choice = self.0.rotation.lock().unwrap_or_else(PoisonError::into_inner).choose();
        let fault = *self.0.fault.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ListenerFault::Slow(by)) = fault {
            tokio::time::sleep(by.min(IDLE_TIMEOUT)).await;
        }
        let target = choice.as_ref().and_then(|choice| choice.target);
        let response = match (fault, target) {
            // as if its target had said so
            (Some(ListenerFault::Status(status)), _) => {
                let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                Ok(plain(status, "a rehearsed fault"))
            }
            (Some(ListenerFault::Slow(by)), _) if by >= IDLE_TIMEOUT => Err(StatusCode::GATEWAY_TIMEOUT),
            (_, Some(target)) => {
                forward(self.prepare(request, client), target).await.map(|response| self.told(target, response))
            }
            (_, None) => Err(StatusCode::SERVICE_UNAVAILABLE),
        };
        let answered = response.as_ref().ok().map(Response::status);
        let response = response.unwrap_or_else(|status| plain(status, status.canonical_reason().unwrap_or_default()));
        self.write(choice, response.status(), answered, started.elapsed()).await;
        response
    }

    async fn write(
        &self,
        choice: Option<Choice>,
        status: StatusCode,
        target_status: Option<StatusCode>,
        duration: Duration,
    ) {
        let (target_group, target) = choice.map(|choice| (choice.target_group, choice.target)).unzip();
        let access = Access {
            listener: self.0.arn.clone(),
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
