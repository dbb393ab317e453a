//! HTTP/1.1 servers on loopback sockets.

use crate::HostError;
use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// What servers answer with.
pub(crate) type Body = UnsyncBoxBody<Bytes, hyper::Error>;

/// A client that takes longer to send the head or the body of a request is given up.
const PATIENCE: Duration = Duration::from_secs(30);

/// Listens on 127.0.0.1; port 0 is any free one.
pub(crate) async fn listen(what: &'static str, port: u16) -> Result<(TcpListener, SocketAddr), HostError> {
    let address = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, port));
    let failed = |source| HostError::Listen { what, address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

/// Serves connections until it is dropped; they end with it.
pub(crate) async fn serve<H, Answer>(listener: TcpListener, handler: H)
where
    H: Fn(Request<Incoming>, SocketAddr) -> Answer + Clone + Send + 'static,
    Answer: Future<Output = Response<Body>> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, client)) => {
                    let handler = handler.clone();
                    let service = service_fn(move |request| {
                        let answer = handler(request, client);
                        async move { Ok::<_, Infallible>(answer.await) }
                    });
                    let connection = http1::Builder::new()
                        .timer(TokioTimer::new())
                        .header_read_timeout(PATIENCE)
                        // the real date would contradict the stage's clock
                        .auto_date_header(false)
                        .serve_connection(TokioIo::new(stream), service);
                    // a connection that breaks is the client's business
                    connections.spawn(async move { let _ = connection.await; });
                }
                // out of file descriptors, most likely: closing connections will help
                Err(error) => {
                    tracing::warn!(%error, "a connection was not accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Why a body could not be read.
pub(crate) enum Unread {
    TooLarge,
    Broken,
}

/// Reads a whole body of at most `limit` bytes.
pub(crate) async fn read(body: Incoming, limit: usize) -> Result<Bytes, Unread> {
    match tokio::time::timeout(PATIENCE, Limited::new(body, limit).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => Err(Unread::TooLarge),
        Ok(Err(_)) | Err(_) => Err(Unread::Broken),
    }
}

pub(crate) fn full(body: impl Into<Bytes>) -> Body {
    Full::new(body.into()).map_err(|never| match never {}).boxed_unsync()
}

/// A short answer in plain text.
pub(crate) fn plain(status: StatusCode, text: &str) -> Response<Body> {
    let mut response = Response::new(full(text.to_owned()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, http::HeaderValue::from_static("text/plain"));
    response
}
