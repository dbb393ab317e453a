//! The connections of SDK clients: reqwest's, as requests to the application have them. A function carries one HTTP client.

use crate::http::{HttpError, tls};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use reqwest::{Client, Request, redirect, retry};
use rustls::RootCertStore;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// How long an endpoint may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(2);
/// How long it may be silent.
const READ: Duration = Duration::from_secs(5);

/// Sends the requests of SDK clients over HTTP/1.1. Clones share their connections; the system's certificate authorities are read
/// once, when the first request needs them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Connector(Arc<Clients>);

#[derive(Debug, Default)]
struct Clients {
    plain: OnceLock<Client>,
    over_tls: OnceLock<Client>,
}

impl Clients {
    fn of(&self, request: &Request) -> Result<&Client, HttpError> {
        let secure = request.url().scheme() == "https";
        let known = if secure { &self.over_tls } else { &self.plain };
        if let Some(client) = known.get() {
            return Ok(client);
        }
        let roots = if secure { tls::roots(None)? } else { RootCertStore::empty() };
        let builder = Client::builder()
            .tls_backend_preconfigured(tls::config(roots)?)
            .http1_only()
            .no_proxy()
            .redirect(redirect::Policy::none())
            // the SDK tries again by itself
            .retry(retry::never())
            .referer(false)
            .connect_timeout(CONNECT)
            .read_timeout(READ);
        let client = builder.build().map_err(|error| HttpError::Request(error.to_string()))?;
        Ok(known.get_or_init(|| client))
    }
}

impl Connector {
    async fn exchange(self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
        let (parts, body) = request.into_parts();
        let Some(body) = body.bytes().map(<[u8]>::to_vec) else {
            return Err(ConnectorError::user("the body of a request is a stream; none of our calls has one".into()));
        };
        let request = Request::try_from(http::Request::from_parts(parts, body));
        let request = request.map_err(|error| ConnectorError::user(error.into()))?;
        let client = self.0.of(&request).map_err(|error| ConnectorError::user(error.into()))?;
        let answer = client.execute(request).await.map_err(failed)?;
        let mut response = http::Response::new(());
        *response.status_mut() = answer.status();
        *response.headers_mut() = answer.headers().clone();
        let body = answer.bytes().await.map_err(failed)?;
        HttpResponse::try_from(response.map(|()| SdkBody::from(body)))
            .map_err(|error| ConnectorError::other(error.into(), None))
    }
}

/// What the SDK wants to know of a failure: whether another attempt may go better.
fn failed(error: reqwest::Error) -> ConnectorError {
    let (timeout, connect, ours) = (error.is_timeout(), error.is_connect(), error.is_builder());
    let error = error.without_url();
    let failure = match () {
        () if timeout => ConnectorError::timeout(error.into()),
        () if ours => ConnectorError::user(error.into()),
        () => ConnectorError::io(error.into()),
    };
    if connect { failure.never_connected() } else { failure }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(self.clone().exchange(request))
    }
}

impl HttpClient for Connector {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::{Connector, HttpRequest};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    async fn listen() -> (TcpListener, HttpRequest) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/schedules/a%20b?group=%27x%27", listener.local_addr().unwrap());
        let request = http::Request::post(url).header("x-amz-target", "T").body("{}".into()).unwrap();
        (listener, HttpRequest::try_from(request).unwrap())
    }

    #[tokio::test]
    async fn a_request_goes_out_as_it_was_signed_and_its_answer_comes_back() {
        let (listener, request) = listen().await;
        let server = async {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut seen = Vec::new();
            while !seen.ends_with(b"{}") {
                socket.read_buf(&mut seen).await.unwrap();
            }
            socket.write_all(b"HTTP/1.1 400 Bad Request\r\nx-id: 7\r\ncontent-length: 3\r\n\r\nno!").await.unwrap();
            String::from_utf8(seen).unwrap()
        };
        let (answer, seen) = tokio::join!(Connector::default().exchange(request), server);
        let answer = answer.unwrap();
        assert_eq!((answer.status().as_u16(), answer.headers().get("x-id")), (400, Some("7")));
        assert_eq!(answer.body().bytes(), Some(&b"no!"[..]));
        assert!(seen.starts_with("POST /schedules/a%20b?group=%27x%27 HTTP/1.1\r\n"), "{seen}");
        assert!(seen.contains("x-amz-target: T\r\n") && seen.contains("host: 127.0.0.1:"), "{seen}");
    }

    #[tokio::test]
    async fn a_broken_connection_is_worth_another_attempt() {
        let (listener, request) = listen().await;
        let server = async { drop(listener.accept().await.unwrap()) };
        let (answer, ()) = tokio::join!(Connector::default().exchange(request), server);
        assert!(answer.unwrap_err().is_io());
        let (listener, request) = listen().await;
        drop(listener);
        assert!(Connector::default().exchange(request).await.unwrap_err().is_io());
    }
}
