//! Users: a steady stream of requests through the production listener, counted by the revision that answered.

use super::outcome::{Colour, TrafficOutcome};
use crate::report::Request;
use greenlight_aws::Clock;
use greenlight_world::Access;
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;

/// Requests per second of real time: a user does not get faster when the stage's time is compressed.
const PER_SECOND: u64 = 80;
/// A user who has no answer after this has none.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What is known about the traffic so far; its clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Counts(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    outcome: TrafficOutcome,
    /// Which revision runs at an address.
    revisions: BTreeMap<IpAddr, Colour>,
    /// Each request, in the order of the answers.
    requests: Vec<Request>,
}

impl Counts {
    pub(super) fn now(&self) -> TrafficOutcome {
        self.lock().outcome.clone()
    }

    /// Every request so far.
    pub(super) fn requests(&self) -> Vec<Request> {
        self.lock().requests.clone()
    }

    /// A task got an address.
    pub(super) fn runs_at(&self, ip: &str, colour: Colour) {
        if let Ok(ip) = ip.parse() {
            self.lock().revisions.insert(ip, colour);
        }
    }

    fn answered(&self, at: Timestamp, took: Duration, result: Result<u16, String>) {
        let mut state = self.lock();
        state.outcome.requests += 1;
        if result.is_err() {
            // the listener has not heard of it, or not of its end
            state.requests.push(Request { at, is_green: None, is_good: false, took });
        }
        let failure = match result {
            Ok(status) if status < 400 => return,
            Ok(status) => format!("status {status}"),
            Err(reason) => reason,
        };
        state.outcome.failed += 1;
        state.outcome.first_failure.get_or_insert(failure);
    }

    fn accessed(&self, at: Timestamp, access: &Access) {
        let mut state = self.lock();
        let colour = access.target.and_then(|target| state.revisions.get(&IpAddr::V4(*target.ip())).copied());
        match colour {
            Some(Colour::Blue) => state.outcome.blue += 1,
            Some(Colour::Green) => state.outcome.green += 1,
            None => {}
        }
        let (is_green, is_good) = (colour.map(|colour| colour == Colour::Green), access.status < 400);
        state.requests.push(Request { at, is_green, is_good, took: access.duration });
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // counting goes on even if a counter panicked
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts which revision answered what users asked through `listener`: test traffic may come through it too, by a rule.
pub(super) fn count_accesses(
    mut accesses: UnboundedReceiver<Access>,
    listener: String,
    counts: Counts,
    clock: Clock,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        while let Some(access) = accesses.recv().await {
            if access.listener == listener && access.rule.is_none() {
                counts.accessed(clock.now(), &access);
            }
        }
    })
}

/// Requests that are being sent.
pub(super) struct Traffic {
    stop: tokio::sync::oneshot::Sender<()>,
    sending: JoinHandle<()>,
}

impl Traffic {
    pub(super) fn start(address: SocketAddr, paths: Vec<String>, counts: Counts, clock: Clock) -> Self {
        let (stop, stopped) = tokio::sync::oneshot::channel();
        Self { stop, sending: tokio::spawn(send(address, paths, counts, clock, stopped)) }
    }

    /// Sends no more, and waits for the answers to what was sent.
    pub(super) async fn stop(self) {
        let _ = self.stop.send(());
        let _ = self.sending.await;
    }
}

/// Each request asks for the next path; after the last comes the first again.
async fn send(
    address: SocketAddr,
    paths: Vec<String>,
    counts: Counts,
    clock: Clock,
    mut stopped: tokio::sync::oneshot::Receiver<()>,
) {
    let mut beat = tokio::time::interval(Duration::from_millis(1000 / PER_SECOND));
    // after a stall, users do not come all at once
    beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut requests = JoinSet::new();
    let mut paths = paths.into_iter().cycle();
    loop {
        tokio::select! {
            biased;
            _ = &mut stopped => break,
            Some(_) = requests.join_next() => {}
            _ = beat.tick() => {
                let Some(path) = paths.next() else { break };
                let (counts, clock) = (counts.clone(), clock.clone());
                requests.spawn(async move {
                    let sent = Instant::now();
                    let result = tokio::time::timeout(TIMEOUT, request(address, &path)).await;
                    let result = result.unwrap_or_else(|_| Err("no answer in 10 seconds".to_owned()));
                    counts.answered(clock.now(), sent.elapsed(), result);
                });
            }
        }
    }
    while requests.join_next().await.is_some() {}
}

/// One user's request, on a connection of its own; the whole answer is read.
async fn request(address: SocketAddr, path: &str) -> Result<u16, String> {
    let stream = TcpStream::connect(address).await.map_err(|error| format!("connect: {error}"))?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
    let connection = tokio::spawn(connection);
    let request = hyper::Request::get(path)
        .header("host", address.to_string())
        .header("x-forwarded-proto", "https")
        .header("connection", "close")
        .body(Empty::<Bytes>::new())
        .map_err(|error| error.to_string())?;
    let response = sender.send_request(request).await.map_err(|error| error.to_string())?;
    let status = response.status().as_u16();
    response.into_body().collect().await.map_err(|error| format!("status {status}, then {error}"))?;
    connection.abort();
    Ok(status)
}
