//! The network between functions and the application: requests reach the simulated servers, through a load balancer or
//! directly, without a socket.

use crate::behaviour::Answer;
use crate::message::{Message, Reply};
use crate::processes::Processes;
use greenlight_aws::http::{Http, HttpError, Request, Response};
use greenlight_world::{Access, Asked, Forwarding, Input, ListenerFault, Route, Setup};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

/// An Application Load Balancer's default for how long a target may take.
const IDLE_TIMEOUT: Duration = Duration::from_mins(1);

/// How functions send requests: the driver hears of each, and hands it to its [`Network`].
pub(crate) fn http(inbox: mpsc::UnboundedSender<Message>) -> Http {
    Http::over(Arc::new(move |request| {
        let inbox = inbox.clone();
        Box::pin(async move {
            let (reply, answer) = oneshot::channel();
            let gone = || HttpError::Broken("the simulated world has ended".to_owned());
            inbox.send(Message::Request { request, reply }).map_err(|_| gone())?;
            answer.await.map_err(|_| gone())?
        })
    }))
}

/// Knows the load balancers' names and listeners, and the servers behind them.
#[derive(Debug)]
pub(crate) struct Network {
    /// Host and port of a listener, to its ARN.
    listeners: BTreeMap<(String, u16), String>,
    /// By the listener's ARN.
    forwarding: BTreeMap<String, Forwarding>,
    processes: Processes,
    inbox: mpsc::UnboundedSender<Message>,
}

/// Who a request is for.
#[derive(Debug, Clone)]
enum Way {
    /// Straight to a server.
    Direct(SocketAddrV4),
    /// Through a listener.
    Forwarded {
        /// Its ARN.
        listener: String,
        way: greenlight_world::Way,
    },
}

impl Network {
    pub(crate) fn new(setup: &Setup, processes: Processes, inbox: mpsc::UnboundedSender<Message>) -> Self {
        let mut listeners = BTreeMap::new();
        for balancer in &setup.infrastructure.load_balancers {
            let host = setup.dns_name(balancer);
            for listener in &balancer.listeners {
                listeners.insert((host.clone(), setup.port(listener)), listener.arn.clone());
            }
        }
        Self { listeners, forwarding: BTreeMap::new(), processes, inbox }
    }

    /// From now on a listener forwards like this.
    pub(crate) fn route(&mut self, route: Route) {
        self.forwarding.entry(route.listener.clone()).or_default().set(route);
    }

    /// Carries one request to a server, and the answer back after the time that both take.
    pub(crate) fn request(&mut self, request: &Request, mut reply: Reply, latency: Duration) {
        let found = self.find(request);
        let path = path(&request.url);
        let (processes, inbox) = (self.processes.clone(), self.inbox.clone());
        tokio::task::spawn_local(async move {
            tokio::time::sleep(latency).await;
            let answer = match found {
                Ok(way) => tokio::select! {
                    answer = carry(&processes, way, &path, &inbox) => answer,
                    // whoever asked gave up
                    () = reply.closed() => return,
                },
                Err(error) => Err(error),
            };
            let _ = reply.send(answer);
        });
    }

    fn find(&mut self, request: &Request) -> Result<Way, HttpError> {
        let uri: http::Uri = request.url.parse().map_err(|_| HttpError::Request("its URL is none".to_owned()))?;
        let host = uri.host().unwrap_or_default();
        let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") { 443 } else { 80 });
        if let Some(listener) = self.listeners.get(&(host.to_owned(), port)) {
            let way = self.forwarding.entry(listener.clone()).or_default().choose(&asked(request, &uri));
            return Ok(Way::Forwarded { listener: listener.clone(), way });
        }
        match host.parse::<Ipv4Addr>() {
            Ok(address) => Ok(Way::Direct(SocketAddrV4::new(address, port))),
            Err(_) if self.listeners.keys().any(|(known, _)| known == host) => Err(refused()),
            Err(_) => Err(HttpError::Connect(format!("there is no host {host} in the simulation"))),
        }
    }
}

async fn carry(
    processes: &Processes,
    way: Way,
    path: &str,
    inbox: &mpsc::UnboundedSender<Message>,
) -> Result<Response, HttpError> {
    let (listener, way) = match way {
        Way::Direct(target) => return ask(processes, target, path).await,
        Way::Forwarded { listener, way } => (listener, way),
    };
    let greenlight_world::Way { rule, choice, fault, errs } = way;
    let began = Instant::now();
    let (target_group, target) = choice.map(|choice| (choice.target_group, choice.target)).unzip();
    let target = target.flatten();
    if let Some(ListenerFault::Slow(by)) = fault {
        tokio::time::sleep(by.min(IDLE_TIMEOUT)).await;
    }
    let answer = match (fault, target) {
        // as if its target had said so
        (Some(ListenerFault::Status(status)), _) => Ok(plain(status, "a rehearsed fault")),
        (Some(ListenerFault::Slow(by)), _) if by >= IDLE_TIMEOUT => Err(plain(504, "Gateway Timeout")),
        (_, None) => Err(plain(503, "Service Unavailable")),
        (_, Some(target)) => match tokio::time::timeout(IDLE_TIMEOUT, ask(processes, target, path)).await {
            Ok(Ok(response)) if errs => Ok(Response { status: 500, ..response }),
            Ok(Ok(response)) => Ok(response),
            Ok(Err(_)) => Err(plain(502, "Bad Gateway")),
            Err(_) => Err(plain(504, "Gateway Timeout")),
        },
    };
    let target_status = answer.as_ref().ok().map(|response| response.status);
    let response = answer.unwrap_or_else(|own| own);
    let duration = began.elapsed();
    let access = Access { listener, rule, target_group, target, status: response.status, target_status, duration };
    let _ = inbox.send(Message::Input(Input::Access(access)));
    Ok(response)
}

async fn ask(processes: &Processes, target: SocketAddrV4, path: &str) -> Result<Response, HttpError> {
    match processes.request(target, path) {
        None => Err(refused()),
        Some((_, Answer::Never)) => std::future::pending().await,
        Some((process, Answer::Response { status, content_type, body, after })) => {
            tokio::time::sleep(after).await;
            if !processes.runs(process) {
                return Err(HttpError::Broken("the connection was closed".to_owned()));
            }
            Ok(response(status, content_type, body))
        }
    }
}

/// As the system says it.
fn refused() -> HttpError {
    HttpError::Connect("connection refused".to_owned())
}

fn plain(status: u16, body: &str) -> Response {
    response(status, "text/plain; charset=utf-8".to_owned(), body.to_owned())
}

fn response(status: u16, content_type: String, body: String) -> Response {
    Response {
        status,
        headers: vec![("content-type".to_owned(), content_type)],
        body: body.into_bytes(),
        truncated: false,
        // whoever sent the request measures it
        took: Duration::ZERO,
    }
}

/// What a listener's rules look at.
fn asked(request: &Request, uri: &http::Uri) -> Asked {
    let host = request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("host"));
    let host = host.map_or_else(|| uri.host().unwrap_or_default().to_owned(), |(_, value)| value.clone());
    Asked { host, path: uri.path().to_owned(), headers: request.headers.clone() }
}

/// Without the query.
fn path(url: &str) -> String {
    url.parse::<http::Uri>().map(|uri| uri.path().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
