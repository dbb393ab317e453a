//! A server that answers everything after a while, and counts.

use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What was counted; the answer to [`COUNTS`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Requests that were answered, other than for these counts.
    pub requests: usize,
    /// Connections that were made.
    pub connections: usize,
    /// Connections at once, at most.
    pub most_connections: usize,
    /// Requests that waited for their answer at once, at most.
    pub most_requests: usize,
    /// Addresses of this machine that were asked: a server on every loopback address is many tasks.
    pub addresses: usize,
}

/// The path that answers with [`Counts`], at once.
pub const COUNTS: &str = "/counts";

const BODY: &str = r#"{"database": true, "cache": true, "version": "2.4.1", "queue": {"length": 3}}"#;

#[derive(Default)]
struct State {
    counts: Counts,
    open: usize,
    waiting: usize,
    addresses: BTreeSet<IpAddr>,
}

/// Answers every request on `listener` after `delay`, until the process ends. Needs a `LocalSet`.
///
/// # Errors
/// If no connection can be taken any more.
pub async fn serve(listener: TcpListener, delay: Duration) -> io::Result<()> {
    let state = Rc::new(RefCell::new(State::default()));
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let address = stream.local_addr()?;
        let state = Rc::clone(&state);
        open(&mut state.borrow_mut(), address);
        tokio::task::spawn_local(async move {
            // a client that goes away is none of the server's business
            let _ = connection(stream, delay, &state).await;
            state.borrow_mut().open -= 1;
        });
    }
}

fn open(state: &mut State, address: SocketAddr) {
    state.open += 1;
    state.counts.connections += 1;
    state.counts.most_connections = state.counts.most_connections.max(state.open);
    state.addresses.insert(address.ip());
    state.counts.addresses = state.addresses.len();
}

/// Requests without a body, one after the other.
async fn connection(mut stream: TcpStream, delay: Duration, state: &RefCell<State>) -> io::Result<()> {
    let mut read = Vec::with_capacity(1024);
    loop {
        let end = loop {
            if let Some(end) = read.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break end + 4;
            }
            if stream.read_buf(&mut read).await? == 0 {
                return Ok(());
            }
        };
        let counts = read.starts_with(format!("GET {COUNTS} ").as_bytes());
        read.drain(..end);
        let body = if counts {
            serde_json::to_string(&state.borrow().counts)?
        } else {
            wait(delay, state).await;
            BODY.to_owned()
        };
        let head =
            format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
        stream.write_all(format!("{head}{body}").as_bytes()).await?;
    }
}

async fn wait(delay: Duration, state: &RefCell<State>) {
    {
        let mut state = state.borrow_mut();
        state.waiting += 1;
        state.counts.most_requests = state.counts.most_requests.max(state.waiting);
    }
    tokio::time::sleep(delay).await;
    let mut state = state.borrow_mut();
    state.waiting -= 1;
    state.counts.requests += 1;
}
