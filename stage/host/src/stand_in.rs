//! A server in the place of a container's process: an application that is up, and broken.

use crate::connections::{Body, plain, serve};
use greenlight_world::ProcessEvent;
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// 128 + SIGTERM: it ends as a process does that was told to stop.
const TERMINATED: i32 = 143;

/// What it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StandIn {
    /// Paths, without queries, that it answers with `status`; all others with 200.
    pub(crate) paths: Vec<String>,
    pub(crate) status: u16,
}

impl StandIn {
    /// Serves on the address of a container until it is told to stop; how that ended.
    pub(crate) async fn run<Told: Future<Output = ()>>(
        self,
        ip: Ipv4Addr,
        port: Option<u16>,
        stop: oneshot::Receiver<Duration>,
        started: impl FnOnce() -> Told,
    ) -> ProcessEvent {
        let Some(port) = port else {
            return ProcessEvent::FailedToStart("the container maps no port; add a port mapping".to_owned());
        };
        let listener = match TcpListener::bind(SocketAddrV4::new(ip, port)).await {
            Ok(listener) => listener,
            Err(error) => return ProcessEvent::FailedToStart(format!("cannot listen on {ip}:{port}: {error}")),
        };
        started().await;
        let this = Arc::new(self);
        let serving = serve(listener, move |request, _| {
            let answer = this.answer(&request);
            async move { answer }
        });
        tokio::select! {
            () = serving => {}
            _ = stop => {}
        }
        ProcessEvent::Exited(TERMINATED)
    }

    fn answer(&self, request: &Request<Incoming>) -> Response<Body> {
        let is_broken = self.paths.iter().any(|path| path == request.uri().path());
        let status = if is_broken { self.status } else { 200 };
        plain(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), "a rehearsed fault")
    }
}
